"""How a pro-rata book allocates a price level: TOP, lead market makers, a part by time, then by size (PRO-002 to
PRO-006).

The lots that each order gets are written to `state.shares`, by slot. Only displayed lots count (PRO-007); products of
two quantities below 2**31 are exact in 64 bits (PRO-008).
"""

import numpy as np

from exchange.book.levels import place_of
from exchange.book.slots import slot_of
from exchange.kernel import kernel
from exchange.kernel_codes import MARKET_OPEN


@kernel
def note_arrival(state, book, slot):
    """Before an order joins its queue: one that improves the best price takes TOP in OPEN, and ends TOP in any other
    state (PRO-002)."""
    order = state.orders[slot]
    side = np.int64(order.side)
    if place_of(book, side, np.int64(order.price)) > book.best[side]:
        state.allocation[order.book].top_order[side] = order.order_id if book.phase == MARKET_OPEN else 0


@kernel
def lose_top(state, order):
    """A replace that loses priority loses TOP with it (PRO-002)."""
    sharing = state.allocation[order.book]
    if sharing.top_order[order.side] == order.order_id:
        sharing.top_order[order.side] = 0


@kernel
def leave_pass(state, slot):
    """Before an order leaves in the middle of a pass, such as a quote whose protection has tripped: void its share, and
    continue the pass with the next order."""
    state.shares[slot] = 0
    if state.cursor.pass_slot == slot:
        state.cursor.pass_slot = state.links[slot].newer


@kernel
def share_level(state, index, level, lots):
    """Write to `state.shares` what each order of a level gets.

    index   the level's book
    lots    to allocate, > 0. The shares add up to it, or to all that the level shows if that is less (INV-014)
    """
    if lots >= level.shown_lots:
        _give_by_time(state, level, np.int64(level.shown_lots))  # PRO-001
        return
    sharing = state.allocation[index]
    left = np.int64(lots)
    left -= _give_top(state, sharing, level, left)
    left -= _give_lead_makers(state, sharing, level, left)
    left -= _give_by_time(state, level, left * sharing.split_percent // 100)
    left -= _give_by_size(state, sharing, level, left)
    _give_by_time(state, level, left)


@kernel
def _give(state, slot, lots):
    """Add lots to an order's share, up to what it shows. Returns the lots added."""
    given = min(lots, np.int64(state.orders[slot].shown_lots) - state.shares[slot])
    state.shares[slot] += given
    return given


@kernel
def _give_top(state, sharing, level, lots):
    """The order that holds TOP gets its part first (PRO-002). Returns the lots given."""
    head = np.int64(level.head)
    top = slot_of(state, np.int64(sharing.top_order[state.orders[head].side]))
    if sharing.top == 0 or top == 0 or state.orders[top].price != state.orders[head].price:
        return np.int64(0)
    return _give(state, top, min(lots, np.int64(sharing.top_lots_max)) if sharing.top_lots_max != 0 else lots)


@kernel
def _give_lead_makers(state, sharing, level, lots):
    """Each lead market maker gets its percentage, its own orders by time (PRO-003). Returns the lots given."""
    total = np.int64(0)
    for number in range(sharing.lead_makers):
        left = lots * sharing.lead_percent[number] // 100
        slot = np.int64(level.head)
        while slot != 0 and left > 0:
            if state.orders[slot].account == sharing.lead_account[number]:
                given = _give(state, slot, left)
                left -= given
                total += given
            slot = np.int64(state.links[slot].newer)
    return total


@kernel
def _give_by_time(state, level, lots):
    """Orders get what they show, oldest first (PRO-001, PRO-004, PRO-006). Returns the lots given."""
    left = lots
    slot = np.int64(level.head)
    while slot != 0 and left > 0:
        left -= _give(state, slot, left)
        slot = np.int64(state.links[slot].newer)
    return lots - left


@kernel
def _give_by_size(state, sharing, level, lots):
    """Allocate in proportion to displayed lots without a share yet, rounded down; a share below the minimum is 0
    (PRO-005). Returns the lots given."""
    shown = np.int64(level.shown_lots)
    slot = np.int64(level.head)
    while slot != 0:
        shown -= state.shares[slot]
        slot = np.int64(state.links[slot].newer)
    total = np.int64(0)
    slot = np.int64(level.head)
    while slot != 0 and lots > 0:
        open_lots = np.int64(state.orders[slot].shown_lots) - state.shares[slot]
        share = open_lots * lots // shown
        if share >= sharing.minimum_allocation:
            state.shares[slot] += share
            total += share
        slot = np.int64(state.links[slot].newer)
    return total
