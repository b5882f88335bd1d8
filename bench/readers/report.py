"""What an import is asked for, and what it reports: rows in and out, what was skipped and why, unknown types, gaps."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from exchange.errors import UserError
from exchange.units import PRICE_MAX

UNITS_MAX = 10**13  # times PRICE_MAX still an int64


@dataclass(frozen=True)
class ImportOptions:
    """Bounds and units of an import. Prices and sizes of the file become ticks and lots: price / tick, size / lot.

    Orders with prices out of bounds are skipped and counted. Messages before `from_ns` only build the book, which then
    is entered order by order at `from_ns`; messages at or after `to_ns` are left out.
    """

    tick: Decimal | None = None  # None: the usual tick of the format, if it has one
    lot: Decimal = Decimal(1)
    low_tick: int = 1
    high_tick: int | None = None  # None: the largest price of the exchange, and none for level books
    from_ns: int = 0
    to_ns: int = 2**63 - 1
    symbols: tuple[str, ...] = ()  # books to import; empty: all
    day: date | None = None  # session date, if the name of the file does not have it

    @property
    def highest(self) -> int:
        """Highest tick of an order."""
        return PRICE_MAX if self.high_tick is None else self.high_tick

    def check(self, largest: int = PRICE_MAX) -> None:
        """Raise UserError if bounds or units are not allowed. `largest`: largest price in ticks."""
        if not 1 <= self.low_tick <= self.highest <= largest:
            found = f"price bounds {self.low_tick}..{self.highest}"
            raise UserError(f"{found}, allowed: ticks in 1..{largest}, the lower one first")
        if self.from_ns >= self.to_ns:
            raise UserError(f"time bounds {self.from_ns}..{self.to_ns} ns, allowed: the earlier one first")
        for name, unit in (("tick", self.tick), ("lot", self.lot)):
            if unit is not None and not (unit.is_finite() and unit > 0):
                raise UserError(f"{name} {unit}, allowed: a number above 0")


IMPORT_OPTIONS = tuple(one.name for one in fields(ImportOptions))


def import_options(
    tick: str | Decimal | None = None, lot: str | int | Decimal = 1, symbols: str | Sequence[str] = (), **more: Any
) -> ImportOptions:
    """Options as a caller writes them: units as text, one symbol or several. UserError: a unit is no number."""
    chosen = (symbols,) if isinstance(symbols, str) else tuple(symbols)
    units = None if tick is None else decimal_of("tick", tick), decimal_of("lot", lot)
    return ImportOptions(*units, symbols=chosen, **more)


def decimal_of(name: str, value: str | int | Decimal) -> Decimal:
    """A unit as an exact number. UserError: it is a float, which is not exact, or no number above 0."""
    try:
        found = Decimal("nan" if isinstance(value, float) else value)
    except (InvalidOperation, TypeError, ValueError):
        found = Decimal("nan")
    if not found.is_finite() or found <= 0:
        raise UserError(f"{name} {value!r}, allowed: a number above 0 as text, like '0.01'")
    return found


def units_of(name: str, unit: Decimal, scale: int) -> int:
    """A tick or lot in units of the file, of which `scale` make 1. UserError: it is not a whole number of them."""
    units = unit * scale
    if units != units.to_integral_value() or not 1 <= units < UNITS_MAX:
        allowed = f"a multiple of {Decimal(1) / scale}, the unit of this format, below {Decimal(UNITS_MAX) / scale:f}"
        raise UserError(f"{name} {unit}, allowed: {allowed}")
    return int(units)


@dataclass
class ImportReport:
    """Counts of one import. Rows are numbered from 1 as they are in the file."""

    path: str
    format: str
    rows_in: int = 0  # messages or lines of the file
    rows_out: int = 0  # commands
    counts: Counter[str] = field(default_factory=Counter)  # messages by type
    skipped: Counter[str] = field(default_factory=Counter)  # by reason: these messages have no command
    unknown: Counter[str] = field(default_factory=Counter)  # messages of unknown types, by name
    changed: Counter[str] = field(default_factory=Counter)  # by reason: converted, but not as in the file
    gaps: Counter[str] = field(default_factory=Counter)  # by kind
    hidden_trades: int = 0
    hidden_lots: int = 0  # in units of the file
    first_bad: str = ""  # the first row that was skipped for its content, or that shows a gap
    notes: dict[str, Any] = field(default_factory=dict)

    def bad(self, row: int, what: str) -> None:
        """Note a bad row, if it is the first one."""
        if not self.first_bad or row < int(self.first_bad.split()[1].rstrip(":")):
            self.first_bad = f"row {row}: {what}"

    def skipped_orders(self) -> int:
        """Number of messages about orders of the chosen symbols that have no command."""
        return sum(count for what, count in self.skipped.items() if "symbols" not in what and "session" not in what)

    def lines(self) -> list[str]:
        """The report as text."""
        named = [("messages", self.counts), ("skipped", self.skipped), ("unknown", self.unknown)]
        named += [("changed", self.changed), ("gaps", self.gaps)]
        lines = [f"{'read':12}{self.path}: {self.format}, {self.rows_in:,} rows in, {self.rows_out:,} commands out"]
        for name, counter in named:
            text = ", ".join(f"{count:,} {what}" for what, count in counter.most_common())
            lines.append(f"{name:12}{text or 'none'}")
        lines.append(f"{'hidden':12}{self.hidden_trades:,} trades of {self.hidden_lots:,} in orders that are not shown")
        lines += [f"{'first bad':12}{self.first_bad}"] if self.first_bad else []
        return [*lines, *(f"{name:11} {value}" for name, value in self.notes.items())]

    def as_json(self) -> dict[str, Any]:
        """The report as plain values."""
        counters = ("counts", "skipped", "unknown", "changed", "gaps")
        plain = ("path", "format", "rows_in", "rows_out", "hidden_trades", "hidden_lots", "first_bad", "notes")
        return {name: getattr(self, name) for name in plain} | {name: dict(getattr(self, name)) for name in counters}
