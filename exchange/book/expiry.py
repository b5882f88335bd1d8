"""GTD orders in a heap by expiry, so that a CLOCK that ends none of them costs one comparison (TIF-009)."""

import numpy as np

from exchange.book.heap import is_waiting, push_node, remove_node, slot_of_node, time_node
from exchange.kernel import kernel, leaf_kernel
from exchange.kernel_codes import TIF_GTD


@leaf_kernel
def is_over(state, tif, expiry_ns):
    """Whether an order is GTD and expired (TIF-009)."""
    return tif == TIF_GTD and expiry_ns <= state.time_ns


@kernel
def keep_expiry(state, slot):
    """Put a GTD order into the heap of expiries at its `expiry_ns`; take any other out."""
    node = time_node(state, slot)
    if is_waiting(state, node):
        state.next_expiry = remove_node(state, np.int64(state.next_expiry), node)
    if state.orders[slot].tif == TIF_GTD:
        state.next_expiry = push_node(state, np.int64(state.next_expiry), node, np.int64(state.orders[slot].expiry_ns))


@kernel
def drop_expiry(state, slot):
    """Take an order that ends before its expiry out of the heap, if it is there."""
    node = time_node(state, slot)
    if is_waiting(state, node):
        state.next_expiry = remove_node(state, np.int64(state.next_expiry), node)


@kernel
def take_due(state, time_ns):
    """Take expired orders out of the heap. Returns the root of a heap of them, by order of entry; 0: none."""
    due = np.int64(0)
    first = np.int64(state.next_expiry)
    while first != 0 and state.heap[first].key <= time_ns:
        state.next_expiry = remove_node(state, first, first)
        due = push_node(state, due, first, np.int64(state.orders[slot_of_node(state, first)].entry))
        first = np.int64(state.next_expiry)
    return due
