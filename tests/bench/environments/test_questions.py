"""`gpux bench environments` checks some books one by one, and a wrong state is never a figure."""

import numpy as np
import pytest
from rich.table import Table

from bench.environments import questions
from bench.record import Report
from bench.warm_engine import WrongResult


@pytest.fixture
def report(monkeypatch: pytest.MonkeyPatch) -> Report:
    monkeypatch.setattr(questions, "BOOKS", 64)
    monkeypatch.setattr(questions, "STEPS", 40)
    return Report(True, Table("what", "figure", "detail"))


def test_many_books_and_one_are_measured(report: Report) -> None:
    questions.run_environments(report, "environments")
    assert report.table.row_count == 2
    assert "book-steps/s" in str(next(iter(report.table.columns[1].cells)))
    assert report.figures["environments"]["many"].count == 3


def test_a_book_in_another_state_is_a_wrong_result(report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = questions.time_many

    def changed(actions: np.ndarray, settings: dict[str, int]) -> tuple[list[int], list[str]]:
        times, hashes = honest(actions, settings)
        return times, [hashes[0], "0" * 64, *hashes[2:]]

    monkeypatch.setattr(questions, "time_many", changed)
    with pytest.raises(WrongResult, match="book 1: state 0000000000000000, alone it is"):
        questions.run_environments(report, "environments")
