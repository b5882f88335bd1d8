"""Past trades and candles of a session, which need no key (HIST-001, HIST-002).

for candle in await session.candles(h27, "1m", 500): ...
for trade in await session.trade_history(h27, 1_000): ...
"""

from typing import Any, NamedTuple

from msgspec.structs import replace

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
        asked = Query(
            request_id=1,
            what="candles",
            instrument=instrument.instrument,
            interval=interval,
            from_us=from_us,
            to_us=to_us,
        )
        return [Candle(*row) for row in await self._newest(asked, count, "candles", "to_us")]

    async def trade_history(
        self, instrument: InstrumentDefinition, count: int = 500, *, from_us: int = 0, to_us: int = 0, last_id: int = 0
    ) -> list[PastTrade]:
        """The newest `count` trades of a range of time, in order. `last_id`: none after this one; 0: no bound."""
        asked = Query(
            request_id=1, what="trades", instrument=instrument.instrument, from_us=from_us, to_us=to_us,
            last_sequence=last_id,
        )  # fmt: skip
        return [PastTrade(*row) for row in await self._newest(asked, count, "trades", "last_sequence")]

    async def _newest(self, asked: Query, count: int, rows: str, bound: str) -> list[Any]:
        """The newest `count` rows of a query, in order, asked for page by page.

        rows    key of the reply that has them
        bound   key of the query that the next, older page ends at
        """
        found: list[Any] = []
        while len(found) < count:
            asked = replace(asked, limit=min(count - len(found), PAST_ROWS_MAX))
            reply = await self.request(asked)
            found = [*(getattr(reply, rows) or []), *found]
            if reply.next_page is None:
                break
            asked = replace(asked, **{bound: reply.next_page})
        return found
