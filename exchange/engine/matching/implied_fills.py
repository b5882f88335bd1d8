"""Implied fills: one aggressor against real orders of other books, as one linked group (IMP-007, IMP-008).

`state.path` names the orders, see `book.implied`. A group is one FILL row an order: outrights in the order of their
fills, then the combination's order; each row is a print of its book. Either all of it happens or nothing.
"""

import numpy as np

from exchange.book.implied import clear_path
from exchange.clearing.fills import clear_fill, clear_implied_fill
from exchange.engine.matching.trades import record_print, tell_fill
from exchange.engine.orders import forget_order, refresh_order
from exchange.engine.quotes.protection import pull_before
from exchange.kernel import kernel
from exchange.kernel_codes import EVENT_FLAG_IMPLIED, LIQUIDITY_MAKER, LIQUIDITY_TAKER, ORDER_QUOTE


@kernel
def _fill_outright(state, out, slot, lots, tick, liquidity):
    """One outright's part of the group: print, clearing, FILL."""
    index = np.int64(state.orders[slot].book)
    book = state.books[index]
    state.trade_id += 1
    record_print(state, index, tick, lots)
    fee = clear_fill(state, book, state.orders[slot], lots, tick, liquidity)
    row = tell_fill(state, out, book, slot, lots, tick, liquidity, fee)
    row["flags"] = EVENT_FLAG_IMPLIED


@kernel
def _fill_combination(state, out, slot, lots, tick, liquidity):
    """The combination's part: its legs are booked as the group traded them, it prints at its own price."""
    index = np.int64(state.orders[slot].book)
    book = state.books[index]
    state.trade_id += 1
    record_print(state, index, tick, lots)
    fee = clear_implied_fill(state, book, state.orders[slot], lots, liquidity)
    row = tell_fill(state, out, book, slot, lots, tick, liquidity, fee)
    row["flags"] = EVENT_FLAG_IMPLIED


@kernel
def _finish_maker(state, out, slot):
    """A maker that is filled is gone; an iceberg whose slice is used up shows the next one (ICE-002)."""
    order = state.orders[slot]
    if order.leaves_lots == 0:
        forget_order(state, slot)
    elif order.shown_lots == 0:
        refresh_order(state, out, slot)


@kernel
def _order_pulls(state):
    """Of the makers' protection groups that tripped, the first maker's is pulled first: an aggressor against a
    combination's order trades with that one first (IMP-007)."""
    path = state.path
    if state.cursor.pull_first != 0:
        for number in range(path.count):
            maker = state.orders[path.slots[path.count - 1 - number]]
            if maker.order_type == ORDER_QUOTE:
                pull_before(state, np.int64(maker.trigger))


@kernel
def trade_path(state, out, slot):
    """Trade an aggressor with the path that `find_path` has noted (IMP-007), and clear it."""
    path = state.path
    lots = min(np.int64(path.lots), np.int64(state.orders[slot].leaves_lots))
    first = 0
    if path.own_leg != 0:
        first = 1
        _fill_outright(state, out, slot, lots, np.int64(path.tick), LIQUIDITY_TAKER)
    for number in range(first, path.count):
        _fill_outright(state, out, np.int64(path.slots[number]), lots, np.int64(path.ticks[number]), LIQUIDITY_MAKER)
    if path.own_leg != 0:
        _fill_combination(state, out, np.int64(path.slots[0]), lots, np.int64(path.ticks[0]), LIQUIDITY_MAKER)
    else:
        _fill_combination(state, out, slot, lots, np.int64(path.tick), LIQUIDITY_TAKER)
    _order_pulls(state)
    for number in range(first, path.count):
        _finish_maker(state, out, np.int64(path.slots[number]))
    if path.own_leg != 0:
        _finish_maker(state, out, np.int64(path.slots[0]))
    clear_path(state)
