"""Past trades and candles as ccxt asks for them."""

import asyncio
from typing import Any, cast

from clients.adapters.unified.past import candle_view, candles_of, trades_of
from clients.client import Session
from clients.session.past import Candle, PastTrade
from tests.clients.adapters.definitions import F27

CANDLE = Candle(60_000_000, 2810, 2812, 2809, 2811, 7, 19_677, 3)


class Asked:
    """A session that answers with five rows and notes what it was asked for."""

    def __init__(self) -> None:
        self.terms: list[tuple[Any, ...]] = []

    async def trade_history(self, instrument: Any, count: int, from_us: int = 0) -> list[PastTrade]:
        self.terms.append((count, from_us))
        return [PastTrade(number, number, 2810, 1, "b", False) for number in range(5)][-count:]

    async def candles(self, instrument: Any, interval: str, count: int, from_us: int = 0, to_us: int = 0) -> list[Any]:
        self.terms.append((interval, count, from_us, to_us))
        return [CANDLE]


def test_trades_are_the_newest_or_the_first_since_a_time() -> None:
    asked = Asked()
    session = cast(Session, asked)
    assert [row.trade_id for row in asyncio.run(trades_of(session, F27, None, 2))] == [3, 4]
    assert [row.trade_id for row in asyncio.run(trades_of(session, F27, 1, 2))] == [0, 1]
    assert asked.terms[1][1] == 1_000


def test_candles_since_a_time_end_after_the_limit() -> None:
    asked = Asked()
    session = cast(Session, asked)
    assert asyncio.run(candles_of(session, F27, "1h", 7_200_000, 3)) == [candle_view(CANDLE)]
    assert asyncio.run(candles_of(session, F27, "1m", None, None)) == [candle_view(CANDLE)]
    assert asked.terms == [("1h", 3, 7_200_000_000, 18_000_000_000 - 1), ("1m", 500, 0, 0)]


def test_a_candle_has_dollars_and_lots() -> None:
    assert candle_view(CANDLE) == [60_000, 2.81, 2.812, 2.809, 2.811, 7.0]
