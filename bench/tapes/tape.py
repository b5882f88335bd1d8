"""Native tapes: COMMAND rows in a Parquet file with its own hash (TAPE-001 to TAPE-003).

The columns are the fields of COMMAND, two of them as differences (`columns`), compressed with zstd, each encoded as it
is smallest (`encodings`). Controls (listings, accounts) are rows too, in the order of sequence; their payload is in an
additional column, which is empty for other rows. A reader needs one row group at a time (`TapeReader`). The tape hash
covers rows and controls as canonical bytes: it stays the same if the file is written in another encoding or version.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np

from bench.tapes.metadata import TapeFacts
from bench.tapes.parquet import PARQUET as PARQUET
from bench.tapes.parts import Part, TapeHash, merged
from bench.tapes.parts import TapeControl as TapeControl
from bench.tapes.reader import TapeReader
from bench.tapes.reader import read_metadata as read_metadata
from bench.tapes.writer import TapeWriter
from exchange.records import COMMAND

ENDING = ".parquet"
# Notes of a tape that comes from a market elsewhere: what a tick is worth, and that all executions of one time are one
# trade, because the source has a message for each resting order.
TICK_NOTE, TRADES_NOTE, BY_TIME = "tick", "trades", "time"


@dataclass(frozen=True)
class Tape:
    """Commands in order of sequence, and their final state hash if it is known."""

    commands: np.ndarray  # COMMAND, ascending sequence
    controls: Sequence[TapeControl] = ()  # ascending sequence, which also gives their places among the rows
    limits: str = "tape"  # name of the state's size
    shard: str = ""
    rules_hash: str = ""  # of the kernel sources that produced state_hash
    state_hash: str = ""  # state hash after the last command; "": not known
    resting_rows: int = 0  # rows at the start that only fill the book
    notes: dict[str, Any] = field(default_factory=dict)  # notes about the source

    def parts(self) -> Iterator[Part]:
        """Slices of rows and single controls, in order of sequence."""
        return merged([self.commands], self.controls)

    def facts(self) -> TapeFacts:
        """What the metadata of a file says of it."""
        return TapeFacts(**{name.name: getattr(self, name.name) for name in fields(TapeFacts)})


def tape_hash(tape: Tape) -> str:
    """BLAKE3 over all rows, and then over row and payload of each control (TAPE-002)."""
    digest = TapeHash()
    digest.update(tape.commands)
    for control in tape.controls:
        digest.update(control)
    return digest.hexdigest()


def write_tape(tape: Tape, path: Path) -> str:
    """Write the file completely or not at all; returns the tape hash. UserError: the tape is not in order."""
    with TapeWriter(path) as writer:
        for part in tape.parts():
            writer.append(part)
        return writer.finish(tape.facts())


def read_tape(path: Path) -> Tape:
    """Read and verify a whole tape. UserError: it is missing, not a tape, of another version, or damaged."""
    with TapeReader(path) as reader:
        facts, rows, controls = reader.facts(), 0, []
        commands = np.empty(reader.metadata["rows"], COMMAND)
        target = commands.view(np.uint64).reshape(-1, 16)
        for part in reader.parts():
            if isinstance(part, TapeControl):
                controls.append(part)
            else:
                target[rows : rows + len(part)] = part.view(np.uint64).reshape(-1, 16)
                rows += len(part)
    return Tape(commands, controls, **{name.name: getattr(facts, name.name) for name in fields(facts)})
