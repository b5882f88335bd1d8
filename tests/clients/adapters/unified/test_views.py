"""Messages of the venue as unified structures."""

from typing import Any

import pytest

from clients.adapters.unified import views
from clients.adapters.unified.markets import market_of
from clients.local_book import LocalBook, StaleBook
from exchange.wire.messages import Fill, MarginView, OrderView, PositionView, Stats
from tests.clients.adapters.definitions import F27, SPREAD

MARKET = market_of(F27)


def order(**changes: Any) -> OrderView:
    row = {
        "instrument": F27.instrument, "order_id": 7, "client_order_id": "a", "state": "open", "side": "b",
        "order_type": "limit", "tif": "gtc", "price_tick": 2810, "order_lots": 10, "leaves_lots": 6, "filled_lots": 4,
        "value_tick_lots": 4 * 2809,
    }  # fmt: skip
    return OrderView(**{**row, **changes})


def test_an_order_has_its_average_price_and_its_cost() -> None:
    view = views.order_view(order(), MARKET, 5_000_000)
    assert (view["id"], view["clientOrderId"], view["status"], view["side"]) == ("7", "a", "open", "buy")
    assert (view["price"], view["average"], view["timestamp"]) == ("2.810", "2.809", 5_000)
    assert (view["amount"], view["filled"], view["remaining"]) == ("10", "4", "6")
    assert float(view["cost"]) == pytest.approx(4 * 2.809 * 744)
    assert view["info"]["oid"] == 7


def test_what_is_left_of_an_ended_order_was_not_filled() -> None:
    view = views.order_view(order(state="cancelled", leaves_lots=0), MARKET)
    assert (view["status"], view["remaining"], view["timestamp"]) == ("canceled", "6", None)


def test_a_market_order_has_no_price_and_a_spread_may_have_the_price_zero() -> None:
    assert views.order_view(order(order_type="market", price_tick=0), MARKET)["price"] is None
    assert views.order_view(order(price_tick=0), market_of(SPREAD))["price"] == "0.000"


def test_a_short_position_has_a_positive_entry_price() -> None:
    held = PositionView(F27.instrument, -3, -3 * 2810, 2800, 3 * 10 * 744)
    view = views.position_view(held, MARKET)
    assert (view["side"], view["contracts"], view["entryPrice"], view["markPrice"]) == ("short", 3, 2.81, 2.8)
    assert view["notional"] == pytest.approx(3 * 2.8 * 744) and view["unrealizedPnl"] == pytest.approx(22.32)


def test_a_balance_is_equity_and_what_is_free_of_it() -> None:
    view = views.balance_view(MarginView("USD", 10_000, 4_000, 3_000, 6_000))
    assert view["USD"] == {"total": "10", "free": "6", "used": "4"}


def test_a_fill_has_its_fee_and_an_auction_no_maker() -> None:
    fill = Fill(1, 2, 3, 4_000_000, F27.instrument, 7, "a", 9, "s", 2811, 2, 0, 2, 5622, "taker", 2976, "filled")
    view = views.fill_view(fill, MARKET)
    assert (view["id"], view["order"], view["side"], view["takerOrMaker"]) == ("9", "7", "sell", "taker")
    assert view["fee"] == {"currency": "USD", "cost": "2.976"}
    fill.liquidity = "auction"
    assert views.fill_view(fill, MARKET)["takerOrMaker"] is None


def test_a_trade_without_aggressor_has_no_side() -> None:
    assert views.trade_view((1, 2_000, 2810, 3, "s"), MARKET)["side"] == "sell"
    assert views.trade_view((1, 2_000, 2810, 3, "n"), MARKET)["side"] is None


def test_a_ticker_has_day_and_best_prices_and_a_stale_book_raises() -> None:
    book = LocalBook(F27.instrument)
    stats = Stats(1, 1, 1, 5_000, F27.instrument, 4, 4 * 2810, 4, 2800, 2805, 2812, 2805, 2812)
    with pytest.raises(StaleBook):
        views.ticker_view(stats, book, MARKET)
    book.load(1, [(2809, 3)], [], None, False)
    view = views.ticker_view(stats, book, MARKET)
    assert (view["bid"], view["bidVolume"], view["ask"], view["askVolume"]) == ("2.809", "3", None, None)
    assert (view["open"], view["high"], view["low"], view["last"]) == ("2.805", "2.812", "2.805", "2.812")
    assert (view["baseVolume"], view["vwap"]) == ("4", "2.81")


def test_a_book_begins_with_the_best_levels() -> None:
    book = LocalBook(F27.instrument)
    book.load(1, [(2808, 1), (2809, 3)], [(2811, 2), (2812, 5)], None, False)
    view = views.book_view(book, MARKET, 1)
    assert (view["bids"], view["asks"], view["nonce"]) == ([[2.809, 3.0]], [[2.811, 2.0]], 1)
