"""What an atomic batch is told before it runs is what the engine would say (ENTRY-013)."""

from collections import Counter
from typing import Any

import pytest

from exchange.codes import CommandKind, EventKind, RejectReason
from exchange.conformance.venues import EngineVenue, rows
from tests.properties.driver import Run
from tests.properties.flow import WEIGHTS

CHECKED = {CommandKind.NEW, CommandKind.REPLACE, CommandKind.CANCEL}
REFUSALS = {EventKind.ORDER_REJECTED, EventKind.REPLACE_REJECTED, EventKind.CANCEL_REJECTED}


class Asked(EngineVenue):
    """Asks before each command, and compares with what becomes of it."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: Counter[tuple[str, str]] = Counter()

    def apply(self, command: Any) -> list[Any]:
        states = self.engine.states
        if command.kind not in CHECKED or states["cursor"]["run"][0]:
            return super().apply(command)
        before = states.tobytes() if command.sequence % 50 == 0 else b""
        refusal = self.engine.first_refusal(rows([command]))
        assert not before or states.tobytes() == before, "a question changes nothing"
        told = super().apply(command)
        reason = told[0].reason if told[0].kind in REFUSALS else RejectReason.NONE
        assert (refusal[1] if refusal else 0) == reason, (command, refusal, told[0])
        if reason == RejectReason.STATE:
            assert refusal is not None and refusal[2] == told[0].liquidity
        self.seen[CommandKind(command.kind).name, RejectReason(reason).abbreviation] += 1
        return told


def ask_before(seed: int, commands: int) -> Asked:
    """So many random commands, each asked about before it is applied."""
    asked = Asked()
    run = Run.blank()
    run._begin(seed, {**WEIGHTS, "cancel": 20, "state": 5}, 1_000, None)
    run.pair.fast = asked
    for kind, step in run.flow.openings():
        run.do(kind, step)
    run.go(commands)
    return asked


@pytest.mark.rule("ENTRY-013")
@pytest.mark.parametrize("seed", [1, 2])
def test_each_answer_is_the_one_that_the_command_gets_then(seed: int) -> None:
    asked = ask_before(seed, 2_500)
    reasons = {name: {reason for kind, reason in asked.seen if kind == name} for name in ("NEW", "REPLACE", "CANCEL")}
    assert len(reasons["NEW"]) > 12 and len(reasons["REPLACE"]) > 10 and len(reasons["CANCEL"]) >= 3, reasons


@pytest.mark.rule("ENTRY-013")
def test_the_first_refusal_is_told_with_its_place() -> None:
    run = Run(3)
    engine, flow = run.pair.fast.engine, run.flow
    good = {"account": 1, "instrument": 1, "price": 95, "lots": 1, "session": 0}
    news = [flow.stamp(CommandKind.NEW, **good | {"lots": lots}) for lots in (1, 1, 0, -5)]
    assert engine.first_refusal(rows(news[:2])) is None
    assert engine.first_refusal(rows(news)) == (2, RejectReason.BAD_QTY, engine.states["books"]["market_state"][0, 1])
    assert engine.first_refusal(rows(news[3:]))[0] == 0  # type: ignore[index]
    wrong = flow.stamp(CommandKind.CANCEL_ALL, account=1)
    assert engine.first_refusal(rows([news[0], wrong])) == (1, RejectReason.BAD_COMBO, 0)
