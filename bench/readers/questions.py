"""What does it take to import foreign order flow? The question `imports` of `gpux bench`.

ITCH: a seeded mixed flow is written as ITCH 5.0 (`bench.writers.itch`) and read as commands, from the bytes of the file
to COMMAND rows; its tape is not part of that. Beside it, in the same passes: `itch-book` alone, which decodes the same
file into its table of order messages and makes no commands. Checked before: the final book is the one that `itch-book`
builds (50 levels a side), and the one of the engine after the tape (all levels).

LOBSTER: such a flow as a pair of files with ten levels; the check replays it and compares all levels after every
message. Checked before: every book state matches.

Times are of this process's CPU, so that other load on the machine counts little; it still takes cache and memory. The
first pass, which touches new memory, is not counted, and what it has freed is kept for the next ones (`kept_memory`).
Not shown: real files, which have more symbols, gaps in order ids and larger books than a generated flow; how long a
virtual machine takes for memory that it has never used, which may be longer than the import.
"""

import ctypes
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from time import process_time_ns

from bench.extras import check_package
from bench.flows.flow import FLOWS, make_flow
from bench.readers.book_check import check_books
from bench.readers.converter import final_book_differences
from bench.readers.formats import lobster_tape
from bench.readers.itch import convert_itch, imported, library_differences
from bench.readers.itch_frames import CENT
from bench.readers.lobster import read_lobster
from bench.readers.report import ImportOptions
from bench.record import Report, distribution
from bench.tapes.market import engine_at, flow_market, market_tape
from bench.tapes.tape import TICK_NOTE
from bench.writers.itch import write_itch
from bench.writers.lobster import write_lobster
from bench.writers.order_flow import OrderFlow, order_flow

PASSES = 7
COMMANDS, QUICK_COMMANDS = 1_200_000, 100_000  # the longer one gives 1.4 million messages
PAIR_COMMANDS = 10_000
M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4  # options of mallopt (malloc.h)
OPTIONS = ImportOptions()


def run_imports(report: Report, question: str) -> None:
    """Measure both, each in a folder of its own. AssertionError: a book differs."""
    check_package("gpux bench imports", "itch_book", "research")
    with tempfile.TemporaryDirectory(prefix="gpux-bench-") as folder:
        time_itch(report, Path(folder))
        time_lobster(report, Path(folder))


def time_itch(report: Report, folder: Path) -> None:
    """ns a message of reading ITCH as commands, and of the library's own tables."""
    flow = generated(QUICK_COMMANDS if report.quick else COMMANDS)
    path = write_itch(flow, folder)
    found = imported(*convert_itch(path, OPTIONS), OPTIONS)
    assert not final_book_differences(found.tape, found.levels), "the engine's book differs from the file's"
    differences = library_differences(path, found.symbols, found.levels)
    assert not differences, differences[0]
    messages = found.report.rows_in
    works: dict[str, Callable[[], object]] = {
        "ours": lambda: convert_itch(path, OPTIONS),
        "library": lambda: read_with_library(path),
    }
    times: dict[str, list[float]] = {name: [] for name in works}
    with kept_memory():
        for number in range(1 + report.passes(PASSES)):
            for name, work in works.items():
                start = process_time_ns()
                work()
                if number:
                    times[name].append((process_time_ns() - start) / messages)
    ours, library = (distribution(times[name], "ns") for name in ("ours", "library"))
    figure = f"{ours.least:.0f} / {ours.median:.0f} / {ours.p99:.0f} ns a message"
    detail = (
        f"{messages:,} messages to {found.report.rows_out:,} commands; itch-book's table alone {library.least:.0f} ns"
    )
    report.row("ITCH import", figure, detail)
    figures = {"ours": ours, "library": library, "messages": messages, "ratio": ours.least / library.least}
    report.keep("itch", figures, {"passes": len(times["ours"]), "flow": "mixed", "seed": 1})


def time_lobster(report: Report, folder: Path) -> None:
    """us a message of checking a LOBSTER pair."""
    flow = generated(PAIR_COMMANDS)
    source = read_lobster(*write_lobster(flow, 0, folder))
    tape = lobster_tape(source, "generated")
    rows, times = tape.commands[tape.resting_rows :], []
    for number in range(1 + report.passes(PASSES)):
        engine = engine_at(tape, tape.resting_rows)
        start = process_time_ns()
        check = check_books(source, rows, engine, lambda _: None)
        taken = (process_time_ns() - start) / 1_000 / len(source.book)
        assert check.matched == check.messages, check.first_difference
        times += [taken] * (number > 0)
    found = distribution(times, "us")
    figure = f"{found.least:.1f} / {found.median:.1f} / {found.p99:.1f} us a message"
    report.row("LOBSTER check", figure, f"{check.messages:,} book states of ten levels a side, all equal")
    report.keep("lobster", {"check": found, "messages": check.messages}, {"passes": len(times), "levels": 10})


@contextmanager
def kept_memory() -> Iterator[None]:
    """Large arrays that are freed meanwhile stay with this process for the next ones. Only glibc can be asked to."""
    allocator = ctypes.CDLL(None)
    set_option = getattr(allocator, "mallopt", lambda option, value: 0)
    usual = {M_MMAP_MAX: 65_536, M_TRIM_THRESHOLD: 131_072}
    for option, value in {M_MMAP_MAX: 0, M_TRIM_THRESHOLD: (1 << 31) - 1}.items():
        set_option(option, value)
    try:
        yield
    finally:
        for option, value in usual.items():
            set_option(option, value)


def generated(commands: int) -> OrderFlow:
    """The order messages of a mixed flow."""
    flow = make_flow(replace(FLOWS["mixed"], commands=commands, warm_orders=min(30_000, commands // 3)))
    return order_flow(market_tape(flow_market(flow), [flow.warm, flow.commands], {TICK_NOTE: str(CENT)}))


def read_with_library(path: Path) -> int:
    """Decode all order messages with itch-book, in batches that fit into the cache. Returns their number."""
    import itch_book

    feed = itch_book.open(str(path), price_type="fixed", chunk_bytes=1 << 18)
    return sum(len(batch.messages["seq"]) for batch in feed.batches(tables=("messages",), rows=32_768))
