"""A pro-rata pass: an aggressor trades with all orders of the best opposite level, each with its share.

First orders of the aggressor's owner are cancelled, then the shares trade, then icebergs show their next slices.

The pass runs in steps; the cursor holds the step and the next order (`pass_step`, `pass_slot`). So a level of any
length fits into any event buffer.
"""

import numpy as np

from exchange.book.levels import best_row, place_of, row_of
from exchange.book.pro_rata import share_level
from exchange.engine.matching.self_match import is_own
from exchange.engine.matching.trades import trade_share
from exchange.engine.orders import cancel_remainder, refresh_order
from exchange.kernel import kernel
from exchange.kernel_codes import CANCEL_SMP, SMP_CANCEL_AGGRESSOR, SMP_CANCEL_BOTH

# Steps of a pass. NO_PASS is 0: a cursor between commands is all zero.
NO_PASS = 0
CANCEL_OWN = 1  # cancel the next order of the aggressor's owner
END_AGGRESSOR = 2  # cancel the aggressor
FILL = 3  # trade the next share
REFRESH = 4  # show the next slice of the next iceberg


@kernel
def find_own(state, order, slot):
    """Slot of the first order of the aggressor's owner in a level's queue, from `slot` on; 0 if there is none."""
    while slot != 0 and not is_own(order, state.orders[slot]):
        slot = np.int64(state.links[slot].newer)
    return slot


@kernel
def prevent_on_level(state, out, slot):
    """Apply self-match prevention to a whole level before its allocation (SMP-007). False: no order of the level has
    the aggressor's owner."""
    order = state.orders[slot]
    if order.smp_id == 0:
        return False
    book = state.books[order.book]
    own = find_own(state, order, np.int64(state.levels[best_row(book, 1 - np.int64(order.side))].head))
    if own == 0:
        return False
    if order.smp_mode == SMP_CANCEL_AGGRESSOR:
        cancel_remainder(state, out, slot, CANCEL_SMP)
        return True
    state.cursor.pass_step = CANCEL_OWN
    state.cursor.pass_slot = own
    return True


@kernel
def begin_pass(state, slot):
    """Begin a pass: allocate the aggressor's lots to the best opposite level. The fills are the next steps."""
    order = state.orders[slot]
    book = state.books[order.book]
    level = state.levels[best_row(book, 1 - np.int64(order.side))]
    share_level(state, np.int64(order.book), level, np.int64(order.leaves_lots))
    state.cursor.level_tick = state.orders[level.head].price
    state.cursor.pass_slot = level.head
    state.cursor.pass_step = FILL


@kernel
def continue_pass(state, out, slot):
    """Run the next step of the running pass."""
    step = state.cursor.pass_step
    if step == CANCEL_OWN:
        _cancel_own(state, out, slot)
    elif step == END_AGGRESSOR:
        state.cursor.pass_step = NO_PASS
        cancel_remainder(state, out, slot, CANCEL_SMP)
    elif step == FILL:
        _fill_once(state, out, slot)
    else:
        _refresh_once(state, out, slot)


@kernel
def _cancel_own(state, out, slot):
    cursor = state.cursor
    own = np.int64(cursor.pass_slot)
    following = find_own(state, state.orders[slot], np.int64(state.links[own].newer))
    cancel_remainder(state, out, own, CANCEL_SMP)
    cursor.pass_slot = following
    if following == 0:
        cursor.pass_step = END_AGGRESSOR if state.orders[slot].smp_mode == SMP_CANCEL_BOTH else NO_PASS


@kernel
def _fill_once(state, out, slot):
    """Trade the next share (PRO-007). After the last one the step becomes REFRESH."""
    cursor = state.cursor
    order = state.orders[slot]
    book = state.books[order.book]
    maker = np.int64(cursor.pass_slot)
    while maker != 0 and state.shares[maker] == 0:
        maker = np.int64(state.links[maker].newer)
    if maker == 0:
        other = 1 - np.int64(order.side)
        cursor.pass_slot = state.levels[row_of(book, other, place_of(book, other, np.int64(cursor.level_tick)))].head
        cursor.pass_step = REFRESH
        return
    cursor.pass_slot = state.links[maker].newer
    lots = np.int64(state.shares[maker])
    state.shares[maker] = 0
    trade_share(state, out, book, maker, slot, np.int64(cursor.level_tick), lots)


@kernel
def _refresh_once(state, out, slot):
    """Show the next slice of the oldest iceberg that the pass has left without shown lots (PRO-007). After the last one
    the pass ends."""
    cursor = state.cursor
    maker = np.int64(cursor.pass_slot)
    while maker != 0 and state.orders[maker].shown_lots != 0:
        maker = np.int64(state.links[maker].newer)
    if maker == 0:
        cursor.pass_step = NO_PASS
        cursor.pass_slot = 0
        return
    cursor.pass_slot = state.links[maker].newer
    refresh_order(state, out, maker)
