"""Finds the orders of a book or a session through lists, without looking at all orders (INV-030).

A book's orders are at its levels, in its heaps and its queue of stops, or parked. A session's orders are among those of
the accounts for which it has entered orders.
"""

import numpy as np

from exchange.book.levels import row_of, worse_place
from exchange.engine.cancels.cancel_queue import queue_cancel
from exchange.engine.orders import session_bit
from exchange.engine.predicates import takes_cancel
from exchange.kernel import kernel
from exchange.kernel_codes import ORDER_FLAG_WAITS_COD, ORDER_FLAG_WAITS_TIMER, TIF_DAY

WAITING_FLAGS = ORDER_FLAG_WAITS_COD | ORDER_FLAG_WAITS_TIMER
ZERO = np.uint64(0)

# Which orders are wanted.
DAY_ORDERS = 0
WAITING_CANCELS = 1  # orders whose cancel has waited and is allowed now


@kernel
def _gather(state, slot, wanted):
    """Queue the cancel of an order if it is wanted. `wanted`: DAY_ORDERS or WAITING_CANCELS."""
    order = state.orders[slot]
    if wanted == DAY_ORDERS:
        found = order.tif == TIF_DAY
    else:
        found = order["flags"] & WAITING_FLAGS != 0 and takes_cancel(state.books[order.book].market_state)
    if found:
        queue_cancel(state, slot)


@kernel
def gather_list(state, slot, wanted):
    """Queue the cancels of wanted orders in a list, from `slot` on: a level, a queue of stops, or parked orders."""
    while slot != 0:
        _gather(state, slot, wanted)
        slot = np.int64(state.links[slot].newer)


@kernel
def _gather_heap(state, root, wanted):
    """Queue the cancels of wanted stops in a heap. It visits each node before its left, then its right child."""
    node = root
    while node != 0:
        _gather(state, node, wanted)
        row = state.heap[node]
        following = np.int64(row.left if row.left != 0 else row.right)
        while following == 0 and node != root:
            above = np.int64(state.heap[node].parent)
            right = np.int64(state.heap[above].right)
            if right != node:
                following = right
            node = above
        node = following


@kernel
def gather_book(state, index, wanted):
    """Queue the cancels of the wanted orders of a book, unsorted."""
    book = state.books[index]
    for side in range(2):
        place = np.int64(book.best[side])
        while place != 0:
            gather_list(state, np.int64(state.levels[row_of(book, side, place)].head), wanted)
            place = worse_place(state, book, side, place)
        _gather_heap(state, np.int64(book.unelected[side]), wanted)
    gather_list(state, np.int64(book.injection_first), wanted)
    gather_list(state, np.int64(book.first_parked), wanted)


@kernel
def next_account_of(state, session, account):
    """First account, from number `account` on, that may have orders of a session; 0 if there is none."""
    bit = session_bit(session)
    while account < state.accounts.shape[0]:
        if state.accounts[account].first_order != 0 and state.accounts[account].sessions & bit != ZERO:
            return account
        account += 1
    return np.int64(0)
