"""`gpux replay`: runs recorded or generated commands through the engine (`bench.replay`)."""

import sys
from pathlib import Path


def replay(
    source: str,
    *,
    messages: Path | None = None,
    book: Path | None = None,
    save: Path | None = None,
    plot: Path | None = None,
    seed: int | None = None,
    commands: int | None = None,
) -> None:
    """Replay recorded or generated commands through the engine. Print commands/s, fills, state hash and checks.

    Args:
        source: A tape (FILE.parquet), a venue's data folder, the word lobster, or a flow: mixed, churn, passive, sweep.
        messages: LOBSTER message file, for lobster.
        book: LOBSTER order-book file of the same messages; every book state is compared.
        save: Write the replayed commands as a tape (.parquet).
        plot: Draw prices, trades and the last book of the busiest instrument into this file (.png, .svg, .pdf).
        seed: Seed of a generated flow; without it, 1.
        commands: Length of a generated flow.
    """
    from bench import replay as replaying

    choice = replaying.Choice(messages, book, seed, commands)
    sys.exit(replaying.replay_source(source, choice, replaying.Output(save, plot)))
