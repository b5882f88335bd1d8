"""A lost connection is dialled again before the session's orders leave, and a storm of dials does no harm."""

import heapq
import random
from typing import get_args

import pytest

from clients.backoff import Backoff
from tests.clients.flaky import DOWN, Fault, Outage, live_through

REACHABLE: dict[Fault, float] = {
    "refused": 0.6,
    "busy": 0.6,
    "drops": 0.6,
    "unreachable": 0.6,
    "hole": 0.4,
}  # of the grace that may be lost


@pytest.mark.rule("SESS-021")
@pytest.mark.parametrize("grace_ms", [3_000, 1_000, 10_000, 60_000])
@pytest.mark.parametrize("seed", range(12))
def test_whatever_the_outages_the_session_is_resumed_before_its_orders_leave(
    seed: int, grace_ms: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = random.Random(seed)
    outages, at_s = [], 2.0
    for _ in range(8):
        fault = rng.choice([fault for fault in REACHABLE if fault != "hole" or grace_ms >= 3_000])
        length_s = rng.uniform(0.0, REACHABLE[fault] * grace_ms / 1000)
        outages.append(Outage(at_s, length_s, fault))
        at_s += length_s + rng.uniform(2.0, 30.0) + grace_ms / 1000
    venue = live_through(outages, at_s + 120, seed, monkeypatch, grace_ms=grace_ms)
    assert (venue.fired, len(venue.resumed)) == ([], len(outages)), (outages, venue.attempts)


@pytest.mark.rule("SESS-021", "RECOV-012")
@pytest.mark.parametrize("fault", DOWN)
@pytest.mark.parametrize("seed", range(12))
def test_a_venue_that_was_down_however_long_sees_its_sessions_within_the_grace_that_then_begins(
    seed: int, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = random.Random(seed)
    outages = [Outage(2.0, rng.choice([0.5, 3.0, 30.0, 600.0, 7_200.0]), fault)]
    venue = live_through(outages, outages[0].length_s + 60, seed, monkeypatch)
    back_s = 2.0 + outages[0].length_s
    assert venue.fired == [] and len(venue.resumed) == 1
    assert back_s <= venue.resumed[0] < back_s + 3.0 * 0.67


@pytest.mark.rule("SESS-021")
@pytest.mark.parametrize("fault", ["refused", "busy", "drops"])
def test_several_attempts_are_made_within_the_grace(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(20):
        venue = live_through([Outage(2.0, 20.0, fault)], 10.0, seed, monkeypatch)
        assert sum(2.0 < attempt < 5.0 for attempt in venue.attempts) >= 4, (seed, venue.attempts)


@pytest.mark.rule("DUR-027")
@pytest.mark.parametrize("fault", ["hole", "busy", "drops", "unreachable"])
@pytest.mark.parametrize("terms", [{}, {"mode": "off"}, {"on": "logout"}, {"grace_ms": 0}], ids=str)
def test_once_nothing_is_at_stake_the_pauses_grow(
    fault: Fault, terms: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    venue = live_through([Outage(2.0, 600.0, fault)], 602.0, 5, monkeypatch, **terms)
    assert sum(attempt > 300.0 for attempt in venue.attempts) < 302 / 10 * 2 * 1.5


@pytest.mark.rule("DUR-027")
@pytest.mark.parametrize("fault", get_args(Fault))
@pytest.mark.parametrize("grace_ms", [1, 10, 100, 299, 3_000])
def test_however_short_the_grace_nobody_dials_more_than_twenty_times_a_second(
    grace_ms: int, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    venue = live_through([Outage(2.0, 30.0, fault)], 32.0, 1, monkeypatch, grace_ms=grace_ms)
    assert len(venue.attempts) < 30 * 20 * 1.2


@pytest.mark.rule("DUR-027")
def test_two_thousand_clients_that_lose_their_venue_at_once_come_back_one_after_another() -> None:
    """A venue that lets 100 a second log on; the others are told to come again."""
    clients = {number: Backoff(random.Random(number)) for number in range(2_000)}
    due = []
    for number, backoff in clients.items():
        backoff.lost(0.0, 3.0)
        due.append((backoff.wait_s(None, 0.0), number))
    heapq.heapify(due)
    attempts, admitted = [0] * 60, [0] * 60
    while due:
        now_s, number = heapq.heappop(due)
        second = int(now_s)
        assert second < 60, "not all are back"
        attempts[second] += 1
        if admitted[second] < 100:
            admitted[second] += 1
        else:
            heapq.heappush(due, (now_s + clients[number].wait_s(None, now_s), number))
    assert sum(admitted[:31]) == 2_000, "all are back within 30 s"
    assert max(attempts[10:]) < 800 and sum(attempts) < 2_000 * 12


def test_the_range_that_a_stopping_venue_wishes_for_is_kept_to_its_early_part_while_orders_are_at_stake() -> None:
    waits = []
    for seed in range(200):
        backoff = Backoff(random.Random(seed))
        backoff.lost(0.0, 3.0)
        waits.append(backoff.wait_s((500, 5_000), 0.0))
    assert 0.5 <= min(waits) < 0.6 and 1.4 < max(waits) <= 1.5


def test_pauses_stay_finite_however_often_dialling_has_failed() -> None:
    backoff = Backoff(random.Random(1))
    assert all(0 <= backoff.wait_s(None) <= 10 for _ in range(2_000))
