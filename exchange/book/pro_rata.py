"""How a pro-rata book allocates an aggressor's lots to the orders of a price level (PRO-002 to PRO-006).

The order with TOP comes first, then lead market makers, then a part goes by time and the rest by size. The lots that
each order gets are written to `state.shares`, by slot. Only displayed lots count (PRO-007). All products are of two
quantities below 2**31, so they are exact in 64 bits (PRO-008).
"""

import numpy as np

from exchange.book.levels import place_of
from exchange.book.slots import slot_of
from exchange.kernel import kernel
from exchange.kernel_codes import MARKET_OPEN


@kernel
def note_arrival(state, book, slot):
    """Call this before an order joins its queue. If it improves the best price, it gets TOP; in any state but OPEN
    nobody has TOP then (PRO-002)."""
    order = state.orders[slot]
    side = np.int64(order.side)
    if place_of(book, side, np.int64(order.price)) > book.best[side]:
        state.allocation[order.book].top_order[side] = order.order_id if book.market_state == MARKET_OPEN else 0


@kernel
def lose_top(state, order):
    """Take TOP from an order, if it has it: a replace has cost its priority (PRO-002)."""
    allocation = state.allocation[order.book]
    if allocation.top_order[order.side] == order.order_id:
        allocation.top_order[order.side] = 0


@kernel
def leave_pass(state, slot):
    """Call this before an order leaves during a pro-rata pass, as a quote whose protection has tripped. Its share
    becomes 0, and the pass goes on with the next order."""
    state.shares[slot] = 0
    if state.cursor.pass_slot == slot:
        state.cursor.pass_slot = state.links[slot].newer


@kernel
def share_level(state, index, level, lots):
    """Allocate lots among the orders of a level: writes `state.shares`, which must be 0 for these orders.

    index   the level's book
    lots    to allocate, > 0. The shares add up to this, or to all that the level shows if that is less (INV-014)
    """
    if lots >= level.shown_lots:
        _give_by_time(state, level, np.int64(level.shown_lots))  # PRO-001
        return
    allocation = state.allocation[index]
    left = np.int64(lots)
    left -= _give_top(state, allocation, level, left)
    left -= _give_lead_makers(state, allocation, level, left)
    left -= _give_by_time(state, level, left * allocation.split_percent // 100)
    left -= _give_by_size(state, allocation, level, left)
    _give_by_time(state, level, left)


@kernel
def _give(state, slot, lots):
    """Add lots to an order's share, up to what it shows. Returns the lots added."""
    given = min(lots, np.int64(state.orders[slot].shown_lots) - state.shares[slot])
    state.shares[slot] += given
    return given


@kernel
def _give_top(state, allocation, level, lots):
    """Give the order with TOP its part (PRO-002). Returns the lots given."""
    head = np.int64(level.head)
    top = slot_of(state, np.int64(allocation.top_order[state.orders[head].side]))
    if allocation.top == 0 or top == 0 or state.orders[top].price != state.orders[head].price:
        return np.int64(0)
    return _give(state, top, min(lots, np.int64(allocation.top_lots_max)) if allocation.top_lots_max != 0 else lots)


@kernel
def _give_lead_makers(state, allocation, level, lots):
    """Give each lead market maker its percentage of `lots`, oldest order first (PRO-003). Returns the lots given."""
    total = np.int64(0)
    for number in range(allocation.lead_makers):
        left = lots * allocation.lead_percent[number] // 100
        slot = np.int64(level.head)
        while slot != 0 and left > 0:
            if state.orders[slot].account == allocation.lead_account[number]:
                given = _give(state, slot, left)
                left -= given
                total += given
            slot = np.int64(state.links[slot].newer)
    return total


@kernel
def _give_by_time(state, level, lots):
    """Raise the shares of orders to what they show, oldest first (PRO-001, PRO-004, PRO-006). Returns lots given."""
    left = lots
    slot = np.int64(level.head)
    while slot != 0 and left > 0:
        left -= _give(state, slot, left)
        slot = np.int64(state.links[slot].newer)
    return lots - left


@kernel
def _give_by_size(state, allocation, level, lots):
    """Give each order a part of `lots` in proportion to its displayed lots that have no share yet (PRO-005).

    Each part is rounded down; a part below the minimum is dropped. Returns the lots given.
    """
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
        if share >= allocation.minimum_allocation:
            state.shares[slot] += share
            total += share
        slot = np.int64(state.links[slot].newer)
    return total
