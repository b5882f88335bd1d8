"""The questions about many books add rows and figures, and say when a GPU was not measured."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest
from rich.table import Table

from bench.many import questions
from bench.many.questions import device_versions, run_gpu, run_many
from bench.record import Report
from exchange.errors import UserError


def quick_report() -> Report:
    return Report(True, Table("what", "figure", "detail"))


def text_of(report: Report) -> str:
    return " ".join(str(cell) for column in report.table.columns for cell in column.cells)


@pytest.fixture
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few messages, and threads in place of processes."""
    for name, value in {"QUICK_MARKETS": 16, "MARKET_MESSAGES": 20, "QUICK_BOOKS": 9, "SETTLING_MESSAGES": 30}.items():
        monkeypatch.setattr(questions, name, value)
    monkeypatch.setattr(questions, "ProcessPoolExecutor", lambda workers, *_: ThreadPoolExecutor(workers))


@pytest.mark.usefixtures("_small")
def test_many_books_add_two_rows_and_their_figures() -> None:
    report = quick_report()
    run_many(report, "many")
    assert report.table.row_count == 2 and report.figures["markets"]["a_second"].least > 0
    assert report.figures["steps"]["steps_a_second"] > 0 < report.figures["steps"]["orders_in_a_book"] < 230


@pytest.mark.usefixtures("_small")
def test_books_that_depend_on_their_company_are_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    made = questions.Books
    monkeypatch.setattr(questions, "Books", lambda count: made(count, seed=count))
    with pytest.raises(AssertionError, match="other results alone"):
        run_many(quick_report(), "many")


def test_without_a_gpu_the_row_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> None:
        raise UserError("books on a GPU: pip install 'gpux[gpu]'")

    monkeypatch.setattr(questions, "check_device", none)
    report = quick_report()
    run_gpu(report, "gpu")
    assert "not measured" in text_of(report) and not report.figures


@pytest.mark.rule("GPU-010")
def test_a_result_has_driver_and_packages(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    names = ("numba-cuda", "nvidia-nvjitlink-cu12", "cuda-bindings", "numpy")
    monkeypatch.setattr(
        questions, "distributions", lambda: [SimpleNamespace(metadata={"Name": one}, version="1.2") for one in names]
    )
    monkeypatch.setattr(questions, "DRIVER", tmp_path / "version")
    assert device_versions() == {"driver": "", "packages": dict.fromkeys(names[:3], "1.2")}
    questions.DRIVER.write_text("NVRM version: 570\nGCC\n")
    assert device_versions()["driver"] == "NVRM version: 570"
