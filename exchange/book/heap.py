"""Heaps of orders that wait for a price or a time. The order that is due first is at the root.

A heap is known by its root node, 0 when it is empty. All nodes are rows of `state.heap`, two for each order slot: node
`slot` waits for a price, node `slot + len(state.orders)` waits for a time. Heaps are leftist, so adding a node,
removing any node and taking the first are O(log n) in the worst case, not only on average.
"""

import numpy as np

from exchange.kernel import kernel, leaf_kernel


@leaf_kernel
def time_node(state, slot):
    """The node with which an order waits for a time. The node with which it waits for a price has its slot's number."""
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

    key  int64; the smallest key comes first, at equal keys the order with the lower stamp
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
    """Merge two heaps and return the root. Their right spines are merged by key; then, from the end of the merged spine
    up, each node gets its child of higher rank on the left."""
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
    """Put the child of higher rank on the left and set the node's own rank, the length of its right spine. Returns
    whether its rank has changed."""
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
