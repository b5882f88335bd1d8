"""Prices that the day allows: daily limits, band, parking."""

import pytest

from exchange.codes import Side, TimeInForce
from exchange.reference.day_prices import (
    can_park,
    is_representable,
    outside_band,
    stop_outside,
    waits_for_a_day,
    worst_price,
)
from exchange.reference.market import Market
from tests.reference.scenario import run

M1, SP = 1, 3
DAY, GTC = TimeInForce.DAY, TimeInForce.GTC


def market_with(parameters: str, messages: str = "-", before: str = "-") -> Market:
    return run(messages, before, parameters)[0]


@pytest.mark.rule("BAND-001", "BAND-002")
def test_the_band_lies_around_the_last_price_the_indicative_price_or_the_settlement() -> None:
    market = market_with("band=5")
    assert (worst_price(market, M1, Side.BUY), worst_price(market, M1, Side.SELL)) == (105, 95)
    market.books[M1].indicative_tick = 110
    assert worst_price(market, M1, Side.BUY) == 115
    market.books[M1].last_tick = 90
    assert worst_price(market, M1, Side.BUY) == 95


@pytest.mark.rule("BAND-001", "BAND-004")
def test_daily_limits_outrank_the_band_and_hold_on_both_sides() -> None:
    market = market_with("band=50 limit=10")
    assert (worst_price(market, M1, Side.BUY), worst_price(market, M1, Side.SELL)) == (110, 90)
    prices = range(88, 113)
    allowed = [price for price in prices if not outside_band(market, M1, Side.BUY, price, DAY)]
    assert allowed == list(range(90, 111))
    narrow = market_with("band=5 limit=10")
    assert [price for price in prices if not outside_band(narrow, M1, Side.BUY, price, DAY)] == list(range(90, 106))


@pytest.mark.rule("BAND-004")
def test_a_gtc_order_on_the_passive_side_is_parked() -> None:
    market = market_with("limit=10")
    book = market.clearing.instruments[M1]
    assert can_park(book, Side.BUY, 80, GTC)
    assert can_park(book, Side.SELL, 120, TimeInForce.GTD)
    assert not can_park(book, Side.BUY, 80, DAY)
    assert not can_park(book, Side.BUY, 120, GTC)
    assert not outside_band(market, M1, Side.BUY, 80, GTC)


@pytest.mark.rule("SPEC-004")
def test_only_spreads_have_prices_below_one() -> None:
    market = market_with("-")
    assert [is_representable(market.clearing.instruments[M1], price) for price in (0, 1, 100_000, 100_001)] == [
        *(False, True, True, False)
    ]
    assert [is_representable(market.clearing.instruments[SP], price) for price in (-100_001, -100_000, 0)] == [
        *(False, True, True)
    ]


@pytest.mark.rule("STOP-009")
def test_a_stop_that_no_print_of_the_day_can_elect_waits_for_a_day_if_it_outlives_this_one() -> None:
    book = market_with("limit=10").clearing.instruments[M1]
    assert waits_for_a_day(book, Side.BUY, GTC, 111)
    assert not waits_for_a_day(book, Side.BUY, DAY, 111)
    assert not waits_for_a_day(book, Side.BUY, GTC, 89)
    assert waits_for_a_day(book, Side.SELL, GTC, 89)


@pytest.mark.rule("STOP-009", "BAND-004")
def test_the_day_refuses_a_trigger_or_limit_of_a_stop_beyond_its_limits() -> None:
    book = market_with("limit=10").clearing.instruments[M1]
    assert not stop_outside(book, Side.BUY, DAY, 105, 110)
    assert not stop_outside(book, Side.BUY, DAY, 105, None)
    assert stop_outside(book, Side.BUY, DAY, 111, None)
    assert stop_outside(book, Side.BUY, DAY, 105, 111)
    assert not stop_outside(book, Side.BUY, GTC, 105, 80), "the limit is parked"
    assert not stop_outside(book, Side.BUY, GTC, 111, 500), "the limit is not asked until a day can elect"
    assert stop_outside(book, Side.BUY, GTC, 111, 200_000)
