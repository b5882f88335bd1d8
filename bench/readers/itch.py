"""Reads Nasdaq TotalView-ITCH 5.0, raw or in gzip, and checks the books with the library itch-book (TAPE-011).

Each symbol becomes a book, in the order of their locate codes. Prices of the file are dollars times 10,000; the usual
tick is a cent. The messages are decoded here (`itch_walk`): the library skips frames of a wrong length without a word,
and its tables alone take longer than the whole import. It judges the result instead: `library_levels` are the books
that it builds of the same file.
"""

import warnings
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import numpy as np

from bench.extras import check_package
from bench.readers.converter import Converted, Levels, convert
from bench.readers.itch_frames import CENT, SCALE, ItchFrames, Reader
from bench.readers.report import ImportOptions, ImportReport, units_of
from bench.readers.survey import renumber_books
from bench.tapes.tape import TICK_NOTE, Tape
from exchange.errors import UserError
from exchange.units import NS_PER_S

NEW_YORK = ZoneInfo("America/New_York")
NAMES = "MMDDYYYY.NASDAQ_ITCH50, SMMDDYY-v50 and YYYYMMDD.BX_ITCH_50"
LIBRARY_LEVELS = 50  # most levels a side that the library shows


@dataclass(frozen=True)
class Imported:
    """A tape of a foreign file, the symbol of each of its books, and the report."""

    tape: Tape
    symbols: list[str]
    levels: list[Levels]  # books at the end as the converter knows them
    report: ImportReport


def read_itch(path: Path, options: ImportOptions | None = None) -> Imported:
    """Read a file. UserError: it is missing, foreign, damaged, or has a price between two ticks."""
    options = options or ImportOptions()
    converted, symbols, report = convert_itch(path, options)
    return imported(converted, symbols, report, options)


def convert_itch(path: Path, options: ImportOptions) -> tuple[Converted, list[str], ImportReport]:
    """Read a file as commands, without their market."""
    check_package(f"reading {path}", "itch_book", "research")
    options.check()
    if not path.is_file():
        raise UserError(f"{path}: no such file")
    day = session_day(path, options)
    midnight = datetime(day.year, day.month, day.day, tzinfo=NEW_YORK)
    frames = Reader(path, options, int(midnight.astimezone(UTC).timestamp()) * NS_PER_S).read()
    report = ImportReport(str(path), "Nasdaq ITCH 5.0", frames.rows, counts=frames.counts, unknown=frames.unknown)
    report.hidden_trades, report.hidden_lots = frames.hidden
    if not frames.is_closed:
        report.gaps["no end-of-messages event: may be cut short"] = 1
    if frames.others:
        report.skipped["order messages of other symbols"] = frames.others
    if frames.trailing:
        report.skipped["bytes after the end of the session"] = frames.trailing
    symbols = number_books(path, frames, options)
    return convert(frames.messages, len(symbols), options, report), symbols, report


def imported(converted: Converted, symbols: list[str], report: ImportReport, options: ImportOptions) -> Imported:
    """The tape of a conversion, with the names of its books, its tick and its options in its notes."""
    notes: dict[str, object] = {"source": Path(report.path).name, "format": report.format, "symbols": symbols}
    notes |= {TICK_NOTE: f"{options.tick or CENT:f}", "options": msgspec.to_builtins(options)}
    tape = converted.tape(notes, symbols)
    return Imported(tape, symbols, converted.levels, report)


def session_day(path: Path, options: ImportOptions) -> date:
    """The day of a file, from the options or its name. UserError: neither has one."""
    import itch_book

    try:
        day: date = itch_book.open(str(path), date=options.day).date
    except ValueError:
        raise UserError(f"{path}: its name has no date, as {NAMES} have; give the day of the session") from None
    return day


def number_books(path: Path, frames: ItchFrames, options: ImportOptions) -> list[str]:
    """Number the books of the messages from 0, in the order of locate codes, in place. Returns their symbols."""
    missing = sorted({symbol.upper() for symbol in options.symbols} - set(frames.symbols.values()))
    if missing:
        raise UserError(f"{path}: no symbol {missing[0]} among the {frames.listed:,} symbols of its directory")
    locates = np.flatnonzero(frames.traded)
    places = np.zeros(len(frames.traded), np.int32)
    places[locates] = np.arange(len(locates))
    renumber_books(frames.messages, places)  # type: ignore[no-untyped-call]  # a kernel
    return [frames.symbols.get(locate, f"locate {locate}") for locate in locates.tolist()]


def library_differences(
    path: Path, symbols: list[str], levels: list[Levels], options: ImportOptions | None = None
) -> list[str]:
    """Differences between the books of a file and the best levels of those that itch-book builds of it."""
    found = []
    for symbol, ours, wanted in zip(symbols, levels, library_levels(path, symbols, options), strict=True):
        if any(ours[side][:LIBRARY_LEVELS] != wanted[side] for side in (0, 1)):
            found.append(f"book {symbol}: itch-book has other levels")
    return found


def library_levels(path: Path, symbols: list[str], options: ImportOptions | None = None) -> list[Levels]:
    """The best levels of each symbol at the end of a file, as itch-book builds them: at most LIBRARY_LEVELS a side."""
    import itch_book

    options = options or ImportOptions()
    tick, lot = units_of("tick", options.tick or CENT, SCALE), units_of("lot", options.lot, 1)
    feed = itch_book.open(str(path), date=session_day(path, options), price_type="fixed")
    last: dict[str, Levels] = {}
    names: dict[int, str] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of symbols that are missing, which the import refuses
        batches = feed.batches(tables=("depth", "symbols"), rows=100_000, depth=LIBRARY_LEVELS, symbols=tuple(symbols))
        for batch in batches:
            names |= dict(zip(batch.symbols["locate"], batch.symbols["symbol"], strict=True))
            for locate in np.unique(batch.depth["locate"]).tolist():
                row = int(np.flatnonzero(batch.depth["locate"] == locate)[-1])
                last[names[locate]] = depth_row(batch.depth, row, tick, lot)
    return [last.get(symbol, ([], [])) for symbol in symbols]


def depth_row(depth: dict[str, np.ndarray], row: int, tick: int, lot: int) -> Levels:
    """Bids and asks of a row of the library's table of depth."""
    sides = []
    for side in ("bid", "ask"):
        pairs = [
            (int(depth[f"{side}_px_{i:02}"][row]), int(depth[f"{side}_sz_{i:02}"][row])) for i in range(LIBRARY_LEVELS)
        ]
        sides.append([(price // tick, size // lot) for price, size in pairs if size])
    return sides[0], sides[1]
