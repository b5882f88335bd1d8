"""`gpux facts`: measures the stylised facts of one book of recorded or generated order flow (`bench.facts`)."""

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter


def facts(
    source: str,
    *,
    book: str = "",
    against: str = "",
    against_book: str = "",
    against_seed: int | None = None,
    html: Path | None = None,
    json: Annotated[bool, Parameter(negative="")] = False,
    commands: int | None = None,
    seed: int | None = None,
    tick: str | None = None,
    symbol: tuple[str, ...] = (),
) -> None:
    """Measure the stylised facts of one book: spread, depth, durations, sizes, lives, returns, memory, impact.

    Args:
        source: A tape (FILE.parquet), a venue's data folder, a LOBSTER message file (NAME_message_N.csv, with
            NAME_orderbook_N.csv beside it), an ITCH or DBN file, or a flow: mixed, churn, passive,
            sweep, zero-intelligence, hawkes, queue-reactive, compute-market.
        book: Symbol of the book; without it, the busiest.
        against: Another source: score how far the two books differ, as LOB-Bench does.
        against_book: Symbol of its book; without it, the busiest.
        against_seed: Seed of the other flow; without it, 1.
        html: Write a report with figures into this file.
        json: Print everything as JSON.
        commands: Length of generated flows; the orders that fill their books first come on top.
        seed: Seed of a generated flow; without it, 1.
        tick: Price step of ITCH, DBN and LOBSTER files, like 0.01; DBN needs it.
        symbol: Symbol to import of ITCH and DBN files; once for each, without it all.
    """
    from bench.facts.report import FactsOptions, run_facts

    options = FactsOptions(book, against, against_book, against_seed, html, json, commands, seed, tick, symbol)
    sys.exit(run_facts(source, options))
