"""Answers questions about past trades: pages of trades, and of candles (HIST-001, HIST-002).

past = PastReader(table, prints)
past.answer(query)          # `query` of `trades` or `candles` -> Ok or Err, without the time of the reply
"""

import numpy as np

from exchange.codes import Liquidity
from exchange.publish.instruments import InstrumentTable
from exchange.publish.past.candle_channel import candle_rows
from exchange.publish.past.candle_rows import INTERVALS, MINUTE, Interval
from exchange.publish.past.candles import LATEST_US
from exchange.publish.past.trade_pages import TradeRange, trade_page
from exchange.publish.prints import Prints, aggressor
from exchange.units import NS_PER_US
from exchange.wire.errors import ErrorCode, error
from exchange.wire.messages import Err, Ok, PastTradeRow, Query

PAGE_ROWS = 500  # if a query does not say how many
LATEST_ID = 2**62
_AUCTION = int(Liquidity.AUCTION)


class PastReader:
    """The past of one venue's instruments, as far as it is kept."""

    def __init__(self, table: InstrumentTable, prints: Prints) -> None:
        self._table, self._prints = table, prints

    def answer(self, asked: Query) -> Ok | Err:
        """The page that a query asks for. A range that ends before what is kept is refused."""
        book = self._table.index_of(asked.instrument)
        if not book:
            text = f"no instrument {asked.instrument} is listed (field i)"
            return error(asked.request_id, ErrorCode.UNKNOWN_INSTRUMENT, text)
        for start, end, names in (
            (asked.from_us, asked.to_us, "from_us, to_us"),
            (asked.first_sequence, asked.last_sequence, "from, to"),
        ):
            if start > end > 0:
                text = f"{start} is above {end} (fields {names})"
                return error(asked.request_id, ErrorCode.REPLAY_RANGE, text)
        if asked.what == "candles":
            return self._candles(asked, book, INTERVALS.get(asked.interval, MINUTE))
        return self._trades(asked, book)

    def _candles(self, asked: Query, book: int, interval: Interval) -> Ok | Err:
        to_us, candles = asked.to_us or LATEST_US, self._prints.candles
        oldest_us = candles.oldest_us(interval)
        if to_us < oldest_us:
            return _too_old(asked, oldest_us)
        page = candles.page(book, interval, asked.from_us, to_us, asked.limit or PAGE_ROWS)
        rows = candle_rows(page.rows)
        return Ok(asked.request_id, candles=rows, next_page=page.next_us or None, oldest_us=page.oldest_us)

    def _trades(self, asked: Query, book: int) -> Ok | Err:
        since = self._table.since(book)
        last_id, to_us = asked.last_sequence or LATEST_ID, asked.to_us or LATEST_US
        wanted = TradeRange(asked.first_sequence, last_id, asked.from_us, to_us, since)
        first_id, oldest_us = self._prints.first_id, self._prints.complete_us
        if to_us < oldest_us or last_id < first_id:
            return _too_old(asked, oldest_us)
        page = trade_page(self._prints, book, wanted, asked.limit or PAGE_ROWS)
        rows = _trade_rows(page.ids, page.rows)
        return Ok(asked.request_id, trades=rows, next_page=page.next_id or None, oldest_us=oldest_us)


def _too_old(asked: Query, oldest_us: int) -> Err:
    refusal = error(asked.request_id, ErrorCode.REPLAY_RANGE, f"the range ends before {oldest_us} us, the oldest kept")
    refusal.oldest = oldest_us
    return refusal


def _trade_rows(ids: np.ndarray, rows: np.ndarray) -> list[PastTradeRow]:
    columns = (rows[name].tolist() for name in ("time_ns", "trade_tick", "lots", "liquidity", "flags", "side"))
    return [
        (number, time_ns // NS_PER_US, tick, lots, aggressor(liquidity, flags, side), liquidity == _AUCTION)
        for number, time_ns, tick, lots, liquidity, flags, side in zip(ids.tolist(), *columns, strict=True)
    ]
