"""One message of zero-intelligence order flow, drawn in a kernel from the book as it is.

The model of Smith, Farmer, Gillemot and Krishnamurthy (2003), "Statistical theory of the continuous double auction":
limit orders, orders that trade at once, and cancels arrive independently of each other. A limit price is equally likely
at each tick up to `depth_ticks` from the best opposite price. Each order is equally likely to be cancelled: a cancel
draws one of the order slots ever used, and if that is free, or holds somebody else's order, all is drawn again. So the
number of orders settles where as many are cancelled and filled as arrive.

Two changes: time passes in equal steps, and an order that trades at once is an IOC with a limit `depth_ticks` beyond
the best price. Random numbers are those of `bench.flows.draws`, one stream a book. All numbers are whole, so that every
processor draws the same.
"""

import numpy as np

from bench.flows.draws import next_word
from exchange.book.levels import best_tick
from exchange.kernel import kernel, leaf_kernel
from exchange.kernel_codes import KIND_CANCEL, KIND_NEW, ORDER_STATE_NONE, TIF_DAY, TIF_IOC
from exchange.machine import clear_row

HALF, LOW_HALF = np.uint64(32), np.uint64(0xFFFFFFFF)
ONE = np.uint64(1)
DRAWS_MAX = 16  # after so many cancels in vain the message is a limit order


@leaf_kernel
def below(bits, limit):
    """A random number from 0 to `limit` - 1.

    bits    32 random bits, uint64
    limit   below 2**32, int64: `books.check_weights`
    """
    return np.int64((bits * np.uint64(limit)) >> HALF)


@kernel
def write_message(state, row, flow, stream):
    """Draw the next message of a flow.

    row      COMMAND, overwritten, with the next sequence and time
    flow     FLOW
    stream   STREAM, changed in place
    """
    clear_row(row)
    row.sequence = state.sequence + 1
    row.time_ns = state.time_ns + flow.step_ns
    used = np.int64(state.used_orders)
    new_weight = flow.add_weight + flow.take_weight
    for _ in range(DRAWS_MAX):
        word = next_word(stream)
        choice = below(word & LOW_HALF, new_weight + flow.cancel_weight * used)
        if choice < new_weight:
            _write_new(state, row, flow, stream, word >> HALF, choice >= flow.add_weight)
            return
        if _write_cancel(state, row, flow, 1 + below(word >> HALF, used)):
            return
    _write_new(state, row, flow, stream, next_word(stream) >> HALF, False)


@leaf_kernel
def _write_cancel(state, row, flow, slot):
    """Write a cancel of the order in a slot, if it is one of the flow. Returns whether it is."""
    order = state.orders[slot]
    account = np.int64(order.account) - flow.first_account
    if order.state == ORDER_STATE_NONE or account < 0 or account >= flow.accounts:
        return False
    row.kind = KIND_CANCEL
    row.account = order.account
    row.instrument = flow.instrument
    row.order_id = order.order_id
    return True


@leaf_kernel
def _write_new(state, row, flow, stream, bits, takes):
    """Write a limit order, or one that trades at once; without an opposite side it is a limit order.

    bits   32 random bits for side and distance, uint64
    """
    book = state.books[flow.instrument]
    side = np.int64(bits & ONE)
    sign, other = 1 - 2 * side, 1 - side
    distance = 1 + below(bits, np.int64(flow.depth_ticks))
    tick = flow.middle_tick + sign - sign * distance
    takes = takes and book.best[other] != 0
    if book.best[other] != 0:
        tick = best_tick(book, other) - sign * distance
    if takes:
        tick = best_tick(book, other) + sign * flow.depth_ticks
    word = next_word(stream)
    row.kind = KIND_NEW
    row.tif = TIF_IOC if takes else TIF_DAY
    row.side = side
    row.price = min(max(tick, np.int64(book.low_tick)), np.int64(book.high_tick))
    row.lots = 1 + below(word & LOW_HALF, np.int64(flow.lots_max))
    row.account = flow.first_account + below(word >> HALF, np.int64(flow.accounts))
    row.instrument = flow.instrument
