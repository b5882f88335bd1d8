"""Look-back windows over prints: slots, ranges, what breaches."""

import numpy as np
import pytest

from exchange.book.windows import BREAKER, VELOCITY, breach_reason, empty_windows, note_print, window_range
from exchange.codes import BookFeature, StateReason
from exchange.engine.state import new_state
from exchange.kernel_codes import STATE_REASON_NONE
from exchange.limits import MEDIUM, WINDOW_SLOTS

SLOT_NS = 100
WINDOW_NS = SLOT_NS * WINDOW_SLOTS


@pytest.fixture
def state() -> np.record:
    """Two books that settled at 100, with a velocity window of 60 slots of 100 ns; the second one's is wider."""
    record = new_state(MEDIUM)[0]
    for index, width in ((1, 5), (2, 9)):
        record.books[index].settle_tick = 100
        record.books[index].features = BookFeature.VELOCITY
        record.guards[index].windows[VELOCITY].width_ticks = width
        record.guards[index].windows[VELOCITY].slot_ns = SLOT_NS
    return record


def range_of(state: np.record, index: int = 1) -> tuple[int, int, bool]:
    low, high, found = window_range(state, index, VELOCITY)
    return int(low), int(high), bool(found)


@pytest.mark.rule("BAND-005")
def test_a_window_without_print_is_the_last_price_or_the_settlement(state: np.record) -> None:
    assert range_of(state) == (100, 100, False)
    state.books[1].last_tick, state.books[1].has_last = 104, 1
    assert range_of(state) == (104, 104, False)


@pytest.mark.rule("BAND-005")
def test_a_print_counts_for_sixty_slots_the_running_one_included(state: np.record) -> None:
    state.time_ns = 7 * SLOT_NS + 99
    note_print(state, 1, 97)
    state.time_ns += 1
    note_print(state, 1, 103)
    assert range_of(state) == (97, 103, True)
    state.time_ns = 7 * SLOT_NS + WINDOW_NS - 1
    assert range_of(state) == (97, 103, True)
    state.time_ns += 1
    assert range_of(state) == (103, 103, True)
    state.time_ns += SLOT_NS
    assert range_of(state) == (100, 100, False)


@pytest.mark.rule("BAND-005")
def test_the_kept_range_is_that_of_a_slow_window(state: np.record) -> None:
    random = np.random.default_rng(3)
    prints: list[tuple[int, int]] = []
    for _ in range(600):
        state.time_ns += int(random.choice([0, 3, 90, 400, 2_000, 9_000]))
        tick = int(random.integers(80, 120))
        now = int(state.time_ns)
        seen = [price for time_ns, price in prints if time_ns // SLOT_NS > now // SLOT_NS - WINDOW_SLOTS]
        assert range_of(state) == ((min(seen), max(seen), True) if seen else (100, 100, False))
        note_print(state, 1, tick)
        prints.append((now, tick))


@pytest.mark.rule("BAND-005")
def test_exactly_the_width_away_is_no_breach(state: np.record) -> None:
    for tick, expected in (
        (105, STATE_REASON_NONE),
        (95, STATE_REASON_NONE),
        (106, StateReason.VELOCITY),
        (94, StateReason.VELOCITY),
    ):
        assert breach_reason(state, 1, tick) == expected


@pytest.mark.rule("BAND-009")
def test_prints_of_several_books_are_tested_before_any_happens_and_nothing_is_written(state: np.record) -> None:
    before = state.copy()
    found = [breach_reason(state, index, tick) for index, tick in ((1, 105), (2, 109), (1, 106), (2, 110))]
    assert found == [STATE_REASON_NONE, STATE_REASON_NONE, StateReason.VELOCITY, StateReason.VELOCITY]
    assert before.tobytes() == state.tobytes()


@pytest.mark.rule("BAND-010")
def test_the_breaker_comes_before_velocity_and_has_its_own_width(state: np.record) -> None:
    state.guards[1].windows[BREAKER].width_ticks = 8
    assert [breach_reason(state, 1, tick) for tick in (105, 107, 109)] == [
        *(STATE_REASON_NONE, StateReason.VELOCITY, StateReason.HALT_DCB)
    ]


@pytest.mark.rule("BAND-010")
def test_an_emptied_window_remembers_nothing(state: np.record) -> None:
    before = state.guards[1].copy()
    state.time_ns = 12_345
    for tick in (90, 110):
        note_print(state, 1, tick)
    empty_windows(state, 1)
    assert range_of(state) == (100, 100, False)
    assert before.tobytes() == state.guards[1].tobytes()
