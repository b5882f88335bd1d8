"""The ladder against sorted lists: best price, next occupied price, queues and totals at any tick."""

from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.book.levels import (
    available_lots,
    crosses,
    in_limits,
    is_behind_window,
    is_beyond_window,
    link_order,
    lowest_and_highest,
    place_of,
    round_inward,
    tick_of,
    ticks_better,
    unlink_order,
    worse_of,
    worse_place,
)
from exchange.codes import OrderState, Side
from exchange.engine.state import new_state
from exchange.limits import MEDIUM

LOW, HIGH = -4_200, 4_200
SIDES = st.sampled_from([Side.BUY, Side.SELL])
TICKS = st.one_of(st.integers(LOW, HIGH), st.sampled_from([LOW, HIGH, -1, 0, 1, LOW + 63, LOW + 64, HIGH - 4_096]))


def fresh_book() -> tuple[np.record, np.record]:
    """A state with one book whose window is LOW..HIGH."""
    state = new_state(MEDIUM)[0]
    book = state.books[1]
    book.low_tick, book.high_tick = LOW, HIGH
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
            level = state.levels[int(book.first_level_row) + int(side) * int(book.side_rows) + place]
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


@pytest.mark.rule("ORDER-001")
@given(SIDES, TICKS, TICKS)
def test_of_two_prices_a_buy_is_better_at_the_higher_and_a_sell_at_the_lower(side, tick, other):
    better = tick - other if side == Side.BUY else other - tick
    assert ticks_better(int(side), tick, other) == better
    assert worse_of(int(side), tick, other) == (other if better > 0 else tick)
    worst, best = (other, tick) if better > 0 else (tick, other)
    assert lowest_and_highest(int(side), worst, best) == (min(tick, other), max(tick, other))


@pytest.mark.rule("SPEC-002")
@given(SIDES, TICKS, st.integers(1, 50))
def test_a_price_is_rounded_to_the_next_increment_that_is_not_better(side, tick, increment):
    rounded = round_inward(int(side), tick, increment)
    assert rounded % increment == 0
    assert 0 <= ticks_better(int(side), tick, rounded) < increment


@pytest.mark.rule("BAND-004")
@given(SIDES, st.one_of(st.integers(LOW - 100, HIGH + 100), st.sampled_from([LOW - 1, LOW, HIGH, HIGH + 1])))
def test_a_price_outside_the_window_is_worse_or_better_than_all_inside(side, tick):
    _, book = fresh_book()
    worst, best = (LOW, HIGH) if side == Side.BUY else (HIGH, LOW)
    assert bool(in_limits(book, tick)) == (LOW <= tick <= HIGH)
    assert bool(is_behind_window(book, int(side), tick)) == (ticks_better(int(side), worst, tick) > 0)
    assert bool(is_beyond_window(book, int(side), tick)) == (ticks_better(int(side), tick, best) > 0)


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
