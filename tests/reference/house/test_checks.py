"""What the house notices of itself, and its hash."""

from collections.abc import Callable

import pytest

from exchange.reference.house.checks import broken, state_hash
from exchange.reference.house.ledger import LedgerEntry
from exchange.reference.house.state import HouseState
from tests.reference.house.scenes import play

F27 = "H100.G90.F27"
FAULTS: dict[str, Callable[[HouseState], object]] = {
    "the ledger sums to 5": lambda state: state.ledger.entries["A"].append(LedgerEntry(0, 5, "fee")),
    "the variation account has 7": lambda state: state.ledger.post(0, "variation", "A", "variation", 7),
    "the rounding account has -1": lambda state: state.ledger.post(0, "remainder", "rounding", "A", 1),
    "the ledger has accounts of nobody: X": lambda state: state.ledger.post(0, "deposit", "bank", "X", 1),
    f"{F27}: lots sum to 0, mark_num to 3": lambda state: setattr(state.member("A").holdings[F27], "mark_num", 28103),
    f"{F27}: lots sum to -9, mark_num to 0": lambda state: setattr(state.member("A").holdings[F27], "lots", 1),
    f"{F27} has ended and is held": lambda state: state.life.update({F27: "SETTLED"}),
}


@pytest.mark.parametrize("words", FAULTS)
def test_each_planted_fault_is_reported(words: str) -> None:
    state = play(f"trade A buys 10 {F27} @2810 from B\n")
    assert broken(state) == []
    FAULTS[words](state)
    assert broken(state) == [words]


@pytest.mark.parametrize(
    "line",
    [
        "deposit A 1",
        f"order o1 A buys 1 {F27} @2800",
        f"block A buys 5 {F27} @2810 from B",
        "market H100 PAUSED",
        "index H100.G90 2026-11-16 2811",
        "index H100.G90 2026-11-15 2811",
        "rental H100.G90 2026-11-16 S1 1h @2800",
        "12:00 deposit A 1",
    ],
)
def test_what_happens_changes_the_hash(line: str) -> None:
    before = f"trade A buys 10 {F27} @2810 from B\n"
    assert state_hash(play(before)) == state_hash(play(before))
    assert state_hash(play(before)) != state_hash(play(f"{before}{line}\n"))


def test_an_account_that_a_refused_line_names_is_not_in_the_hash() -> None:
    before = "deposit A 1\n"
    state = play(f"{before}withdraw B 10000000000001 -> refused RISK\n")
    assert "B" in state.members
    assert state_hash(state) == state_hash(play(before))
