"""The candles of all books, in minutes, as far back as prints are kept. Longer candles are made of them when asked for.

    candles = KeptCandles(table.since, table.id_of)     # of a book: first command and id of the instrument it has now
    candles.take(prints)                            # prints in order of time
    candles.page(5, HOUR, from_us, to_us, 500)      # the newest 500 of a book in a range, and what was before
    candles.rows_from(5, HOUR, start_us)            # those that start at a time or later

A candle is complete or it is not shown: none begins before `oldest_us`. Those of a book's former instrument are not
kept. Trading days that are over may be kept longer than minutes (`keep_day`), by id of instrument.
"""

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from exchange.publish.past.candle_rows import CANDLE, DAY, MINUTE, Interval, grouped, of_prints

LATEST_US = 2**62  # later than any candle
DAYS_MAX = 4_000  # days that are kept: ten years
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
            _merge(self._rows[self._count - 1], rows[0])
            rows = rows[1:]
        if self._count + len(rows) > len(self._rows):
            self._rows = np.concatenate([self.rows, np.zeros(self._count + len(rows), CANDLE)])
        self._rows[self._count : self._count + len(rows)] = rows
        self._count += len(rows)

    def drop_before(self, start_us: int) -> None:
        self._rows = self.rows[np.searchsorted(self.rows["start_us"], start_us) :].copy()
        self._count = len(self._rows)


def _merge(candle: np.void, more: np.void) -> None:
    """Add what came later to a candle, in place. As `grouped` would, without its arrays."""
    candle["high_tick"] = max(candle["high_tick"], more["high_tick"])
    candle["low_tick"] = min(candle["low_tick"], more["low_tick"])
    candle["close_tick"] = more["close_tick"]
    for name in ("lots", "value_tick_lots", "trades"):
        candle[name] += more[name]


class KeptCandles:
    """Candles of a minute by book."""

    def __init__(
        self, since: Callable[[int], int] = lambda book: 0, id_of: Callable[[int], int] = lambda book: book
    ) -> None:
        """`since`, `id_of`: first command and id of the instrument that a book has now."""
        self._since, self._id_of = since, id_of
        self._days: dict[int, np.ndarray] = {}  # by start of the day: its candles, in order of instrument id
        self._first_day_us = -1  # before this day there was no trade; -1: not known
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

    def _from_minutes_us(self, interval: Interval) -> int:
        """From when on every candle can be made of minutes; 0: from the first trade on."""
        return interval.next_us(self._complete_us) if self._complete_us else 0

    def oldest_us(self, interval: Interval) -> int:
        """From when on every candle is complete; 0: from the first trade on."""
        oldest_us = self._from_minutes_us(interval)
        if interval is DAY and oldest_us:
            while oldest_us - DAY.length_us in self._days:
                oldest_us -= DAY.length_us
            return 0 if oldest_us <= self._first_day_us else oldest_us
        return oldest_us

    def day(self, start_us: int) -> np.ndarray | None:
        """The candles of a trading day that is over, of all instruments, by id; None: not all its prints are known."""
        if start_us < self._from_minutes_us(DAY):
            return None
        parts: list[np.ndarray] = [_NO_ROWS]
        for book in list(self._books):
            series = self._of(book)
            if series is not None:
                begin, end = np.searchsorted(series.rows["start_us"], (start_us, start_us + DAY.length_us))
                part = series.rows[begin:end].copy()
                part["instrument"] = self._id_of(book)
                parts.append(part)
        return grouped(np.concatenate(parts), DAY)

    def keep_day(self, start_us: int, rows: np.ndarray, is_first: bool) -> None:
        """Keep what `day` has returned, now or before. `is_first`: before this day there was no trade.

        The oldest day is dropped when there are too many.
        """
        self._days[start_us] = rows
        if len(self._days) > DAYS_MAX:
            del self._days[min(self._days)]
        if is_first:
            self._first_day_us = start_us

    def first_day_us(self) -> int:
        """The first day that `day` can return and that has a trade; -1: there is none."""
        starts = [int(series.rows["start_us"][0]) for series in self._books.values() if len(series.rows)]
        oldest_us: int = DAY.start_us(min(starts)) if starts else -1
        return max(oldest_us, self._from_minutes_us(DAY)) if starts else -1

    @property
    def knows_all(self) -> bool:
        """Whether every print there has been is known."""
        return not self._complete_us

    def _kept_days(self, book: int, from_us: int, to_us: int) -> Iterator[np.ndarray]:
        """Yield candles of a book's instrument of kept days in a range that minutes do not have, the newest first."""
        if not self._days:
            return
        number, newest_us = self._id_of(book), min(to_us, self._from_minutes_us(DAY) - DAY.length_us)
        oldest_us = max(self.oldest_us(DAY), from_us, min(self._days))
        for day_us in range(DAY.start_us(newest_us), oldest_us - 1, -DAY.length_us):
            rows = self._days.get(day_us, _NO_ROWS)
            place = int(np.searchsorted(rows["instrument"], number))
            yield rows[place : place + 1][rows["instrument"][place : place + 1] == number]

    def trades(self, book: int) -> int:
        """Number of trades counted so far, to notice a change."""
        series = self._of(book)
        return 0 if series is None else series.trades

    def rows_from(self, book: int, interval: Interval, start_us: int) -> np.ndarray:
        """The complete candles of a book that start at `start_us` or later."""
        return np.concatenate(
            [_NO_ROWS, *reversed([*self._newest_first(book, interval, start_us, LATEST_US, MINUTES_MAX)])]
        )

    def _newest_first(
        self, book: int, interval: Interval, from_us: int, to_us: int, minutes: int
    ) -> Iterator[np.ndarray]:
        """Yield the complete candles of a book that start in a closed range, in pieces, the newest piece first.

        minutes   how many candles of a minute are read for the first piece; for each other one twice as many
        """
        series = self._of(book)
        rows = _NO_ROWS if series is None else series.rows
        begin_us = max(interval.next_us(from_us), self._from_minutes_us(interval))
        end_us = interval.start_us(to_us) + interval.length_us
        begin, stop = np.searchsorted(rows["start_us"], (begin_us, end_us)).tolist()
        while begin < stop:
            oldest = int(rows["start_us"][max(begin, stop - minutes)])
            start = int(np.searchsorted(rows["start_us"], interval.start_us(oldest)))  # whole candles
            yield rows[start:stop] if interval is MINUTE else grouped(rows[start:stop], interval)
            stop, minutes = start, 2 * minutes
        if interval is DAY:
            yield from self._kept_days(book, from_us, to_us)

    def page(self, book: int, interval: Interval, from_us: int, to_us: int, count: int) -> CandlePage:
        """The newest `count` candles of a book that start in a closed range of time."""
        pieces, found = [_NO_ROWS], 0
        for rows in self._newest_first(book, interval, from_us, to_us, count + 1):
            pieces.append(rows)
            found += len(rows)
            if found > count:
                break
        rows = np.concatenate(pieces[::-1])
        next_us = int(rows["start_us"][-count - 1]) if found > count else 0
        return CandlePage(rows[-count:], next_us, self.oldest_us(interval))
