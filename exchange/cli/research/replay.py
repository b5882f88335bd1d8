"""`gpux replay`: runs recorded or generated commands through the engine (`bench.replay`), or looks into them
(`bench.inspection`)."""

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter


def replay(
    source: str,
    *,
    messages: Path | None = None,
    book: str | None = None,
    save: Path | None = None,
    plot: Path | None = None,
    seed: int | None = None,
    commands: int | None = None,
    tick: str | None = None,
    symbol: tuple[str, ...] = (),
    at: int | None = None,
    explain: int | None = None,
    account: int | None = None,
    kind: tuple[str, ...] = (),
    since: Annotated[str | None, Parameter(name="--from")] = None,
    until: Annotated[str | None, Parameter(name="--to")] = None,
    events: Path | None = None,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Replay recorded or generated commands through the engine. Print commands/s, fills, state hash and checks.
    With --at, --explain or a filter it looks into the source instead.

    Args:
        source: A tape (FILE.parquet), a venue folder, an ITCH or DBN file, the word lobster, or a flow, like mixed.
        messages: LOBSTER message file, for lobster.
        book: Instrument to look at, like H100.G90.H27 or a part of it; the order-book file of lobster, to compare.
        save: Write the replayed commands as a tape (.parquet).
        plot: Draw prices, trades and the last book of the busiest instrument into this file (.png, .svg, .pdf).
        seed: Seed of a generated flow; without it, 1.
        commands: Length of a generated flow; the orders that fill its book first come on top.
        tick: Price step of an ITCH, DBN or LOBSTER file, like 0.01.
        symbol: Symbol to import of such a file; once for each.
        at: Show the --book and the --account just after the command of this sequence; 0: before the first one.
        explain: Explain the command of this sequence: the book and the account that it met, each check, its events.
        account: Account to look at, or whose events to show.
        kind: Show events of this kind, like FILL or ORDER_REJECTED; may be given several times.
        since: Show events from this time on: UTC like 2027-01-01T09:30, or ns since 1970.
        until: Show events before this time.
        events: Write the chosen events into this file (.parquet) instead of showing them; alone: all events.
        json: Print JSON: of a replay one object of its figures, else one line for each thing shown.
    """
    from bench.inspection.command import Look, look_at_source
    from bench.replay import Choice, Output, replay_source

    path, instrument = (book and Path(book), None) if source == "lobster" else (None, book)
    choice = Choice(messages, path or None, seed, commands, tick, symbol or None)
    look = Look(at, explain, instrument, account, kind, since, until, events, json)
    out = Output(save, plot)
    sys.exit(look_at_source(source, choice, look, out) if look.is_asked else replay_source(source, choice, out, json))
