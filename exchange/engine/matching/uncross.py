"""The uncross: when a book comes to OPEN, its crossing orders trade at one price, pair by pair (AUC-011).

It runs in steps; the cursor holds the book, its stage, the price and the lots that are still to trade.
"""

import numpy as np

from exchange.book.auction import collared_equilibrium, is_crossed
from exchange.book.levels import best_row, link_order, place_of, row_of, unlink_order
from exchange.engine.emit import market_event
from exchange.engine.entry.stops import elect_by_last
from exchange.engine.matching.trades import trade_lots
from exchange.engine.orders import refresh_order
from exchange.engine.phases.auction_stops import join_auction_once
from exchange.engine.phases.collar import begin_next_auction, may_uncross
from exchange.engine.phases.market_state import reference_tick
from exchange.engine.phases.state_changes import in_scope
from exchange.engine.prefetch import PREFETCH_ALL, prefetch_next
from exchange.kernel import kernel, leaf_kernel
from exchange.kernel_codes import EVENT_UNCROSSED, ORDER_STATE_NONE, SIDE_BUY, SIDE_SELL
from exchange.limits import STEP_EVENTS

# Stages of the uncross of one book.
DONE = 0
JOINING = 1  # its stops join
TRADING = 2  # pairs trade, then icebergs show their next slices


@leaf_kernel
def _part_lots(order, price):
    """Lots that the first order of a queue may trade now. At the uncross price, shown lots of all orders trade before
    hidden lots of icebergs (AUC-010); at better prices an order trades whole."""
    if order.price == price and order.shown_lots != 0:
        return np.int64(order.shown_lots)
    return np.int64(order.leaves_lots)


@leaf_kernel
def _step_back(state, book, slot, price, showed):
    """Move an iceberg at the uncross price to the back of its level, if it has just traded its last shown lots.

    showed  whether it showed lots before this trade; if not, it has been at the back already and trades hidden lots
    """
    order = state.orders[slot]
    used_up = showed and order.shown_lots == 0 and order.leaves_lots != 0
    if order.state != ORDER_STATE_NONE and order.price == price and used_up:
        unlink_order(state, book, slot)
        link_order(state, book, slot)


@kernel
def _refresh_once(state, out, index, price):
    """Show the next slice of an iceberg that the uncross has left without shown lots (AUC-012). False: none is left."""
    book = state.books[index]
    for side in range(2):
        # If the price is the edge of a collar, a partly filled order with a better price may be left at the head.
        better = np.int64(state.levels[best_row(book, side)].head)
        if better != 0 and state.orders[better].shown_lots == 0:
            refresh_order(state, out, better)
            return True
        slot = np.int64(state.levels[row_of(book, side, place_of(book, side, price))].head)
        while slot != 0:
            if state.orders[slot].shown_lots == 0:
                refresh_order(state, out, slot)
                return True
            slot = np.int64(state.links[slot].newer)
    return False


@kernel
def _begin_uncross(state, out):
    """Begin the uncross of the next book that the SET_STATE changes. If the collar extends its auction, it is done
    already. False: there is no other book."""
    cursor = state.cursor
    index = np.int64(cursor.book) + 1
    while index <= state.books_listed and not in_scope(state, cursor, index):
        index += 1
    if index > state.books_listed:
        return False
    cursor.book = index
    cursor.stage = JOINING if may_uncross(state, out, index) else DONE
    return True


@leaf_kernel
def _trade_pair(state, out, book, price):
    """Trade the oldest orders at the best price of each side with each other (AUC-011). Returns the lots."""
    buyer = np.int64(state.levels[best_row(book, SIDE_BUY)].head)
    seller = np.int64(state.levels[best_row(book, SIDE_SELL)].head)
    buy, sell = state.orders[buyer], state.orders[seller]
    prefetch_next(state, book, SIDE_BUY, buyer, PREFETCH_ALL)
    prefetch_next(state, book, SIDE_SELL, seller, PREFETCH_ALL)
    lots = min(_part_lots(buy, price), _part_lots(sell, price))  # never more than `uncross_lots`
    buyer_showed, seller_showed = buy.shown_lots != 0, sell.shown_lots != 0
    trade_lots(state, out, book, buyer, seller, price, lots, True)
    _step_back(state, book, buyer, price, buyer_showed)
    _step_back(state, book, seller, price, seller_showed)
    return lots


@kernel
def _trade_pairs(state, out):
    """Trade pairs of the uncross, as many as the event buffer takes."""
    cursor = state.cursor
    book = state.books[cursor.book]
    count_max = out.capacity - STEP_EVENTS
    while cursor.uncross_lots > 0 and out.count <= count_max:
        cursor.uncross_lots -= _trade_pair(state, out, book, np.int64(cursor.uncross_tick))


@kernel
def uncross_once(state, out):
    """Run one step of the uncross: a stop joins, pairs trade, an iceberg shows a slice, or the next book begins. False:
    all books are done."""
    cursor = state.cursor
    if cursor.uncross_lots > 0:
        _trade_pairs(state, out)
        return True
    if cursor.stage == TRADING and _refresh_once(state, out, np.int64(cursor.book), np.int64(cursor.uncross_tick)):
        return True
    if cursor.stage == TRADING:
        cursor.stage = DONE
        begin_next_auction(state, out, np.int64(cursor.book))
        return True
    if cursor.stage != JOINING:
        return _begin_uncross(state, out)
    index = np.int64(cursor.book)
    book = state.books[index]
    collar_ticks = np.int64(state.guards[index].collar_ticks)
    if join_auction_once(state, out, book, reference_tick(book), collar_ticks):
        return True
    cursor.stage = DONE
    if not is_crossed(book):
        elect_by_last(state, book)
        return True
    cursor.stage = TRADING
    price, volume, imbalance = collared_equilibrium(state, book, reference_tick(book), collar_ticks)
    cursor.uncross_tick = price
    cursor.uncross_lots = volume
    row = market_event(state, out, EVENT_UNCROSSED, index)
    row.uncross_tick = price
    row.volume_lots = volume
    row.imbalance_lots = imbalance
    return True
