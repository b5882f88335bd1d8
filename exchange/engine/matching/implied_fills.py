"""Implied fills: one aggressor trades with real orders of other books, as one group (IMP-007, IMP-008).

`state.route` has the orders of the group (`book.implied`). Each order gets one FILL row, and each row is a print in its
book: first the outrights, then the combination's order. Either the whole group trades or nothing. An internal leg,
between two orders of one owner, does not print (SMP-010).
"""

import numpy as np

from exchange.book.implied import clear_route
from exchange.clearing.fills import clear_fill, clear_implied_fill, clear_internal_fill, traded_leg_price
from exchange.engine.matching.trades import emit_fill, emit_leg, record_print
from exchange.engine.orders import refresh_order, release_order
from exchange.engine.quotes.protection import pull_before
from exchange.kernel import kernel
from exchange.kernel_codes import (
    EVENT_FLAG_IMPLIED,
    EVENT_FLAG_INTERNAL,
    LIQUIDITY_MAKER,
    LIQUIDITY_TAKER,
    ORDER_QUOTE,
)


@kernel
def _fill_outright(state, out, slot, lots, tick, liquidity):
    """Fill one outright order of the group: print, clearing, FILL."""
    index = np.int64(state.orders[slot].book)
    book = state.books[index]
    state.trade_id += 1
    record_print(state, index, tick, lots)
    fee = clear_fill(state, book, state.orders[slot], lots, tick, liquidity)
    row = emit_fill(state, out, book, slot, lots, tick, liquidity, fee)
    row["flags"] |= EVENT_FLAG_IMPLIED


@kernel
def _fill_internal(state, out, slot, lots, tick):
    """Fill the outright order of an internal leg: clearing without a fee, FILL (SMP-010). Without a print of its own it
    has the trade id of the print before it."""
    book = state.books[state.orders[slot].book]
    clear_internal_fill(state, book, state.orders[slot], lots, tick)
    row = emit_fill(state, out, book, slot, lots, tick, LIQUIDITY_MAKER, np.int64(0))
    row["flags"] |= EVENT_FLAG_IMPLIED | EVENT_FLAG_INTERNAL


@kernel
def _fill_combination(state, out, slot, lots, tick, liquidity):
    """Fill the combination's order of the group. It prints at its own price; its legs are booked at the prices at which
    the group has traded them."""
    index = np.int64(state.orders[slot].book)
    book = state.books[index]
    state.trade_id += 1
    record_print(state, index, tick, lots)
    order = state.orders[slot]
    fee = clear_implied_fill(state, book, order, lots, liquidity)
    row = emit_fill(state, out, book, slot, lots, tick, liquidity, fee)
    row["flags"] |= EVENT_FLAG_IMPLIED
    for leg in range(np.int64(book.leg_count)):
        emit_leg(state, out, book, order, leg, traded_leg_price(state.route, leg), lots)


@kernel
def _finish_maker(state, out, slot):
    """Release a resting order that is filled, or show the next slice of an iceberg that shows nothing (ICE-002)."""
    order = state.orders[slot]
    if order.leaves_lots == 0:
        release_order(state, slot)
    elif order.shown_lots == 0:
        refresh_order(state, out, slot)


@kernel
def _sort_pulls(state):
    """Put the tripped protection groups into the order of their quotes in the route, in which their quotes are then
    cancelled. The combination's order comes first in a route (IMP-007)."""
    route = state.route
    if state.cursor.pull_first != 0:
        for number in range(route.count):
            maker = state.orders[route.slots[route.count - 1 - number]]
            if maker.order_type == ORDER_QUOTE:
                pull_before(state, np.int64(maker.protection))


@kernel
def trade_route(state, out, slot):
    """Trade an aggressor with the route in `state.route` (IMP-007), and clear the route."""
    route = state.route
    lots = min(np.int64(route.lots), np.int64(state.orders[slot].leaves_lots))
    first = 0
    if route.own_leg != 0:
        first = 1
        _fill_outright(state, out, slot, lots, np.int64(route.tick), LIQUIDITY_TAKER)
    for number in range(first, route.count):
        maker, tick = np.int64(route.slots[number]), np.int64(route.ticks[number])
        if route.internal[number] != 0:
            _fill_internal(state, out, maker, lots, tick)
        else:
            _fill_outright(state, out, maker, lots, tick, LIQUIDITY_MAKER)
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
