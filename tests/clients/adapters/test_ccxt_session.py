"""The session of the ccxt exchange: markets, prices, and what happens when it ends."""

import asyncio
from pathlib import Path
from typing import Any

from tests.clients.adapters.test_ccxt_exchange import UNIFIED, raised, trade
from tests.clients.adapters.venue_scene import Scene, needs
from tests.clients.scenes import SYMBOL

pytestmark = needs("ccxt")


def test_a_market_has_both_names(tmp_path: Path) -> None:
    async def scene(exchange: Any, at: Scene) -> None:
        markets = await exchange.load_markets()
        assert list(markets) == [UNIFIED] and exchange.market(SYMBOL)["symbol"] == UNIFIED
        assert markets[UNIFIED]["info"]["i"] == at.month.instrument
        before, now = await at.first.venue_time_us(), await exchange.fetch_time()
        assert 0 <= now - before // 1000 < 60_000

    trade(tmp_path, scene)


def test_prices_are_rounded_to_the_tick_and_may_be_zero(tmp_path: Path) -> None:
    async def scene(exchange: Any, at: Scene) -> None:
        await exchange.load_markets()
        market = exchange.market(UNIFIED)
        texts = [exchange._price_text(market, price) for price in (2.8454, 2.8456, 0, -0.0214)]
        assert texts == ["2.845", "2.846", "0", "-0.021"]

    trade(tmp_path, scene)


def test_two_first_calls_make_one_session(tmp_path: Path) -> None:
    async def scene(exchange: Any, at: Scene) -> None:
        one, two = await asyncio.gather(exchange.session_of(), exchange.session_of())
        assert one is two

    trade(tmp_path, scene)


def test_a_waiting_call_ends_with_the_session_and_the_next_connects_again(tmp_path: Path) -> None:
    async def scene(exchange: Any, at: Scene) -> None:
        await exchange.watch_order_book(UNIFIED)
        session = await exchange.session_of()
        waiting = asyncio.ensure_future(raised(exchange.watch_order_book(UNIFIED)))
        await asyncio.sleep(0)
        await session.close()
        assert (await waiting).startswith("ExchangeNotAvailable: gpux logged out")
        assert (await exchange.fetch_order_book(UNIFIED))["bids"] == []
        assert await exchange.session_of() is not session

    trade(tmp_path, scene)
