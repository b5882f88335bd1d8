"""Deposits, withdrawals, adjustments."""

import pytest

from tests.reference.house.scenes import play

F27 = "H100.G90.F27"


@pytest.mark.rule("MARGIN-015")
def test_withdrawals_end_at_free_funds() -> None:
    play(
        f"""account A 3000000
deposit A 0 -> refused BAD_QTY
withdraw A -1 -> refused BAD_QTY
order o1 A buys 10 {F27} @2810
withdraw A 24001 -> refused RISK
withdraw A 24000
cancel o1
withdraw A 2976000
withdraw A 1 -> refused RISK
"""
    )


@pytest.mark.rule("SETTLE-011")
def test_an_adjustment_names_a_settlement_and_sums_to_zero() -> None:
    state = play(
        f"""adjust 2026-11-16 {F27} A 1 B -1 -> refused UNKNOWN
settle 2026-11-16 {F27} 2811 -> refused UNKNOWN
close
adjust 2026-11-16 {F27} A 1 B -2 -> refused UNBALANCED
adjust 2026-11-16 {F27} A 3 B -1 C -2
settle 2026-11-16 {F27} 2810 -> refused FROZEN
"""
    )
    assert [state.ledger.balance(name) - 10**12 for name in "ABC"] == [3, -1, -2]
