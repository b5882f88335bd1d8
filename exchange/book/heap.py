"""Heaps of orders that wait for a price or a time: the next order due is at the root.

A heap is the number of its root node, 0 when it is empty. Nodes are rows of one table, `state.heap`, two for each
order slot: the node that waits for a price has the slot's number, the one that waits for a time that number plus the
rows of `state.orders`. Heaps are leftist: push, remove from anywhere and take the first are O(log n) in the worst
case, not only on average.
"""

import numpy as np

from exchange.kernel import kernel, leaf_kernel


@leaf_kernel
def time_node(state, slot):
    """The node with which an order waits for a time. With its slot's number it waits for a price."""
    return slot + np.int64(state.orders.shape[0])


@leaf_kernel
def slot_of_node(state, node):
    """The order slot of a node."""
    rows = np.int64(state.orders.shape[0])
    return node - rows if node >= rows else node


@leaf_kernel
def is_waiting(state, node):
    """Whether a node is in a heap."""
    return state.heap[node].rank != 0


@kernel
def push_node(state, root, node, key):
    """Add a node that is in no heap. Returns the new root.

    key  the smallest comes first; of equal keys the order with the lower stamp
    """
    row = state.heap[node]
    row.key = key
    row.rank = 1
    return _meld(state, root, node)


@kernel
def remove_node(state, root, node):
    """Remove a node from anywhere in its heap. Returns the new root."""
    row = state.heap[node]
    parent, left, right = np.int64(row.parent), np.int64(row.left), np.int64(row.right)
    if left != 0:
        state.heap[left].parent = 0
    if right != 0:
        state.heap[right].parent = 0
    row.key = 0
    row.left = 0
    row.right = 0
    row.parent = 0
    row.rank = 0
    rest = _meld(state, left, right)
    if parent == 0:
        return rest
    above = state.heap[parent]
    if above.left == node:
        above.left = rest
    else:
        above.right = rest
    if rest != 0:
        state.heap[rest].parent = parent
    while parent != 0 and _balance(state, parent):
        parent = np.int64(state.heap[parent].parent)
    return root


@leaf_kernel
def _comes_first(state, node, other):
    if state.heap[node].key != state.heap[other].key:
        return state.heap[node].key < state.heap[other].key
    return state.orders[slot_of_node(state, node)].stamp < state.orders[slot_of_node(state, other)].stamp


@kernel
def _meld(state, first, second):
    """Merge two heaps: their right spines become one, by key; then each node on it gets its longer arm on the left.
    Returns the root."""
    if first == 0 or second == 0:
        return first + second
    if _comes_first(state, second, first):
        first, second = second, first
    at = first
    while second != 0:
        right = np.int64(state.heap[at].right)
        if right == 0 or _comes_first(state, second, right):
            state.heap[at].right = second
            state.heap[second].parent = at
            right, second = second, right
        at = right
    while at != 0:
        _balance(state, at)
        at = np.int64(state.heap[at].parent)
    return first


@kernel
def _balance(state, node):
    """Put the longer arm of a node on the left and set its rank, the length of its right spine. Returns whether the
    rank changed."""
    row = state.heap[node]
    left, right = np.int64(row.left), np.int64(row.right)
    if state.heap[left].rank < state.heap[right].rank:
        row.left, row.right = right, left
        right = left
    rank = state.heap[right].rank + 1
    if row.rank == rank:
        return False
    row.rank = rank
    return True
