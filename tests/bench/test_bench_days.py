"""Days without trades are measured one by one, and only if each was settled."""

import pytest
from rich.table import Table

from bench import bench_days
from bench.bench_days import days_of, run_days
from bench.record import Report
from tests.venue.test_six_years import small_spec


def test_each_day_takes_time_and_equal_days_give_equal_states() -> None:
    seconds, state_hash, books = days_of(small_spec(), "medium", 2)
    assert len(seconds) == 2 and min(seconds) > 0 and books > 40
    assert days_of(small_spec(), "medium", 2)[1] == state_hash


def test_a_venue_that_does_not_settle_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_days, "CLOSE_HOUR", 20)
    with pytest.raises(AssertionError, match="settled for days"):
        days_of(small_spec(), "medium", 1)


def test_the_figures_are_a_row_with_mean_and_state(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_days, "days_of", lambda spec, limits, count: ([0.1, 0.3] * (count // 2), b"\1", 997))
    report = Report(True, Table("what", "figure", "detail"))
    run_days(report, "days")
    assert report.table.row_count == 1
    assert report.figures["days"]["mean_ms"] == pytest.approx(200) and report.figures["days"]["state_hash"] == "01"
