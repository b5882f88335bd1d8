"""Stops: election, and the price at which they are injected."""

import pytest

from exchange.codes import Side
from exchange.reference.stops import (
    elect,
    elect_if_true,
    inject,
    injection_price,
    is_elected_by,
    protected_limit,
    waiting_stops,
)
from tests.reference.scenario import events, order, run


@pytest.mark.rule("STOP-001")
def test_a_buy_is_elected_at_its_trigger_or_above_a_sell_at_it_or_below() -> None:
    buy, sell = order(1, Side.BUY, 0, 1, trigger=105), order(2, Side.SELL, 0, 1, trigger=95)
    assert [is_elected_by(buy, price) for price in (104, 105, 106)] == [False, True, True]
    assert [is_elected_by(sell, price) for price in (94, 95, 96)] == [True, True, False]


@pytest.mark.rule("STOP-004", "STOP-005")
def test_a_print_elects_by_distance_from_the_last_price_then_by_time() -> None:
    market, _ = run(before="a B1 stop=107; b B1 stop=105; c B1 stop=105; d B1 stop=109")
    a, b, c, d = market.orders.values()
    elect(market, 1, 107, origin=104)
    assert market.elected == [b, c, a]
    assert waiting_stops(market, 1) == [d]
    elect(market, 1, 100, origin=107)
    assert market.elected == [b, c, a], "what is elected stays elected"


@pytest.mark.rule("STOP-005")
def test_without_a_last_price_they_are_elected_by_time_alone() -> None:
    market, _ = run(before="a B1 stop=107; b B1 stop=105")
    elect(market, 1, 110, origin=None)
    assert market.elected == list(market.orders.values())


@pytest.mark.rule("STOP-002")
def test_a_trigger_that_is_true_on_entry_elects_at_once() -> None:
    assert events("N s B1@110 stop=100; N t B1@110 stop=101", parameters="ltp=100") == [
        *("ACK s", "TRG s", "RST s 1@110", "ACK t")
    ]
    market, _ = run("ST preopen", before="s B1 stop=105")
    (stop,) = market.orders.values()
    market.books[1].last_tick = 105
    elect_if_true(market, stop)
    assert market.elected == [], "only in OPEN"


@pytest.mark.rule("STOP-003")
def test_a_plain_stop_works_at_its_trigger_and_protection() -> None:
    market, _ = run(parameters="pp=7 tick=2")
    assert protected_limit(market, 1, Side.BUY, 104, None) == 110
    assert protected_limit(market, 1, Side.SELL, 104, None) == 98
    assert protected_limit(market, 1, Side.BUY, 104, 106) == 106, "a price tightens it"
    assert protected_limit(market, 1, Side.BUY, 104, 150) == 110


@pytest.mark.rule("STOP-009")
def test_an_injected_limit_stays_inside_band_and_daily_limits_on_an_increment() -> None:
    market, _ = run(parameters="band=5 tick=2 limit=20")
    assert [injection_price(market, order(1, Side.BUY, price, 1)) for price in (102, 104, 120)] == [102, 104, 104]
    assert injection_price(market, order(1, Side.SELL, 80, 1)) == 96
    assert injection_price(market, order(1, Side.BUY, 60, 1)) == 60, "outside on the passive side it is parked"


@pytest.mark.rule("STOP-006")
def test_an_injected_stop_is_a_limit_order_with_a_fresh_priority() -> None:
    market, _ = run(before="s B1@108 stop=105; b B1@99")
    stop, other = market.orders.values()
    market.elected = [stop]
    inject(market, stop)
    assert (stop.pending, stop.price, market.elected) == (False, 108, [])
    assert stop.stamp > other.stamp
