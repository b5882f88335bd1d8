"""The whole exchange in one command: a venue, a living market over real websockets, and checks at the end.

run.py              runs the demo from start to end, and prints the result
venue_process.py    the venue in a separate process, controlled through a pipe
board.py            the live display of the traded months
display.py          tables and figures that commands show
markets.py          one market on the board, and its longest time without a trade
closing.py          the close of the day: settlement, variation margin, the next day
simulated_venue.py  a venue in simulated time, without sockets and waiting
market              a package: `gpux market`, the population that trades in the demo
story               a package: `gpux story`, two simulated years
checks.py           the checks at the end: verifies and replays the journal, compares with the data of the clients
"""
