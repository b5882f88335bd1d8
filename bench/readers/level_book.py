"""A book of price levels that a feed of differences rebuilds, and its checks (TAPE-015)."""

from collections import Counter, deque
from dataclasses import dataclass, field

from bench.readers.converter import Levels

EQUAL, UNKNOWN, DIFFERENT = "equal", "level not known yet", "different"
RECENT = 1_000  # changes that are kept for a snapshot
Best = tuple[tuple[int, int], tuple[int, int]]  # bid and ask: (tick, lots)


@dataclass(frozen=True)
class Change:
    """A depth update: its first and last update id, and the lots of levels, bids and asks."""

    first: int
    last: int
    levels: tuple[list[tuple[int, int]], list[tuple[int, int]]]


@dataclass(frozen=True)
class Pending:
    """The best levels after an update."""

    row: int
    update: int
    best: Best


@dataclass
class LevelBook:
    """Levels of one symbol, and what the feed of the best prices says about them.

    A capture starts in the middle of a day: a level is known when the feed first names it, or a snapshot does.
    """

    sides: tuple[dict[int, int], dict[int, int]] = field(default_factory=lambda: ({}, {}))  # lots by tick
    named: tuple[set[int], set[int]] = field(default_factory=lambda: (set(), set()))  # ticks that the feed has named
    update: int = 0  # id of the last update in the book, 0: none yet
    tickers: deque[tuple[int, Best]] = field(default_factory=deque)  # update ids and best prices that checks may need
    pending: deque[Pending] = field(default_factory=deque)  # checks that wait for the next best prices
    checks: Counter[str] = field(default_factory=Counter)
    recent: deque[Change] = field(default_factory=lambda: deque(maxlen=RECENT))  # a snapshot may be older than these

    def apply(self, change: Change) -> None:
        """Apply a depth update."""
        for side, levels in enumerate(change.levels):
            self.set_levels(side, levels)
        self.update = change.last
        self.recent.append(change)

    def set_levels(self, side: int, levels: list[tuple[int, int]]) -> None:
        """Set levels to lots; 0 removes one."""
        book = self.sides[side]
        for tick, lots in levels:
            self.named[side].add(tick)
            if lots:
                book[tick] = lots
            else:
                book.pop(tick, None)

    def start(self, update: int, levels: tuple[list[tuple[int, int]], list[tuple[int, int]]]) -> bool:
        """Take a snapshot of all levels, and apply what came after its update again.

        returns   False if an update between the snapshot and the next change is missing
        """
        later = [change for change in self.recent if change.last > update]
        for side in (0, 1):
            self.sides[side].clear()
            self.set_levels(side, levels[side])
        self.update = update
        self.recent.clear()
        for change in later:
            self.apply(change)
        return not later or later[0].first <= update + 1

    def expect_check(self, row: int) -> list[str]:
        """Ask for a check of the best levels as they are now; returns what `check` does. `row`: of the update."""
        self.pending.append(Pending(row, self.update, self.best()))
        return self.check()

    def take_ticker(self, update: int, best: Best) -> list[str]:
        """Take best prices of the feed; returns what `check` does."""
        self.tickers.append((update, best))
        return self.check()

    def check(self) -> list[str]:
        """Make the checks that can be made. Best prices hold from their update until the next ones, and either feed may
        arrive first: an update is checked when best prices of a later update are there.

        returns   a text about each difference, beginning with the row of the update
        """
        wrong = []
        while self.pending and self.tickers and self.tickers[-1][0] > self.pending[0].update:
            pending = self.pending.popleft()
            while len(self.tickers) > 1 and self.tickers[1][0] <= pending.update:
                self.tickers.popleft()
            update, wanted = self.tickers[0]
            if update > pending.update:
                continue  # the capture begins after the best prices of this update
            result = EQUAL if pending.best == wanted else DIFFERENT
            if result == DIFFERENT and not all(level[0] in self.named[side] for side, level in enumerate(wanted)):
                result = UNKNOWN
            if result == DIFFERENT:
                wrong.append(f"{pending.row} best levels {pending.best}, the feed has {wanted} (tick, lots)")
            self.checks[result] += 1
        return wrong

    def best(self) -> Best:
        """Best bid and ask: (tick, lots), (0, 0) if the side is empty."""
        bids, asks = self.sides
        bid, ask = max(bids, default=0), min(asks, default=0)
        return (bid, bids.get(bid, 0)), (ask, asks.get(ask, 0))

    def levels(self) -> Levels:
        bids, asks = self.sides
        return sorted(bids.items(), reverse=True), sorted(asks.items())
