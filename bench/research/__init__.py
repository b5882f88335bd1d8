"""A market for research: replay recorded or generated commands, trade in it, fork it, look at it.

    replay.py             Replay: a source at some place, and how it advances, forks and goes back
    market.py             Market: the same face without a source; own accounts make all orders
    trading.py            what both have: own orders and accounts, books, events

    sources.py            open_source: any source as a tape
    tape_rows.py          the rows of a tape, their times, and where controls and mass quotes stand
    driver.py             runs a tape and own commands in one engine, numbered in one sequence
    renumber.py           the kernel that numbers recorded rows behind own commands
    order_names.py        recorded orders by client order id, as own orders change the exchange's ids
    orders.py             own orders: their rows, and handles that follow their events
    accounts.py           own accounts: numbers, opening, positions and money
    books.py              Book: price levels in buffers that are used again
    events.py             all events, as Arrow tables and polars frames over one memory
    event_columns.py      the kernels behind them

    latency.py            delays: constant, drawn, from a file
    timeline.py           when own commands arrive and what the own side has seen, with delays
    strategies.py         runs a strategy with callbacks
    kernel_strategies.py  runs a kernel strategy
    strategy_loop.py      its compiled loop
    strategy_name.py      the name of the loop in the cache of kernels
    strategy_kernels.py   what such a kernel calls

    questions.py          `gpux bench research`: what a step of a strategy costs

`from bench import Latency, Market, Replay` gives the public classes.
"""
