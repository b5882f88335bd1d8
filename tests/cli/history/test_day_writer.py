"""The files of a venue's days, against a slow recomputation from FILL events; a second run; days and instruments."""

import json
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from exchange.cli.history import day_files, day_writer
from tests.cli.history.test_journal_days import prints_of
from tests.cli.history.venue_days import run
from tests.publish.daily.days import open_bench
from tests.publish.past.plain import Made, plain_candles
from tests.venue.daily.test_settler import trade

DAY_US = 86_400_000_000


def day_of(one: Made) -> str:
    """The day of the next close at 21:00."""
    return str(date.fromordinal(719_163 + (one.time_us + DAY_US // 8) // DAY_US))


def rows_of(path: Path, *names: str) -> list[tuple[Any, ...]]:
    table = pq.read_table(path)
    return list(zip(*(table.column(name).to_pylist() for name in names), strict=True))


@pytest.mark.rule("HIST-004", "HIST-001")
@pytest.mark.parametrize("interval", ["1m", "1h", "1d"])
def test_files_have_the_trades_and_candles_of_each_day(folder: Path, out: Path, interval: str) -> None:
    reports, made = run(folder, out, interval=interval), prints_of(folder)
    days = sorted({report["day"] for report in reports})
    assert len(days) == 4 and {day_of(one) for one in made} <= set(days)
    for day in days:
        of_day = [one for one in made if day_of(one) == day]
        names = ("trade_id", "sequence", "price_tick", "lots", "instrument", "symbol", "auction")
        trades = rows_of(out / f"trades-{day}.parquet", *names)
        assert [row[:4] for row in trades] == [(one.number, one.sequence, one.tick, one.lots) for one in of_day]
        assert {row[4:] for row in trades} <= {(34734166, "H100.G90.H27", False)}
        columns = ("start_us", "open_tick", "high_tick", "low_tick", "close_tick", "lots", "value_tick_lots", "trades")
        candles = rows_of(out / f"candles-{interval}-{day}.parquet", *columns)
        assert candles == plain_candles(of_day, 1, interval)
    for kind in ("trades", "candles"):
        ours = [report for report in reports if f"/{kind}-" in report["file"]]
        assert [report["complete"] for report in ours] == [True, True, True, False]
        edges = [(report["first_sequence"], report["last_sequence"]) for report in ours]
        assert edges[0][0] == 1 and all(one[1] + 1 == two[0] for one, two in pairwise(edges))
    text = pq.read_schema(out / f"trades-{days[0]}.parquet").metadata[b"gpux.history"]
    metadata = json.loads(text)
    assert metadata["is_complete"] and metadata["rows"] == reports[0]["rows"] and metadata["stamp"]["day"] == days[0]


@pytest.mark.rule("HIST-004")
def test_a_second_run_checks_complete_files_and_writes_the_last_day_again(folder: Path, out: Path) -> None:
    run(folder, out)
    before = {path: path.read_bytes() for path in out.iterdir()}
    stamps = {path: path.stat().st_mtime_ns for path in out.iterdir()}
    again = run(folder, out)
    assert [report["done"] for report in again] == ["verified"] * 6 + ["written"] * 2
    assert {path: path.read_bytes() for path in out.iterdir()} == before
    assert all(path.stat().st_mtime_ns == stamps[path] for path in map(Path, [one["file"] for one in again[:6]]))


@pytest.mark.rule("HIST-004")
def test_rows_do_not_depend_on_how_many_are_in_memory(folder: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reports = run(folder, out)
    monkeypatch.setattr(day_writer, "GATHERED_ROWS", 2)
    monkeypatch.setattr(day_files, "GROUP_ROWS", 3)
    assert [one["done"] for one in run(folder, out)[:6]] == ["verified"] * 6
    for one in run(folder, out.with_name("small")):
        path = Path(one["file"])
        assert pq.read_table(path) == pq.read_table(out / path.name)
        assert pq.ParquetFile(path).num_row_groups > 1 or one["rows"] <= 5
    assert len(reports) == 8 and max(one["rows"] for one in reports) > 5


@pytest.mark.rule("HIST-004")
def test_days_and_instruments_can_be_chosen(folder: Path, out: Path) -> None:
    days = sorted({report["day"] for report in run(folder, out)})
    chosen = {"first": date.fromisoformat(days[1]), "last": date.fromisoformat(days[2])}
    some = run(folder, out.with_name("some"), **chosen)
    assert [report["day"] for report in some] == [days[1]] * 2 + [days[2]] * 2 and all(one["complete"] for one in some)
    for name in ("trades", "candles-1m"):
        one, two = (of / f"{name}-{days[1]}.parquet" for of in (out, out.with_name("some")))
        assert one.read_bytes() == two.read_bytes()
    named = run(folder, out.with_name("named"), symbols=("H100.G90.H27",), chip="H100")
    assert [report["rows"] for report in named] == [report["rows"] for report in run(folder, out)]


@pytest.mark.rule("HIST-004")
def test_the_folder_of_a_running_venue_is_read_and_not_changed(tmp_path: Path, out: Path) -> None:
    with open_bench(str(tmp_path / "venue")) as bench:
        trade(bench, 1, bench.price, 3)
        files = {path: path.read_bytes() for path in (tmp_path / "venue").rglob("*") if path.is_file()}
        assert [report["rows"] for report in run(tmp_path / "venue", out)] == [1, 1]
        assert {path: path.read_bytes() for path in (tmp_path / "venue").rglob("*") if path.is_file()} == files
        trade(bench, 2, bench.price, 3)
        assert [report["rows"] for report in run(tmp_path / "venue", out)] == [2, 1]
