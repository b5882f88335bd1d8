"""`gpux bench clients` prints each figure beside what it must be."""

import pytest
from rich.table import Table

from bench.clients import questions
from bench.clients.callback import Latencies
from bench.clients.depth_frames import DepthTraffic, Recorded
from bench.clients.local_book import BookRates
from bench.record import Report


def report_of(monkeypatch: pytest.MonkeyPatch, deltas: float, over_us: float, import_ms: float) -> list[str]:
    async def measured(messages: int) -> Latencies:
        return Latencies([30.0] * messages, [30.0 + over_us] * messages)

    monkeypatch.setattr(questions, "recorded", lambda traffic: Recorded(None, []))  # type: ignore[arg-type]
    monkeypatch.setattr(questions, "book_rates", lambda recording: BookRates(deltas, 2 * deltas, 5, 6, 1))
    monkeypatch.setattr(questions, "measure", measured)
    monkeypatch.setattr(questions, "import_ms", lambda what, times: [import_ms] * times)
    report = Report(True, Table("what", "figure", "detail"))
    questions.run_clients(report, "clients")
    assert report.table.row_count == 6 and DepthTraffic().orders > 1_000
    return [str(cell) for cell in report.table.columns[2].cells]


def test_figures_that_are_good_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    details = report_of(monkeypatch, 200_000.0, 25.0, 120.0)
    assert sum(": reached" in detail for detail in details) == 4 and not any("not reached" in one for one in details)


def test_figures_that_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    details = report_of(monkeypatch, 199_999.0, 25.1, 120.1)
    assert sum("not reached" in detail for detail in details) == 4
