"""The market maker's decisions, without a venue."""

import asyncio
from typing import Any, cast

import pytest

from clients.client import Session
from clients.errors import NotLive
from clients.market_maker import MarketMaker
from exchange.wire.messages import Trades
from tests.clients.stub_session import StubSession

MONTHS = ["H100.G90.F27", "H100.G90.G27", "H100.G90.H27"]
SETTLE = 2846


def making(**terms: Any) -> tuple[MarketMaker, StubSession]:
    """A maker with empty books that has quoted once."""
    stub = StubSession(MONTHS)
    for number in stub.books:
        stub.load(number, [], [])
    maker = MarketMaker(MONTHS, **terms)
    maker.session = cast(Session, stub)
    asyncio.run(maker.start())
    maker.on_timer()
    return maker, stub


def quotes(stub: StubSession) -> list[tuple[int, str, int]]:
    return [(order.instrument, order.side, order.price_tick) for order in stub.placed if not order.done]


def test_it_quotes_both_sides_of_every_month_around_the_settlement() -> None:
    _, stub = making(half_spread_ticks=3, lots=20)
    expected = [(number, side, SETTLE + shift) for number in (1, 2, 3) for side, shift in (("b", -3), ("s", 3))]
    assert quotes(stub) == expected
    assert all(order.order_lots == 20 for order in stub.placed)
    assert all(terms["post_only"] == "reject" for terms in stub.terms)


def test_quotes_lean_against_the_inventory() -> None:
    maker, stub = making(lots=20, skew_ticks=4)
    stub.positions[1] = 40
    maker.on_timer()
    assert quotes(stub)[:2] == [(1, "b", SETTLE - 3 - 8), (1, "s", SETTLE + 3 - 8)]
    assert quotes(stub)[2:4] == [(2, "b", SETTLE - 3), (2, "s", SETTLE + 3)]


def test_at_its_limit_it_quotes_only_the_side_that_helps() -> None:
    maker, stub = making(inventory_lots_max=100, skew_ticks=0)
    stub.positions[1] = 100
    maker.on_timer()
    assert [(side, price) for number, side, price in quotes(stub) if number == 1] == [("s", SETTLE + 3)]
    stub.positions[1] = -100
    maker.on_timer()
    assert [side for number, side, _ in quotes(stub) if number == 1] == ["b"]


def test_a_trade_draws_its_month_and_half_as_much_its_neighbours() -> None:
    maker, _ = making(follow_percent=20, return_percent=0)
    maker.on_trades(2, Trades(1, 1, 1, 1, [(5, SETTLE + 10, 1, "b")]))
    assert [quote.fair_centitick - SETTLE * 100 for quote in maker.quotes] == [100, 200, 100]


def test_left_alone_the_curve_returns_to_its_own_opinion() -> None:
    maker, _ = making(return_percent=10)
    maker.quotes[0].fair_centitick += 1_000
    distances = []
    for _ in range(3):
        maker.on_timer()
        distances.append(maker.quotes[0].fair_centitick - SETTLE * 100)
    assert distances == [900, 810, 729]


def test_it_never_takes_but_stays_behind_the_other_side() -> None:
    maker, stub = making()
    stub.load(1, [[SETTLE + 5, 10]], [])
    maker.on_timer()
    assert quotes(stub)[1] == (1, "s", SETTLE + 6)


def test_a_quote_moves_only_when_it_is_far_enough_off_or_half_gone() -> None:
    maker, stub = making(requote_ticks=2, return_percent=0)
    bid = stub.placed[0]
    maker.quotes[0].fair_centitick += 100
    maker.on_timer()
    assert bid.price_tick == SETTLE - 3
    maker.quotes[0].fair_centitick += 100
    maker.on_timer()
    assert bid.price_tick == SETTLE - 1
    bid.filled_lots, bid.leaves_lots = 11, 9
    maker.on_timer()
    assert (bid.order_lots, bid.leaves_lots) == (31, 20)


def test_an_order_with_a_request_on_its_way_is_left_alone() -> None:
    maker, stub = making(return_percent=0)
    stub.placed[0].unanswered = 1
    maker.quotes[0].fair_centitick += 1_000
    maker.on_timer()
    assert stub.placed[0].price_tick == SETTLE - 3 and stub.placed[1].price_tick == SETTLE + 13


def test_no_quote_beyond_the_limits_of_the_day() -> None:
    maker, stub = making()
    maker.quotes[0].fair_centitick = maker.quotes[0].opinion_centitick = 3_415 * 100
    maker.on_timer()
    assert stub.cancelled == [stub.placed[1]]


def test_a_month_whose_book_is_stale_is_left_alone() -> None:
    maker, stub = making(return_percent=0)
    stub.books[1].lose("gap")
    for quote in maker.quotes:
        quote.fair_centitick += 1_000
    maker.on_timer()
    assert [price for number, side, price in quotes(stub) if side == "b"] == [SETTLE - 3, SETTLE + 7, SETTLE + 7]


def test_a_lost_connection_is_told_by_the_first_request() -> None:
    maker, stub = making(return_percent=0)

    def refuse(*_: Any, **__: Any) -> int:
        raise NotLive("down")

    stub.send_replace = refuse  # type: ignore[method-assign]
    maker.quotes[0].fair_centitick += 1_000
    with pytest.raises(NotLive):
        maker.on_timer()
