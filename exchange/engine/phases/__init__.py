"""Market states of groups and books: the table of transitions, the start and end of the day, auctions and their collar.

state_changes.py  SET_STATE and INDICATIVE: checked, carried out in steps
market_state.py   writes a state and what follows from it; STA
collar.py         whether a book may uncross at its price (AUC-014)
auction_stops.py  stops in an uncross

Imports entry and cancels. The uncross itself is `matching/uncross.py`.
"""
