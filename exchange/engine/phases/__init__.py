"""Market states of groups and books: the table of transitions, the start and end of the day, auctions and their collar.

state_changes.py  SET_STATE and INDICATIVE: checks them and carries them out in steps
market_state.py   writes a market state and all that depends on it; STA
collar.py         whether a book may uncross at its price (AUC-014)
auction_stops.py  which stops join an uncross

Imports entry and cancels. The uncross itself is `matching/uncross.py`.
"""
