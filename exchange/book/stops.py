"""Where stops wait: unelected ones in heaps by trigger, elected ones in injection queues until they enter the book.

A print elects a stop when it reaches the stop's trigger. A book has a heap of unelected stops for each side, with the
trigger that prints reach first at its root; an election thus looks at no stop that it does not elect. An
*injection queue* is a list of elected stops in order of their injection (STOP-006). The running command injects those
of the queue in row 0 of the books; a book's own queue holds stops that wait for the end of a halt (STOP-008).
"""

import numpy as np

from exchange.book.heap import is_waiting, push_node, remove_node
from exchange.book.levels import ticks_better
from exchange.kernel import kernel, leaf_kernel
from exchange.kernel_codes import FEATURE_STOPS, sign_of

VENUE_QUEUE = 0  # row of `state.books` that has the injection queue of the running command


@leaf_kernel
def reaches(side, trigger, tick):
    """Whether a print at `tick` elects a stop: a buy if `tick` >= trigger, a sell if `tick` <= trigger (STOP-001)."""
    return ticks_better(side, tick, trigger) >= 0


@kernel
def wait_for_trigger(state, book, slot):
    """Put a stop into the heap of its side."""
    order = state.orders[slot]
    side = np.int64(order.side)
    key = np.int64(order.trigger) * sign_of(side)
    book.unelected[side] = push_node(state, np.int64(book.unelected[side]), slot, key)
    book.features |= FEATURE_STOPS


@kernel
def leave_trigger(state, book, slot):
    """Take an unelected stop out of its heap."""
    side = np.int64(state.orders[slot].side)
    book.unelected[side] = remove_node(state, np.int64(book.unelected[side]), slot)
    if book.unelected[0] == 0 and book.unelected[1] == 0:
        book.features &= ~FEATURE_STOPS


@kernel
def reached_stop(state, book, side, tick):
    """Slot of an unelected stop of this side that a print at `tick` elects, 0 if there is none."""
    first = np.int64(book.unelected[side])
    if first == 0 or not reaches(side, np.int64(state.orders[first].trigger), tick):
        return np.int64(0)
    return first


@kernel
def take_reached(state, book, tick, by_distance, origin):
    """Move all stops that a print at `tick` elects into a heap of their own. Returns its root, 0 if there are none.

    by_distance  True: the trigger nearest to `origin` comes first, then the earlier stamp (STOP-005); False: the
                 earlier stamp
    origin       ticks
    """
    reached = np.int64(0)
    for side in range(2):
        slot = reached_stop(state, book, side, tick)
        while slot != 0:
            leave_trigger(state, book, slot)
            key = abs(np.int64(state.orders[slot].trigger) - origin) if by_distance else np.int64(0)
            reached = push_node(state, reached, slot, key)
            slot = reached_stop(state, book, side, tick)
    return reached


@kernel
def join_injection_queue(state, queue, slot):
    """Add an elected stop at the end of an injection queue. `queue`: number of its book, or VENUE_QUEUE."""
    book = state.books[queue]
    last = np.int64(book.injection_last)
    state.links[slot].older = last
    state.links[slot].newer = 0
    if last == 0:
        book.injection_first = slot
    else:
        state.links[last].newer = slot
    book.injection_last = slot


@kernel
def leave_injection_queue(state, slot):
    """Take an elected stop out of its injection queue, its book's or the venue's."""
    link = state.links[slot]
    newer, older = np.int64(link.newer), np.int64(link.older)
    queue = np.int64(state.orders[slot].book)
    venue = state.books[VENUE_QUEUE]
    if older == 0:
        first_of = venue if venue.injection_first == slot else state.books[queue]
        first_of.injection_first = newer
    else:
        state.links[older].newer = newer
    if newer == 0:
        last_of = venue if venue.injection_last == slot else state.books[queue]
        last_of.injection_last = older
    else:
        state.links[newer].older = older
    link.newer = 0
    link.older = 0


@kernel
def drop_stop(state, book, slot):
    """Take a stop that is not injected yet out of its heap or its injection queue."""
    if is_waiting(state, slot):
        leave_trigger(state, book, slot)
    else:
        leave_injection_queue(state, slot)
