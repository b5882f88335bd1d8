"""Past trades and candles of a real venue, with a key and without one, in pages."""

from pathlib import Path

import pytest

from clients.client import Session, connect
from clients.errors import Refused
from clients.events import ChannelData
from clients.session import past
from clients.session.past import Candle
from exchange.main import RunningServer
from exchange.wire.messages import Candles, InstrumentDefinition
from tests.clients.scenes import PRICE, play


@pytest.mark.rule("HIST-001", "HIST-002", "SESS-004")
def test_the_past_comes_in_one_list_with_or_without_a_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(past, "PAST_ROWS_MAX", 2)

    async def scene(server: RunningServer, seller: Session, buyer: Session, month: InstrumentDefinition) -> None:
        for lots in (1, 2, 3, 4, 5):
            await seller.sell(month, lots, PRICE)
            await buyer.buy(month, lots, PRICE, tif="ioc")
        async with connect(server.url) as reader:
            for session in (buyer, reader):
                trades = await session.trade_history(month)
                assert [(one.trade_id, one.lots, one.aggressor) for one in trades] == [
                    (number, number, "b") for number in (1, 2, 3, 4, 5)
                ]
                assert await session.trade_history(month, 3) == trades[2:]
                assert await session.trade_history(month, last_id=4) == trades[:4]
                assert await session.trade_history(month, to_us=trades[2].time_us) == [
                    one for one in trades if one.time_us <= trades[2].time_us
                ]
                candles = await session.candles(month)
                assert sum(one.lots for one in candles) == 15 and sum(one.trades for one in candles) == 5
                assert {one.high_tick for one in candles} == {2_810}
                assert await session.candles(month, "1d", 1, from_us=candles[-1].start_us + 86_400_000_000) == []
                with pytest.raises(Refused, match="REPLAY_RANGE"):
                    await session.candles(month, from_us=5, to_us=4)

    play(tmp_path, scene)


@pytest.mark.rule("HIST-003")
def test_the_running_candle_comes_as_events(tmp_path: Path) -> None:
    async def scene(server: RunningServer, seller: Session, buyer: Session, month: InstrumentDefinition) -> None:
        async with connect(server.url) as reader:
            await reader.follow_candles(month, "1d")
            await seller.sell(month, 3, PRICE)
            await buyer.buy(month, 3, PRICE, tif="ioc")
            async for event in reader.events():
                if isinstance(event, ChannelData) and isinstance(event.message, Candles) and event.message.rows:
                    assert event.message.interval == "1d"
                    assert [Candle(*row) for row in event.message.rows] == await reader.candles(month, "1d")
                    break

    play(tmp_path, scene)
