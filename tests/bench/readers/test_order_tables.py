"""Places in the hash table and next best prices are right at their limits."""

import numpy as np
import pytest

from bench.readers.order_tables import ALL_BITS, ENTRY, find, home, next_best


def test_ids_that_ascend_by_any_step_find_free_places_near_by() -> None:
    for step in (1, 8, 64, 4_096, 2**20, 1_000_000_007):
        entries = np.zeros(1 << 12, ENTRY)
        farthest = 0
        for number in range(1, 2_001):
            order_id = np.uint64(number * step)
            place = find(order_id, entries)
            farthest = max(farthest, (int(place) - int(home(order_id, entries))) % len(entries))
            entries[place]["order_id"], entries[place]["used"] = order_id, 1
            assert find(order_id, entries) == place
        assert farthest < 400, step


@pytest.mark.parametrize("side", [0, 1])
def test_next_best_is_the_nearest_place_with_orders(side: int) -> None:
    random = np.random.default_rng(side)
    for _ in range(100):
        places = set(random.integers(1, 200, int(random.integers(0, 5))).tolist())
        occupied = np.zeros((1, 2, 202 // 64 + 1), np.uint64)
        for place in places:
            occupied[0, side, place >> 6] |= np.uint64(1) << np.uint64(place & 63)
        start = int(random.integers(1, 200))
        queues = np.zeros((1, 2, 201), np.int64)
        wanted = (
            max((p for p in places if p <= start), default=0)
            if side == 0
            else min((p for p in places if p >= start), default=200)
        )
        assert next_best(0, side, start, queues, occupied) == wanted
    assert int(ALL_BITS) == 2**64 - 1
