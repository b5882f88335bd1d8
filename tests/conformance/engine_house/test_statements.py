"""Statements of the close on the engine: B2 of the shared scenarios, and what each part counts."""

import pytest

from tests.conformance.engine_house.scenes import play

DAY = """fees on
account A 5000000
trade A buys 10 H100.G90.F27 @2810 from B
deposit A 250000
20:59:00 trade C buys 5 H100.G90.F27 @2820 from D
close
expect statement A vm 74400 fees -14880 moved 250000 adjusted 0 delivery 0 closing 5309520 im 2976000
expect statement B vm -74400 fees 0 moved 0
"""


@pytest.mark.rule("SETTLE-013", "SETTLE-007", "FEE-001")
def test_a_day_s_statement_says_what_moved_the_cash() -> None:
    play(DAY)


@pytest.mark.rule("SETTLE-013")
def test_the_next_day_begins_with_the_closing_balance() -> None:
    play(DAY + "withdraw A 100000\nclose\nexpect statement A vm 0 fees 0 moved -100000 closing 5209520\n")
