"""`gpux bench` runs what is named, fails on a wrong result, and refuses unknown names."""

import json
from pathlib import Path

import pytest
from rich.table import Table

from bench import bench_engine, suite
from bench.gateway import targets
from bench.record import Report
from bench.suite import QUESTIONS, run_bench
from bench.warm_engine import WrongResult
from exchange.cli.app import main
from exchange.errors import UserError


def test_unknown_question_is_one_line_with_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["bench", "speed"])
    assert stopped.value.code == 2
    told = capsys.readouterr().err
    assert "'speed'" in told and all(name in told for name in QUESTIONS) and told.count("\n") == 1


def test_a_results_folder_that_cannot_be_is_told_before_anything_is_measured(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(SystemExit) as stopped:
        main(["bench", "mixed", "--results", str(tmp_path / "file")])
    assert stopped.value.code == 2
    told = capsys.readouterr().err
    assert f"--results {tmp_path / 'file'}" in told and told.count("\n") == 1


def test_every_question_has_its_function() -> None:
    for module, function in QUESTIONS.values():
        assert callable(getattr(suite.import_module(module), function))


def test_answers_go_into_table_and_result_file(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(report: Report, name: str) -> None:
        report.row(name, f"{report.passes(5)} ns", "a detail")
        report.keep(name, {"ns": 2}, {"seed": 3})

    monkeypatch.setattr(bench_engine, "run_flow", answer)
    assert run_bench(["churn"], True, tmp_path) == 0
    assert "2 ns" in capsys.readouterr().out
    (path,) = tmp_path.iterdir()
    record = json.loads(path.read_text())
    assert record["figures"] == {"churn": {"ns": 2}} and record["parameters"] == {"churn": {"seed": 3}, "quick": True}


def test_wrong_result_is_shown_and_fails(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(report: Report, name: str) -> None:
        raise WrongResult("another state")

    monkeypatch.setattr(bench_engine, "run_growth", answer)
    assert run_bench(["growth"], True, tmp_path) == 1
    assert "WRONG" in capsys.readouterr().out and not list(tmp_path.iterdir())


def test_a_question_whose_package_is_missing_does_not_end_the_others(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(report: Report, name: str) -> None:
        raise UserError("needs hftbacktest: pip install 'gpux[bench]'")

    monkeypatch.setattr(bench_engine, "run_growth", missing)
    monkeypatch.setattr(bench_engine, "run_kinds", lambda report, name: report.row(name, "2 ns", "a detail"))
    assert run_bench(["growth", "kinds"], True, tmp_path) == 2
    shown = "".join(capsys.readouterr().out.split())
    assert "notmeasured" in shown and "gpux[bench]" in shown and "2ns" in shown


def test_tables_of_a_question_follow_and_its_latency_is_drawn(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = {"p50_us": 1.0, "p99_us": 2.0, "p99.9_us": 3.0}

    def answer(report: Report, name: str) -> None:
        report.tables.append(Table("beside their targets"))
        report.keep("open_loop", {"closed_loop_acks_per_s": 9, "steps": [{"offered_per_s": 5} | times]}, None)

    monkeypatch.setattr(targets, "run_gateway", answer)
    assert run_bench(["gateway"], True, tmp_path / "results", tmp_path / "latency.svg") == 0
    assert "beside their targets" in capsys.readouterr().out
    assert "<svg" in (tmp_path / "latency.svg").read_text()


def test_repeats_are_fewer_for_a_quick_look() -> None:
    assert Report(True, Table()).passes(5) < Report(False, Table()).passes(5) == 5
