"""`gpux bench facts` measures, and fails on a wrong result."""

import json
from dataclasses import replace

import pytest
from rich.table import Table

from bench.facts import question
from bench.facts.collect import collect
from bench.facts.question import FactsFlow, one_pass, run_question
from bench.record import Report
from tests.bench.facts.books import flow_of, recorded


def test_figures_of_each_part_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(question, "flow_tape", lambda name, seed, commands: flow_of(name, 500, seed))
    report = Report(True, Table())
    run_question(report, "facts")
    found = report.figures["facts"]
    assert set(found) == {"recording", "facts", "scores", "recording_and_facts", "messages"}
    assert found["recording"].count == 2 and found["messages"] == len(recorded("mixed", 500).messages)
    assert (
        report.parameters["facts"] == {"flow": "mixed", "commands": 100_000, "seed": 1} and report.table.row_count == 4
    )


def test_other_trades_than_predicted_are_wrong() -> None:
    tape = flow_of("mixed", 500)
    with pytest.raises(AssertionError, match="trades, expected 3"):
        one_pass(replace(tape, notes={"fills": 3}), recorded("mixed", 500))
    _, text, messages = one_pass(tape, recorded("mixed", 500))
    assert json.loads(text)["book"]["messages"] == messages == len(collect(tape).messages)
    assert FactsFlow().commands == 1_000_000
