"""Price levels of one side of a book, and the checksum of both sides (MDATA-016)."""

import struct
import zlib
from bisect import bisect_left, insort
from collections.abc import Sequence
from typing import NamedTuple

from exchange.codes import Side

CHECKSUM_LEVELS = 10
_CHECKSUM_ROWS = struct.Struct(f"<{4 * CHECKSUM_LEVELS}q")


class PriceLevel(NamedTuple):
    """One price and its lots."""

    price_tick: int
    lots: int


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
