"""`gpux bench clearing` prints each figure beside what it must be."""

import pytest
from rich.table import Table

from bench.clearing import questions
from bench.clearing.full_margin import Portfolios
from bench.clearing.questions import run_clearing
from bench.record import Report
from tests.bench.clearing.small_house import small_house


def test_every_figure_is_a_row_with_its_must(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(questions, "filled_house", lambda filling: small_house())
    monkeypatch.setattr(questions, "Portfolios", lambda: Portfolios(positions_each=5))
    monkeypatch.setattr(questions, "QUICK_PORTFOLIOS", 2)
    report = Report(True, Table("what", "figure", "detail"))
    run_clearing(report, "clearing")
    assert report.table.row_count == 5
    details = list(report.table.columns[2].cells)
    assert all("must: median" in str(detail) and "reached" in str(detail) for detail in details)
    assert "rows for 1,024 positions" in str(details[2]) and report.figures["full_margin"]["checked"] > 20
    assert report.figures["mark"]["marks_moved"] > 0


@pytest.mark.parametrize(("median", "text"), [(20.0, "reached"), (20.1, "not reached")])
def test_a_must_is_reached_by_the_median(median: float, text: str) -> None:
    assert questions._reached(median <= questions.MARK_MUST_MS) == text
