"""`gpux convert`: reads order flow of any format, reports what it found, checks the books, writes another format."""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from rich.console import Console

from bench.extras import check_file, check_folder, check_package, is_folder, mode_of
from bench.readers.binance import read_binance
from bench.readers.formats import ImportedSource, format_of, read_source
from bench.readers.level_book import DIFFERENT
from bench.readers.report import ImportOptions, ImportReport
from bench.tapes.tape import write_tape
from bench.writers.dbn import write_dbn
from bench.writers.events import ENDINGS, write_events
from bench.writers.hftbacktest import write_hftbacktest
from bench.writers.itch import stock_names, write_itch
from bench.writers.lobster import write_lobster
from bench.writers.order_flow import order_flow
from exchange.errors import UserError
from exchange.units import NS_PER_S

# Formats that are written, and the ends of the names of their files; "": a folder.
WRITERS = {
    "tape": (".parquet",),
    "dbn": (".dbn", ".zst"),
    "hftbacktest": (".npz",),
    "events": ENDINGS,
    "lobster": ("",),
    "itch": ("",),
}
# Optional packages of a format; a file in zstd needs pyarrow too.
PACKAGES = {"tape": ("pyarrow",), "dbn": ("databento_dbn",), "events": ("pyarrow",), "lobster": ("pyarrow",)}
LEVELS_MAX = 10_000


@dataclass(frozen=True)
class ConvertTarget:
    """What is written."""

    path: Path | None = None
    format: str = ""
    instrument: int = 1  # of formats with one book
    levels: int = 10  # of a LOBSTER book file

    def name(self) -> str:
        """The format, as given or by the name of the file. UserError: it cannot be written; before any work."""
        if self.path is None:
            if self.format:
                raise UserError(f"--to {self.format!r} does not apply without OUT")
            return ""
        if self.format and self.format not in WRITERS:
            raise UserError(f"--to {self.format!r}, allowed: {', '.join(WRITERS)}")
        if not 1 <= self.levels <= LEVELS_MAX:
            raise UserError(f"--levels {self.levels}, allowed: 1..{LEVELS_MAX}")
        by_name = [name for name, endings in WRITERS.items() if self.path.suffix.lower() in endings]
        folder = is_folder(self.path)
        found = self.format or ("" if folder or not by_name else by_name[0])
        if not found:
            raise UserError(f"OUT {self.path}: its name says no format, allowed: --to {', '.join(WRITERS)}")
        if "" not in WRITERS[found]:
            check_file("OUT", self.path, WRITERS[found])
        elif mode_of(self.path) and not folder:
            raise UserError(f"OUT {self.path}: {found} is written into a folder, and this is none")
        else:
            check_folder("OUT", self.path if folder else self.path.parent)
        for package in (*PACKAGES.get(found, ()), *(("pyarrow",) if self.path.suffix == ".zst" else ())):
            check_package(f"writing {self.path}", package, "research")
        return found


def convert_file(
    path: Path, options: ImportOptions, target: ConvertTarget, given: str = "", book: Path | None = None,
    check: bool = False, as_json: bool = False,
) -> int:  # fmt: skip
    """Read, check and write. Prints the report; returns the exit code: 1 if a check finds a difference."""
    name = format_of(path, given)
    writes = target.name()
    if name == "binance" and not writes:
        capture = read_binance(path, options)
        different = sum(one.checks[DIFFERENT] for one in capture.books.values())
        show(capture.report, {"different_checks": different}, as_json)
        return 1 if different or capture.report.gaps else 0
    source = read_source(path, options, given, book)
    more: dict[str, Any] = {}
    if check:
        equal = "; ".join(filter(None, ("all books equal", source.uncompared())))
        more["check"] = source.differences() or equal
    if writes:
        more["written"] = write(source, target, writes)
    show(source.report, more, as_json)
    return 1 if isinstance(more.get("check"), list) else 0


def write(source: ImportedSource, target: ConvertTarget, name: str) -> str:
    """Write a tape in a format; returns what was written as text."""
    path = target.path
    assert path is not None
    if name == "tape":
        return f"{path}: {len(source.tape.commands):,} commands, tape hash {write_tape(source.tape, path)[:16]}..."
    if name == "events":
        return f"{path}: {write_events(source.tape, path):,} events"
    flow = order_flow(source.tape)
    if name == "dbn":
        return f"{path}: {write_dbn(flow, path):,} records"
    if name in ("itch", "lobster"):
        path.mkdir(exist_ok=True)
    if name == "itch":
        renamed = [
            f"{new}: {flow.symbol(book)}" for book, new in enumerate(stock_names(flow)) if new != flow.symbol(book)
        ]
        names = f"; names {', '.join(renamed)}" if renamed else ""
        return f"{write_itch(flow, path)}: {len(flow.messages):,} order messages{names}"
    book = target.instrument - 1
    if name == "hftbacktest":
        return f"{path}: {write_hftbacktest(flow, book, path):,} events of instrument {target.instrument}"
    paths = write_lobster(flow, book, path, target.levels)
    return f"{paths[0]} and {paths[1].name}"


def show(report: ImportReport, more: dict[str, Any], as_json: bool) -> None:
    """Print a report and what came after, as text or as one JSON object."""
    console = Console(highlight=False)
    if as_json:
        console.print(json.dumps(report.as_json() | more), soft_wrap=True, markup=False)
        return
    lines = report.lines()
    for name, value in more.items():
        lines += [f"{name:11} {one}" for one in (value if isinstance(value, list) else [value])]
    console.print("\n".join(lines), soft_wrap=True, markup=False)


def read_options(
    tick: str, lot: str, low_tick: int, high_tick: int | None, start: str, end: str, symbols: tuple[str, ...],
    day: date | None,
) -> ImportOptions:  # fmt: skip
    """Bounds and units as typed on the command line. UserError: one is not allowed."""
    return ImportOptions(
        number("--tick", tick) if tick else None,
        number("--lot", lot),
        low_tick,
        high_tick,
        moment_ns("--start", start) if start else 0,
        moment_ns("--end", end) if end else ImportOptions().to_ns,
        symbols,
        day,
    )


def number(option: str, text: str) -> Decimal:
    """A decimal number of the command line. UserError: it is none."""
    try:
        found = Decimal(text)
    except InvalidOperation:
        found = Decimal("nan")
    if not found.is_finite() or found <= 0:
        raise UserError(f"{option} {text!r}, allowed: a number above 0, like 0.01")
    return found


def moment_ns(option: str, text: str) -> int:
    """A time of the command line in ns since 1970 UTC. UserError: it is none."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise UserError(f"{option} {text!r}, allowed: a time like 2019-12-30T14:30:00, UTC if it has no zone") from None
    found = found if found.tzinfo else found.replace(tzinfo=UTC)
    return int(found.timestamp()) * NS_PER_S + found.microsecond * 1_000
