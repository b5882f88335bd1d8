"""Opens what a user names as a tape: a tape file, a venue's data folder, a LOBSTER pair, or a flow's name."""

from pathlib import Path

from bench.extras import is_folder, mode_of
from bench.facts.collect import TICK_NOTE, TRADES_NOTE
from bench.flows.flow import FLOWS
from bench.readers.lobster import OWNERS, read_lobster
from bench.replay import flow_tape, folder_tape
from bench.tapes.market import PlainMarket, market_tape
from bench.tapes.tape import Tape, read_tape
from exchange.errors import UserError

MESSAGES, BOOK = "_message_", "_orderbook_"  # parts of the names of a LOBSTER pair
SOURCES = (
    f"a tape (FILE.parquet), a venue's data folder, a LOBSTER message file (NAME{MESSAGES}N.csv, with NAME{BOOK}N.csv "
    f"beside it), or a flow: {', '.join(FLOWS)}"
)


def is_flow(source: str) -> bool:
    """Whether a source is a flow's name, and no file or folder has this name."""
    return source in FLOWS and not mode_of(Path(source))


def open_source(source: str, commands: int | None = None, seed: int | None = None) -> Tape:
    """The tape of a source. UserError: it is none of SOURCES, or damaged.

    commands, seed   of a flow; None: its own length, seed 1
    """
    if is_flow(source):
        return flow_tape(source, 1 if seed is None else seed, commands)
    path = Path(source)
    if not mode_of(path):
        raise UserError(f"{path}: no such file; a source is {SOURCES}")
    if is_folder(path):
        return _of_folder(path)
    if path.suffix == ".csv":
        return _of_lobster(path)
    return read_tape(path)


def _of_folder(folder: Path) -> Tape:
    from exchange.journal.replay import recorded_limits

    if not is_folder(folder / "journal"):
        raise UserError(f"{folder}: not a data folder, as it has no journal/; a source is {SOURCES}")
    return folder_tape(folder, recorded_limits(str(folder)).name, "")


def _of_lobster(messages: Path) -> Tape:
    """A pair of LOBSTER files. Orders that stand for the first row of the order-book file only fill the book."""
    if MESSAGES not in messages.name:
        raise UserError(f"{messages}: no {MESSAGES!r} in its name, as LOBSTER names message files")
    source = read_lobster(messages, messages.with_name(messages.name.replace(MESSAGES, BOOK)))
    prices = source.commands["price"][source.commands["price"] > 0]
    low, high = int(prices.min()), int(prices.max())
    market = PlainMarket(low, high, (low + high) // 2, 1, 2 * OWNERS, hours=1, psr_mills=1)
    notes: dict[str, object] = {"messages": messages.name, TICK_NOTE: "0.01", TRADES_NOTE: "time"}
    seeded = int(source.view_ends[0])
    return market_tape(market, [source.commands[:seeded], source.commands[seeded:]], notes)
