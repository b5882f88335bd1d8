"""Order slots, the rows of `state.orders`, and the order ids that name them.

The slot that was released last is taken next, so that the rows in use stay in the processor's cache. An order id is
`generation << SLOT_BITS | slot`, and each use of a slot has the next generation: finding an order by id is one load and
one comparison. A slot that has used all generations is never taken again, so no id is given twice.
"""

import numpy as np

from exchange.book.layout import NEXT_FREE
from exchange.kernel import kernel, leaf_kernel
from exchange.kernel_codes import ORDER_STATE_NONE
from exchange.limits import GENERATION_BITS, SLOT_BITS
from exchange.machine import put_word

SLOT_MASK = (1 << SLOT_BITS) - 1
NEXT_GENERATION = 1 << SLOT_BITS
LAST_GENERATION = (1 << GENERATION_BITS) - 1


@leaf_kernel
def can_take_slot(state):
    """Whether a slot is free."""
    return state.free_order != 0 or state.used_orders + 1 < state.orders.shape[0]


@kernel
def can_take_slots(state, count):
    """Whether at least `count` slots are free."""
    found = state.orders.shape[0] - 1 - np.int64(state.used_orders)
    slot = np.int64(state.free_order)
    while slot != 0 and found < count:
        found += 1
        slot = np.int64(state.links[slot].next_free)
    return found >= count


@leaf_kernel
def take_slot(state):
    """Take a free slot and return it; its ORDER row has a new order id. Call it only after `can_take_slot`."""
    slot = np.int64(state.free_order)
    if slot != 0:
        state.free_order = state.links[slot].next_free
    else:
        slot = np.int64(state.used_orders) + 1
        state.used_orders = slot
        state.orders[slot].order_id = slot
    order = state.orders[slot]
    order.order_id += NEXT_GENERATION
    return slot


@leaf_kernel
def release_slot(state, slot):
    """Free a slot. Its order id is never valid again; the row keeps its fields, but for `state`, until it is taken."""
    order = state.orders[slot]
    order.state = ORDER_STATE_NONE
    following = np.int64(0)
    if order.order_id >> SLOT_BITS != LAST_GENERATION:
        following = np.int64(state.free_order)
        state.free_order = slot
    put_word(state.links[slot], NEXT_FREE, np.uint64(following))


@leaf_kernel
def slot_of(state, order_id):
    """Slot of the live order with this order id, 0 if there is none."""
    slot = order_id & SLOT_MASK
    if slot == 0 or slot > state.used_orders:
        return np.int64(0)
    order = state.orders[slot]
    if order.order_id != order_id or order.state == ORDER_STATE_NONE:
        return np.int64(0)
    return np.int64(slot)
