"""The last settlement of each outright, and the messages of the `settlement` channels (SETTLE-012).

    settlements = Settlements(table, source)          # source: the engine's books, for those without a kept event
    settlements.load(history.newest_first())          # once: settlements of earlier runs, as far as events are kept
    for number, row in settlements.take(rows): ...    # SETTLED rows of one command, with the numbers of their messages
    settlements.message(row)                          # channel and numbers not set
    settlements.last(index)                           # message of a book's last settlement

A command settles many books, each in a message of its own (`numbers`).
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple, Protocol

import numpy as np

from contracts_spec.periods import day_of
from exchange.codes import ComboKind, EventKind, Family, PeriodKind, SettleMethod
from exchange.engine.event_rows import (
    INPUTS_0,
    INPUTS_1,
    INPUTS_2,
    INPUTS_3,
    INSTRUMENT,
    OPEN_INTEREST_LOTS,
    SEQUENCE,
    SETTLE_FLAGGED,
    SETTLE_METHOD,
    SETTLEMENT_TICK,
    TIME_NS,
    TRADING_DAY,
    WINDOW_LOTS,
    Row,
    read_rows,
)
from exchange.engine.query import InstrumentRow
from exchange.publish.daily.numbers import as_snapshot, numbered
from exchange.publish.instruments import InstrumentTable
from exchange.records import unpack_digest
from exchange.units import NS_PER_DAY, NS_PER_US
from exchange.wire.messages import Settlement

_SETTLED = int(EventKind.SETTLED)


class SettledBook(NamedTuple):
    """The last settlement of a book as the engine keeps it.

    day            trading day, days since 1970; 0: not known
    previous_tick  the settlement of the day before, 0: there is none
    """

    price_tick: int
    method: int
    flagged: bool
    day: int
    previous_tick: int = 0


class SettledBooks(Protocol):
    """The engine's settlements."""

    def settlement(self, index: int) -> SettledBook:
        """The last settlement of a book."""


class Settlements:
    """Follows the settlements of one venue."""

    def __init__(self, table: InstrumentTable, source: SettledBooks) -> None:
        self._table, self._source = table, source
        self._rows: dict[int, Row] = {}  # book -> its last SETTLED event, of the instrument that it has now
        self._before: dict[int, int] = {}  # book -> its settlement of the day before
        self._numbers: dict[int, int] = {}  # book -> number of that event's message
        self.number = 0  # of the last message of all books

    def load(self, pieces: Iterable[np.ndarray]) -> None:
        """Add settlements of earlier runs. `pieces`: EVENT rows of whole commands, the newest piece first.

        An event of another day than the engine's last one is of an instrument that had the book before.
        """
        days = {index: self._source.settlement(index).day for index in self._outrights()}
        wanted = {index for index, day in days.items() if day}
        for rows in pieces if wanted else ():
            settled = read_rows(rows[rows["kind"] == _SETTLED])
            for number, row in reversed(list(numbered(settled))):
                self.number = max(self.number, number)
                index = row[INSTRUMENT]
                if index in wanted and row[TRADING_DAY] == days[index]:
                    self._rows[index], self._numbers[index] = row, number
                    self._before[index] = self._source.settlement(index).previous_tick
                wanted.discard(index)
            if not wanted:
                return

    def take(self, rows: Iterable[Row]) -> Iterator[tuple[int, Row]]:
        """Read SETTLED rows in order; yields each with the number of its message."""
        for number, row in numbered(rows):
            self.number, index = number, row[INSTRUMENT]
            last = self._rows.get(index)
            if last is not None and last[TRADING_DAY] != row[TRADING_DAY]:
                self._before[index] = last[SETTLEMENT_TICK]
            self._rows[index], self._numbers[index] = row, number
            yield number, row

    def forget(self, index: int) -> None:
        """The book has another instrument now: what was settled before was not that."""
        self._rows.pop(index, None)
        self._before.pop(index, None)
        self._numbers.pop(index, None)

    def number_of(self, index: int) -> int:
        """Number of the last message of a book; 0: none."""
        return self._numbers.get(index, 0)

    def message(self, row: Row) -> Settlement:
        """The message of a SETTLED event."""
        listed = self._table.row(row[INSTRUMENT])
        made = self._made(
            listed, SettledBook(row[SETTLEMENT_TICK], row[SETTLE_METHOD], bool(row[SETTLE_FLAGGED]), row[TRADING_DAY])
        )
        made.engine_sequence, made.time_us = row[SEQUENCE], row[TIME_NS] // NS_PER_US
        made.previous_settle_tick = self._before.get(row[INSTRUMENT]) or None
        made.volume_lots, made.open_interest_lots = row[WINDOW_LOTS], row[OPEN_INTEREST_LOTS]
        digest = unpack_digest(row[INPUTS_0], row[INPUTS_1], row[INPUTS_2], row[INPUTS_3])
        made.inputs = f"sha256:{digest}" if digest else ""
        return made

    def last(self, index: int) -> Settlement:
        """The message of a book's last settlement; without a kept event it lacks volume and open interest."""
        row = self._rows.get(index)
        return self._made(self._table.row(index), self._source.settlement(index)) if row is None else self.message(row)

    def pages(self, index: int, e: int, time_us: int) -> list[Settlement]:
        """Pages of a snapshot with the last settlement of a book, 0: of each outright. `e`: the last command read."""
        made = [self.last(one) for one in self._outrights() if index in (0, one)]
        return as_snapshot(made, e, time_us)

    def _outrights(self) -> list[int]:
        return [row.index for row in self._table.listed if row.combo == ComboKind.OUTRIGHT]

    def _made(self, listed: InstrumentRow, settled: SettledBook) -> Settlement:
        return Settlement(
            0, 0, 0, 0, listed.instrument_id, settled.price_tick, kind_of(listed, settled),
            SettleMethod(settled.method).name if settled.method else "", day_text(settled.day),
            flagged=settled.flagged, previous_settle_tick=settled.previous_tick or None,
        )  # fmt: skip


def kind_of(listed: InstrumentRow, settled: SettledBook) -> str:
    """`daily`; on the last trading day `cascade` of a parent, `final` of a month (SETTLE-010). The final settlement of
    a cash twin's month has a method of its own (SETTLE-009)."""
    if settled.method == SettleMethod.FINAL:
        return "final"
    if not settled.day or settled.day < listed.ltd_ns // NS_PER_DAY:
        return "daily"
    if listed.period_kind != PeriodKind.MONTH:
        return "cascade"
    return "daily" if listed.family == Family.IDX else "final"


def day_text(day: int) -> str:
    """A day since 1970 like 2026-11-23; 0: empty."""
    return str(day_of(day)) if day else ""
