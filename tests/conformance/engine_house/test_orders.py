"""Orders and trades of scenarios are rows of the engine."""

import pytest

from exchange.conformance.engine_house.orders import IN_THE_WAY, foreseen, one_order
from tests.conformance.engine_house.scenes import outcome_of, play


def test_of_a_trade_that_is_refused_nothing_remains() -> None:
    venue = play(
        """account A 1000000
trade A buys 10 H100.G90.F27 @2810 from B -> refused RISK
trade A buys 10 H100.G90.F27 @2810 from A -> refused RISK
trade C buys 10 H100.G90.F27 @2810 from A -> refused RISK
expect position A H100.G90.F27 0
expect open H100.G90.F27 0
order o1 B buys 1 H100.G90.F27 @2248
expect order o1 WORKING left 1
"""
    )
    assert not venue.states["books"][0]["last_tick"].any()


def test_an_account_may_trade_with_itself() -> None:
    play("trade A buys 10 H100.G90.F27 @2820 from A\nexpect position A H100.G90.F27 0\nexpect mark H100.G90.F27 2810\n")


@pytest.mark.parametrize("order", ["buys 1 H100.G90.F27 @2810", "sells 1 H100.G90.F27 @2809"])
def test_a_trade_that_would_meet_others_is_a_mistake(order: str) -> None:
    lines = f"order o1 A {order}\ntrade B buys 1 H100.G90.F27 @2810 from C\n"
    outcome, house = outcome_of(lines)
    assert [one.actual for one in outcome.failures] == [f"refused {IN_THE_WAY}"]
    assert house.venue.fates["o1"].status == "WORKING"


def test_both_orders_of_a_trade_rest_while_the_market_is_paused() -> None:
    play("market H100 PAUSED\ntrade A buys 1 H100.G90.F27 @2820 from B\nexpect open H100.G90.F27 0\nclose\n")


def test_what_is_foreseen_changes_nothing() -> None:
    venue = play("account A 1\ndeposit A 1\n")
    values = {"order": "o1", "account": "A", "side": "buys", "lots": 1, "symbol": "H100.G90.F27", "price": 2810}
    before = venue.engine.state_hash()
    assert foreseen(venue, one_order(venue, values | {"gtc": False})) == "RISK"
    assert foreseen(venue, one_order(venue, values | {"gtc": True, "account": "B"})) is None
    assert venue.engine.state_hash() == before
