"""A book of price levels that a feed of differences rebuilds, and its checks (TAPE-015)."""

from collections import Counter, deque
from dataclasses import dataclass, field

from bench.readers.converter import Levels

EQUAL, UNKNOWN, DIFFERENT = "equal", "level not known yet", "different"
Best = tuple[int, int, int, int]  # bid tick and lots, ask tick and lots


@dataclass
class LevelBook:
    """Levels of one symbol, and what the feed of the best prices says about them.

    A capture starts in the middle of a day: a level is known when the feed first names it, or a snapshot does.
    """

    sides: tuple[dict[int, int], dict[int, int]] = field(default_factory=lambda: ({}, {}))  # lots by tick
    named: tuple[set[int], set[int]] = field(default_factory=lambda: (set(), set()))  # ticks that the feed has named
    update: int = 0  # id of the last update in the book, 0: none yet
    tickers: deque[tuple[int, Best]] = field(default_factory=deque)  # update ids and best prices, not yet in the book
    last_ticker: Best | None = None
    checks: Counter[str] = field(default_factory=Counter)

    def set_levels(self, side: int, levels: list[tuple[int, int]]) -> None:
        """Set levels to lots; 0 removes one."""
        book = self.sides[side]
        for tick, lots in levels:
            self.named[side].add(tick)
            if lots:
                book[tick] = lots
            else:
                book.pop(tick, None)

    def start(self, update: int, bids: list[tuple[int, int]], asks: list[tuple[int, int]]) -> None:
        """Take a snapshot of all levels."""
        for side, levels in enumerate((bids, asks)):
            self.sides[side].clear()
            self.set_levels(side, levels)
        self.update = update

    def check(self) -> str:
        """Compare the best levels with the last best prices up to the update in the book. Empty: there are none."""
        while self.tickers and self.tickers[0][0] <= self.update:
            self.last_ticker = self.tickers.popleft()[1]
        if self.last_ticker is None:
            return ""
        bid, bid_lots, ask, ask_lots = self.last_ticker
        wanted = ((bid, bid_lots), (ask, ask_lots))
        result = EQUAL if self.best() == wanted else DIFFERENT
        if result == DIFFERENT and not (bid in self.named[0] and ask in self.named[1]):
            result = UNKNOWN
        self.checks[result] += 1
        return result

    def best(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """Best bid and ask: (tick, lots), (0, 0) if the side is empty."""
        bids, asks = self.sides
        bid, ask = max(bids, default=0), min(asks, default=0)
        return (bid, bids.get(bid, 0)), (ask, asks.get(ask, 0))

    def levels(self) -> Levels:
        bids, asks = self.sides
        return sorted(bids.items(), reverse=True), sorted(asks.items())
