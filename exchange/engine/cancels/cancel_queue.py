"""The cancel queue: orders that are cancelled together, oldest first (ORDER-014).

All orders are queued before the first is cancelled; then each step cancels one. The queue is in the scratch table. As
long as it holds orders, the cursor's `pending_cancels` has QUEUED_CANCELS set, and the running step waits.
"""

import numpy as np

from exchange.codes import CancelReason
from exchange.engine.orders import cancel_remainder
from exchange.engine.state import QUEUED_CANCELS
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
    """Add an order to the queue. Call `start_cancels` after the last one."""
    state.scratch[state.cursor.stop] = slot
    state.cursor.stop += 1


@kernel
def start_cancels(state, reason, sort):
    """Start to cancel the queued orders, if there are any.

    reason  CancelReason of all; NONE: COD or TIMER, as the flags of each order say
    sort    True if the orders were not queued in order of entry
    """
    cursor = state.cursor
    if cursor.stop == 0:
        return
    if sort:
        _sort_by_entry(state, np.int64(cursor.stop))
    cursor.queued_cancel_reason = reason
    cursor.pending_cancels |= QUEUED_CANCELS


def start_cancels_of_slots(state: np.record, slots: np.ndarray, reason: CancelReason) -> None:
    """Queue orders and start to cancel them, in plain Python for a control. `slots`: in order of entry."""
    state.scratch[: len(slots)] = slots
    state.cursor.stop = len(slots)
    state.cursor.queued_cancel_reason = reason
    state.cursor.pending_cancels |= QUEUED_CANCELS


@kernel
def cancel_next_queued(state, out):
    """Cancel the next order of the queue. After the last one the running step goes on."""
    cursor = state.cursor
    slot = np.int64(state.scratch[cursor.index])
    state.scratch[cursor.index] = 0
    cursor.index += 1
    if cursor.index == cursor.stop:
        cursor.index = 0
        cursor.stop = 0
        cursor.pending_cancels &= ~QUEUED_CANCELS
    reason = np.int64(cursor.queued_cancel_reason)
    if reason == CANCEL_NONE:
        reason = CANCEL_COD if state.orders[slot]["flags"] & ORDER_FLAG_WAITS_COD != 0 else CANCEL_TIMER
    row = cancel_remainder(state, out, slot, reason)
    if reason == CANCEL_KILL:
        row.reference = cursor.request_id


@kernel
def _sift(state, root, count):
    """Restore the order of a heap of slots, latest entry on top, below `root`. `count`: slots in the heap."""
    table = state.scratch
    while 2 * root + 1 < count:
        child = 2 * root + 1
        if child + 1 < count and state.orders[table[child]].entry_number < state.orders[table[child + 1]].entry_number:
            child += 1
        if state.orders[table[root]].entry_number >= state.orders[table[child]].entry_number:
            return
        table[root], table[child] = table[child], table[root]
        root = child


@kernel
def _sort_by_entry(state, count):
    """Sort the first `count` slots of the scratch table by entry (ORDER-014), by heap sort in place."""
    for root in range(count // 2 - 1, -1, -1):
        _sift(state, root, count)
    table = state.scratch
    for stop in range(count - 1, 0, -1):
        table[0], table[stop] = table[stop], table[0]
        _sift(state, np.int64(0), stop)
