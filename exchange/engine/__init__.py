"""The deterministic state machine: commands in, events out.

    engine.py            Engine: what a caller holds; rows and controls in sequence order
    apply.py             apply_commands: the compiled loop, a command in steps
    control/             rare commands with a payload: listings, accounts, a new day's limits
    matching/            how orders trade: continuous, implied, uncross
    phases/              market states, auctions, collar
    cancels/             many cancels at once: mass cancel, kill, disconnect, expiry
    quotes/              mass quotes and market-maker protection
    entry/               NEW and REPLACE: checks, prices, stops

    orders.py            life of an order that is in: rest, move, cancel, release
    position_reports.py  POS at the end of a command
    cash.py              DEPOSIT and WITHDRAW
    quote_counts.py      quotes of a book and of a protection group: lists and counts
    sessions.py          rows of sessions: last request, kills
    risk.py              limits, margin and capacity for an order
    predicates.py        small questions about accounts, books, states, orders
    batch_check.py       whether an atomic batch would be accepted
    prefetch.py          what a command will touch is asked from memory ahead
    emit.py              EVENT rows of the loop
    state.py             STATE: the one record, made from limits

    query.py             read-only answers as plain values
    views.py             the kernels behind them
    order_rows.py        live orders as plain values
    event_rows.py        EVENT rows as plain values
    warmup.py            compiles every kernel before serving

`ROWS.md` lists what each kind of row keeps in a field. Groups are layered: entry < quotes < cancels < phases < matching
< apply < control; one imports those before it, never those behind it. Root files are below the groups, but for
those that put groups together: apply, batch_check, engine, warmup.
"""
