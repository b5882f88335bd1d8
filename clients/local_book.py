"""A price-level book built from market data, verified at every message.

`apply` follows the rules of MDATA-015: first a snapshot, then exactly the next message, a matching checksum where one
is sent, and no crossed book while the market is open. After a violation the book is stale until the next snapshot.
Reading a stale book raises, so that a strategy cannot trade on it by mistake.
"""

import struct
import zlib
from bisect import bisect_left, insort
from collections.abc import Sequence
from typing import NamedTuple

from exchange.codes import Side

CHECKSUM_LEVELS = 10
_CHECKSUM_ROWS = struct.Struct(f"<{4 * CHECKSUM_LEVELS}q")
_HEARTBEATS_BEHIND_MAX = 2  # behind the heartbeat twice in a row is a gap (MDATA-015)


class PriceLevel(NamedTuple):
    """One price and its lots."""

    price_tick: int
    lots: int


class StaleBook(Exception):
    """A program has read a stale book, which waits for a snapshot. The text has the reason."""


class PriceLevels:
    """One side of a book, best level first. A rank is a price times +1 (sell) or -1 (buy), so both sides ascend."""

    def __init__(self, side: Side) -> None:
        self.sign = 1 if side == Side.SELL else -1
        self.lots: dict[int, int] = {}
        self.ranks: list[int] = []  # sign * price, ascending: best first

    def set(self, rows: Sequence[Sequence[int]]) -> None:
        """Set levels from rows (price in ticks, lots). Lots 0 remove a level."""
        for price_tick, lots in rows:
            if lots:
                if price_tick not in self.lots:
                    insort(self.ranks, self.sign * price_tick)
                self.lots[price_tick] = lots
            elif self.lots.pop(price_tick, None) is not None:
                del self.ranks[bisect_left(self.ranks, self.sign * price_tick)]

    def clear(self) -> None:
        self.lots.clear()
        self.ranks.clear()

    def best(self) -> PriceLevel | None:
        if not self.ranks:
            return None
        price_tick = self.sign * self.ranks[0]
        return PriceLevel(price_tick, self.lots[price_tick])

    def levels(self, count: int | None = None) -> list[PriceLevel]:
        """The first `count` levels, best first; all of them without a count."""
        return [PriceLevel(self.sign * rank, self.lots[self.sign * rank]) for rank in self.ranks[:count]]

    def __len__(self) -> int:
        return len(self.ranks)


def checksum(bids: PriceLevels, asks: PriceLevels) -> int:
    """CRC-32 over the first ten levels, bid then ask of each rank, as two little-endian int64 each (MDATA-016)."""
    row = [0] * (4 * CHECKSUM_LEVELS)
    for side, start in ((bids, 0), (asks, 2)):
        for place, rank in enumerate(side.ranks[:CHECKSUM_LEVELS]):
            price_tick = side.sign * rank
            row[start + 4 * place] = price_tick
            row[start + 4 * place + 1] = side.lots[price_tick]
    return zlib.crc32(_CHECKSUM_ROWS.pack(*row))


class LocalBook:
    """The depth of one instrument. `bids`, `asks`, `best_bid`, `best_ask` and `middle_tick` raise StaleBook when stale.

    levels_max    levels a side that the channel carries, 0 all
    """

    def __init__(self, instrument: int = 0, symbol: str = "", levels_max: int = 0) -> None:
        self.instrument, self.symbol, self.levels_max = instrument, symbol, levels_max
        self.sequence = self.engine_sequence = self.time_us = 0
        self.open = True  # the market matches, so a crossed book is an error
        self.implied_bid: PriceLevel | None = None
        self.implied_ask: PriceLevel | None = None
        self.problem: str | None = "no snapshot yet"  # why the book is stale
        self.mismatches = self.gaps = 0
        self._sides = (PriceLevels(Side.BUY), PriceLevels(Side.SELL))
        self._more = False  # more pages of a snapshot follow (MDATA-006)
        self._behind = 0

    # -- updates ------------------------------------------------------------------------------------------------------

    def load(
        self, sequence: int, bids: Sequence[Sequence[int]], asks: Sequence[Sequence[int]], crc: int | None, more: bool
    ) -> None:
        """Apply a snapshot or one page of it. After the last page (`more` is false) the book is synced.

        bids, asks   (price in ticks, lots)
        crc          checksum of the venue; None: there is none
        """
        if not (self._more and sequence == self.sequence):
            self.clear("snapshot incomplete")
        self.sequence, self._more = sequence, more
        self._set(bids, asks)
        if not more:
            self.problem, self._behind = None, 0
            self._check(crc)

    def apply(
        self,
        sequence: int,
        previous: int,
        bids: Sequence[Sequence[int]],
        asks: Sequence[Sequence[int]],
        crc: int | None = None,
    ) -> bool:
        """Apply a change: levels with their new lots. False: the book is stale, and the channel needs a resync.

        sequence, previous   of the message and of the message before it
        """
        if self.problem is not None:
            return False
        if sequence <= self.sequence:
            return True
        if previous != self.sequence:
            self.lose(f"gap: {self.sequence} is followed by {sequence}, which follows {previous}")
            self.gaps += 1
            return False
        self.sequence, self._behind = sequence, 0
        self._set(bids, asks)
        return self._check(crc)

    def heartbeat(self, sequence: int) -> bool:
        """Compare with the channel's last sequence, from a heartbeat. False: behind twice, so the book is now stale."""
        if self.problem is not None:
            return False
        self._behind = self._behind + 1 if sequence > self.sequence else 0
        if self._behind >= _HEARTBEATS_BEHIND_MAX:
            self.lose(f"gap: at {self.sequence}, the venue at {sequence}")
            self.gaps += 1
        return self.problem is None

    def imply(self, side: Side, row: Sequence[int] | None) -> None:
        """Set the implied level of a side: (price, lots); lots 0: there is none; None: unchanged (MDATA-010)."""
        if row is None:
            return
        level = PriceLevel(row[0], row[1]) if row[1] else None
        if side == Side.BUY:
            self.implied_bid = level
        else:
            self.implied_ask = level

    def lose(self, problem: str) -> None:
        """Mark the book stale until the next snapshot."""
        self.problem, self._more = problem, False

    def clear(self, problem: str) -> None:
        for levels in self._sides:
            levels.clear()
        self.implied_bid = self.implied_ask = None
        self.lose(problem)

    def _set(self, bids: Sequence[Sequence[int]], asks: Sequence[Sequence[int]]) -> None:
        self._sides[Side.BUY].set(bids)
        self._sides[Side.SELL].set(asks)

    def _check(self, crc: int | None) -> bool:
        """Check the venue's checksum, and that the book is not crossed (MDATA-015, rules 4 and 5)."""
        bids, asks = self._sides
        # A rank is minus a bid and plus an ask, so a sum of 0 or less means that the book is crossed.
        if self.open and bids.ranks and asks.ranks and bids.ranks[0] + asks.ranks[0] <= 0:
            self.lose(f"crossed: bid {bids.best()} against ask {asks.best()}")
        elif crc is not None and crc != self.checksum():
            self.lose(f"checksum {self.checksum()} of the local book, {crc} of the venue")
        else:
            return True
        self.mismatches += 1
        return False

    # -- reading ------------------------------------------------------------------------------------------------------

    @property
    def synced(self) -> bool:
        return self.problem is None

    def age_us(self, now_us: int) -> int:
        """Microseconds since the last change. `now_us`: time on the venue's clock."""
        return now_us - self.time_us

    def checksum(self) -> int:
        return checksum(*self._sides)

    def side(self, side: Side) -> PriceLevels:
        if self.problem is not None:
            raise StaleBook(f"book of {self.symbol or self.instrument} is stale: {self.problem}")
        return self._sides[side]

    def bids(self, count: int | None = None) -> list[PriceLevel]:
        return self.side(Side.BUY).levels(count)

    def asks(self, count: int | None = None) -> list[PriceLevel]:
        return self.side(Side.SELL).levels(count)

    @property
    def best_bid(self) -> PriceLevel | None:
        return self.side(Side.BUY).best()

    @property
    def best_ask(self) -> PriceLevel | None:
        return self.side(Side.SELL).best()

    @property
    def middle_tick(self) -> int | None:
        """Middle of the best prices in ticks, rounded down; None while a side is empty."""
        bid, ask = self.best_bid, self.best_ask
        return (bid.price_tick + ask.price_tick) // 2 if bid and ask else None
