"""How an operator steers a running venue: a Unix socket in the data folder, and the requests on it.

port                the socket: JSON lines, an answer for each; the side of the command line
requests            the requests and the answer
desk                takes a request, checks it with the authority, carries it out
authority           checks signatures; keeps proposals until a second operator confirms them
signing             the text that an operator signs
acts                journals who asked and why, before the commands
market_requests     status, market states, settlements, lead market makers
member_requests     the ledger, accounts, money, kill switches, keys
house_requests      index prints, rentals and committee values, adjustments, blocks, flags
reportable_positions  positions of so many lots that they are reported
position_requests   busts of trades, transfers of positions
busted_trades       what a bust takes back, from the events of the trade
pending_answer      the commands of one request, and its one answer
settlement          DAY_LIMITS controls from the settlement prices that a person gives
audit               `gpux operator audit`: checks the signatures of the acts in a journal
"""
