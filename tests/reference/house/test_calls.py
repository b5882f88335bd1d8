"""Margin calls and liquidation."""

import pytest

from tests.properties.clearing_pair import difference_of
from tests.reference.house.scenes import play

F27 = "H100.G90.F27"
CALLED = f"""account A 3400000
trade A buys 10 {F27} @2810 from B
trade C sells 1 {F27} @2670 to D
10:01 expect account A CLOSE_ONLY
expect call A 617600 due 12:01
"""


@pytest.mark.rule("MARGIN-012")
def test_a_call_is_renewed_at_each_mark_and_lifted_when_equity_is_at_the_full_margin() -> None:
    play(
        f"""{CALLED}trade C buys 1 {F27} @2680 from D
10:02 expect call A 543200 due 12:01
trade C buys 1 {F27} @2752 from D
10:03 expect call A 7520
deposit A 7519
expect account A CLOSE_ONLY
expect call A 1 due 12:01
deposit A 1
expect account A OPEN
"""
    )


@pytest.mark.rule("MARGIN-012")
def test_closing_lifts_a_call_at_the_next_mark() -> None:
    play(
        f"""{CALLED}trade A sells 3 {F27} @2670 to E
expect account A CLOSE_ONLY
10:02 expect account A OPEN
"""
    )


@pytest.mark.rule("MARGIN-012")
def test_orders_leave_youngest_first_until_what_is_left_only_closes() -> None:
    play(
        f"""account A 3400000
trade A buys 10 {F27} @2810 from B
order o1 A sells 6 {F27} @2900
order o2 A buys 1 {F27} @2500
order o3 A sells 6 {F27} @2900
trade C sells 1 {F27} @2670 to D
10:01 expect order o1 WORKING
expect order o2 GONE DEFAULT
expect order o3 GONE DEFAULT
"""
    )


@pytest.mark.rule("MARGIN-012")
@pytest.mark.parametrize(("cash", "standing"), [(2_998_320, "OPEN"), (2_998_319, "CLOSE_ONLY")])
def test_equity_that_is_just_the_maintenance_is_no_call(cash: int, standing: str) -> None:
    play(
        f"""account A {cash}
trade A buys 10 {F27} @2810 from B
trade C sells 1 {F27} @2727 to D
10:01 expect account A {standing}
"""
    )


@pytest.mark.rule("FALL-003")
def test_a_liquidation_takes_what_is_shown_and_goes_on_at_each_mark() -> None:
    play(
        f"""{CALLED}order b1 E buys 3 {F27} @2660
order b2 F buys 2 {F27} @2665
order b3 F buys 9 H100.G90.G27 @2700
12:01 expect account A LIQUIDATING
expect position A {F27} 5 sum 13390
expect order b1 FILLED
order b4 E buys 20 {F27} @2600
12:02 expect position A {F27} 0
expect order b4 WORKING left 15
expect order b3 WORKING
order o1 A buys 1 {F27} @2600 -> refused CLOSE_ONLY
"""
    )


@pytest.mark.rule("FALL-003")
def test_a_closing_order_of_a_liquidated_account_does_not_keep_its_lots() -> None:
    lines = f"""{CALLED}12:01 expect account A LIQUIDATING
12:01:10 order o1 A sells 10 {F27} @2900
12:01:20 order b1 E buys 3 {F27} @2660
12:02 expect order o1 GONE DEFAULT
expect position A {F27} 7 sum 18720
expect order b1 FILLED
12:02:30 deposit B 1
"""
    play(lines)
    assert difference_of(["start 2026-11-16", *lines.splitlines()]) is None, "the engine does the same"


@pytest.mark.rule("FALL-003")
def test_a_loss_that_is_left_is_a_shortfall_of_the_default_account() -> None:
    state = play(
        f"""{CALLED}order b1 E buys 10 {F27} @2300
12:01 expect position A {F27} 0
expect account A LIQUIDATING
12:02 expect account A DEFAULTED
close
expect balance A 0
"""
    )
    assert state.ledger.balance("default") == 3_400_000 - 510 * 7440
