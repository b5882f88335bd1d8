"""The client-order-id index against a dict, with so many keys that probes collide and wrap around."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.book.index import (
    add_client_order,
    find_client_order,
    find_free_entry,
    find_hashed,
    hash_key,
    order_hash,
    remove_client_order,
)
from exchange.codes import OrderState
from exchange.engine.state import new_state
from exchange.limits import MEDIUM

KEYS = st.tuples(st.integers(1, 3), st.integers(1, 40))


def words(account: int, number: int) -> tuple[int, np.uint64, np.uint64, np.uint64]:
    return account, np.uint64(number), np.uint64(number * 7), np.uint64(0)


def find(state: np.record, key: tuple[int, int]) -> int:
    return int(find_client_order(state, *words(*key)))


def looks_free(state: np.record, key: tuple[int, int]) -> bool:
    return bool(find_free_entry(state, np.uint64(hash_key(*words(*key)))) != 0)


def add(state: np.record, slot: int, key: tuple[int, int]) -> None:
    order = state.orders[slot]
    account, first, second, third = words(*key)
    order.account = account
    order.state = OrderState.OPEN
    order.client_order_id_0, order.client_order_id_1, order.client_order_id_2 = first, second, third
    enter(state, slot, np.uint64(hash_key(account, first, second, third)))


def enter(state: np.record, slot: int, key_hash: np.uint64) -> None:
    """As a command does: one look first, and what it has found is given on."""
    entry_index = int(find_free_entry(state, key_hash))
    assert entry_index == 0 or state.order_index[entry_index] == 0
    add_client_order(state, slot, key_hash, entry_index)


def remove(state: np.record, slot: int) -> None:
    remove_client_order(state, slot, np.uint64(order_hash(state.orders[slot])))


@pytest.mark.rule("ORDER-005", "ORDER-006")
@given(st.lists(KEYS, max_size=200))
def test_index_finds_what_a_dict_would(keys):
    state = new_state(MEDIUM)[0]
    twin: dict[tuple[int, int], int] = {}
    slots = iter(range(1, len(keys) + 1))
    for key in keys:
        assert find(state, key) == twin.get(key, 0)
        if key in twin:
            remove(state, twin.pop(key))
        else:
            twin[key] = next(slots)
            add(state, twin[key], key)
    for key in set(keys):
        assert find(state, key) == twin.get(key, 0)
    assert int(state.index_entries) == len(twin)


@pytest.mark.rule("ORDER-005")
def test_removal_closes_gaps_in_a_full_table():
    state = new_state(MEDIUM)[0]
    keys = [(1 + number % 3, number) for number in range(1, MEDIUM.orders + 1)]
    for slot, key in enumerate(keys, 1):
        add(state, slot, key)
    assert 2 * int(state.index_size) == MEDIUM.order_index, "the index has grown to its largest table"
    for slot, _ in enumerate(keys, 1):
        if slot % 2:
            remove(state, slot)
    assert [find(state, key) for key in keys] == [0 if slot % 2 else slot for slot in range(1, len(keys) + 1)]


@pytest.mark.rule("ORDER-005")
@settings(max_examples=8)
@given(st.integers(0, 2**32))
def test_index_grows_while_orders_come_and_go(seed):
    chance = random.Random(seed)
    numbers = chance.sample(range(10**6), 500)
    state = new_state(MEDIUM)[0]
    live: dict[int, int] = {}
    for slot, number in enumerate(numbers, 1):
        add(state, slot, (1, number + 1))
        live[number] = slot
        if chance.random() < 0.4:
            gone = chance.choice(sorted(live))
            remove(state, live.pop(gone))
            assert find(state, (1, gone + 1)) == 0
        probe = chance.choice(numbers)
        assert find(state, (1, probe + 1)) == live.get(probe, 0)
        assert not any(looks_free(state, (1, other + 1)) for other in chance.sample(sorted(live), min(9, len(live))))
    assert sum(looks_free(state, (2, number + 1)) for number in numbers) > 450, "one look is mostly enough"
    assert all(find(state, (1, number + 1)) == live.get(number, 0) for number in numbers)


@pytest.mark.rule("ORDER-005")
def test_an_order_behind_a_full_bucket_is_found_while_its_bucket_moves():
    state = new_state(MEDIUM)[0]
    crowd = [64 * number for number in range(1, 10)]  # hashes of one bucket of the first table: one more than it holds
    others = [64 * number + 8 * (2 + number % 6) for number in range(1, 15)]
    for slot, word in enumerate(crowd + others, 1):
        order = state.orders[slot]
        order.account, order.state, order.client_order_id_0 = 1, OrderState.OPEN, word
        enter(state, slot, np.uint64(word))
    assert state.index_old_size == 64, "it has begun to grow"
    for slot, key_hash in enumerate(others[:8], 24):  # each moves a bucket
        state.orders[slot].account, state.orders[slot].state = 1, OrderState.OPEN
        enter(state, slot, np.uint64(key_hash + 2**20))
        for known, key in enumerate(crowd + others, 1):
            assert find_hashed(state, np.uint64(key), 1, np.uint64(key), np.uint64(0), np.uint64(0)) == known
    assert state.index_old_size == 0, "and has ended"
