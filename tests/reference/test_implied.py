"""Implied prices and trades through combinations."""

import pytest

from exchange.codes import Side
from exchange.reference.book import Owner
from exchange.reference.implied import (
    best_route,
    best_tradeable_price,
    implied_price,
    route_legs,
    shown_prices,
    weights,
)
from exchange.reference.market import Market
from tests.reference.scenario import events, order, run

M1, M2, SP, ST, M3, TS = range(1, 7)


def implied(before: str, parameters: str = "imp=1") -> Market:
    return run("-", before, parameters)[0]


def price(market: Market, combination: int, index: int, side: int, **makers: int) -> int:
    """The implied price from one order in each other book, named by its book."""
    books = {"M1": M1, "M2": M2, "SP": SP, "ST": ST}
    orders = []
    for name, tick in makers.items():
        maker = order(1, 0, tick, 1)
        maker.instrument = books[name]
        orders.append(maker)
    return implied_price(market, market.clearing.instruments[combination], index, side, tuple(orders))


@pytest.mark.rule("IMP-001", "IMP-012")
def test_any_of_three_prices_follows_from_the_other_two() -> None:
    market = implied("-")
    assert price(market, SP, SP, Side.BUY, M1=102, M2=98) == 4
    assert price(market, SP, M1, Side.BUY, SP=4, M2=98) == 102
    assert price(market, SP, M2, Side.BUY, SP=4, M1=102) == 98


@pytest.mark.rule("IMP-013")
def test_a_strip_is_the_mean_by_hours_an_ask_rounded_up_a_bid_down() -> None:
    market = implied("-", "imp=1 hours=3 hours.M2=1")
    assert weights(market, market.clearing.instruments[ST]) == ([3, 1], 4)
    assert price(market, ST, ST, Side.BUY, M1=102, M2=99) == 102, "101.25 for a buyer"
    assert price(market, ST, ST, Side.SELL, M1=102, M2=99) == 101
    assert price(market, ST, M1, Side.BUY, ST=101, M2=99) == 102, "(4 * 101 - 99) / 3 = 101.67"


@pytest.mark.rule("IMP-001")
def test_a_route_needs_the_orders_that_trade_the_other_legs() -> None:
    spread = implied("-").clearing.instruments[SP]
    assert route_legs(spread, SP, Side.BUY) == [(M1, Side.SELL), (M2, Side.BUY)]
    assert route_legs(spread, M1, Side.BUY) == [(SP, Side.SELL), (M2, Side.SELL)]
    assert route_legs(spread, M2, Side.BUY) == [(SP, Side.BUY), (M1, Side.SELL)]


@pytest.mark.rule("IMP-002", "IMP-006")
def test_a_route_has_the_smallest_size_and_all_its_books_are_open() -> None:
    market = implied("s SP S3@4; k M2 S2@98")
    route = best_route(market, M1, Side.BUY)
    assert route is not None
    assert (route.price, route.lots, [maker.instrument for maker in route.makers]) == (102, 2, [SP, M2])
    assert route.leg_ticks() == [102, 98]
    halted, _ = run("SS halt M2", "s SP S3@4; k M2 S2@98", "imp=1")
    assert best_route(halted, M1, Side.BUY) is None


@pytest.mark.rule("IMP-003", "IMP-004")
def test_a_better_implied_price_trades_before_a_real_one_an_equal_one_after_it() -> None:
    before = "s SP S3@4; k M2 S3@98; r M1 S1@{real}"
    assert events("N t M1 B2@103", before.format(real=103), "imp=1")[1:3] == ["TRD s t 2@102 M1", "TRD k s 2@98 M2"]
    assert events("N t M1 B2@103", before.format(real=102), "imp=1")[1:3] == ["TRD r t 1@102 M1", "TRD s t 1@102 M1"]


@pytest.mark.rule("IMP-007", "IMP-008")
def test_an_implied_fill_is_one_group_and_every_book_of_it_prints() -> None:
    market, found = run("N t SP B1@4", "k M2 B1@98; f M1 S1@102", "imp=1")
    assert found == ["ACK t", "TRD f t 1@102 M1", "TRD k t 1@98 M2"]
    assert [market.books[index].last_tick for index in (M1, M2, SP)] == [102, 98, 4]
    assert market.trades == 3


@pytest.mark.rule("IMP-009")
def test_of_equal_routes_the_one_whose_other_legs_end_first_is_taken() -> None:
    market = implied("t TS B3@0; k M3 S3@102; s SP S3@4; j M2 S3@98")
    route = best_route(market, M1, Side.BUY)
    assert route is not None
    assert route.combination.index == TS, "M3 ends a month before M2"


@pytest.mark.rule("SMP-010")
def test_a_route_that_meets_an_own_order_is_not_there_for_its_owner() -> None:
    market = implied("s SP S3@4; k M2 S2@98 smp=K acct=P")
    key = next(order.smp_id for order in market.orders.values() if order.smp_id)
    assert best_tradeable_price(market, M1, Side.BUY, Owner(9, 0, 0)) == 102
    assert best_tradeable_price(market, M1, Side.BUY, Owner(9, key, 0)) is None


@pytest.mark.rule("SMP-010")
def test_a_leg_between_orders_of_one_owner_is_internal() -> None:
    market = implied("s SP S3@4 smp=Z; k M2 S2@98 smp=Z; l M2 B2@97 smp=Z; m M1 B2@90")
    out, into = best_route(market, M1, Side.BUY), best_route(market, SP, Side.BUY)
    assert out is not None and [out.is_internal(maker) for maker in out.makers] == [False, True]
    assert into is None, "no offer in M1"
    sold = best_route(market, SP, Side.SELL)
    assert sold is not None and not any(sold.is_internal(maker) for maker in sold.makers)


@pytest.mark.rule("SMP-010", "IMP-008")
def test_an_internal_leg_has_no_print_and_no_number_of_a_trade() -> None:
    market, _ = run("N t M1 B2@102", "s SP S2@4 smp=Z; k M2 S2@98 smp=Z", "imp=1")
    assert [market.books[index].last_tick for index in (M1, M2, SP)] == [102, None, 4]
    assert market.trades == 2


@pytest.mark.rule("IMP-005", "IMP-011")
def test_implied_prices_that_lock_or_cross_are_not_shown() -> None:
    market = implied("s SP S3@4; k M2 S2@98")
    assert shown_prices(market, M1) == {Side.SELL: (102, 2)}
    locked = implied("b M1 B1@102 smp=K acct=P; s SP S3@4; k M2 S2@98 smp=K acct=P")
    assert shown_prices(locked, M1) == {}
