"""Orders that are cancelled together, oldest first: all are queued before the first is cancelled, then one a step
(ORDER-014).

The queue is in the scratch table. While it holds any, the cursor makes a detour: the running step goes on after it.
"""

import numpy as np

from exchange.codes import CancelReason
from exchange.engine.orders import take_out
from exchange.engine.state import LEAVING
from exchange.kernel import kernel
from exchange.kernel_codes import (
    CANCEL_COD,
    CANCEL_KILL,
    CANCEL_NONE,
    CANCEL_TIMER,
    ORDER_FLAG_WAITS_COD,
)


@kernel
def queue_cancel(state, slot):
    """Add an order to the queue; `start_cancels` has to follow."""
    state.scratch[state.cursor.stop] = slot
    state.cursor.stop += 1


@kernel
def start_cancels(state, reason, sort):
    """Start to cancel the queued orders, if there are any.

    reason  CancelReason of all, CANCEL_NONE: each order's own mark says which
    sort    whether they were queued in another order than that of entry
    """
    cursor = state.cursor
    if cursor.stop == 0:
        return
    if sort:
        _sort_by_entry(state, np.int64(cursor.stop))
    cursor.leaving = reason
    cursor.detour |= LEAVING


def start_cancels_of_slots(state: np.record, slots: np.ndarray, reason: CancelReason) -> None:
    """As `queue_cancel` and `start_cancels` of slots in order of entry, for a control, in plain Python."""
    state.scratch[: len(slots)] = slots
    state.cursor.stop = len(slots)
    state.cursor.leaving = reason
    state.cursor.detour |= LEAVING


@kernel
def cancel_next_queued(state, out):
    """Cancel the next order of the queue; after the last one the detour is over."""
    cursor = state.cursor
    slot = np.int64(state.scratch[cursor.index])
    state.scratch[cursor.index] = 0
    cursor.index += 1
    if cursor.index == cursor.stop:
        cursor.index = 0
        cursor.stop = 0
        cursor.detour &= ~LEAVING
    reason = np.int64(cursor.leaving)
    if reason == CANCEL_NONE:
        reason = CANCEL_COD if state.orders[slot]["flags"] & ORDER_FLAG_WAITS_COD != 0 else CANCEL_TIMER
    row = take_out(state, out, slot, reason)
    if reason == CANCEL_KILL:
        row.reference = cursor.request_id


@kernel
def _sift(state, root, count):
    """Restore the heap of slots (latest entry on top) below `root`."""
    table = state.scratch
    while 2 * root + 1 < count:
        child = 2 * root + 1
        if child + 1 < count and state.orders[table[child]].entry < state.orders[table[child + 1]].entry:
            child += 1
        if state.orders[table[root]].entry >= state.orders[table[child]].entry:
            return
        table[root], table[child] = table[child], table[root]
        root = child


@kernel
def _sort_by_entry(state, count):
    """Put the first `count` slots of the scratch table in order of entry (ORDER-014); heap sort, in place."""
    for root in range(count // 2 - 1, -1, -1):
        _sift(state, root, count)
    table = state.scratch
    for stop in range(count - 1, 0, -1):
        table[0], table[stop] = table[stop], table[0]
        _sift(state, np.int64(0), stop)
