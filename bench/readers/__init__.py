"""Readers of foreign formats: each gives a tape, or a level book that it checks, and a report of the import.

report          bounds and units of an import, and its counts
order_messages  one row for each message of an order-by-order feed, the same for all formats
survey          what the converter knows of all messages before it begins
order_tracker   the compiled converter of order messages to commands
order_tables    its tables: queues by price, and a hash table of order ids
converter       order messages become a tape; check of the final book
rescale         prices and sizes become ticks and lots
itch            Nasdaq ITCH 5.0, and the books that itch-book builds
itch_frames     its frames: types, lengths, damage
itch_walk       its compiled decoder
dbn             Databento DBN, market by order
dbn_walk        its compiled walk over records
binance         Binance-style capture of levels: depth differences, best bid and offer, trades
level_book      its level book and checks
lobster         LOBSTER message and order-book files
book_check      compares a book with published book states after every message
formats         which format a file has; reads any as a tape
questions       the question `imports` of `gpux bench`
"""
