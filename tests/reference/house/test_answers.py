"""Answers to expectations."""

import pytest

from exchange.reference.house.answers import ANSWERS, answer
from exchange.reference.house.checks import state_hash
from tests.reference.house.scenes import outcome_of, play

F27 = "H100.G90.F27"


def test_an_answer_changes_nothing_and_opens_no_account() -> None:
    state = play(f"trade A buys 1 {F27} @2810 from B\n")
    before = state_hash(state)
    everything = {
        "symbol": F27,
        "account": "Z",
        "order": "o1",
        "limit": "SPOT",
        "chipmonth": ("H100", "F27"),
        "index": ("H100", "G90"),
        "date": state.day,
        "lots_symbol": [(1, F27)],
    }
    for name in ANSWERS:
        answer(state, name, everything)
    assert (state_hash(state), list(state.members)) == (before, ["B", "A"])


@pytest.mark.parametrize("name", ["lotset", "stock", "invoice", "sitg"])
def test_parts_that_are_not_built_have_no_answer(name: str) -> None:
    assert answer(play("deposit A 1\n"), name, {"symbol": F27}) == {}


def test_what_was_never_listed_has_no_price_and_an_account_never_named_its_opening_cash() -> None:
    state = play("deposit A 1\n")
    never = {"symbol": "B200.G90.F27", "account": "Z"}
    assert answer(state, "state", never) == {"life": "NONE"}
    assert [answer(state, name, never) for name in ("settle", "mark", "limits", "phase", "call")] == [{}] * 5
    assert answer(state, "balance", never) == answer(state, "equity", never) == {"mills": 10**12}
    assert answer(state, "cash", never) == {"mills": 0}
    assert answer(state, "position", never) == {"lots": 0, "sum": 0}


@pytest.mark.parametrize(
    "wrong",
    [
        f"expect settle {F27} 2811",
        f"expect settle {F27} 2810 T1",
        f"expect settle {F27} 2810 SEED flagged",
        f"expect mark {F27} 2811",
        f"expect limits {F27} 2248..3371",
        f"expect state {F27} SETTLED",
        f"expect phase {F27} HALT",
        "expect cash A 1",
        "expect balance A 1",
        "expect equity A 1",
        f"expect position A {F27} 11",
        f"expect position A {F27} 10 sum 28101",
        f"expect open {F27} 11",
        "expect order o1 FILLED",
        "expect order o1 WORKING left 4",
        "expect account A CLOSE_ONLY",
        "expect call A 1",
        "expect margin A total 2976001",
        f"expect whatif A -10 {F27} total 1",
        "expect statement A vm 0",
        "expect index H100.G90 2026-11-14 2811 PRINT",
        "expect index H100.G90 2026-11-14 2810 CARRIED",
        "expect spotlimit H100.F27 501",
        "expect flag A SPOT yes",
        "expect fees 1",
    ],
)
def test_a_wrong_expectation_fails(wrong: str) -> None:
    lines = f"trade A buys 10 {F27} @2810 from B\norder o1 C buys 5 {F27} @2800\n"
    outcome, _ = outcome_of(f"{lines}{wrong}\n")
    assert [one.line.text for one in outcome.failures] == [wrong]
