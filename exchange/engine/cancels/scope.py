"""Orders of a scope, found through the lists that belong to it: nobody else's order is looked at (INV-030).

A book's orders stand at its levels, wait in its heaps and its line of stops, or are parked. A session's are among those
of the accounts that it has entered orders for.
"""

import numpy as np

from exchange.book.levels import row_of, worse_place
from exchange.codes import OrderFlag
from exchange.engine.cancels.cancel_queue import queue_cancel
from exchange.engine.orders import session_bit
from exchange.engine.predicates import takes_cancel
from exchange.kernel import kernel
from exchange.kernel_codes import TIF_DAY

WAITS = np.int64(OrderFlag.WAITS_COD | OrderFlag.WAITS_TIMER)
ZERO = np.uint64(0)

# Whom a gathering is after.
OF_THE_DAY = 0
THAT_WAIT = 1


@kernel
def _gather(state, slot, wanted):
    """An order will leave if it is one of those wanted."""
    order = state.orders[slot]
    if wanted == OF_THE_DAY:
        goes = order.tif == TIF_DAY
    else:
        goes = order["flags"] & WAITS != 0 and takes_cancel(state.books[order.book].phase)
    if goes:
        queue_cancel(state, slot)


@kernel
def gather_line(state, slot, wanted):
    """Those wanted from `slot` on in a queue, a line of stops or a list of parked orders will leave."""
    while slot != 0:
        _gather(state, slot, wanted)
        slot = np.int64(state.links[slot].newer)


@kernel
def _gather_heap(state, root, wanted):
    """The same in a heap of stops that wait for a price: down to the left, else to the right, else up and right."""
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
    """Those wanted of a book's orders will leave, in no order."""
    book = state.books[index]
    for side in range(2):
        place = np.int64(book.best[side])
        while place != 0:
            gather_line(state, np.int64(state.levels[row_of(book, side, place)].head), wanted)
            place = worse_place(state, book, side, place)
        _gather_heap(state, np.int64(book.unelected[side]), wanted)
    gather_line(state, np.int64(book.elected_first), wanted)
    gather_line(state, np.int64(book.first_parked), wanted)


@kernel
def next_account_of(state, session, account):
    """The first account from this number on that may have orders of a session, 0 if there is none."""
    bit = session_bit(session)
    while account < state.accounts.shape[0]:
        if state.accounts[account].first_order != 0 and state.accounts[account].sessions & bit != ZERO:
            return account
        account += 1
    return np.int64(0)
