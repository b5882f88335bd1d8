"""`gpux bench tapes files` prints each figure beside what it must be, and refuses wrong results."""

from pathlib import Path

import pytest
from rich.table import Table

from bench.from_file import questions
from bench.from_file.feed import feed_of
from bench.from_file.questions import best_prices, in_turn, recorded_flow, run_files, run_tapes
from bench.record import Report
from tests.bench.from_file.test_feed import small


@pytest.fixture
def report(monkeypatch: pytest.MonkeyPatch) -> Report:
    monkeypatch.setattr(questions, "flow_tape", lambda *arguments: small("mixed"))
    return Report(True, Table("what", "figure", "detail"))


def rows_of(report: Report) -> dict[str, str]:
    """Detail by what it is of."""
    names, details = ([str(cell) for cell in report.table.columns[place].cells] for place in (0, 2))
    return dict(zip(names, details, strict=True))


def test_sizes_and_reading_are_beside_dbn(report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("databento_dbn")
    monkeypatch.setattr(questions, "BYTES_MOST", 0.5)
    run_tapes(report, "tapes")
    rows = rows_of(report)
    assert list(rows) == [
        "tape: bytes a message", "read: tape", "read: DBN by databento-dbn", "read: DBN as an array",
    ]  # fmt: skip
    assert "must: at most 0.5: not reached" in rows["tape: bytes a message"]
    assert "must: at most 1.5 of it" in rows["read: tape"] and set(report.figures) == {"sizes", "read"}


def test_replays_are_beside_hftbacktest(report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(questions, "replay_hftbacktest", lambda *arguments: best_prices(small("mixed")))
    run_files(report, "files")
    rows = rows_of(report)
    assert [name for name in rows if "hftbacktest" not in name] == [
        "replay: tape", "replay: tape in the cache", "replay: rows in memory",
    ]  # fmt: skip
    assert all("must: 3 times as fast" in rows[f"replay: {name}"] for name in ("tape", "tape in the cache"))


def test_a_wrong_result_and_a_wrong_number_of_trades_are_errors(
    report: Report, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(AssertionError, match="one: wrong result"):
        in_turn({"one": (1, lambda: False)}, 1)
    wrong = small("mixed")
    wrong.notes["fills"] += 1
    monkeypatch.setattr(questions, "flow_tape", lambda *arguments: wrong)
    with pytest.raises(AssertionError, match="trades, the flow predicts"):
        recorded_flow(True)
    monkeypatch.setattr(questions, "flow_tape", lambda *arguments: small("mixed"))
    assert recorded_flow(True)[0].state_hash == feed_of(small("mixed")).state_hash


def test_the_first_round_is_no_time() -> None:
    turns: list[int] = []
    times = in_turn({"one": (2, lambda: not turns.append(1))}, 3)  # type: ignore[func-returns-value]
    assert len(turns) == 4 and times["one"][0].count == times["one"][1].count == 3
