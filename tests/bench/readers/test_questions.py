"""The question `imports` checks the books before it reports a time."""

from pathlib import Path

import pytest
from rich.table import Table

from bench.readers import questions
from bench.record import Report


@pytest.mark.rule("TAPE-011")
def test_figures_come_after_equal_books(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(questions, "QUICK_COMMANDS", 2_000)
    monkeypatch.setattr(questions, "PAIR_COMMANDS", 200)
    report = Report(True, Table("what", "figure", "detail"))
    questions.run_imports(report, "imports")
    assert report.figures["itch"]["messages"] > 2_000 and report.figures["lobster"]["messages"] > 200
    assert report.table.row_count == 2


def test_wrong_book_is_an_error_and_no_time(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(questions, "QUICK_COMMANDS", 300)
    monkeypatch.setattr("bench.readers.itch.library_levels", lambda *_: [([(1, 1)], [])])
    report = Report(True, Table("what", "figure", "detail"))
    with pytest.raises(AssertionError, match="itch-book has other levels"):
        questions.time_itch(report, tmp_path)
    assert not report.figures
