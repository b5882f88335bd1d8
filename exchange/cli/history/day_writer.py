"""Writes the files of each trading day of a journal, or checks those that are there.

    for line in write_days(Wanted("data", Path("history"), ...)): print(line)

Only the trades of some thousand commands, and the candles that are not over, are in memory.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np

from bench.extras import check_package
from contracts_spec.periods import day_of
from exchange.cli.history.day_files import CANDLES, TRADES, DayFile, Stamp, writing
from exchange.cli.history.journal_days import TRADE, JournalPart, listed_symbols, replayed
from exchange.errors import UserError
from exchange.journal.segments import read_history_name
from exchange.publish.past.candle_rows import CANDLE, DAY, INTERVALS, Interval, grouped, of_prints
from exchange.seams import RealDisk
from exchange.units import NS_PER_DAY, NS_PER_US

GATHERED_ROWS = 4_096  # one frame may have few trades


class Wanted(NamedTuple):
    """What to write. Empty or None: all of it."""

    folder: str
    out: Path
    chip: str = ""
    symbols: tuple[str, ...] = ()
    first: date | None = None
    last: date | None = None
    interval: str = "1m"


class FileReport(msgspec.Struct):
    """What was done with a file."""

    file: str
    day: str
    rows: int
    first_sequence: int
    last_sequence: int
    complete: bool
    done: str


def write_days(wanted: Wanted, as_json: bool = False) -> Iterator[str]:
    """Write or check the files of each day. Yields a line for each file.

    raises   UserError: something given is wrong; a file cannot be written (74), is foreign or damaged (65)
             Refusal: of the journal; the days before the damage are written
    """
    history = _check(wanted)
    parts, symbols = replayed(wanted.folder)
    files: _DayFiles | None = None
    with ExitStack() as last:
        for part in parts:
            day = day_of(_close_us(part.time_ns) * NS_PER_US // NS_PER_DAY)
            if files is not None and files.day != day:
                yield from _lines(files.finish(is_complete=True), as_json)
                files = None
            if wanted.last is not None and day > wanted.last:
                break
            if files is None and (wanted.first is None or day >= wanted.first):
                files = _DayFiles(wanted, day, history, symbols)
                last.callback(files.drop)
            if files is not None:
                files.add(part)
        if files is not None:
            yield from _lines(files.finish(is_complete=False), as_json)


def _check(wanted: Wanted) -> str:
    """The name of the journal's history. UserError: something given is wrong."""
    check_package("gpux history", "pyarrow", "research")
    if wanted.interval not in INTERVALS:
        raise UserError(f"--interval {wanted.interval!r} not one of {', '.join(INTERVALS)}")
    if wanted.first is not None and wanted.last is not None and wanted.first > wanted.last:
        raise UserError(f"--from {wanted.first} is after --to {wanted.last}")
    history = read_history_name(RealDisk(), wanted.folder)
    if not history:
        raise UserError(f"{wanted.folder}: the journal is empty")
    if wanted.out.resolve().is_relative_to(Path(wanted.folder).resolve()):
        raise UserError(f"OUT {wanted.out} is in the data folder: give another one")
    if wanted.symbols or wanted.chip:
        _check_names(wanted, listed_symbols(wanted.folder))
    with writing(wanted.out):
        wanted.out.mkdir(parents=True, exist_ok=True)
    return history


def _check_names(wanted: Wanted, listed: set[str]) -> None:
    for symbol in wanted.symbols:
        if symbol not in listed:
            raise UserError(f"--symbols {symbol}: {wanted.folder} has never listed it")
    chips = sorted({symbol.partition(".")[0] for symbol in listed})
    if wanted.chip and wanted.chip not in chips:
        raise UserError(f"--chip {wanted.chip} not one of {', '.join(chips)}")


class _DayFiles:
    """The two files of one trading day."""

    def __init__(self, wanted: Wanted, day: date, history: str, symbols: dict[int, str]) -> None:
        self.day, self._wanted, self._symbols = day, wanted, symbols
        self._interval: Interval = INTERVALS[wanted.interval]
        self._first = self._last = 0
        self._running = np.zeros(0, CANDLE)  # candles that are not over
        self._gathered: list[np.ndarray] = []
        self._count = 0
        stamp = Stamp("trades", str(day), history, wanted.chip, tuple(sorted(wanted.symbols)))
        candles = msgspec.structs.replace(stamp, kind="candles", interval=wanted.interval)
        self._trades = DayFile(wanted.out / f"trades-{day}.parquet", TRADES, stamp, symbols)
        path = wanted.out / f"candles-{wanted.interval}-{day}.parquet"
        self._candles = DayFile(path, CANDLES, candles, symbols)

    def add(self, part: JournalPart) -> None:
        self._first, self._last = self._first or part.first, part.last
        if len(part.trades):
            self._gathered.append(part.trades)
            self._count += len(part.trades)
            if self._count >= GATHERED_ROWS:
                self._take()

    def _take(self) -> None:
        """Pass the gathered trades on, and the candles that are over."""
        trades = self._selected(np.concatenate([np.zeros(0, TRADE), *self._gathered]))
        self._gathered, self._count = [], 0
        if len(trades):
            self._trades.add(trades)
            rows = grouped(np.concatenate([self._running, of_prints(trades)]), self._interval)
            over = rows["start_us"] < self._interval.start_us(int(trades["time_ns"][-1]) // NS_PER_US)
            self._add_candles(rows[over])
            self._running = rows[~over]

    def _add_candles(self, rows: np.ndarray) -> None:
        """In order of time, those of one time by instrument."""
        self._candles.add(rows[np.argsort(rows["start_us"], kind="stable")])

    def _selected(self, trades: np.ndarray) -> np.ndarray:
        """The trades of the instruments asked for."""
        wanted = self._wanted
        if not (wanted.chip or wanted.symbols) or not len(trades):
            return trades
        ours = [
            number
            for number in np.unique(trades["instrument"]).tolist()
            if (not wanted.symbols or self._symbols[number] in wanted.symbols)
            and (not wanted.chip or self._symbols[number].partition(".")[0] == wanted.chip)
        ]
        return trades[np.isin(trades["instrument"], ours)]

    def finish(self, is_complete: bool) -> list[FileReport]:
        self._take()
        self._add_candles(self._running)
        reports = []
        for file in (self._trades, self._candles):
            done = file.finish(self._first, self._last, is_complete)
            where = str(file.path), str(self.day), file.rows
            reports.append(FileReport(*where, self._first, self._last, is_complete, done))
        return reports

    def drop(self) -> None:
        self._trades.drop()
        self._candles.drop()


def _close_us(time_ns: int) -> int:
    """The close that ends the trading day of a time."""
    start_us: int = DAY.start_us(time_ns // NS_PER_US)
    return start_us + DAY.length_us


def _lines(reports: list[FileReport], as_json: bool) -> Iterator[str]:
    for report in reports:
        if as_json:
            yield msgspec.json.encode(report).decode()
        else:
            state = "complete" if report.complete else "the day is not over"
            commands = f"commands {report.first_sequence} to {report.last_sequence}"
            yield f"{report.file}: {report.rows:,} rows, {commands}, {state}, {report.done}"
