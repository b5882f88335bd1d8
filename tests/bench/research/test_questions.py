"""The question of the research bench, and its slow twin."""

import pytest
from rich.table import Table

from bench import Replay
from bench.record import Report
from bench.research import questions
from bench.research.questions import ByHand, replay_steps, run_research
from exchange.codes import CommandKind
from tests.bench.research.small_flow import small_flow


def test_the_face_does_what_is_done_by_hand() -> None:
    tape = small_flow(3_000)
    replay, hand = Replay(tape), ByHand(tape)
    step = replay_steps(replay)
    for _ in range(30):
        step()
        hand.step()
        assert replay.state_hash() == hand.engine.state_hash().hex()
    assert len(replay.fills) > 2
    assert {own[2][0] for own in replay._driver.own_commands} >= {CommandKind.NEW, CommandKind.REPLACE}


def test_the_question_reports_a_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(questions, "open_source", lambda name, commands, seed: small_flow(50_000))
    report = Report(True, Table("what", "figure", "detail"))
    run_research(report, "research")
    assert report.figures["research"]["face"].count == 2
    assert report.table.row_count == 2


def test_another_state_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(questions, "open_source", lambda name, commands, seed: small_flow(50_000))
    monkeypatch.setattr(ByHand, "_own", lambda self, row: None)
    with pytest.raises(AssertionError, match="2 final states, expected one"):
        run_research(Report(True, Table("what", "figure", "detail")), "research")
