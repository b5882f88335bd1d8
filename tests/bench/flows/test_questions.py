"""The question of the flows: speed after a check, and figures beside their bounds."""

import pytest
from rich.table import Table

from bench.flows import questions
from bench.flows.questions import checked, run_flows
from bench.flows.realism import BOUNDS
from bench.flows.registry import MODELS, model_tape
from bench.record import Report
from bench.tapes.tape import Tape


def test_a_quick_run_answers_for_each_model_and_shows_every_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(questions, "COMMANDS", 5_000)
    monkeypatch.setattr(questions, "QUICK_COMMANDS", 40_000)
    report = Report(True, Table("what", "figure", "detail"))
    run_flows(report, "flows")
    assert set(report.figures) == {*MODELS, "realism"}
    (table,) = report.tables
    assert table.row_count == len(BOUNDS)
    assert set(report.figures["realism"]) == {"H100.G90.F27", "B200.G90.F27"}


def test_a_tape_with_another_state_is_wrong() -> None:
    tape = model_tape("hawkes", 1, 100)
    other = Tape(tape.commands, tape.controls, tape.limits, state_hash="00", resting_rows=tape.resting_rows)
    with pytest.raises(AssertionError, match="another state"):
        checked("hawkes", other)


def test_a_whole_run_outside_the_bounds_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {"X": dict.fromkeys(BOUNDS, 99.0)}
    monkeypatch.setattr(questions, "realism", lambda commands, seeds, trades: found)
    with pytest.raises(AssertionError, match="outside the bounds"):
        questions.run_realism(Report(False, Table("what", "figure", "detail")))
