"""Order slots: ids never come twice, dead ids find nothing, exhausted slots retire."""

import pytest

from exchange.book.slots import (
    LAST_GENERATION,
    SLOT_MASK,
    can_take_slot,
    release_slot,
    slot_of,
    take_slot,
)
from exchange.codes import OrderState
from exchange.engine.state import new_state
from exchange.limits import MEDIUM, SLOT_BITS


def take_live(state):
    slot = int(take_slot(state))
    state.orders[slot].state = OrderState.OPEN
    return slot


@pytest.mark.rule("ORDER-006", "WIRE-012")
def test_ids_are_found_while_live_and_never_repeat():
    state = new_state(MEDIUM)[0]
    seen = set()
    for _ in range(5_000):
        slot = take_live(state)
        order_id = int(state.orders[slot].order_id)
        assert order_id not in seen and order_id < 2**53
        seen.add(order_id)
        assert slot_of(state, order_id) == slot == order_id & SLOT_MASK
        release_slot(state, slot)
        assert slot_of(state, order_id) == 0


def test_table_gives_every_slot_once_and_then_says_so():
    state = new_state(MEDIUM)[0]
    slots = set()
    while can_take_slot(state):
        slots.add(take_live(state))
    assert slots == set(range(1, MEDIUM.orders + 1))


@pytest.mark.parametrize("order_id", [0, -1, 1, 2**24, 2**62, -(2**62), (1 << SLOT_BITS) | 900])
def test_foreign_ids_find_nothing(order_id):
    state = new_state(MEDIUM)[0]
    take_live(state)
    assert slot_of(state, order_id) == 0


def test_a_slot_whose_generations_are_used_up_retires():
    state = new_state(MEDIUM)[0]
    slot = take_live(state)
    state.orders[slot].order_id = (LAST_GENERATION << SLOT_BITS) | slot
    assert int(state.orders[slot].order_id) < 2**53
    release_slot(state, slot)
    assert take_live(state) != slot
