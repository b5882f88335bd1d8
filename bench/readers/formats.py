"""Which format a file has, and reading any of them as a tape with its report."""

import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from bench.extras import check_package
from bench.readers.book_check import check_books
from bench.readers.converter import Levels, final_book_differences
from bench.readers.dbn import read_dbn
from bench.readers.itch import Imported, library_differences, read_itch
from bench.readers.itch_frames import CENT
from bench.readers.lobster import CROSS, EXECUTE_HIDDEN, HALT, OWNERS, TYPES, Lobster, read_lobster
from bench.readers.report import ImportOptions, ImportReport
from bench.tapes.market import PlainMarket, engine_at, market_tape
from bench.tapes.tape import BY_TIME, TICK_NOTE, TRADES_NOTE, Tape, read_tape
from exchange.errors import UserError

FORMATS = ("tape", "itch", "dbn", "lobster", "binance")
# How the name of a file says its format; the first that matches.
PATTERNS = (
    ("tape", r"\.parquet$"),
    ("dbn", r"\.dbn(\.zst)?$"),
    ("itch", r"ITCH|-v50|\.itch(\.gz)?$"),
    ("lobster", r"\.csv$"),
)


@dataclass(frozen=True)
class ImportedSource:
    """A tape, and what is known about where it comes from."""

    tape: Tape
    report: ImportReport
    path: Path
    options: ImportOptions
    symbols: list[str] = field(default_factory=list)
    levels: list[Levels] | None = None  # books at the end, as the converter knows them
    lobster: Lobster | None = None

    def differences(self) -> list[str]:
        """Replay the tape and compare its books: with the converter's at the end, with a library's, or with a book file
        after every message. Empty: all are equal. UserError: a native tape, which `gpux replay` checks."""
        if self.lobster is not None:
            engine = engine_at(self.tape, self.tape.resting_rows)
            rows = self.tape.commands[self.tape.resting_rows :]
            check = check_books(self.lobster, rows, engine, lambda _: None)
            return [check.first_difference] if check.first_difference else []
        if self.levels is None:
            raise UserError(f"{self.path}: a native tape has no books to compare with, allowed: gpux replay")
        found = final_book_differences(self.tape, self.levels)
        if self.is_itch and not self.uncompared():
            found += library_differences(self.path, self.symbols, self.levels, self.options)
        return found

    @property
    def is_itch(self) -> bool:
        return self.report.format.startswith("Nasdaq")

    def uncompared(self) -> str:
        """Why the books of an ITCH file are not compared with those of itch-book, which has all orders; empty: they
        are, or the file is of another format."""
        nameless, skipped = sum(" " in symbol for symbol in self.symbols), self.report.skipped_orders()
        if not self.is_itch:
            return ""
        if self.options.from_ns or self.options.to_ns != ImportOptions().to_ns:
            return "not compared with itch-book: the import has time bounds"
        if skipped:
            return f"not compared with itch-book: {skipped:,} messages skipped"
        return f"not compared with itch-book: {nameless:,} books are not in the directory" if nameless else ""


def named_format(path: Path) -> str:
    """The format that the name of a file says; empty: none."""
    return next((name for name, pattern in PATTERNS if re.search(pattern, path.name)), "")


def format_of(path: Path, given: str = "") -> str:
    """The format of a file, as given or by its name. UserError: it is not known."""
    if given and given not in FORMATS:
        raise UserError(f"format {given!r}, allowed: {', '.join(FORMATS)}")
    found = given or named_format(path)
    if not found:
        raise UserError(f"{path}: its name says no format, allowed: --from {', '.join(FORMATS)}")
    return found


def read_source(path: Path, options: ImportOptions, given: str = "", book: Path | None = None) -> ImportedSource:
    """Read a file as a tape. `given`: its format; `book`: the order-book file of a LOBSTER pair, if its name is other.

    UserError: it cannot be read, or has no orders
    """
    name = format_of(path, given)
    if book is not None and name != "lobster":
        raise UserError(f"--book {book} does not apply to {name}, allowed: with lobster")
    if name == "binance":
        raise UserError(
            f"{path}: a capture of levels has no orders, allowed: no OUT, which rebuilds and checks its book"
        )
    if name == "itch":
        return of_import(read_itch(path, options), path, options)
    if name == "dbn":
        return of_import(read_dbn(path, options), path, options)
    if name == "lobster" and options == ImportOptions(tick=options.tick):
        return read_pair(path, book, options)
    if options != ImportOptions():
        what = f"{path}: bounds, units, symbols and day apply to itch, dbn and binance, not to {name}"
        raise UserError(f"{what}, which takes a tick" if name == "lobster" else what)
    return read_native(path, options)


def of_import(found: Imported, path: Path, options: ImportOptions) -> ImportedSource:
    return ImportedSource(found.tape, found.report, path, options, found.symbols, found.levels)


def read_native(path: Path, options: ImportOptions) -> ImportedSource:
    tape = read_tape(path)
    report = ImportReport(str(path), "native tape", len(tape.commands), len(tape.commands))
    return ImportedSource(tape, report, path, options)


def read_pair(messages: Path, book: Path | None, options: ImportOptions) -> ImportedSource:
    """A LOBSTER pair. The name of the book file is that of the messages with `orderbook` in it, if it is not given."""
    check_package(f"reading {messages}", "pyarrow", "research")
    book = book or book_beside(messages)
    source = read_lobster(messages, book, options.tick or CENT)
    report = ImportReport(str(messages), "LOBSTER", len(source.book), len(source.commands), source.counts.copy())
    report.hidden_trades, report.hidden_lots = source.hidden_trades, source.hidden_lots
    for kind in (EXECUTE_HIDDEN, CROSS, HALT):
        if source.counts[TYPES[kind]]:
            report.skipped[TYPES[kind]] = source.counts[TYPES[kind]]
    changed = {"of lots that are not known": source.unknown_lots}
    changed["execution of an order that was not first in its queue"] = source.out_of_order_fills
    changed["level that had changed out of view"] = source.corrections
    report.changed.update({what: count for what, count in changed.items() if count})
    return ImportedSource(lobster_tape(source, messages.name), report, messages, options, lobster=source)


def book_beside(messages: Path) -> Path:
    """The order-book file of a message file, by its name. UserError: the name does not say it."""
    if "_message" not in messages.name:
        raise UserError(f"{messages}: its name has no _message, so the order-book file is not known: --book FILE")
    return messages.with_name(messages.name.replace("_message", "_orderbook"))


def lobster_tape(source: Lobster, name: str) -> Tape:
    """The commands of a pair with their market. `name`: of the message file."""
    prices = source.commands["price"][source.commands["price"] > 0]
    low, high = int(np.min(prices)), int(np.max(prices))
    market = PlainMarket(low, high, (low + high) // 2, 1, 2 * OWNERS, hours=1, psr_mills=1)
    return market_tape(market, [source.commands], {"messages": name, TICK_NOTE: str(source.tick), TRADES_NOTE: BY_TIME})
