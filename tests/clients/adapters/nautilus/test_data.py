"""Market data of a trading node at a real venue."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.clients.adapters.venue_scene import Scene, needs, play

pytestmark = needs("nautilus")


def kinds(probe: Any) -> list[str]:
    return [type(one).__name__ for one in probe.data]


def test_quotes_and_trades_are_those_of_the_venue(tmp_path: Path) -> None:
    from tests.clients.adapters.nautilus.node_scene import MONTH, running

    async def scene(at: Scene) -> None:
        async with running(at) as (_, probe):
            probe.subscribe_quote_ticks(MONTH)
            probe.subscribe_trade_ticks(MONTH)
            await at.first.sell(at.month, 4, "2.812")
            await at.second.buy(at.month, 3, "2.809")
            await probe.until(lambda: "QuoteTick" in kinds(probe))
            quote = probe.data[-1]
            assert [str(quote.bid_price), str(quote.ask_price)] == ["2.809", "2.812"]
            assert [int(quote.bid_size), int(quote.ask_size)] == [3, 4]
            await at.second.buy(at.month, 1, order_type="market", tif="ioc")
            await probe.until(lambda: "TradeTick" in kinds(probe))
            trade = next(one for one in probe.data if type(one).__name__ == "TradeTick")
            assert (str(trade.price), int(trade.size), trade.aggressor_side.name) == ("2.812", 1, "BUYER")
            probe.unsubscribe_quote_ticks(MONTH)

    play(tmp_path, scene)


def test_the_book_of_a_node_is_that_of_the_venue(tmp_path: Path) -> None:
    from tests.clients.adapters.nautilus.node_scene import MONTH, running

    async def scene(at: Scene) -> None:
        book = await at.first.book(at.month, cadence_ms=0)
        async with running(at) as (node, probe):
            await at.first.sell(at.month, 4, "2.812")
            probe.subscribe_order_book_deltas(MONTH)
            await probe.until(lambda: probe.data)
            for tick in range(2800, 2809):
                await at.second.buy(at.month, 2, price_tick=tick)
            await at.second.buy(at.month, 1, "2.812")
            for one in at.second.orders.live()[:4]:
                await at.second.cancel(one)

            def same() -> bool:
                mine = node.cache.order_book(MONTH)
                return [
                    [(float(level.price), int(level.size())) for level in levels]
                    for levels in (mine.bids(), mine.asks())
                ] == [[(level.price_tick / 1000, level.lots) for level in side()] for side in (book.bids, book.asks)]

            await probe.until(same)
            assert len(book.bids()) == 5 and book.asks()[0].lots == 3

    play(tmp_path, scene)


def test_an_instrument_can_be_requested(tmp_path: Path) -> None:
    from tests.clients.adapters.nautilus.node_scene import MONTH, running

    async def scene(at: Scene) -> None:
        async with running(at) as (_, probe):
            probe.request_instrument(MONTH)
            await probe.until(lambda: "FuturesContract" in kinds(probe))
            assert probe.data[-1].multiplier == 744

    play(tmp_path, scene)


def test_past_trades_and_bars_can_be_requested_and_bars_followed(tmp_path: Path) -> None:
    from nautilus_trader.model.data import BarType

    from tests.clients.adapters.nautilus.node_scene import MONTH, running

    async def scene(at: Scene) -> None:
        for tick in (2810, 2812, 2811):
            await at.first.sell(at.month, 2, price_tick=tick)
            await at.second.buy(at.month, 2, price_tick=tick)
        async with running(at) as (node, probe):
            day = BarType.from_str(f"{MONTH}-1-DAY-LAST-EXTERNAL")
            since = datetime(2026, 11, 1, tzinfo=UTC)
            probe.request_bars(day, start=since)
            await probe.until(lambda: node.cache.bar_count(day) == 1)
            bar = node.cache.bar(day)
            assert [str(price) for price in (bar.open, bar.high, bar.low, bar.close)] == [
                "2.810", "2.812", "2.810", "2.811"
            ]  # fmt: skip
            assert int(bar.volume) == 6
            probe.request_trade_ticks(MONTH, start=since)
            await probe.until(lambda: len(node.cache.trade_ticks(MONTH)) == 3)
            probe.subscribe_bars(day)
            await probe.until(lambda: len(data_feeds(node)) == 1)

    play(tmp_path, scene)


def data_feeds(node: Any) -> Any:
    from tests.clients.adapters.nautilus.node_scene import data_client

    return data_client(node)._feeds
