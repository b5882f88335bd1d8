"""What the models of one book share: they look at the engine's book, and write rows.

A price is named by its *distance*: ticks behind the opposite best price, 1 being the best price that does not trade.
`side` is 0 for buys and 1 for sells, as in `exchange.codes.Side`.
"""

import numpy as np

from exchange.book.levels import place_of, row_of, tick_of, window_ticks, worse_place
from exchange.kernel import kernel
from exchange.kernel_codes import KIND_CANCEL, KIND_NEW, SIDE_BUY, TIF_GTC, TIF_IOC
from exchange.machine import row_at

BOOK = 1  # index of the book of these models
LOW_TICK, HIGH_TICK, MID_TICK = 1, 16_384, 8_192
EDGE_TICKS = 64  # prices stay so far from the ends of the window
ACCOUNTS = 16
TEN = np.uint64(10)
EIGHT = np.uint64(8)
ZERO_DIGIT = np.uint64(48)


@kernel
def best_price(state, book, side, default):
    """Best price of a side, ticks; `default` if it has no orders."""
    place = np.int64(book.best[side])
    return default if place == 0 else tick_of(book, side, place)


@kernel
def tick_at(opposite, side, distance):
    """The price `distance` ticks behind the opposite best price, kept inside the window."""
    tick = opposite - distance if side == SIDE_BUY else opposite + distance
    return min(max(tick, LOW_TICK + EDGE_TICKS), HIGH_TICK - EDGE_TICKS)


@kernel
def lots_at(state, book, side, tick):
    """Lots shown at a price, 0 outside the window."""
    place = place_of(book, side, tick)
    if place < 1 or place > window_ticks(book):
        return np.int64(0)
    return np.int64(state.levels[row_of(book, side, place)].shown_lots)


@kernel
def slot_in_queue(state, book, side, tick, nth):
    """Slot of order `nth`, from 0, of the queue at a price."""
    slot = np.int64(state.levels[row_of(book, side, place_of(book, side, tick))].head)
    for _ in range(nth):
        slot = np.int64(state.links[slot].newer)
    return slot


@kernel
def slot_behind(state, book, side, tick, lots_before):
    """Slot of the order that `lots_before` lots stand before, counted from the first price worse than `tick`; 0: none.

    Orders are counted by price, and at a price in the order of the queue.
    """
    place = worse_place(state, book, side, place_of(book, side, tick))
    while place != 0:
        level = state.levels[row_of(book, side, place)]
        if lots_before < level.shown_lots:
            slot = np.int64(level.head)
            while lots_before >= state.orders[slot].shown_lots:
                lots_before -= state.orders[slot].shown_lots
                slot = np.int64(state.links[slot].newer)
            return slot
        lots_before -= level.shown_lots
        place = worse_place(state, book, side, place)
    return np.int64(0)


@kernel
def digits(number):
    """The last eight decimal digits of a number as ASCII, for a client order id."""
    rest, word = np.uint64(number), np.uint64(0)
    for _ in range(8):
        following = rest // TEN
        word = word << EIGHT | (rest - following * TEN + ZERO_DIGIT)
        rest = following
    return word


@kernel
def write_new(rows, index, time_ns, instrument, account, side, price, lots, tif):
    """Write a NEW. Its client order id is the number of its row."""
    row = row_at(rows, index)
    row.time_ns = time_ns
    row.kind = KIND_NEW
    row.side = side
    row.tif = tif
    row.account = account
    row.instrument = instrument
    row.client_order_id_0 = digits(index)
    row.price = price
    row.lots = lots


@kernel
def write_limit(rows, index, time_ns, account, side, price, lots):
    """Write an order that rests in the one book of these models."""
    write_new(rows, index, time_ns, BOOK, account, side, price, lots, TIF_GTC)


@kernel
def write_market(rows, index, time_ns, account, side, lots):
    """Write an order that trades at any price of the window; what does not trade is cancelled (IOC)."""
    price = HIGH_TICK if side == SIDE_BUY else LOW_TICK
    write_new(rows, index, time_ns, BOOK, account, side, price, lots, TIF_IOC)


@kernel
def write_cancel(rows, index, time_ns, order):
    """Write a CANCEL of a live order. `order`: an ORDER row of the state."""
    row = row_at(rows, index)
    row.time_ns = time_ns
    row.kind = KIND_CANCEL
    row.account = order.account
    row.order_id = order.order_id
