"""The timer wheel."""

from hypothesis import given
from hypothesis import strategies as st

from exchange.gateway.timers import SLOTS, STEP_MS, TimerWheel

MS = 1_000_000


@given(st.lists(st.integers(0, 3 * SLOTS * STEP_MS), min_size=1, max_size=30), st.integers(1, 500))
def test_every_timer_fires_once_never_early_and_at_most_two_steps_and_a_turn_late(
    delays_ms: list[int], turn_ms: int
) -> None:
    wheel = TimerWheel(0)
    fired: dict[int, int] = {}
    now_ms = 0
    for place, delay_ms in enumerate(delays_ms):

        def note(place: int = place) -> None:
            assert place not in fired
            fired[place] = now_ms

        wheel.after(delay_ms, note)
    while now_ms <= max(delays_ms) + 3 * STEP_MS + turn_ms:
        now_ms += turn_ms
        wheel.turn(now_ms * MS)
    assert all(delay <= fired[place] <= delay + 2 * STEP_MS + turn_ms for place, delay in enumerate(delays_ms))


@given(st.lists(st.integers(0, 5 * SLOTS * STEP_MS), min_size=1, max_size=30), st.integers(2 * SLOTS, 4 * SLOTS))
def test_a_pause_of_rounds_makes_what_is_due_in_its_order_and_a_repeated_call_once(
    delays_ms: list[int], pause_steps: int
) -> None:
    wheel, fired = TimerWheel(0), list[int]()

    def repeat() -> None:
        fired.append(-1)
        wheel.after(1_000, repeat)

    repeat()
    for place, delay_ms in enumerate(delays_ms):
        wheel.after(delay_ms, lambda place=place: fired.append(place))
    wheel.turn(pause_steps * STEP_MS * MS)
    assert fired.count(-1) == 2
    due = [place for place in fired if place >= 0]
    ends = [-(-delay // STEP_MS) + 1 for delay in delays_ms]
    assert due == sorted((place for place, end in enumerate(ends) if end <= pause_steps), key=lambda one: ends[one])
    for _ in range(5 * SLOTS // 100):
        pause_steps += 100
        wheel.turn(pause_steps * STEP_MS * MS)
    assert sorted(place for place in fired if place >= 0) == list(range(len(delays_ms)))
    assert fired.count(-1) > 2


def test_cancelled_timer_never_fires_and_a_timer_may_set_another() -> None:
    wheel = TimerWheel(0)
    fired: list[str] = []
    wheel.after(20, lambda: fired.append("no")).cancel()
    wheel.after(20, lambda: wheel.after(20, lambda: fired.append("second")))
    wheel.turn(1_000 * MS)
    assert fired == ["second"]
