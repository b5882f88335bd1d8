"""What a statement tells."""

from datetime import date

import pytest

from contracts_spec.periods import close_ns
from tests.reference.house.scenes import play

F27 = "H100.G90.F27"
PARTS = ("vm", "fees", "delivery", "moved", "adjusted")
FIRST_DAY = f"""fees on
prior {F27} 2846
trade A buys 1 {F27}:H27 @2826 from B
deposit A 500
withdraw A 200
close
"""


@pytest.mark.rule("SETTLE-007")
def test_the_parts_of_a_statement_are_all_that_moved_cash_since_the_close_before() -> None:
    state = play(
        f"""{FIRST_DAY}adjust 2026-11-16 {F27} A 7 B -7
trade A sells 1 {F27} @2800 to B
close
expect statement A delivery 0 moved 0 adjusted 7
"""
    )
    statement = state.statements["A"]
    since = [entry.mills for entry in state.ledger.entries["A"] if entry.time_ns > close_ns(date(2026, 11, 16), 21)]
    assert sum(statement[part] for part in PARTS) == sum(since)
    assert statement["closing"] == state.ledger.balance("A")


def test_what_came_before_the_first_close_is_reported_without_the_opening_cash() -> None:
    statement = play(FIRST_DAY).statements["A"]
    assert (statement["moved"], statement["fees"]) == (300, -4320)
    assert sum(statement[part] for part in PARTS) == statement["closing"] - 10**12
