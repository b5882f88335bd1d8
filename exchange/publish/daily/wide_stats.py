"""The trading day so far of all instruments of a chip, or of all chips, on one channel (MDATA-018, MDATA-023).

A snapshot is one message with all of them; later messages have those whose figures have changed, whole. Long ones come
in pages.
"""

from collections.abc import Callable, Sequence

import numpy as np

from exchange.publish.daily.stats import DayStats, StatsSource
from exchange.publish.instruments import InstrumentTable
from exchange.wire.messages import ChannelMessage, InstrumentStats, StatsOfAll

PAGE_ROWS = 5_000  # in one message: about 0.6 MiB of JSON (MDATA-006)


class WideStatsChannel:
    """The days of the instruments that `books` returns."""

    def __init__(self, number: int, books: Callable[[], list[int]], table: InstrumentTable) -> None:
        """`books`: the books that are listed now; it is called whenever `table.revision` has changed."""
        self.number, self.sequence = number, 0
        self._find_books, self._table = books, table
        self._revision = -1
        self._books: list[int] = []
        self._ids: list[int] = []
        self._figures = np.zeros((0, len(DayStats._fields)), np.int64)

    def open(self, source: StatsSource) -> None:
        """Begin to show the books. Subscribers need a snapshot: older messages do not lead to these figures."""
        self.sequence += 1
        self._look(source)

    def publish(self, source: StatsSource, e: int, time_us: int) -> list[StatsOfAll]:
        """Messages with the instruments that have changed; [] if none has. `e`: last command that they show."""
        changed = self._look(source)
        made = []
        for start in range(0, len(changed), PAGE_ROWS):
            self.sequence += 1
            message = self._message(changed[start : start + PAGE_ROWS], e, time_us)
            message.previous = self.sequence - 1
            made.append(message)
        return made

    def snapshot(self, e: int, time_us: int) -> list[ChannelMessage]:
        """The figures of all instruments as published, in pages."""
        pages: list[ChannelMessage] = []
        for start in range(0, max(len(self._ids), 1), PAGE_ROWS):
            stop = min(start + PAGE_ROWS, len(self._ids))
            page = self._message(range(start, stop), e, time_us)
            page.snapshot, page.more = True, stop < len(self._ids)
            pages.append(page)
        return pages

    def merged(self, since: int, e: int, time_us: int) -> list[ChannelMessage] | None:
        """[] for a reader that has missed nothing after message `since`; None: it needs a snapshot (RATE-006)."""
        return [] if since == self.sequence else None

    def _look(self, source: StatsSource) -> list[int]:
        """Read the figures of all books. Returns places of those whose instrument is new, or whose figures changed."""
        if self._revision == self._table.revision:
            figures = source.statistics(self._books)
            changed: list[int] = np.flatnonzero((figures != self._figures).any(axis=1)).tolist()
        else:
            before = dict(zip(self._ids, self._figures.tolist(), strict=True))
            self._revision, self._books = self._table.revision, self._find_books()
            self._ids = [self._table.ids[index] for index in self._books]
            figures = source.statistics(self._books)
            rows = zip(self._ids, figures.tolist(), strict=True)
            changed = [place for place, (number, row) in enumerate(rows) if before.get(number) != row]
        self._figures = figures
        return changed

    def _message(self, places: Sequence[int], e: int, time_us: int) -> StatsOfAll:
        figures = self._figures[list(places)].tolist()
        rows = [_row(self._ids[place], DayStats(*shown)) for place, shown in zip(places, figures, strict=True)]
        return StatsOfAll(self.number, self.sequence, e, time_us, rows)


def _row(instrument: int, shown: DayStats) -> InstrumentStats:
    row = InstrumentStats(
        instrument, shown.volume_lots, shown.value_tick_lots, shown.open_interest_lots, shown.settle_tick
    )
    if shown.volume_lots:
        row.open_tick, row.last_tick = shown.open_tick, shown.last_tick
        row.day_high_tick, row.day_low_tick = shown.day_high_tick, shown.day_low_tick
    return row
