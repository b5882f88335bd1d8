"""The last day of each index, and the messages of the `index` channels (INDEX-002, INDEX-003, INDEX-004).

    values = IndexValues(table, source)          # source: the engine's indices, for those without a kept event
    values.load(history.newest_first())          # once: values of earlier runs, as far as events are kept
    for number, row in values.take(rows): ...    # INDEX_TAKEN rows of one command, with the numbers of their messages
    values.message(row)                          # channel and numbers not set
    values.pages(group, e, time_us)              # snapshot of a chip

A chip is a product group, with an index for each quality tier.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple, Protocol

import numpy as np

from exchange.codes import EventKind
from exchange.engine.event_rows import (
    FLOOR_BP,
    GROUP,
    INDEX_HOW,
    INDEX_TICK,
    SEQUENCE,
    SUSCEPTIBILITY_TICKS,
    TIME_NS,
    TRADING_DAY,
    Row,
    read_rows,
)
from exchange.publish.daily.numbers import as_snapshot, numbered
from exchange.publish.daily.settlements import day_text
from exchange.publish.instruments import InstrumentTable
from exchange.units import NS_PER_DAY, NS_PER_US
from exchange.wire.messages import DailyIndex
from exchange.wire.words import INDEX_KINDS, INDEX_STATES

_TAKEN = int(EventKind.INDEX_TAKEN)


class IndexDay(NamedTuple):
    """The last day of an index whose value was taken, as the engine keeps it. `tick` 0: it waits for a committee's."""

    group: int
    floor_bp: int
    day: int
    tick: int
    how: int


class IndexDays(Protocol):
    """The engine's indices."""

    def index_days(self) -> list[IndexDay]:
        """The last taken day of each index, in the order in which they were opened."""


class IndexValues:
    """Follows the indices of one venue."""

    def __init__(self, table: InstrumentTable, source: IndexDays) -> None:
        self._table, self._source = table, source
        self._rows: dict[tuple[int, int], Row] = {}  # (group, floor) -> INDEX_TAKEN event of its last day
        self._numbers: dict[int, int] = {}  # group -> number of its last message

    def load(self, pieces: Iterable[np.ndarray]) -> None:
        """Add values of earlier runs. `pieces`: EVENT rows of whole commands, the newest piece first.

        The value of a day is taken after the day: older events are not searched for it.
        """
        wanted = {(one.group, one.floor_bp): one.day for one in self._source.index_days()}
        oldest_ns = (min(wanted.values(), default=0) + 1) * NS_PER_DAY
        for rows in pieces if wanted else ():
            taken = read_rows(rows[rows["kind"] == _TAKEN])
            for number, row in reversed(list(numbered(taken))):
                self._numbers.setdefault(row[GROUP], number)
                key = row[GROUP], row[FLOOR_BP]
                if wanted.get(key) == row[TRADING_DAY]:
                    self._rows[key] = row
                    del wanted[key]
            if not wanted or (len(rows) and rows["time_ns"][0] < oldest_ns):
                return

    def take(self, rows: Iterable[Row]) -> Iterator[tuple[int, Row]]:
        """Read INDEX_TAKEN rows in order; yields each with the number of its message."""
        for number, row in numbered(rows):
            key = row[GROUP], row[FLOOR_BP]
            self._numbers[row[GROUP]] = number
            if key not in self._rows or self._rows[key][TRADING_DAY] <= row[TRADING_DAY]:
                self._rows[key] = row
            yield number, row

    def group_of(self, chip: str) -> int:
        """The product group of a chip that has an index, 0 if it has none."""
        group = self._table.groups.get(chip, 0)
        return group if any(one.group == group for one in self._source.index_days()) else 0

    def number_of(self, group: int) -> int:
        """Number of the last message of a chip; 0: none."""
        return self._numbers.get(group, 0)

    def message(self, row: Row) -> DailyIndex:
        """The message of an INDEX_TAKEN event."""
        made = self._made(IndexDay(row[GROUP], row[FLOOR_BP], row[TRADING_DAY], row[INDEX_TICK], row[INDEX_HOW]))
        made.engine_sequence, made.time_us = row[SEQUENCE], row[TIME_NS] // NS_PER_US
        made.susceptibility_ticks = row[SUSCEPTIBILITY_TICKS] or None
        return made

    def pages(self, group: int, e: int, time_us: int) -> list[DailyIndex]:
        """Pages of a snapshot with the last day of each index of a chip. `e`: the last command read.

        Without a kept event a message lacks the susceptibility.
        """
        made = []
        for last in self._source.index_days():
            row = self._rows.get((last.group, last.floor_bp))
            if last.group == group:
                made.append(self.message(row) if row is not None and row[TRADING_DAY] == last.day else self._made(last))
        return as_snapshot(made, e, time_us)

    def _made(self, last: IndexDay) -> DailyIndex:
        return DailyIndex(
            0, 0, 0, 0, self._table.chip_of(last.group), last.floor_bp, day_text(last.day), INDEX_STATES[last.how],
            INDEX_KINDS[last.how], last.tick or None,
        )  # fmt: skip
