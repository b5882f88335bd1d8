"""The scheduled day as a function of time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.cli.serving import day_schedule
from exchange.codes import MarketState
from exchange.engine.phases.state_changes import leads_to
from exchange.errors import UserError
from exchange.units import NS_PER_S
from exchange.venue.day_schedule import CYCLE, DaySchedule, next_step

S = MarketState
DAY_NS = 86_400 * NS_PER_S
TIMES = st.integers(1_700_000_000, 2_000_000_000).map(lambda second: second * NS_PER_S)


def at(hour: int, minute: int, second: int = 0) -> int:
    return 20_000 * DAY_NS + (hour * 3_600 + minute * 60 + second) * NS_PER_S


@pytest.mark.rule("SESSION-001", "SESSION-003")
def test_after_the_close_books_wait_for_their_settlement_then_collect_for_five_minutes() -> None:
    schedule = DaySchedule()
    published_ns = at(21, 3)
    moments = {
        (21, 3, 0): S.PREOPEN, (21, 7, 54): S.PREOPEN, (21, 7, 55): S.NOCANCEL, (21, 7, 59): S.NOCANCEL,
        (21, 8, 0): S.OPEN, (23, 59, 59): S.OPEN,
    }  # fmt: skip
    assert {moment: schedule.state_at(at(*moment), published_ns) for moment in moments} == moments
    assert {schedule.state_at(at(*moment), 0) for moment in moments} == {S.CLOSED}, "never on an unset price"
    assert schedule.state_at(at(22, 0), at(22, 0)) == S.PREOPEN, "a late one has its pre-open too"
    assert schedule.day_at(at(20, 59, 59)) + 1 == schedule.day_at(at(21, 0))


@pytest.mark.rule("SESSION-003")
def test_a_settlement_is_late_after_fifteen_minutes() -> None:
    schedule = DaySchedule()
    assert [schedule.is_late(at(21, minute)) for minute in (0, 14, 15, 59)] == [False, False, True, True]
    assert schedule.is_late(at(20, 59))


@given(time_ns=TIMES, close_s=st.integers(0, 86_399))
@pytest.mark.rule("SESSION-001")
def test_a_day_is_as_long_as_any_other_whenever_it_ends(time_ns: int, close_s: int) -> None:
    schedule = DaySchedule(close_s=close_s)
    assert schedule.is_late(time_ns) == schedule.is_late(time_ns + DAY_NS)
    assert schedule.day_at(time_ns) + 1 == schedule.day_at(time_ns + DAY_NS)


@pytest.mark.rule("SESSION-001")
@pytest.mark.rule("STATE-001")
def test_every_step_is_one_that_the_table_of_states_has() -> None:
    for present in list(S)[1:]:
        for wanted in CYCLE:
            step = next_step(present, wanted)
            assert step == S.NONE or leads_to(int(present), int(step), int(S.OPEN))
    assert next_step(S.PAUSED, S.OPEN) == S.NONE, "a person's pause lasts until he or the day ends it"
    assert next_step(S.HALT, S.CLOSED) == S.CLOSED and next_step(S.HALT, S.PREOPEN) == S.NONE
    assert next_step(S.OPEN, S.PREOPEN) == S.NONE, "only a close leads backwards"


def test_close_is_a_time_of_the_day_or_nothing() -> None:
    assert day_schedule("", True) is None
    assert day_schedule("", False) == DaySchedule(close_s=21 * 3_600)
    assert day_schedule("21:30", False) == DaySchedule(close_s=21 * 3_600 + 1_800)
    with pytest.raises(UserError, match="not a UTC time"):
        day_schedule("9 pm", False)


@pytest.mark.rule("SETTLE-001", "SESSION-001")
def test_the_closing_window_is_the_two_minutes_before_the_next_close() -> None:
    schedule, close_ns = DaySchedule(), 20_800 * DAY_NS + 21 * 3_600 * NS_PER_S
    for time_ns in (close_ns - 1, close_ns - 3_600 * NS_PER_S, close_ns - DAY_NS):
        assert schedule.closing_window_ns(time_ns) == (close_ns - 120 * NS_PER_S, close_ns)
    assert schedule.closing_window_ns(close_ns) == (close_ns + DAY_NS - 120 * NS_PER_S, close_ns + DAY_NS)
    short = DaySchedule(close_s=0, window_s=99, day_s=60, preopen_s=10, settling_s=1)
    assert short.closing_window_ns(0) == (0, 60 * NS_PER_S), "at most the whole day"


@pytest.mark.rule("SETTLE-007")
@pytest.mark.parametrize(
    ("hour", "close_hour", "days"),
    [(12, 21, 0), (20, 21, 0), (22, 21, 0), (11, 21, -1), (13, 10, 1), (9, 10, 0), (11, 10, 0), (12, 12, 1)],
)
def test_noon_is_of_the_trading_day_that_it_falls_into(hour: int, close_hour: int, days: int) -> None:
    """By the date of the close: of the last noon that has passed."""
    schedule = DaySchedule(close_s=close_hour * 3_600)
    assert schedule.noon_day(20_800 * DAY_NS + hour * 3_600 * NS_PER_S) == 20_800 + days


@pytest.mark.rule("SESSION-001")
def test_people_have_their_time_before_the_venue_settles_by_itself() -> None:
    schedule, close_ns = DaySchedule(settle_after_s=60), 21 * 3_600 * NS_PER_S
    times = [close_ns + second * NS_PER_S for second in (0, 59, 60, 3_600)]
    assert [schedule.is_settling(time_ns) for time_ns in times] == [False, False, True, True]
    assert DaySchedule().is_settling(close_ns)


@pytest.mark.rule("SESSION-005")
def test_a_state_ends_where_the_schedule_leaves_it() -> None:
    schedule, published_ns = DaySchedule(), at(21, 3)
    for minute in range(3, 9):
        now_ns = at(21, minute, 1)
        state = schedule.state_at(now_ns, published_ns)
        end_ns = schedule.end_ns(state, now_ns, published_ns)
        assert schedule.state_at(end_ns - 1, published_ns) == state
        if state != S.OPEN:
            assert schedule.state_at(end_ns, published_ns) != state
    assert schedule.end_ns(S.OPEN, at(21, 9), published_ns) == at(21, 0) + DAY_NS
    assert schedule.end_ns(S.OPEN, at(20, 59), published_ns) == at(21, 0)
    assert schedule.end_ns(S.PREOPEN, at(21, 4), 0) == schedule.end_ns(S.CLOSED, at(21, 1), 0) == 0
    assert schedule.end_ns(S.HALT, at(12, 0), published_ns) == 0


@pytest.mark.rule("SESSION-005")
@given(time_ns=TIMES, close_s=st.integers(0, 86_399), settle_after_s=st.integers(0, 3_600))
def test_the_next_changes_are_those_that_come_if_the_day_is_settled_in_time(
    time_ns: int, close_s: int, settle_after_s: int
) -> None:
    schedule = DaySchedule(close_s=close_s, settle_after_s=settle_after_s)
    changes = schedule.changes(time_ns)
    assert [state for _, state in changes] in [[*CYCLE[place:], *CYCLE[:place]] for place in range(len(CYCLE))]
    assert time_ns < changes[0][0] and changes == sorted(changes) and changes[-1][0] <= time_ns + DAY_NS
    for at_ns, state in changes:
        day_ns = schedule.day_at(at_ns) * DAY_NS + close_s * NS_PER_S
        published_ns = day_ns + settle_after_s * NS_PER_S
        if state == S.CLOSED:
            assert at_ns == day_ns
        else:
            assert schedule.state_at(at_ns, published_ns) == state != schedule.state_at(at_ns - 1, published_ns) or (
                state == S.PREOPEN and at_ns == published_ns
            )


def test_the_next_noon_is_later_than_now() -> None:
    schedule = DaySchedule()
    assert [schedule.noon_ns(at(*moment)) for moment in ((11, 59, 59), (12, 0), (23, 0))] == [
        at(12, 0), at(12, 0) + DAY_NS, at(12, 0) + DAY_NS,
    ]  # fmt: skip
    assert DaySchedule(close_s=0, settling_s=1, preopen_s=2, nocancel_s=1, day_s=60).noon_ns(at(1, 0)) == 0
