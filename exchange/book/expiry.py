"""A heap of GTD orders by expiry, so that a CLOCK that ends no order costs one comparison (TIF-009)."""

import numpy as np

from exchange.book.heap import is_waiting, push_node, remove_node, slot_of_node, time_node
from exchange.kernel import kernel, leaf_kernel
from exchange.kernel_codes import TIF_GTD


@leaf_kernel
def is_over(state, tif, expiry_ns):
    """Whether an order of this time in force and expiry has expired by now (TIF-009)."""
    return tif == TIF_GTD and expiry_ns <= state.time_ns


@kernel
def keep_expiry(state, slot):
    """After a change of an order's time in force or expiry: put it into the heap if it is GTD, else take it out."""
    node = time_node(state, slot)
    if is_waiting(state, node):
        state.next_expiry = remove_node(state, np.int64(state.next_expiry), node)
    if state.orders[slot].tif == TIF_GTD:
        state.next_expiry = push_node(state, np.int64(state.next_expiry), node, np.int64(state.orders[slot].expiry_ns))


@kernel
def drop_expiry(state, slot):
    """Take an order that ends out of the heap, if it is there."""
    node = time_node(state, slot)
    if is_waiting(state, node):
        state.next_expiry = remove_node(state, np.int64(state.next_expiry), node)


@kernel
def take_due(state, time_ns):
    """Move the orders expired by `time_ns` into a heap of their own, in order of entry. Returns its root, 0 if none."""
    due = np.int64(0)
    first = np.int64(state.next_expiry)
    while first != 0 and state.heap[first].key <= time_ns:
        state.next_expiry = remove_node(state, first, first)
        due = push_node(state, due, first, np.int64(state.orders[slot_of_node(state, first)].entry_number))
        first = np.int64(state.next_expiry)
    return due
