"""The venue of the demo in its own process: it serves, stops cleanly, and a failure is one line."""

import os
from datetime import date
from pathlib import Path

import pytest

from exchange.demo.venue_process import Plan, VenueProcess
from exchange.engine.warmup import warm_up
from exchange.errors import UserError
from exchange.journal.verify import verify
from exchange.limits import MEDIUM

PLAN = Plan(2, 1_000_000, "medium", ("H100.G90.F27",), date(2026, 11, 24))


def test_it_serves_with_a_key_for_each_account_and_stops_with_its_last_state(tmp_path: Path) -> None:
    warm_up(MEDIUM)
    waited: list[float] = []
    venue = VenueProcess(str(tmp_path), PLAN)
    try:
        ready = venue.await_ready(waited.append)
        assert ready.url.startswith("ws://127.0.0.1:") and waited == sorted(waited)
        assert [key.account for key in ready.keys] == [1, 2] and len({key.seed for key in ready.keys}) == 2
        venue.require_alive()
        closed = venue.close_day()
        assert all(check.passed for check in closed.checks) and closed.markets == [] and closed.methods == {"T3": 1}
        stopped = venue.stop()
    finally:
        venue.end()
    assert verify(str(tmp_path)).records == stopped.sequence > 0 and len(stopped.state_hash) == 32


def test_a_venue_that_cannot_start_is_one_line(tmp_path: Path) -> None:
    venue = VenueProcess(str(tmp_path), Plan(1, 1, "medium", ("NO.SUCH.BOOK",), date(2026, 11, 24)))
    try:
        with pytest.raises(UserError, match="the venue failed: no instrument NO") as caught:
            venue.await_ready(lambda _: None)
        assert caught.value.code == 1
    finally:
        venue.end()


def test_a_venue_that_was_killed_is_not_alive(tmp_path: Path) -> None:
    warm_up(MEDIUM)
    venue = VenueProcess(str(tmp_path), PLAN)
    try:
        venue.await_ready(lambda _: None)
        assert venue._process.pid is not None
        os.kill(venue._process.pid, 9)
        venue._process.join(60)
        with pytest.raises(UserError, match="-9") as caught:
            venue.require_alive()
        assert caught.value.code == 1
        with pytest.raises(UserError, match="-9"):
            venue.stop()
    finally:
        venue.end()
    assert not venue._process.is_alive()
