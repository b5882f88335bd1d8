"""The deterministic state machine: commands in, events out.

    engine.py            Engine, which other packages use: runs rows and controls in sequence order
    apply.py             apply_commands, the compiled loop: runs a command in steps
    control/             rare commands with a payload: listings, accounts, a new day's limits
    calls/               full margin, margin calls, liquidation: a control and what it needs
    matching/            how orders trade: continuous, implied, uncross
    phases/              market states, auctions, collar
    cancels/             many cancels at once: mass cancel, kill, disconnect, expiry
    quotes/              mass quotes and market-maker protection
    entry/               NEW and REPLACE: checks, prices, stops

    orders.py            what happens to an accepted order: rest, move, cancel, release
    position_reports.py  POS events at the end of a command
    cash.py              DEPOSIT and WITHDRAW
    quote_counts.py      which quotes work in a book, and how many in a protection group
    sessions.py          SESSION rows: last request id, kills
    risk.py              limits, margin and capacity for an order
    predicates.py        shared yes-or-no questions about accounts, books, states, orders
    batch_check.py       whether an atomic batch would be accepted
    prefetch.py          loads rows into the cache before a command needs them
    emit.py              writes EVENT rows
    state.py             STATE, the one record that holds everything
    used_chunks.py       copies and hashes a state at the cost of what it holds

    query.py             read-only questions, answered in plain Python values
    views.py             kernels that query.py calls
    index_values.py      values of the daily index, and what follows for index months
    instrument_rows.py   instruments as plain Python values
    order_rows.py        live orders as plain Python values
    event_rows.py        EVENT rows as plain tuples
    trade_rows.py        which FILL rows begin a trade
    warmup.py            compiles every kernel before serving

`ROWS.md` lists the fields of each kind of COMMAND and EVENT row. Groups are layered: entry < quotes < cancels <
phases < matching < apply < control; a group imports only groups before it. Files of this folder are below all
groups, except those that put groups together: apply, batch_check, engine, warmup.
"""
