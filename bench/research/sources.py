"""Opens any source of commands as a Tape. `open_source` is the one place that knows them.

To add a source of files: a `FileSource` in FILE_SOURCES with a function that makes a Tape of a path. To add a generated
one: an entry in GENERATED with a function of commands and seed.
"""

import os
import stat
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from bench.extras import is_folder, mode_of
from bench.flows.flow import FLOWS, make_flow
from bench.flows.registry import MODELS, model_tape
from bench.readers import formats
from bench.readers.itch_frames import CENT
from bench.readers.lobster import Lobster, read_lobster
from bench.readers.report import IMPORT_OPTIONS, decimal_of, import_options
from bench.tapes.market import flow_market, market_tape
from bench.tapes.parquet import PARQUET
from bench.tapes.tape import Tape, TapeControl, read_tape
from exchange.errors import UserError
from exchange.kernel import source_hash
from exchange.records import COMMAND

Source: TypeAlias = "Tape | str | os.PathLike[str] | tuple[str | os.PathLike[str], str | os.PathLike[str]]"

COMMANDS_MAX = 50_000_000  # most commands of a generated flow, which needs about 20 GB for them
SEED_MAX = (1 << 23) - 1  # `flow.random_words` uses 23 bits
PAIR_OPTIONS = ("tick",)  # of LOBSTER
# Options of the command line that are of an import: their name there, and what takes them.
OF_IMPORT = {"tick": ("tick", "a file of ITCH, DBN or LOBSTER"), "symbol": ("symbols", "a file of ITCH or DBN")}
MAGIC_BYTES = 64  # first bytes of a file, by which it is recognised


@dataclass(frozen=True)
class FileSource:
    """One kind of file or folder.

    name      for messages, with an article
    matches   whether a path is of this kind, by its name and its first MAGIC_BYTES (none: it is a folder)
    open      makes a Tape; UserError: the file is wrong
    options   names of the options that `open` takes
    """

    name: str
    matches: Callable[[Path, bytes], bool]
    open: Callable[..., Tape]
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class Generated:
    """One kind of generated flow. `open` takes commands (None: as many as usual) and a seed."""

    open: Callable[[str, int, int | None], Tape]
    options: tuple[str, ...] = ("commands", "seed")


def open_source(source: Source, **options: Any) -> Tape:
    """Open a source of commands.

    source     a Tape, which is returned as it is; a path; a pair of LOBSTER files (messages, book); the name of a flow
    options    what the kind of source takes: `commands` and `seed` of a flow, fields of ImportOptions of ITCH and DBN,
               `tick` of LOBSTER
    UserError: there is no such source, it is damaged, or an option does not apply
    """
    if isinstance(source, Tape):
        check_options("a Tape", options, ())
        return source
    if isinstance(source, tuple):
        check_options("a LOBSTER pair", options, PAIR_OPTIONS)
        messages, book = map(Path, source)
        return pair_tape(messages, book, **options)
    path = Path(source)
    if is_generated(source):
        generated = GENERATED[str(source)]
        check_options(f"the flow {source}", options, generated.options)
        return generated.open(str(source), options.get("seed", 1), options.get("commands"))
    kind = kind_of(path)
    check_options(f"{path}, {kind.name}", options, kind.options)
    return kind.open(path, **options)


def is_generated(source: Source) -> bool:
    """Whether a source is the name of a flow, and no file or folder has this name."""
    return isinstance(source, str) and source in GENERATED and not mode_of(Path(source))


def options_of_import(source: Source) -> tuple[str, ...]:
    """The options of an import that a source takes: a file of ITCH, DBN or LOBSTER, by its name, or `lobster`."""
    options = {"itch": IMPORT_OPTIONS, "dbn": IMPORT_OPTIONS, "lobster": PAIR_OPTIONS}
    if not isinstance(source, str):
        return ()
    return options.get("lobster" if source == "lobster" else formats.named_format(Path(source)), ())


def check_options(source: str, options: Mapping[str, Any], allowed: tuple[str, ...]) -> None:
    """Raise UserError if an option does not apply to this source."""
    for name in options:
        if name not in allowed:
            raise UserError(f"option {name} does not apply to {source}, allowed: {', '.join(allowed) or 'none'}")


def kind_of(path: Path) -> FileSource:
    """The kind of a file or folder. UserError: it does not exist, or is none that can be replayed."""
    mode = mode_of(path)
    if not mode:
        raise UserError(f"{path}: no such file; a source is {source_names()}")
    if stat.S_ISDIR(mode):
        if not is_folder(path / "journal"):
            raise UserError(f"{path}: not a data folder, as it has no journal/; a source is {source_names()}")
    elif not stat.S_ISREG(mode):
        raise UserError(f"{path}: neither a file nor a folder; a source is {source_names()}")
    magic = b"" if stat.S_ISDIR(mode) else first_bytes(path)
    for kind in FILE_SOURCES:
        if kind.matches(path, magic):
            return kind
    raise UserError(f"{path}: not a Parquet file; a source is {source_names()}")


def first_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAGIC_BYTES)
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from None


def source_names() -> str:
    """All sources, for messages."""
    files = ", ".join(kind.name for kind in FILE_SOURCES)
    return f"{files}, lobster with --messages and --book, or a flow: {', '.join(GENERATED)}"


def flow_tape(name: str, seed: int, commands: int | None = None) -> Tape:
    """A generated flow with its market as a tape (`bench.flows.flow`), or the tape of a model of `bench.flows`."""
    if commands is not None and not 1 <= commands <= COMMANDS_MAX:
        raise UserError(f"--commands {commands} is not in 1..{COMMANDS_MAX}")
    if not 0 <= seed <= SEED_MAX:
        raise UserError(f"--seed {seed} is not in 0..{SEED_MAX}")
    if name in MODELS:
        return model_tape(name, seed, commands)
    parameters = replace(FLOWS[name], seed=seed)
    parameters = replace(parameters, commands=commands) if commands is not None else parameters
    flow = make_flow(parameters)
    notes: dict[str, object] = {"flow": name, "seed": seed, "fills": flow.fills, "resting": flow.resting[1]}
    notes["parameters"] = asdict(parameters)
    return market_tape(flow_market(flow), [flow.warm, flow.commands], notes)


def lobster_tape(messages: Path, book: Path, tick: str | Decimal = CENT) -> tuple[Lobster, Tape]:
    """A pair of LOBSTER files: what was read, and its commands in a market of their own as a tape. `tick`: dollars."""
    source = read_lobster(messages, book, decimal_of("tick", tick))
    return source, formats.lobster_tape(source, messages.name)


def pair_tape(messages: Path, book: Path, tick: str | Decimal = CENT) -> Tape:
    """A pair of LOBSTER files as a tape. Orders that stand for the first row of the book file only fill the book."""
    source, tape = lobster_tape(messages, book, tick)
    return replace(tape, resting_rows=tape.resting_rows + int(source.view_ends[0]))


def messages_tape(messages: Path, tick: str | Decimal = CENT) -> Tape:
    """As `pair_tape`, of a message file that has its order-book file beside it."""
    return pair_tape(messages, formats.book_beside(messages), tick)


def imported_tape(path: Path, **options: Any) -> Tape:
    """An ITCH or DBN file as a tape. `options`: fields of ImportOptions; units may be text."""
    return formats.read_source(path, import_options(**options)).tape


def folder_tape(folder: Path, limits: str = "", state_hash: str = "") -> Tape:
    """The rows and controls of a venue's data folder as a tape.

    limits       name of the state size; empty: the one that the journal names
    state_hash   of the state after the last command, if it is known
    """
    from exchange.journal.frames import FrameKind
    from exchange.journal.replay import read_frames, recorded_limits

    limits = limits or recorded_limits(str(folder)).name
    rows, controls = [np.zeros(0, COMMAND)], []
    for frame in read_frames(str(folder)):
        if frame.kind == FrameKind.DATA:
            rows.append(frame.rows.copy())
        elif frame.kind == FrameKind.CONTROL:
            controls.append(TapeControl(frame.rows.copy(), bytes(frame.payload)))
    return Tape(
        np.concatenate(rows), controls, limits, "venue", source_hash(), state_hash, notes={"folder": folder.name}
    )


def has_format(name: str) -> Callable[[Path, bytes], bool]:
    """Whether the name of a file says that it has this format."""
    return lambda path, magic: path.is_file() and formats.named_format(path) == name


FILE_SOURCES = [
    FileSource("a tape (FILE.parquet)", lambda path, magic: magic.startswith(PARQUET), read_tape),
    FileSource("a venue's data folder", lambda path, magic: is_folder(path / "journal"), folder_tape),
    FileSource("LOBSTER messages (NAME_message_N.csv)", has_format("lobster"), messages_tape, PAIR_OPTIONS),
    FileSource("a file of Nasdaq ITCH 5.0", has_format("itch"), imported_tape, IMPORT_OPTIONS),
    FileSource("a file of Databento DBN (.dbn, .dbn.zst)", has_format("dbn"), imported_tape, IMPORT_OPTIONS),
]
GENERATED = dict.fromkeys((*FLOWS, *MODELS), Generated(flow_tape))
