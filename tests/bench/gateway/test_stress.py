"""Readers that stall, and clients that drop and come back, at a small scale."""

import pytest

from bench.gateway import stress
from bench.gateway.questions import measure
from exchange.engine.warmup import warm_up
from exchange.limits import MEDIUM

SCALE = 0.01


@pytest.fixture(autouse=True, scope="module")
def _compiled() -> None:
    warm_up(MEDIUM)


def test_stalled_readers_are_those_that_the_venue_finds_slow() -> None:
    found = measure("stalled", "none", SCALE, "medium")
    assert found["none"]["count"] == found["stalled"]["count"] == 8 and found["p99_ratio"] > 0
    assert (found["count"], found["subscribers"]) == (1, 10)


def test_many_stalled_readers_are_60_of_500() -> None:
    found = measure("many_stalled", "none", 0.005, "medium")
    assert (found["count"], found["subscribers"]) == (3, 25)
    assert found["none"]["count"] == found["stalled"]["count"] == 4


def test_a_storm_ends_with_all_clients_back_and_orders_go_on() -> None:
    found = measure("storm", "none", 0.005, "medium")
    assert (found["clients"], found["orders"]["count"], found["alone"]["count"]) == (25, 27, 27)
    assert found["seconds"] > 0


def test_readers_that_do_not_stall_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stress, "FILLING_TICKS", 2)
    with pytest.raises(AssertionError, match="0 of 1 stalled readers lagged"):
        measure("stalled", "none", SCALE, "medium")
