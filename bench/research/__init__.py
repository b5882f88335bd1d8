"""A market for research: replay recorded or generated commands, trade in it, fork it, look at it.

replay.py           Replay, the face: a source at some place, own orders, books, events
market.py           Market: the same face without a source; own accounts make all orders
sources.py          open_source: any source as a tape
driver.py           runs the tape and own commands in one engine, numbered in one sequence
orders.py           own orders: their rows, and handles that follow their events
accounts.py         own accounts: numbers, opening, positions and money
books.py            Book: price levels in buffers that are used again
events.py           events by column, as Arrow tables and polars frames without a copy
event_columns.py    the kernels behind them
latency.py          delays: constant, drawn, from a file
timeline.py         when own commands arrive and what the own side has seen, with delays
"""
