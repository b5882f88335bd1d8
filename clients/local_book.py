"""A price-level book built from market data, verified at every message.

`apply` follows the rules of MDATA-015: first a snapshot, then exactly the next message, a matching checksum where one
is sent, and no crossed book while the market is open. After a violation the book is stale until the next snapshot.
Reading a stale book raises, so that a strategy cannot trade on it by mistake.
"""

import time
from collections.abc import Callable, Sequence

from clients.books.channel_book import ChannelBook
from clients.books.channel_book import StaleBook as StaleBook
from clients.books.implied import MergedLevel, TopOfBook, merged
from clients.books.levels import PriceLevel as PriceLevel
from clients.books.levels import PriceLevels, checksum
from exchange.codes import Side


class LocalBook(ChannelBook):
    """The depth of one instrument. `bids`, `asks`, `best_bid`, `best_ask` and `middle_tick` raise StaleBook when stale.

    levels_max    levels a side that the channel carries, 0 all
    clock         monotonic, in seconds; the age of the book is measured with it
    age_ms_max    age from which the book is stale; 0: it has no limit
    """

    def __init__(
        self,
        instrument: int = 0,
        symbol: str = "",
        levels_max: int = 0,
        clock: Callable[[], float] = time.monotonic,
        age_ms_max: int = 0,
    ) -> None:
        super().__init__(instrument, symbol)
        self.levels_max, self.age_ms_max = levels_max, age_ms_max
        self._clock, self._confirmed_s = clock, clock()
        self.open = True  # the market matches, so a crossed book is an error
        self.implied_bid: PriceLevel | None = None
        self.implied_ask: PriceLevel | None = None
        self._sides = (PriceLevels(Side.BUY), PriceLevels(Side.SELL))

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
            self.problem, self._behind, self._confirmed_s = None, 0, self._clock()
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
        follows = self._follow(sequence, previous)
        if not follows:
            return follows is None
        self._confirmed_s = self._clock()
        sides = self._sides
        sides[0].set(bids)
        sides[1].set(asks)
        return self._check(crc)

    def confirm(self) -> None:
        """Note that a heartbeat has come and the book has all messages before it: an unchanged book is not old."""
        if self.problem is None and not self._behind:
            self._confirmed_s = self._clock()

    def imply(self, side: Side, row: Sequence[int] | None) -> None:
        """Set the implied level of a side: (price, lots); lots 0: there is none; None: unchanged (MDATA-010)."""
        if row is None:
            return
        level = PriceLevel(row[0], row[1]) if row[1] else None
        if side == Side.BUY:
            self.implied_bid = level
        else:
            self.implied_ask = level

    def clear(self, problem: str) -> None:
        for levels in self._sides:
            levels.clear()
        self.implied_bid = self.implied_ask = None
        self.mark_stale(problem)

    def _set(self, bids: Sequence[Sequence[int]], asks: Sequence[Sequence[int]]) -> None:
        self._sides[Side.BUY].set(bids)
        self._sides[Side.SELL].set(asks)

    def _check(self, crc: int | None) -> bool:
        """Check the venue's checksum, and that the book is not crossed (MDATA-015, rules 4 and 5)."""
        bids, asks = self._sides
        # A rank is minus a bid and plus an ask, so a sum of 0 or less means that the book is crossed.
        if self.open and bids.ranks and asks.ranks and bids.ranks[0] + asks.ranks[0] <= 0:
            self.mark_stale(f"crossed: bid {bids.best()} against ask {asks.best()}")
        elif crc is not None and crc != self.checksum():
            self.mark_stale(f"checksum {self.checksum()} of the local book, {crc} of the venue")
        else:
            return True
        self.mismatches += 1
        return False

    # -- reading ------------------------------------------------------------------------------------------------------

    @property
    def age_ms(self) -> int:
        """Milliseconds since the last message or heartbeat that says how the book is now."""
        return int((self._clock() - self._confirmed_s) * 1000)

    @property
    def is_old(self) -> bool:
        """Whether nothing has confirmed the book for longer than `age_ms_max`."""
        return bool(self.age_ms_max) and self.age_ms > self.age_ms_max

    def checksum(self) -> int:
        return checksum(*self._sides)

    def side(self, side: Side) -> PriceLevels:
        if self.problem is not None:
            raise self._stale(self.problem)
        if self.age_ms_max and self.is_old:
            raise self._stale(f"nothing confirmed it for {self.age_ms} ms, the limit is {self.age_ms_max}")
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

    @property
    def top(self) -> TopOfBook:
        """Best bid and ask with the implied part apart; each is None while its side has neither."""
        return TopOfBook(*(next(iter(self.merged(side, 1)), None) for side in (Side.BUY, Side.SELL)))

    def merged(self, side: Side, count: int | None = None) -> list[MergedLevel]:
        """The first `count` levels of a side, direct and implied together, best first."""
        implied = self.implied_bid if side == Side.BUY else self.implied_ask
        return merged(self.side(side).levels(count), implied, side, count)
