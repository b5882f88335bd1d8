"""`gpux convert`: order flow of other formats as tapes, and tapes as other formats (`bench.writers.convert`)."""

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from exchange.cli.arguments import parse_day


def convert(
    source: Path,
    out: Path | None = None,
    *,
    from_: Annotated[str, Parameter(name="--from")] = "",
    to: str = "",
    book: Path | None = None,
    symbol: list[str] | None = None,
    tick: str = "",
    lot: str = "1",
    low_tick: int = 1,
    high_tick: int | None = None,
    start: str = "",
    end: str = "",
    day: str = "",
    instrument: int = 1,
    levels: int = 10,
    check: bool = False,
    json: bool = False,
) -> None:
    """Read order flow, print a report of the import, and write it in another format.

    Exit code 1 if a check of the books finds a difference.

    Args:
        source: A tape, or a file of itch, dbn (Databento), lobster (messages) or binance (levels, only checked).
        out: File or folder to write: .parquet is a tape, .npz hftbacktest, .dbn and .dbn.zst Databento.
        from_: Format of the source, if its name does not say it: tape, itch, dbn, lobster, binance.
        to: Format to write: tape, dbn, hftbacktest, events (.parquet, .arrow), lobster or itch (into a folder).
        book: Order-book file of LOBSTER messages, if its name is another one.
        symbol: Symbol to import, of itch, dbn and binance; once for each, without it all.
        tick: Price step of the source, like 0.01, which becomes one tick.
        lot: Size of the source that becomes one lot.
        low_tick: Lowest price in ticks; orders beyond are skipped and counted.
        high_tick: Highest price in ticks.
        start: Time like 2019-12-30T14:30:00 (UTC); what is earlier only builds the book.
        end: Time at which the import ends.
        day: Day of the session, like 2019-12-30, if the name of an ITCH file does not have it.
        instrument: Instrument whose book is written as lobster or hftbacktest.
        levels: Levels of a LOBSTER order-book file.
        check: Replay the tape and compare its books with those of the file, for ITCH also with those of itch-book.
        json: Print the report as JSON.
    """
    from bench.writers.convert import ConvertTarget, convert_file, read_options

    bounds = (low_tick, high_tick, start, end)
    options = read_options(tick, lot, *bounds, tuple(symbol or ()), parse_day("--day", day))
    sys.exit(convert_file(source, options, ConvertTarget(out, to, instrument, levels), from_, book, check, json))
