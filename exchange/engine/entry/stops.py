"""Life of a stop: it waits for a price, a print elects it, and it is injected as an ordinary order (STOP-001 to
STOP-010).

Until its injection a stop is PENDING. Its `price` is the limit that it will have, unless the reject band limits it
then. It shows nothing, so its row keeps `minimum_lots` in place of `shown_lots`. `book/stops.py` has the heaps and
injection queues that stops wait in.
"""

import numpy as np

from exchange.book.heap import remove_node
from exchange.book.levels import round_inward, worse_of
from exchange.book.stops import (
    VENUE_QUEUE,
    join_injection_queue,
    leave_injection_queue,
    take_reached,
    wait_for_trigger,
)
from exchange.engine.emit import next_in_stream, order_event
from exchange.engine.entry.day_prices import window_tick
from exchange.engine.entry.price_range import best_tick_allowed
from exchange.engine.entry.stop_terms import is_elected_now
from exchange.engine.orders import work_order
from exchange.kernel import kernel
from exchange.kernel_codes import EVENT_STOP_TRIGGERED, MARKET_OPEN, ORDER_STATE_OPEN


@kernel
def keep_stop(state, slot, minimum_lots):
    """Keep an accepted stop: it waits, or is elected at once if its trigger is true already (STOP-002)."""
    order = state.orders[slot]
    order.minimum_lots = minimum_lots
    place_stop(state, slot)


@kernel
def place_stop(state, slot):
    """Put a stop into the injection queue if its book is OPEN and the last price reaches its trigger, else into the
    heap of stops that wait for a price."""
    order = state.orders[slot]
    book = state.books[order.book]
    if is_elected_now(book, np.int64(order.side), np.int64(order.trigger)):
        join_injection_queue(state, VENUE_QUEUE, slot)
    else:
        wait_for_trigger(state, book, slot)


@kernel
def elect_stops(state, book, tick, has_origin, origin):
    """Elect the stops of a book that a print at `tick` reaches, and put them into the injection queue (STOP-005).

    has_origin  True: the trigger nearest to `origin` comes first; False: the earlier stamp
    origin      the last price before the print, ticks
    """
    root = take_reached(state, book, tick, has_origin, origin)
    while root != 0:
        slot = root
        root = remove_node(state, root, slot)
        join_injection_queue(state, VENUE_QUEUE, slot)


@kernel
def elect_by_last(state, book):
    """Elect stops by a book's last price, when it comes to OPEN without an uncross (STOP-010)."""
    if book.has_last != 0:
        elect_stops(state, book, np.int64(book.last_tick), True, np.int64(book.last_tick))


@kernel
def next_injection(state):
    """Take the next stop to inject out of its queue and return its slot, 0 if there is none.

    Stops of books that are not OPEN are moved to their book's own queue (STOP-008).
    """
    while True:
        slot = np.int64(state.books[VENUE_QUEUE].injection_first)
        if slot == 0:
            return slot
        leave_injection_queue(state, slot)
        index = np.int64(state.orders[slot].book)
        if state.books[index].market_state == MARKET_OPEN:
            return slot
        join_injection_queue(state, index, slot)


@kernel
def injection_tick(book, order):
    """Limit price that a stop would have if it were injected now: its own, inside reject band and daily limits
    (STOP-009).

    If its own is outside the daily limits on the passive side, the stop keeps it and will be parked (BAND-004).
    """
    side = np.int64(order.side)
    tick = np.int64(order.price)
    capped = round_inward(side, worse_of(side, tick, best_tick_allowed(book, side)), np.int64(book.min_inc))
    return worse_of(side, window_tick(book, capped), tick)


@kernel
def inject_stop(state, out, slot):
    """Turn an elected stop into a limit order with a new stamp (MATCH-003). Emits TRG. Returns its minimum lots."""
    order = state.orders[slot]
    tick = injection_tick(state.books[order.book], order)
    minimum_lots = np.int64(order.minimum_lots)
    order.shown_lots = 0
    order.state = ORDER_STATE_OPEN
    if tick != order.price:
        lots = np.int64(order.leaves_lots)
        work_order(state, order, -lots)
        order.price = tick
        work_order(state, order, lots)
    state.stamp += 1
    order.stamp = state.stamp
    row = order_event(state, out, EVENT_STOP_TRIGGERED, order, np.int64(order.leaves_lots), np.int64(0))
    row.account_sequence = next_in_stream(state, np.int64(order.account))
    return minimum_lots
