"""Past trades and candles as ccxt asks for them: the newest ones, or the first ones since a time."""

from typing import Any

from clients.adapters.unified.markets import US_PER_MS
from clients.client import Session
from clients.session.past import Candle, PastTrade
from exchange.units import MILLS_PER_DOLLAR
from exchange.wire.messages import InstrumentDefinition
from exchange.wire.requests import IntervalText

DEFAULT_ROWS = 500
ALL = 1 << 40  # more rows than there are
MS_OF: dict[str, int] = {"1m": 60_000, "1h": 3_600_000, "1d": 86_400_000}


async def trades_of(
    session: Session, instrument: InstrumentDefinition, since_ms: int | None, limit: int | None
) -> list[PastTrade]:
    """Trades, oldest first. The venue counts from the newest on, so with `since_ms` all since then are read."""
    if since_ms is None:
        return await session.trade_history(instrument, limit or DEFAULT_ROWS)
    found = await session.trade_history(instrument, ALL, from_us=since_ms * US_PER_MS)
    return found[:limit]


async def candles_of(
    session: Session, instrument: InstrumentDefinition, interval: IntervalText, since_ms: int | None, limit: int | None
) -> list[list[float]]:
    """Rows of `candle_view`, oldest first."""
    count = limit or DEFAULT_ROWS
    if since_ms is None:
        rows = await session.candles(instrument, interval, count)
    else:
        until_us = (since_ms + count * MS_OF[interval]) * US_PER_MS - 1
        rows = await session.candles(instrument, interval, count, from_us=since_ms * US_PER_MS, to_us=until_us)
    return [candle_view(row) for row in rows]


def candle_view(row: Candle | tuple[Any, ...]) -> list[float]:
    """A candle as ccxt has it: start in ms, open, high, low and close in dollars, lots."""
    return [row[0] // US_PER_MS, *(tick / MILLS_PER_DOLLAR for tick in row[1:5]), float(row[5])]
