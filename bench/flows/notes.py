"""What each command of a tape did to its book: a limit order, a cancel, a market order, and the best prices before it.

The tape runs command by command, and a kernel looks at the engine between two of them. `calibration` and `realism` are
made from these notes.
"""

from typing import Any

import numpy as np

from bench.tapes.market import engine_at
from bench.tapes.tape import Tape
from exchange.book.index import find_client_order
from exchange.book.levels import tick_of
from exchange.book.slots import slot_of
from exchange.engine.apply import apply_commands
from exchange.kernel import bind, kernel
from exchange.kernel_codes import (
    EVENT_FILL,
    EVENT_ORDER_ACCEPTED,
    EVENT_ORDER_CANCELLED,
    EVENT_ORDER_REPLACED,
    KIND_CANCEL,
    KIND_NEW,
    KIND_REPLACE,
    LIQUIDITY_TAKER,
    SIDE_BUY,
    SIDE_SELL,
)
from exchange.machine import row_at
from exchange.records import record_type

NONE, LIMIT, CANCEL, MARKET, MOVE = range(5)  # MOVE: a replace, which is a cancel and a limit order at once

NOTE = record_type(
    [
        ("time_ns", "<i8"),
        ("bid", "<i8"),  # best prices just before the command, ticks; 0: the side is empty
        ("ask", "<i8"),
        ("price", "<i8"),  # limit price of the order that it enters, cancels, or moves; of a move the new price
        ("old_price", "<i8"),  # of a move or cancel
        ("traded_lots", "<i8"),
        ("lots", "<i8"),  # of the order that comes, or what is left of the order that goes
        ("instrument", "<i4"),
        ("kind", "u1"),
        ("side", "u1"),
        ("spare", "u1", (2,)),
    ]
)


def note_tape(tape: Tape, tally: Any = None, tallies: np.ndarray | None = None) -> np.ndarray:
    """NOTE rows of the commands after the tape's opening and warm rows, one a command.

    tally    kernel (states, notes, index, tallies) that is called before each command with its note, or None
    tallies  what it counts in, shape (1,)
    """
    engine, rows = engine_at(tape, tape.resting_rows), np.ascontiguousarray(tape.commands[tape.resting_rows :])
    notes = np.zeros(len(rows) + 1, NOTE)
    states, outs = engine.states, engine.outs
    before, after = bind(note_before, states, rows, 0, notes), bind(note_after, outs, notes, 0)
    count = None if tally is None else bind(tally, states, notes, 0, tallies)
    apply, step = bind(apply_commands, states, rows, 0, 0, outs), states["cursor"]["step"].data
    for index in range(len(rows)):
        before(states, rows, index, notes)
        if count is not None:
            count(states, notes, index, tallies)
        done = apply(states, rows, index, index + 1, outs)
        after(outs, notes, index)
        while done == index or step[0]:
            done = apply(states, rows, done, index + 1, outs)
            after(outs, notes, index)
    return notes[:-1]


@kernel
def note_before(states, rows, index, notes):
    """Write what is known before a command: its order and the best prices of its book."""
    state, row, note = states[0], row_at(rows, index), row_at(notes, index)
    note.time_ns = row.time_ns
    if row.kind == KIND_NEW:
        note.instrument, note.side, note.price, note.lots = row.instrument, row.side, row.price, row.lots
    elif row.kind == KIND_CANCEL or row.kind == KIND_REPLACE:
        if row.order_id != 0:
            slot = slot_of(state, row.order_id)
        else:
            slot = find_client_order(
                state, row.account, row.client_order_id_0, row.client_order_id_1, row.client_order_id_2
            )
        if slot == 0:
            return
        order = state.orders[slot]
        note.instrument, note.side, note.lots = order.book, order.side, order.leaves_lots
        note.price, note.old_price = order.price, order.price
    else:
        return
    book = state.books[note.instrument]
    if book.best[SIDE_BUY] != 0:
        note.bid = tick_of(book, SIDE_BUY, np.int64(book.best[SIDE_BUY]))
    if book.best[SIDE_SELL] != 0:
        note.ask = tick_of(book, SIDE_SELL, np.int64(book.best[SIDE_SELL]))


@kernel
def note_after(outs, notes, index):
    """Write what a command did, from its events: the first event of its order decides, unless it traded."""
    out, note = outs[0], row_at(notes, index)
    for place in range(out.count):
        event = row_at(out.rows, place)
        if event.kind == EVENT_FILL and event.liquidity == LIQUIDITY_TAKER:
            note.kind = MARKET
            note.traded_lots += event.lots
        elif note.kind == NONE:
            if event.kind == EVENT_ORDER_ACCEPTED and event.instrument == note.instrument:
                note.kind = LIMIT
            elif event.kind == EVENT_ORDER_CANCELLED:
                note.kind = CANCEL
            elif event.kind == EVENT_ORDER_REPLACED:
                note.kind, note.price = MOVE, event.price
