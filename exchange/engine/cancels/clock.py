"""CLOCK: cancels GTD orders that have expired by its time, oldest first (TIF-009)."""

import numpy as np

from exchange.book.expiry import take_due
from exchange.book.heap import remove_node, slot_of_node
from exchange.engine.orders import cancel_remainder
from exchange.kernel import kernel
from exchange.kernel_codes import CANCEL_EXPIRED


@kernel
def begin_clock(state):
    """Move the expired GTD orders into a heap of their own, which the cursor holds."""
    state.cursor.due_root = take_due(state, np.int64(state.time_ns))


@kernel
def expire_next(state, out):
    """Cancel the next expired GTD order. False: there is no other."""
    cursor = state.cursor
    node = np.int64(cursor.due_root)
    if node == 0:
        return False
    cursor.due_root = remove_node(state, node, node)
    cancel_remainder(state, out, slot_of_node(state, node), CANCEL_EXPIRED)
    return True
