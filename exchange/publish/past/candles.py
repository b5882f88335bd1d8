"""The candles of all books, in minutes, as far back as prints are kept. Longer candles are made of them when asked for.

    candles = Candles(table.since)                  # book -> first command of the instrument that it has now
    candles.take(prints)                            # prints in order of time
    candles.page(5, HOUR, from_us, to_us, 500)      # the newest 500 of a book in a range, and what was before
    candles.rows_from(5, HOUR, start_us)            # those that start at a time or later

A candle is complete or it is not shown: none begins before `oldest_us`. Those of a book's former instrument are not
kept.
"""

from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from exchange.publish.past.candle_rows import CANDLE, MINUTE, Interval, grouped, of_prints

MINUTES_MAX = 1 << 20  # candles of a minute, of all books together: 72 MiB
_NO_ROWS = np.zeros(0, CANDLE)


class CandlePage(NamedTuple):
    """CANDLE rows in order of time. `next_us`: start of the candle before them in the range, 0: there is none;
    `oldest_us`: from when on candles are complete."""

    rows: np.ndarray
    next_us: int
    oldest_us: int


class _Series:
    """The candles of an instrument in one book, in an array that grows. `since`: its first command there."""

    def __init__(self, since: int) -> None:
        self.since = since
        self._rows: np.ndarray = np.zeros(16, CANDLE)
        self._count = self.trades = 0

    @property
    def rows(self) -> np.ndarray:
        return self._rows[: self._count]

    def add(self, rows: np.ndarray) -> None:
        """Add candles in order of time. The first may be more of the last one."""
        self.trades += int(rows["trades"].sum())
        if self._count and self._rows["start_us"][self._count - 1] == rows["start_us"][0]:
            self._rows[self._count - 1] = grouped(np.concatenate([self.rows[-1:], rows[:1]]), MINUTE)[0]
            rows = rows[1:]
        if self._count + len(rows) > len(self._rows):
            self._rows = np.concatenate([self.rows, np.zeros(self._count + len(rows), CANDLE)])
        self._rows[self._count : self._count + len(rows)] = rows
        self._count += len(rows)

    def drop_before(self, start_us: int) -> None:
        self._rows = self.rows[np.searchsorted(self.rows["start_us"], start_us) :].copy()
        self._count = len(self._rows)


class Candles:
    """Candles of a minute by book."""

    def __init__(self, since: Callable[[int], int] = lambda book: 0) -> None:
        """`since`: first command of the instrument that a book has now."""
        self._since = since
        self._books: dict[int, _Series] = {}
        self._minutes = self._complete_us = 0

    def restart(self, complete_us: int) -> None:
        """Forget all; the prints to come are complete from `complete_us` on, 0: from the first one on."""
        self._books, self._minutes, self._complete_us = {}, 0, complete_us

    def take(self, prints: np.ndarray) -> None:
        """Add prints in order of time: rows as `candle_rows.of_prints` takes them, with `sequence` too."""
        rows = grouped(of_prints(self._of_present_instruments(prints)), MINUTE)
        first = np.flatnonzero(np.diff(rows["instrument"], prepend=-1)).tolist()
        for start, stop in pairwise([*first, len(rows)]):
            book = int(rows["instrument"][start])
            series = self._of(book)
            if series is None:
                series = self._books[book] = _Series(self._since(book))
            before = len(series.rows)
            series.add(rows[start:stop])
            self._minutes += len(series.rows) - before
        if self._minutes > MINUTES_MAX:
            self._drop_oldest()

    def _of_present_instruments(self, prints: np.ndarray) -> np.ndarray:
        """The prints without those of instruments that had a book before."""
        for book in np.unique(prints["instrument"]).tolist():
            since = self._since(book)
            if since:
                prints = prints[(prints["instrument"] != book) | (prints["sequence"] >= since)]
        return prints

    def _of(self, book: int) -> _Series | None:
        """The candles of the instrument that a book has now."""
        series = self._books.get(book)
        if series is not None and series.since != self._since(book):
            self._minutes -= len(self._books.pop(book).rows)
            return None
        return series

    def _drop_oldest(self) -> None:
        """Forget the older half."""
        starts = np.concatenate([series.rows["start_us"] for series in self._books.values()])
        self._complete_us = MINUTE.next_us(int(np.median(starts)))
        for series in self._books.values():
            series.drop_before(self._complete_us)
        self._minutes = sum(len(series.rows) for series in self._books.values())

    def oldest_us(self, interval: Interval) -> int:
        """From when on every candle is complete; 0: from the first trade on."""
        return interval.next_us(self._complete_us) if self._complete_us else 0

    def trades(self, book: int) -> int:
        """Number of trades counted so far, to notice a change."""
        series = self._of(book)
        return 0 if series is None else series.trades

    def rows_from(self, book: int, interval: Interval, start_us: int) -> np.ndarray:
        """The complete candles of a book that start at `start_us` or later."""
        series = self._of(book)
        if series is None:
            return _NO_ROWS
        begin = np.searchsorted(series.rows["start_us"], max(interval.next_us(start_us), self.oldest_us(interval)))
        return grouped(series.rows[begin:], interval)

    def page(self, book: int, interval: Interval, from_us: int, to_us: int, count: int) -> CandlePage:
        """The newest `count` candles of a book that start in a closed range of time."""
        rows = self.rows_from(book, interval, from_us)
        stop = int(np.searchsorted(rows["start_us"], to_us, side="right"))
        begin = max(0, stop - count)
        next_us = int(rows["start_us"][begin - 1]) if begin else 0
        return CandlePage(rows[begin:stop], next_us, self.oldest_us(interval))
