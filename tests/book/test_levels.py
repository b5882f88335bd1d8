"""The ladder against sorted lists: best price, next occupied price, queues and totals at any tick."""

from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.book.levels import available_lots, crosses, link_order, place_of, tick_of, unlink_order, worse_place
from exchange.codes import OrderState, Side
from exchange.engine.state import new_state
from exchange.limits import TEST

LOW, HIGH = -4_200, 4_200
SIDES = st.sampled_from([Side.BUY, Side.SELL])
TICKS = st.one_of(st.integers(LOW, HIGH), st.sampled_from([LOW, HIGH, -1, 0, 1, LOW + 63, LOW + 64, HIGH - 4_096]))


def fresh_book() -> tuple[np.record, np.record]:
    """A state with one book whose window is LOW..HIGH."""
    state = new_state(TEST)[0]
    book = state.books[1]
    book.edge_tick[:] = LOW, HIGH
    book.side_rows = -(-(HIGH - LOW + 2) // 64) * 64
    state.books_listed = 1
    return state, book


def put(state: np.record, book: np.record, slot: int, side: int, tick: int, lots: int) -> None:
    order = state.orders[slot]
    order.order_id, order.book, order.side, order.price = slot, 1, side, tick
    order.leaves_lots = order.shown_lots = lots
    order.state = OrderState.OPEN
    link_order(state, book, slot)


@pytest.mark.rule("MATCH-005", "INV-011")
@given(st.lists(st.tuples(SIDES, TICKS, st.integers(1, 100), st.randoms(use_true_random=False)), max_size=60))
def test_ladder_equals_sorted_queues_under_random_links_and_unlinks(steps):
    state, book = fresh_book()
    queues: dict[int, dict[int, list[tuple[int, int]]]] = {Side.BUY: defaultdict(list), Side.SELL: defaultdict(list)}
    for slot, (side, tick, lots, chance) in enumerate(steps, 1):
        put(state, book, slot, side, tick, lots)
        queues[side][tick].append((slot, lots))
        if chance.random() < 0.5:
            other_tick = chance.choice(sorted(queues[side]))
            gone = chance.choice(queues[side][other_tick])
            unlink_order(state, book, gone[0])
            queues[side][other_tick].remove(gone)
            if not queues[side][other_tick]:
                del queues[side][other_tick]
    for side, best_first in ((Side.BUY, True), (Side.SELL, False)):
        ticks = sorted(queues[side], reverse=best_first)
        place = int(book.best[side])
        for tick in ticks:
            assert tick_of(book, int(side), place) == tick
            level = state.levels[int(book.ladder) + int(side) * int(book.side_rows) + place]
            assert level.shown_lots == sum(lots for _, lots in queues[side][tick])
            place = int(worse_place(state, book, int(side), place))
        assert place == 0


@pytest.mark.rule("ORDER-001")
@given(SIDES, TICKS)
def test_place_and_tick_are_inverse_and_better_is_larger(side, tick):
    _, book = fresh_book()
    place = place_of(book, int(side), tick)
    assert 1 <= place <= HIGH - LOW + 1
    assert tick_of(book, int(side), place) == tick
    better = tick + 1 if side == Side.BUY else tick - 1
    assert place_of(book, int(side), better) == place + 1


@pytest.mark.rule("MATCH-001", "MATCH-004")
def test_an_aggressor_crosses_at_its_limit_and_not_beyond():
    state, book = fresh_book()
    put(state, book, 1, Side.SELL, 100, 5)
    assert crosses(book, int(Side.BUY), 100)
    assert not crosses(book, int(Side.BUY), 99)
    assert not crosses(book, int(Side.SELL), 0)


@pytest.mark.rule("TIF-003")
def test_available_lots_count_levels_down_to_the_limit_and_stop_when_enough():
    state, book = fresh_book()
    for slot, (tick, lots) in enumerate([(100, 5), (101, 7), (103, 9)], 1):
        put(state, book, slot, Side.SELL, tick, lots)
    assert available_lots(state, book, int(Side.BUY), 101, 1_000) == 12
    assert available_lots(state, book, int(Side.BUY), 103, 1_000) == 21
    assert available_lots(state, book, int(Side.BUY), 103, 5) == 5
