"""Start and memory are measured in processes of their own."""

import os
from pathlib import Path

import pytest
from rich.table import Table

from bench import bench_start
from bench.bench_start import LAUNCH_DAY, open_catalogue, resident_mib, run_memory, run_python, run_start, seconds_of
from bench.record import Report
from contracts_spec.instruments import instruments_on
from contracts_spec.load import load_spec
from exchange.engine import query


def test_a_script_runs_in_another_process_that_finds_the_sources(tmp_path: Path) -> None:
    script = "import os, bench; print(os.getpid(), os.environ['GPUX_CACHE'])"
    pid, cache = run_python(script, str(tmp_path)).split()
    assert int(pid) != os.getpid() and cache == str(tmp_path)


def test_a_script_takes_time() -> None:
    assert seconds_of("pass", "") > 0


def test_memory_is_that_of_this_process() -> None:
    assert 10 < resident_mib() < 100_000


def test_the_launch_catalogue_is_listed_whole() -> None:
    engine, books = open_catalogue()
    assert books == len(query.instruments(engine.states)) == len(instruments_on(load_spec(), LAUNCH_DAY))


def test_memory_and_start_are_rows_with_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_start, "run_python", lambda script, cache: "some words 1032 183.5")
    report = Report(True, Table("what", "figure", "detail"))
    run_memory(report, "memory")
    run_start(report, "start")
    assert report.figures["memory"] == {"resident_mib": 183.5, "instruments": 1032}
    assert report.table.row_count == 3 and len(report.figures["start"]["warm_s"]) == report.passes(3)
