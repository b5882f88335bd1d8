"""The instruments of all books for publishers: ids and hours by book index, and definitions.

table = InstrumentTable(lambda: query.known_instruments(engine.states), {"H100": ChipTerms(8)})
table.refresh()                              # at first, and after every released LISTED or ENDED event; or
table.update(rows, sequence)                 # the instruments of the books that these events name
table.index_of(34734166) -> 5, 0 if unknown; table.ids[5] -> 34734166; table.rows[5].symbol
"""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import numpy as np

from contracts_spec.ids import COMBINATION_BIT, unpack_id
from contracts_spec.periods import day_of
from exchange.clearing_codes import Life
from exchange.codes import ComboKind, EventKind, Family, Matching, OrderEntry, PeriodKind
from exchange.engine.query import InstrumentRow
from exchange.records import column
from exchange.units import NS_PER_DAY, NS_PER_US
from exchange.wire.messages import EVERY_CHIP, InstrumentDefinition, MarginRates
from exchange.wire.words import unlisted_id

FIRST_YEAR = 2020  # months of instrument ids count from January 2020 (SPEC-042)
PERIOD_MONTHS = {
    PeriodKind.MONTH: 1,
    PeriodKind.QUARTER: 3,
    PeriodKind.YEAR: 12,
    PeriodKind.TERM3: 36,
    PeriodKind.TERM5: 60,
}
_US_PER_DAY = 24 * 3600 * 1_000_000


def days_since_1970(year: int, month: int) -> int:
    """Days from 1970-01-01 to the first day of a month, by the Gregorian calendar."""
    years = year - (month <= 2)
    day_of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5
    return years * 365 + years // 4 - years // 100 + years // 400 + day_of_year - 719_468


def month_start_us(month: int) -> int:
    """Start of a month in us since 1970. `month` counts from January 2020."""
    return days_since_1970(FIRST_YEAR + month // 12, month % 12 + 1) * _US_PER_DAY


def chip_of(row: InstrumentRow) -> str:
    """The chip of an instrument: the first part of its symbol."""
    return row.symbol.split(".")[0]


class ChipTerms(NamedTuple):
    """Terms of a chip's contracts that are in the specification, not in the engine.

    unit_lots              lots of a delivery unit
    reference_tenths       reference rate, tenths of TFLOP/s, 0: none; it may still be provisional (SPEC-031)
    addon_bp               delivery add-on of uncovered shorts, share of the scan range (MARGIN-009)
    addon_from             last trading day -> first trading day of the add-on, days since 1970 both; 0: not known
    """

    unit_lots: int = 1
    reference_tenths: int = 0
    reference_provisional: bool = False
    addon_bp: int = 0
    addon_from: Callable[[int], int] = lambda ltd_day: 0


_NO_TERMS = ChipTerms()


class _Former(NamedTuple):
    """An instrument that a book had before. `last`: the last command that may have events about it."""

    last: int
    instrument_id: int
    hours: int


class InstrumentTable:
    """Instruments by book index; index 0 is none. `ids`, `hours` and `groups` are updated in place, never replaced.

    An instrument that has ended stays until its book has another one. Events of before are still about it: `id_at`.
    """

    def __init__(self, load: Callable[[], list[InstrumentRow]], chips: Mapping[str, ChipTerms] | None = None) -> None:
        """load     returns the engine's instruments as they are now, one for each book, in order of index

        chips    terms by chip
        """
        self._load = load
        self._chips = chips or {}
        self.rows: list[InstrumentRow | None] = [None]
        self.ids: list[int] = [0]
        self.hours: list[int] = [0]
        self.groups: dict[str, int] = {}  # product group of each chip
        self._index: dict[int, int] = {}
        self._former: dict[int, list[_Former]] = {}  # by book, the one of longest ago first
        self.revision = 0  # rises whenever something was loaded
        self._books_by_chip: dict[str, list[int]] = {}
        self._books_revision = 0  # when they were made
        self.sequence = 0  # last command that `update` was called for

    def refresh(self) -> None:
        """Load the instruments again."""
        self.revision += 1
        listed = self._load()
        self.rows = [None, *listed]
        assert all(row is None or row.index == place for place, row in enumerate(self.rows))
        self.ids[1:] = (row.instrument_id for row in listed)
        self.hours[1:] = (row.hours for row in listed)
        self.groups.update((chip_of(row), row.group) for row in listed)
        self._index = {row.instrument_id: row.index for row in listed if row.life == Life.LISTED}

    def update(self, rows: Iterable[InstrumentRow], sequence: int) -> None:
        """Take the instruments of some books, in order of index. `sequence`: the command that has changed them."""
        self.revision += 1
        self.sequence = sequence
        for row in rows:
            if row.index == len(self.rows):
                self.rows.append(None)
                self.ids.append(0)
                self.hours.append(0)
            before = self.ids[row.index]
            if self._index.get(before) == row.index:
                del self._index[before]
            if before and before != row.instrument_id:
                former = _Former(sequence - 1, before, self.hours[row.index])
                self._former.setdefault(row.index, []).append(former)
            self.rows[row.index] = row
            self.ids[row.index], self.hours[row.index] = row.instrument_id, row.hours
            self.groups[chip_of(row)] = row.group
            if row.life == Life.LISTED:
                self._index[row.instrument_id] = row.index

    def load(self, pieces: Iterable[np.ndarray]) -> None:
        """Read which instruments books had before. `pieces`: EVENT rows of earlier runs, the newest piece first."""
        for rows in pieces:
            ended = rows[rows["kind"] == EventKind.INSTRUMENT_ENDED][::-1]
            columns = (ended["sequence"], ended["instrument"], column(ended, "ended_id"))
            for sequence, index, number in zip(*(one.tolist() for one in columns), strict=True):
                former = self._former.setdefault(index, [])
                if number not in (0, self.ids[index], *(one.instrument_id for one in former)):
                    former.insert(0, _Former(sequence, number, _hours_of(number)))

    def id_at(self, index: int, sequence: int) -> int:
        """The instrument id that events of a command mean by a book. Of an index that is not listed as `id_of`."""
        former = self._former_at(index, sequence)
        return self.id_of(index) if former is None else former.instrument_id

    def hours_at(self, index: int, sequence: int) -> int:
        """GPU-hours of one lot of that instrument."""
        former = self._former_at(index, sequence)
        return self.hours[index] if former is None else former.hours

    def since(self, index: int) -> int:
        """The first command that may have events about the instrument that a book has now; 0: it had no other."""
        former = self._former.get(index)
        return former[-1].last + 1 if former else 0

    def _former_at(self, index: int, sequence: int) -> _Former | None:
        return next((one for one in self._former.get(index, ()) if sequence <= one.last), None)

    @property
    def listed(self) -> list[InstrumentRow]:
        """The instruments that are listed, in order of index."""
        return [row for row in self.rows if row is not None and row.life == Life.LISTED]

    @property
    def books_by_chip(self) -> Mapping[str, list[int]]:
        """The books of the listed instruments of each chip, and of EVERY_CHIP, in order; made once a revision."""
        if self._books_revision != self.revision:
            listed, self._books_revision = self.listed, self.revision
            self._books_by_chip = {EVERY_CHIP: [row.index for row in listed]}
            for row in listed:
                self._books_by_chip.setdefault(chip_of(row), []).append(row.index)
        return self._books_by_chip

    def index_of(self, instrument_id: int) -> int:
        """The book of an instrument, 0 if it is not listed."""
        return self._index.get(instrument_id, 0)

    def id_of(self, index: int) -> int:
        """The instrument id of a book. A refused command may have an index that is not listed: see `unlisted_id`."""
        return self.ids[index] if index < len(self.ids) else unlisted_id(index)

    def chip_of(self, group: int) -> str:
        """The chip of a product group."""
        return next(chip for chip, one in self.groups.items() if one == group)

    def row(self, index: int) -> InstrumentRow:
        row = self.rows[index]
        assert row is not None, f"no instrument has index {index}"
        return row

    def definition(self, index: int, phase: str) -> InstrumentDefinition:
        """The definition of a book for the `instruments` channel. `phase`: its market state by name."""
        row = self.row(index)
        chip = chip_of(row)
        terms = self._chips.get(chip, _NO_TERMS)
        start, stop = self._delivery_us(row)
        kind = "" if row.legs else PeriodKind(row.period_kind).name.lower()
        return InstrumentDefinition(
            instrument=row.instrument_id,
            symbol=row.symbol,
            revision=row.revision,
            family=Family(row.family).name,
            chip=chip,
            floor_bp=row.floor_bp,
            period_kind=kind,
            first_day=f"{FIRST_YEAR + row.start_month // 12}-{row.start_month % 12 + 1:02d}-01",
            hours=row.hours,
            tick_mills=1,
            minimum_increment=row.min_inc,
            order_lots_min=1,
            order_lots_max=row.order_lots_max,
            unit_lots=terms.unit_lots,
            currency="USD",
            matching=Matching(row.matching).name.lower(),
            band_ticks=row.band_ticks,
            limit_ticks=(row.low_tick, row.high_tick),
            settle_tick=row.settle_tick,
            last_trading_us=row.ltd_ns // NS_PER_US,
            delivery_from_us=start,
            delivery_to_us=stop,
            maker_fee=row.maker_fee,
            taker_fee=row.taker_fee,
            phase=phase,
            combo="" if row.combo == ComboKind.OUTRIGHT else ComboKind(row.combo).name.lower(),
            ioc_only=row.order_entry == OrderEntry.IOC_ONLY,
            life="" if row.life == Life.LISTED else row.life.name,
            legs=[(self.ids[leg], lots) for leg, lots in row.legs] or None,
            reference_tenths=terms.reference_tenths,
            reference_provisional=terms.reference_provisional,
            margin_rates=_margin_rates(row, terms),
            auction_fee=row.auction_fee,
        )

    def _delivery_us(self, row: InstrumentRow) -> tuple[int, int]:
        """(start, end) of delivery in us, end exclusive; of a combination the span of all its legs."""
        if row.legs:
            starts, stops = zip(*(self._delivery_us(self.row(leg)) for leg, _ in row.legs), strict=True)
            return min(starts), max(stops)
        months = PERIOD_MONTHS[PeriodKind(row.period_kind)]
        return month_start_us(row.start_month), month_start_us(row.start_month + months)


def _hours_of(instrument_id: int) -> int:
    """GPU-hours of one lot of an outright; of a combination, in which nobody has a position, 0."""
    return 0 if instrument_id & COMBINATION_BIT else unpack_id(instrument_id).period.hours


def _margin_rates(row: InstrumentRow, terms: ChipTerms) -> MarginRates | None:
    """The rates of an outright; of a combination its legs have them."""
    if row.legs:
        return None
    is_month = row.family == Family.PHY and row.period_kind == PeriodKind.MONTH
    first = terms.addon_from(row.ltd_ns // NS_PER_DAY) if is_month else 0
    return MarginRates(
        commodity_of(row), row.psr_mills, row.intra_mills, row.tier_mills, terms.addon_bp,
        str(day_of(first)) if first else "",
    )  # fmt: skip


def commodity_of(row: InstrumentRow) -> str:
    """Name of an outright's commodity, as in margin.toml: a chip, like H100, or its index contracts, like H100/I."""
    return chip_of(row) + ("/I" if row.family == Family.IDX else "")
