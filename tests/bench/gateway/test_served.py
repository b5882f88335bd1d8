"""The disk alone, and what is made of times."""

from pathlib import Path

import pytest

from bench.gateway.served import LoadError, load, spread_us, sync_us
from exchange.venue.loop import run_loop


def test_each_sync_is_timed_and_leaves_no_file(tmp_path: Path) -> None:
    times = sync_us(str(tmp_path), 5)
    assert len(times) == 5 and min(times) > 0 and not list(tmp_path.iterdir())


def test_spread_has_the_nearest_ranks() -> None:
    assert spread_us([float(one) for one in range(1, 1_001)]) == {
        "count": 1_000,
        "p50_us": 501.0,
        "p99_us": 991.0,
        "p99.9_us": 1_000.0,
    }


def test_a_load_that_fails_is_an_error(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(LoadError, match="exit code 1"):
        run_loop(load(1, {"job": "no such job"}))
    assert "no such job" in capfd.readouterr().err
