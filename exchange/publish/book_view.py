"""Price levels of one book as market data shows them, and their checksum.

A view is made once from the engine's depth and then follows events. Quantities are absolute, so it does no harm to
apply a change twice.
"""

import struct
import zlib
from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence

from exchange.codes import Side

Level = tuple[int, int]  # price_tick, lots
Top = tuple[int, int, int]  # price_tick, lots, how many of these lots are implied
CHECKSUM_LEVELS = 10

_NO_LEVEL = (0, 0)
_pack_levels = struct.Struct(f"<{CHECKSUM_LEVELS * 4}q").pack


class SideLevels:
    """One side of a book: lots by price. Prices are sorted worst first, so that most changes are near the end."""

    def __init__(self, side: int) -> None:
        self.lots: dict[int, int] = {}
        self._sign = Side(side).sign
        self._ranks: list[int] = []  # price * sign, ascending: the best is the last

    def set(self, price: int, lots: int) -> None:
        """Set the lots at a price; 0 removes the level."""
        rank = price * self._sign
        if not lots:
            if self.lots.pop(price, None) is not None:
                del self._ranks[bisect_left(self._ranks, rank)]
            return
        if price not in self.lots:
            insort(self._ranks, rank)
        self.lots[price] = lots

    def levels(self, count: int = 0) -> list[Level]:
        """The best `count` levels, best first; 0: all."""
        sign, lots = self._sign, self.lots
        return [(rank * sign, lots[rank * sign]) for rank in reversed(self._ranks[-count:])]

    def best(self) -> Level | None:
        if not self._ranks:
            return None
        price = self._ranks[-1] * self._sign
        return price, self.lots[price]


class BookView:
    """Both sides of a book, and its implied prices, which are not in the levels (IMP-011)."""

    def __init__(
        self, bids: Iterable[Level] = (), asks: Iterable[Level] = (), implied: Sequence[Level | None] = (None, None)
    ) -> None:
        self.sides = (SideLevels(Side.BUY), SideLevels(Side.SELL))
        self.implied = list(implied)  # bid, ask
        self.apply(bids, asks)

    def top(self, side: Side) -> Top | None:
        """Best price of a side, real or implied, its lots, and how many of them are implied (MDATA-010)."""
        real, implied = self.sides[side].best(), self.implied[side]
        if implied is None:
            return (*real, 0) if real else None
        if real is None or (implied[0] - real[0]) * side.sign > 0:
            return implied[0], implied[1], implied[1]
        if implied[0] != real[0]:
            return (*real, 0)
        return real[0], real[1] + implied[1], implied[1]

    def best(self) -> tuple[Top | None, Top | None]:
        """The top of both sides."""
        return self.top(Side.BUY), self.top(Side.SELL)

    def apply(self, bids: Iterable[Level], asks: Iterable[Level]) -> None:
        """Set levels of each side; 0 lots remove a level."""
        for ladder, levels in zip(self.sides, (bids, asks), strict=True):
            for price, lots in levels:
                ladder.set(price, lots)

    def levels(self, count: int = 0) -> tuple[list[Level], list[Level]]:
        """(bids, asks), best first; 0: all levels."""
        return self.sides[Side.BUY].levels(count), self.sides[Side.SELL].levels(count)

    def checksum(self) -> int:
        """The checksum of the best levels (MDATA-016)."""
        return checksum(*self.levels(CHECKSUM_LEVELS))


def checksum(bids: list[Level], asks: list[Level]) -> int:
    """CRC-32 over `checksum_bytes` (MDATA-016)."""
    return zlib.crc32(checksum_bytes(bids, asks))


def checksum_bytes(bids: list[Level], asks: list[Level]) -> bytes:
    """The first 10 levels, bid then ask of each rank, best first: price and lots as little-endian int64 (MDATA-016)."""
    numbers: list[int] = []
    for rank in range(CHECKSUM_LEVELS):
        numbers.extend(bids[rank] if rank < len(bids) else _NO_LEVEL)
        numbers.extend(asks[rank] if rank < len(asks) else _NO_LEVEL)
    return _pack_levels(*numbers)


def difference(old: SideLevels, new: list[Level]) -> list[Level]:
    """The changes that turn `old` into `new`: levels to set; levels with 0 lots to remove."""
    changed = [(price, lots) for price, lots in new if old.lots.get(price) != lots]
    kept = {price for price, _ in new}
    return changed + [(price, 0) for price in old.lots if price not in kept]
