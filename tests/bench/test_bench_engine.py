"""What `gpux bench` says of the engine: its rows, and what the result file keeps."""

from dataclasses import replace

import pytest
from rich.table import Table

from bench import bench_engine
from bench.bare_ladder import PART_STEPS
from bench.record import Report
from bench.warm_engine import WarmEngine, prepare_engine


@pytest.fixture
def report(monkeypatch: pytest.MonkeyPatch) -> Report:
    """A quick run of a small flow on a small state."""

    def small(parameters: bench_engine.Parameters) -> WarmEngine:
        return prepare_engine(replace(parameters, commands=2_100, warm_orders=300, accounts=10, books=1), "medium")

    monkeypatch.setattr(bench_engine, "prepare_engine", small)
    return Report(True, Table("what", "figure", "detail"))


def rows(report: Report) -> dict[str, tuple[str, str]]:
    what, figures, details = (list(column.cells) for column in report.table.columns)
    return {str(name): (str(figure), str(detail)) for name, figure, detail in zip(what, figures, details, strict=True)}


def test_a_flow_stands_beside_the_bare_ladders_with_the_ratio_that_is_needed(report: Report) -> None:
    bench_engine.run_flow(report, "mixed")
    shown, kept = rows(report), report.figures["mixed"]
    ladder = kept["bare ladder"]
    ratio = kept["least_of_parts_ns"] / ladder["least_of_parts_ns"]
    assert 0 < kept["least_of_parts_ns"] <= kept["pass"].least and ladder["part_steps"] == PART_STEPS
    assert f"{kept['least_of_parts_ns']:.1f}" in shown["mixed flow"][1]
    assert f"{ratio:.2f}x" in shown["mixed, bare ladder"][1] and "3.16x" in shown["mixed, bare ladder"][1]
    assert kept["events"]["FILL"] > 0 and kept["mix"]["cancel"] > 30


def test_other_flows_have_no_need(report: Report) -> None:
    bench_engine.run_flow(report, "churn")
    assert not any("needed" in detail for _, detail in rows(report).values())


def test_growth_is_told_against_the_plain_flow_of_the_same_run(report: Report) -> None:
    bench_engine.run_growth(report, "growth")
    assert list(rows(report)) == list(bench_engine.GROWTH)
    for name, (figure, _) in rows(report).items():
        kept = report.figures[name]
        assert figure == f"{kept['grown']['least_of_parts_ns'] / kept['plain']['least_of_parts_ns']:.2f}x"
