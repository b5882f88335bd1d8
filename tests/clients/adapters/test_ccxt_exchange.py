"""The ccxt exchange at a real venue."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from clients.credentials import Ed25519
from tests.clients.adapters.venue_scene import POOR_SEED, Scene, needs, play
from tests.clients.scenes import SYMBOL

pytestmark = needs("ccxt")
UNIFIED = "H100.G90.F27/USD:USD-261224"
Trade = Callable[[Any, Scene], Awaitable[None]]


def trade(folder: Path, scene: Trade, **config: Any) -> None:
    """Run a scene with an exchange that has a key."""
    from clients.adapters.ccxt_exchange import gpux

    async def run(at: Scene) -> None:
        key = {"apiKey": at.key, "secret": str(at.secret), "urls": {"api": {"ws": at.url}}}
        async with gpux(key | config) as exchange:
            await scene(exchange, at)

    play(folder, run)


async def raised(call: Awaitable[Any]) -> str:
    """The class and text of the error of ccxt that a call raises."""
    import ccxt

    try:
        await call
    except ccxt.BaseError as failure:
        return f"{type(failure).__name__}: {failure}"
    return ""


def test_an_order_lives_from_entry_over_fill_and_edit_to_cancel(tmp_path: Path) -> None:
    async def scene(exchange: Any, at: Scene) -> None:
        order = await exchange.create_order(UNIFIED, "limit", "sell", 3, 2.81)
        assert (order["status"], order["amount"], order["price"]) == ("open", 3, 2.81) and order["timestamp"]
        await at.first.buy(at.month, 1, order_type="market", tif="ioc")
        order = await exchange.fetch_order(order["id"])
        assert (order["filled"], order["remaining"], order["average"]) == (1, 2, 2.81)
        assert order["cost"] == pytest.approx(2.81 * 744)
        order = await exchange.edit_order(order["id"], UNIFIED, "limit", "sell", 5, 2.812)
        assert (order["price"], order["amount"], order["remaining"]) == (2.812, 5, 4)
        assert [one["id"] for one in await exchange.fetch_open_orders(UNIFIED)] == [order["id"]]
        ended = await exchange.cancel_order(order["id"])
        assert (ended["status"], ended["filled"], ended["remaining"]) == ("canceled", 1, 4)
        assert await exchange.fetch_open_orders() == []
        assert (await raised(exchange.cancel_order(order["id"]))).startswith("OrderNotFound: gpux ORDER_DONE")

    trade(tmp_path, scene)


def test_the_account_shows_fills_positions_and_money(tmp_path: Path) -> None:
    async def scene(exchange: Any, at: Scene) -> None:
        await at.first.sell(at.month, 5, "2.812")
        order = await exchange.create_order(SYMBOL, "market", "buy", 2, None, {"clientOrderId": "mine-1"})
        assert (order["status"], order["clientOrderId"], order["average"]) == ("closed", "mine-1", 2.812)
        assert (await exchange.fetch_order("", None, {"clientOrderId": "mine-1"}))["id"] == order["id"]
        (fill,) = await exchange.fetch_my_trades(UNIFIED)
        assert (fill["order"], fill["takerOrMaker"], fill["amount"], fill["price"]) == (order["id"], "taker", 2, 2.812)
        assert fill["fee"]["cost"] == exchange.calculate_fee(UNIFIED, "market", "buy", 2, 2.812)["cost"] == 2.976
        (held,) = await exchange.fetch_positions()
        assert (held["side"], held["contracts"], held["entryPrice"]) == ("long", 2, 2.812)
        assert (await exchange.fetch_position(UNIFIED))["contracts"] == 2
        dollars = (await exchange.fetch_balance())["USD"]
        assert 0 < dollars["used"] < dollars["free"] < dollars["total"] < 10**9
        assert await exchange.fetch_my_trades(UNIFIED, exchange.milliseconds() + 10_000) == []

    trade(tmp_path, scene)


def test_market_data_needs_no_key(tmp_path: Path) -> None:
    async def scene(exchange: Any, at: Scene) -> None:
        await at.first.sell(at.month, 5, "2.812")
        await at.second.buy(at.month, 4, "2.812")
        await at.second.buy(at.month, 4, "2.805")
        ticker = await exchange.fetch_ticker(UNIFIED)
        assert (ticker["bid"], ticker["ask"], ticker["last"], ticker["baseVolume"]) == (2.805, 2.812, 2.812, 4)
        assert (await exchange.fetch_tickers())[UNIFIED]["askVolume"] == 1
        book = await exchange.fetch_order_book(UNIFIED)
        assert (book["bids"], book["asks"]) == ([[2.805, 4]], [[2.812, 1]])
        assert (await raised(exchange.fetch_ticker("B200/USD"))).startswith("BadSymbol")
        assert (await raised(exchange.fetch_balance())) == 'AuthenticationError: gpux requires "apiKey" credential'

    trade(tmp_path, scene, apiKey="", secret="")


def test_watching_returns_each_change(tmp_path: Path) -> None:
    async def scene(exchange: Any, at: Scene) -> None:
        empty = await exchange.watch_order_book(UNIFIED)
        assert (empty["bids"], empty["asks"]) == ([], [])
        books, trades, orders, fills = (
            asyncio.ensure_future(call)
            for call in (exchange.watch_order_book(UNIFIED), exchange.watch_trades(UNIFIED),
                         exchange.watch_orders(UNIFIED), exchange.watch_my_trades(UNIFIED))
        )  # fmt: skip
        await exchange.create_order(UNIFIED, "limit", "sell", 2, 2.81)
        assert (await books)["asks"] == [[2.81, 2]]
        assert [one["status"] for one in await orders] == ["open"]
        await at.first.buy(at.month, 2, "2.810")
        assert [(one["side"], one["amount"], one["price"]) for one in await trades] == [("buy", 2, 2.81)]
        assert [(one["side"], one["takerOrMaker"]) for one in await fills] == [("sell", "maker")]
        (filled,) = await exchange.watch_orders(UNIFIED)
        assert (filled["status"], filled["filled"], filled["remaining"]) == ("closed", 2, 0)
        assert (await exchange.watch_balance())["USD"]["used"] > 0

    trade(tmp_path, scene)


def test_trades_and_candles_follow_the_market(tmp_path: Path) -> None:
    async def scene(exchange: Any, at: Scene) -> None:
        for tick in (2810, 2812, 2811):
            await at.first.sell(at.month, 2, price_tick=tick)
            await at.second.buy(at.month, 2, price_tick=tick)
        trades = await exchange.fetch_trades(UNIFIED)
        assert [(one["price"], one["amount"], one["side"]) for one in trades] == [
            (2.81, 2, "buy"), (2.812, 2, "buy"), (2.811, 2, "buy")
        ]  # fmt: skip
        assert [one["price"] for one in await exchange.fetch_trades(UNIFIED, None, 2)] == [2.812, 2.811]
        assert [one["price"] for one in await exchange.fetch_trades(UNIFIED, 1, 2)] == [2.81, 2.812]
        (day,) = await exchange.fetch_ohlcv(UNIFIED, "1d")
        assert day[1:] == [2.81, 2.812, 2.81, 2.811, 6]
        assert await exchange.fetch_ohlcv(UNIFIED, "1d", day[0], 1) == [day]
        assert await exchange.watch_ohlcv(UNIFIED, "1d") == [day]
        assert (await raised(exchange.fetch_ohlcv(UNIFIED, "5m"))).startswith("BadRequest: gpux timeframe '5m' not in")

    trade(tmp_path, scene)


def test_refusals_are_errors_of_ccxt(tmp_path: Path) -> None:
    async def scene(exchange: Any, at: Scene) -> None:
        def create(*arguments: Any) -> Awaitable[Any]:
            call: Awaitable[Any] = exchange.create_order(UNIFIED, "limit", "buy", *arguments)
            return call

        assert (await raised(create(1, 9.0))).startswith("InvalidOrder: gpux PRICE_BAND")
        assert (await raised(create(1, 2.8, {"reduceOnly": True}))).startswith("NotSupported: gpux reduceOnly")
        assert (await raised(create(0.5, 2.8))).startswith("InvalidOrder")
        assert (await raised(create(1))).startswith("ArgumentsRequired")
        assert (await raised(exchange.create_order(UNIFIED, "market", "buy", 1))).startswith("OrderNotFillable")
        assert (await raised(exchange.fetch_order("99"))).startswith("OrderNotFound")
        assert (await raised(exchange.fetch_order("x"))).startswith("OrderNotFound")
        await at.first.sell(at.month, 1, "2.810")
        assert (await raised(create(1, 2.82, {"postOnly": True}))).startswith("OrderImmediatelyFillable")
        await create(1, 2.5, {"clientOrderId": "twice"})
        assert (await raised(create(2, 2.5, {"clientOrderId": "twice"}))).startswith("DuplicateOrderId")
        (cancelled,) = await exchange.cancel_all_orders(UNIFIED)
        assert cancelled["info"] == {"count": 1}

    trade(tmp_path, scene)


def test_too_little_money_is_insufficient_funds(tmp_path: Path) -> None:
    async def scene(exchange: Any, at: Scene) -> None:
        error = await raised(exchange.create_order(UNIFIED, "limit", "buy", 100, 2.8))
        assert error.startswith("InsufficientFunds: gpux MARGIN")

    trade(tmp_path, scene, apiKey="k_poor", secret=Ed25519.from_seed(POOR_SEED))


def test_a_wrong_key_is_an_authentication_error_and_no_venue_is_none(tmp_path: Path) -> None:
    async def scene(exchange: Any, at: Scene) -> None:
        assert (await raised(exchange.fetch_balance())).startswith("AuthenticationError: gpux logon refused")
        exchange.urls["api"]["ws"] = "ws://127.0.0.1:1"
        assert (await raised(exchange.fetch_markets())).startswith("ExchangeNotAvailable")

    trade(tmp_path, scene, apiKey="k_nobody")


def test_what_the_venue_cannot_do_is_not_supported(tmp_path: Path) -> None:
    from clients.adapters.ccxt_exchange import gpux
    from clients.adapters.unified.unsupported import METHODS, camel

    async def run() -> None:
        async with gpux() as exchange:
            for name, why in METHODS.items():
                assert exchange.has[camel(name)] is False
                assert await raised(getattr(exchange, name)()) == f"NotSupported: gpux {camel(name)}(): {why}"
            assert exchange.setLeverage and not exchange.has["spot"]

    asyncio.run(run())


def test_what_has_promises_is_there(tmp_path: Path) -> None:
    from ccxt.async_support.base.exchange import Exchange

    from clients.adapters.ccxt_exchange import gpux

    exchange = gpux()
    for name, promised in exchange.has.items():
        if promised is True and name.startswith(("fetch", "watch", "cancel", "edit")):
            assert getattr(gpux, name) is not getattr(Exchange, name, None), name


def test_orders_stay_when_the_exchange_is_closed(tmp_path: Path) -> None:
    async def scene(exchange: Any, at: Scene) -> None:
        order = await exchange.create_order(UNIFIED, "limit", "buy", 1, 2.8)
        await exchange.close()
        exchange.open()
        assert (await exchange.fetch_order(order["id"]))["status"] == "open"

    trade(tmp_path, scene)
