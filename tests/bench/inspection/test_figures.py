"""What the checks of a command find, whatever its fields."""

import json

import numpy as np
import pytest

from bench.inspection.explain import explain
from bench.inspection.show import explanation_json
from exchange.codes import CommandKind, RejectReason, Scope, Side, TimeInForce
from exchange.records import COMMAND
from tests.bench.inspection.commands import explain_last, found_by
from tests.bench.test_replay import small_tape

REST = {"kind": CommandKind.NEW, "side": Side.BUY, "tif": TimeInForce.GTC, "price": 190, "lots": 5}


def test_an_unknown_time_in_force_is_a_figure_too() -> None:
    found = explain_last({**REST, "tif": 99})
    assert found.verdict == "refused: BAD_COMBO" and found_by(found)["BAD_COMBO"] == "LIMIT 99 NONE"


@pytest.mark.parametrize(
    ("scope", "text"),
    [
        (Scope.ACCOUNT, "the account is killed, session 5 is not killed"),
        (Scope.SESSION, "the account is not killed, session 5 is killed"),
    ],
)
def test_what_is_killed_is_named(scope: Scope, text: str) -> None:
    found = explain_last({"kind": CommandKind.KILL, "scope": scope, "killed_session": 5}, {**REST, "session": 5})
    assert found.verdict == "refused: KILLED" and found_by(found)["KILLED"] == text


def test_every_command_can_be_explained() -> None:
    """Fields of any value, which only a damaged tape or one written by hand has."""
    rng = np.random.default_rng(7)
    tape = small_tape()
    rows = tape.commands
    for name in set(COMMAND.names) - {"sequence", "time_ns", "kind"}:
        limits = np.iinfo(COMMAND[name])
        places = 20 + rng.choice(len(rows) - 20, len(rows) // 9, replace=False)
        rows[name][places] = rng.choice(np.array([0, 1, 3, limits.max, limits.min], COMMAND[name]), len(places))
    rows["kind"][20:] = rng.choice([*range(22), 200], len(rows) - 20)
    reasons = {one.abbreviation for one in RejectReason}
    for sequence in rng.choice(rows["sequence"][20:], 40):
        found = json.loads(explanation_json(explain(tape, int(sequence))))
        for row in found["rows"]:
            refused = [check["reason"] for check in row["checks"] if check["verdict"] == "refused"]
            assert refused == ([row["reason"]] if row["reason"] and row["checks"] else []) and {*refused} <= reasons
