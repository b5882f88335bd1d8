"""Implied fills: one aggressor against real orders of other books, as one linked group (IMP-007, IMP-008).

`state.route` names the orders, see `book.implied`. A group has one FILL row for each order: outrights in the order of
their fills, then the combination's order. Each row is a print of its book. Either the whole group trades or nothing.
"""

import numpy as np

from exchange.book.implied import clear_route
from exchange.clearing.fills import clear_fill, clear_implied_fill
from exchange.engine.matching.trades import emit_fill, record_print
from exchange.engine.orders import refresh_order, release_order
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
    row = emit_fill(state, out, book, slot, lots, tick, liquidity, fee)
    row["flags"] = EVENT_FLAG_IMPLIED


@kernel
def _fill_combination(state, out, slot, lots, tick, liquidity):
    """The combination's part of the group: its legs are booked at the prices that the group traded them at, and it
    prints at its own price."""
    index = np.int64(state.orders[slot].book)
    book = state.books[index]
    state.trade_id += 1
    record_print(state, index, tick, lots)
    fee = clear_implied_fill(state, book, state.orders[slot], lots, liquidity)
    row = emit_fill(state, out, book, slot, lots, tick, liquidity, fee)
    row["flags"] = EVENT_FLAG_IMPLIED


@kernel
def _finish_maker(state, out, slot):
    """Release a maker that is filled; an iceberg whose slice is used up shows the next one (ICE-002)."""
    order = state.orders[slot]
    if order.leaves_lots == 0:
        release_order(state, slot)
    elif order.shown_lots == 0:
        refresh_order(state, out, slot)


@kernel
def _sort_pulls(state):
    """If protection groups of several makers have tripped, their quotes are cancelled in the order of the makers in the
    route: against a combination's order an aggressor trades with that one first (IMP-007)."""
    route = state.route
    if state.cursor.pull_first != 0:
        for number in range(route.count):
            maker = state.orders[route.slots[route.count - 1 - number]]
            if maker.order_type == ORDER_QUOTE:
                pull_before(state, np.int64(maker.protection))


@kernel
def trade_route(state, out, slot):
    """Trade an aggressor with the route that `find_route` has noted (IMP-007), and clear the route."""
    route = state.route
    lots = min(np.int64(route.lots), np.int64(state.orders[slot].leaves_lots))
    first = 0
    if route.own_leg != 0:
        first = 1
        _fill_outright(state, out, slot, lots, np.int64(route.tick), LIQUIDITY_TAKER)
    for number in range(first, route.count):
        _fill_outright(state, out, np.int64(route.slots[number]), lots, np.int64(route.ticks[number]), LIQUIDITY_MAKER)
    if route.own_leg != 0:
        _fill_combination(state, out, np.int64(route.slots[0]), lots, np.int64(route.ticks[0]), LIQUIDITY_MAKER)
    else:
        _fill_combination(state, out, slot, lots, np.int64(route.tick), LIQUIDITY_TAKER)
    _sort_pulls(state)
    for number in range(first, route.count):
        _finish_maker(state, out, np.int64(route.slots[number]))
    if route.own_leg != 0:
        _finish_maker(state, out, np.int64(route.slots[0]))
    clear_route(state)
