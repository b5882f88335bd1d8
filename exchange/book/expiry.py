"""GTD orders by the time they end at: a clock that reaches none of them costs one comparison (TIF-009)."""

import numpy as np

from exchange.book.heap import is_waiting, push_node, remove_node, slot_of_node, time_node
from exchange.kernel import kernel, leaf_kernel
from exchange.kernel_codes import TIF_GTD


@leaf_kernel
def is_over(state, tif, expiry_ns):
    """Whether the time of a GTD order has come (TIF-009)."""
    return tif == TIF_GTD and expiry_ns <= state.time_ns


@kernel
def keep_expiry(state, slot):
    """Bring an order's place among those that end at a time in line with its `tif` and `expiry_ns`."""
    node = time_node(state, slot)
    if is_waiting(state, node):
        state.next_expiry = remove_node(state, np.int64(state.next_expiry), node)
    if state.orders[slot].tif == TIF_GTD:
        state.next_expiry = push_node(state, np.int64(state.next_expiry), node, np.int64(state.orders[slot].expiry_ns))


@kernel
def drop_expiry(state, slot):
    """A GTD order ends before its time."""
    node = time_node(state, slot)
    if is_waiting(state, node):
        state.next_expiry = remove_node(state, np.int64(state.next_expiry), node)


@kernel
def take_due(state, time_ns):
    """Take the orders whose time has come out of the heap. Returns the root of a heap of them, in order of entry."""
    due = np.int64(0)
    first = np.int64(state.next_expiry)
    while first != 0 and state.heap[first].key <= time_ns:
        state.next_expiry = remove_node(state, first, first)
        due = push_node(state, due, first, np.int64(state.orders[slot_of_node(state, first)].entry))
        first = np.int64(state.next_expiry)
    return due
