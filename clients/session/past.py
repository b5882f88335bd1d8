"""Past trades and candles of a session, which need no key (HIST-001, HIST-002).

for candle in await session.candles(h27, "1m", 500): ...
for trade in await session.trade_history(h27, 1_000): ...
"""

from typing import NamedTuple

from clients.session_base import SessionBase
from exchange.wire.fields import PAST_ROWS_MAX
from exchange.wire.messages import InstrumentDefinition, Query
from exchange.wire.requests import IntervalText


class Candle(NamedTuple):
    """What was traded from `start_us` on, us since 1970: prices in ticks, `value_tick_lots` the sum of price x lots."""

    start_us: int
    open_tick: int
    high_tick: int
    low_tick: int
    close_tick: int
    lots: int
    value_tick_lots: int
    trades: int


class PastTrade(NamedTuple):
    """A trade. `aggressor`: b, s, or n for none; `auction`: it was part of an uncross."""

    trade_id: int
    time_us: int
    price_tick: int
    lots: int
    aggressor: str
    auction: bool


class Past(SessionBase):
    """Requests about the past of instruments. Refused: the venue does not list it, or the range is no longer kept."""

    async def candles(
        self,
        instrument: InstrumentDefinition,
        interval: IntervalText = "1m",
        count: int = 500,
        *,
        from_us: int = 0,
        to_us: int = 0,
    ) -> list[Candle]:
        """The newest `count` candles that start in a range of time, in order, as far back as the venue keeps them."""
        found: list[Candle] = []
        while len(found) < count:
            limit = min(count - len(found), PAST_ROWS_MAX)
            asked = Query(
                request_id=1, what="candles", instrument=instrument.instrument, interval=interval, from_us=from_us,
                to_us=to_us, limit=limit,
            )  # fmt: skip
            reply = await self.request(asked)
            found = [*(Candle(*row) for row in reply.candles or []), *found]
            if reply.next_page is None:
                break
            to_us = reply.next_page
        return found

    async def trade_history(
        self, instrument: InstrumentDefinition, count: int = 500, *, from_us: int = 0, to_us: int = 0, last_id: int = 0
    ) -> list[PastTrade]:
        """The newest `count` trades of a range of time, in order. `last_id`: none after this one; 0: no bound."""
        found: list[PastTrade] = []
        while len(found) < count:
            limit = min(count - len(found), PAST_ROWS_MAX)
            asked = Query(
                request_id=1, what="trades", instrument=instrument.instrument, from_us=from_us, to_us=to_us,
                last_sequence=last_id, limit=limit,
            )  # fmt: skip
            reply = await self.request(asked)
            found = [*(PastTrade(*row) for row in reply.trades or []), *found]
            if reply.next_page is None:
                break
            last_id = reply.next_page
        return found
