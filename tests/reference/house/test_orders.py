"""Orders: checks, matching, leg prices, blocks."""

import pytest

from exchange.reference.house.orders import leg_prices
from tests.reference.house.scenes import play

F27 = "H100.G90.F27"


@pytest.mark.rule("ORDER-004")
def test_the_first_check_that_fails_names_the_reason() -> None:
    play(
        f"""account P 0
order o1 A buys 0 {F27} @1 -> refused BAD_QTY
order o1 A buys 10001 {F27} @1 -> refused BAD_QTY
order o1 A buys 1 H100.G90.Z26-G27 @1 -> refused UNKNOWN_INST
order o1 A buys 1 B200.G90.F27 @1 -> refused UNKNOWN_INST
order o1 A buys 1 H100.G85.F27 @1 -> refused IOC_ONLY
order o1 A buys 1 {F27} @2247 -> refused BAND
order o1 A buys 1 {F27} @2248
order o1 A buys 1 {F27} @1 -> refused DUP_ID
cancel o1
cancel o1 -> refused UNKNOWN
order o1 P buys 1 {F27} @2248 -> refused RISK
trade P buys 1 {F27} @2810 from A -> refused RISK
trade A buys 1 {F27} @2810 from P -> refused RISK
order o1 A buys 1 {F27} @2810
"""
    )


@pytest.mark.rule("MATCH-002")
@pytest.mark.rule("MATCH-004")
def test_an_order_trades_at_the_makers_prices_best_first_and_its_rest_stays() -> None:
    state = play(
        f"""order o1 A sells 2 {F27} @2830
order o2 B sells 2 {F27} @2820
order o3 C buys 3 {F27} @2830
expect order o1 WORKING left 1
expect order o2 FILLED
expect order o3 FILLED
order o4 C buys 3 {F27} @2825
expect order o4 WORKING left 3
expect position C {F27} 3 sum 8470
"""
    )
    assert state.figures_of(F27).last == 2830


def test_a_paused_market_collects_orders_until_its_close() -> None:
    state = play(
        f"""market H100 PAUSED
order o1 A sells 1 {F27} @2800 gtc
order o2 B buys 1 {F27} @2830
trade C buys 1 {F27} @2815 from D
expect order o1 WORKING
expect position C {F27} 0
close
expect order o2 GONE EXPIRED
order o3 B buys 1 {F27} @2830
expect order o3 FILLED
expect position B {F27} 1 sum 2800
"""
    )
    assert not state.paused


@pytest.mark.rule("SETTLE-001")
def test_prints_of_the_last_two_minutes_are_kept() -> None:
    state = play(
        f"20:57:59 trade A buys 1 {F27} @2800 from B\n20:58 trade A buys 2 {F27} @2801 from B\n"
        f"20:59:59 trade A buys 3 {F27} @2802 from B\n"
    )
    assert state.figures_of(F27).window == [(2801, 2), (2802, 3)]


@pytest.mark.rule("IMP-010")
def test_legs_of_a_calendar_move_together_into_their_limits() -> None:
    state = play(f"trade A buys 1 H100.G90.G27 @3372 from B\ntrade A sells 1 {F27} @2810 to B\n")
    contract = state.contracts[f"{F27}-G27"]
    assert leg_prices(state, contract, -20) == ([3352, 3372], 0)
    assert leg_prices(state, contract, 20) == ([3372, 3352], 0)
    assert leg_prices(state, contract, -1124) == ([2248, 3372], 0)
    state = play("order o1 A buys 1 H100.G90.G27 @2260\n")
    assert leg_prices(state, contract, -600) == ([2248, 2848], 0)


@pytest.mark.rule("CASCADE-006")
def test_the_buyer_of_a_strip_pays_the_seller_the_remainder() -> None:
    state = play(f"prior {F27} 2846\norder o1 A sells 2 {F27}:H27 @2825\norder o2 B buys 2 {F27}:H27 @2826\n")
    ticks, rest = leg_prices(state, state.contracts[f"{F27}:H27"], 2825)
    assert sum(tick * hours for tick, hours in zip(ticks, (744, 672, 744), strict=True)) + rest == 2825 * 2160
    assert state.ledger.balance("B") == 10**12 - 2 * rest
    assert state.ledger.balance("rounding") == 0


@pytest.mark.rule("LIMIT-006")
def test_blocks_are_checked_in_order_and_leave_no_print() -> None:
    state = play(
        f"""account P 0
block A buys 4 H100.G90.F30 @1 from B -> refused BAD_LOT
block A buys 5 H100.G90.F30 @1 from B -> refused UNKNOWN_INST
block A buys 5 {F27}-G27 @1 from B -> refused UNKNOWN_INST
block A buys 5 {F27} @1 from B made 09:00 -> refused BAND
block A buys 5 {F27} @2810 from B made 09:44 -> refused LATE
block P buys 5 {F27} @2810 from B -> refused RISK
block A buys 5 {F27} @2810 from P -> refused RISK
block A sells 5 H100.G95.F27 @2900 to B made 09:45
expect position A H100.G95.F27 -5 sum -14500
"""
    )
    assert state.figures == {}


def test_what_has_ended_is_refused_for_its_state() -> None:
    play(
        f"""start 2026-12-24
close
order o1 A buys 1 {F27} @2810 -> refused STATE
block A buys 5 {F27} @2810 from B -> refused STATE
order o1 A buys 1 {F27}-G27 @0 -> refused UNKNOWN_INST
"""
    )
