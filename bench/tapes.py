"""Native tapes: order flow as COMMAND rows in a Parquet file that knows its own hash (TAPE-001 to TAPE-003).

Columns are the fields of COMMAND, zstd level 3, delta packed where values ascend or cluster; a day of rows that
differ in few fields shrinks to a few bytes each. Controls (listings, accounts), which have a payload and so no row of
fixed size, travel in the metadata with the sequence at which they apply. The tape hash covers rows and controls as
canonical bytes: writing the file again with other settings leaves it unchanged.
"""

import base64
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypedDict

import blake3
import msgspec
import numpy as np

from exchange.errors import UserError
from exchange.limits import NAMED
from exchange.records import COMMAND, COMMAND_FIELDS, ROW_VERSION

if TYPE_CHECKING:
    import pyarrow as pa

METADATA_KEY = b"gpux.tape"
ROW_GROUP_ROWS = 1_000_000
DELTA_FIELDS = ("sequence", "time_ns", "request_id", "order_id", "price", "trigger", "expiry_ns")


Count = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]


class KnownNotes(TypedDict, total=False):
    """Notes that are used; a tape may have others."""

    fills: Count  # trades that the generator of the flow predicts


class Noted(TypedDict):
    notes: KnownNotes


class Metadata(TypedDict):
    """What a file says about itself (TAPE-002), as `describe` writes it."""

    row_version: int
    shard: str
    first_sequence: int
    last_sequence: int
    rows: Count
    resting_rows: Count
    rules_hash: str
    instruments_hash: str
    state_hash: str
    tape_hash: str
    limits: str
    controls: list[tuple[bytes, bytes]]  # row and payload, base64 in the file
    notes: dict[str, Any]


@dataclass(frozen=True)
class Control:
    """A command with a payload: one COMMAND row of kind >= 64 and JSON bytes."""

    row: np.ndarray  # COMMAND, shape (1,)
    payload: bytes

    @property
    def sequence(self) -> int:
        return int(self.row["sequence"][0])


@dataclass(frozen=True)
class Tape:
    """Commands in sequence order, and what is known about their outcome."""

    commands: np.ndarray  # COMMAND, ascending sequence
    controls: Sequence[Control] = ()  # ascending sequence, merged with the rows by it
    limits: str = "tape"  # name of the state's size
    shard: str = ""
    rules_hash: str = ""  # of the kernel sources that gave state_hash
    state_hash: str = ""  # after the last command; "" if nobody has run it
    resting_rows: int = 0  # rows at the start that only fill the book
    notes: dict[str, Any] = field(default_factory=dict)  # where it comes from

    def parts(self) -> Iterator[np.ndarray | Control]:
        """Runs of rows and single controls, in the order in which they apply."""
        start = 0
        for control in self.controls:
            end = int(np.searchsorted(self.commands["sequence"], control.sequence))
            if end > start:
                yield self.commands[start:end]
            yield control
            start = end
        if start < len(self.commands):
            yield self.commands[start:]


def tape_hash(tape: Tape) -> str:
    """BLAKE3 over all rows and then each control's row and payload (TAPE-002)."""
    digest = blake3.blake3(np.ascontiguousarray(tape.commands).tobytes())
    for control in tape.controls:
        digest.update(control.row.tobytes() + len(control.payload).to_bytes(8, "little") + control.payload)
    return digest.hexdigest()


def write_tape(tape: Tape, path: Path) -> str:
    """Write the file as a whole or not at all; returns the tape hash."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    assert tape.limits in NAMED and tape.commands.dtype == COMMAND
    metadata = describe(tape)
    columns = {name: np.ascontiguousarray(tape.commands[name]) for name, _, _ in COMMAND_FIELDS}
    table = pa.table(columns).replace_schema_metadata({METADATA_KEY: json.dumps(metadata).encode()})
    part = path.with_name(path.name + ".part")
    try:
        pq.write_table(
            table,
            part,
            row_group_size=ROW_GROUP_ROWS,
            compression="zstd",
            compression_level=3,
            use_dictionary=False,
            column_encoding=dict.fromkeys(DELTA_FIELDS, "DELTA_BINARY_PACKED"),
        )
        os.replace(part, path)
    except OSError as error:
        raise UserError(f"{path}: cannot be written: {error.strerror or error}") from None
    return str(metadata["tape_hash"])


def describe(tape: Tape) -> dict[str, Any]:
    """TAPE-002: what the file says about itself."""
    listings = blake3.blake3(b"".join(control.payload for control in tape.controls))
    controls = [[encode(control.row.tobytes()), encode(control.payload)] for control in tape.controls]
    return {
        "row_version": ROW_VERSION,
        "shard": tape.shard,
        "first_sequence": int(tape.commands["sequence"][0]) if len(tape.commands) else 0,
        "last_sequence": int(tape.commands["sequence"][-1]) if len(tape.commands) else 0,
        "rows": len(tape.commands),
        "resting_rows": tape.resting_rows,
        "rules_hash": tape.rules_hash,
        "instruments_hash": listings.hexdigest(),
        "state_hash": tape.state_hash,
        "tape_hash": tape_hash(tape),
        "limits": tape.limits,
        "controls": controls,
        "notes": tape.notes,
    }


def encode(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def read_metadata(path: Path) -> Metadata:
    """What the file says about itself; a UserError if it is no tape of ours."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not path.is_file():
        raise UserError(f"{path}: no such file")
    try:
        schema = pq.read_schema(path)
    except (pa.ArrowException, OSError):
        raise UserError(f"{path}: not a Parquet file, so no gpux tape") from None
    text = (schema.metadata or {}).get(METADATA_KEY)
    if text is None:
        raise UserError(f"{path}: Parquet, but no gpux tape (no metadata {METADATA_KEY.decode()})")
    metadata = decode_metadata(path, text)
    if metadata["limits"] not in NAMED:
        raise UserError(f"{path}: state size {metadata['limits']!r}, allowed: {', '.join(NAMED)}")
    return metadata


def decode_metadata(path: Path, text: bytes) -> Metadata:
    """Metadata of this row version, every field of the type that it is to have. UserError names the field."""
    try:
        found = msgspec.json.decode(text, type=dict[str, Any])
        version = found.get("row_version")
        if version != ROW_VERSION:
            raise UserError(f"{path}: row version {version}, this gpux reads {ROW_VERSION}")
        msgspec.convert(found, Noted)
        return msgspec.convert(found, Metadata)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise UserError(f"{path}: damaged: metadata {METADATA_KEY.decode()}: {error}") from None


def read_tape(path: Path) -> Tape:
    """Read and verify a tape. UserError if it is missing, foreign, of another row version, or damaged."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    metadata = read_metadata(path)
    try:
        table = pq.read_table(path)
    except (pa.ArrowException, OSError) as error:
        raise UserError(f"{path}: damaged: {str(error).splitlines()[0]}") from None
    rows = command_rows(path, table)
    controls = [decode_control(path, number, *pair) for number, pair in enumerate(metadata["controls"], 1)]
    tape = Tape(
        rows,
        controls,
        metadata["limits"],
        metadata["shard"],
        metadata["rules_hash"],
        metadata["state_hash"],
        metadata["resting_rows"],
        metadata["notes"],
    )
    if tape_hash(tape) != metadata["tape_hash"]:
        raise UserError(f"{path}: damaged: its rows do not have the tape hash {metadata['tape_hash'][:16]}...")
    if tape.resting_rows > len(rows):
        raise UserError(f"{path}: damaged: resting_rows {tape.resting_rows} not in 0..{len(rows)}")
    check_sequences(path, tape)
    return tape


def command_rows(path: Path, table: "pa.Table") -> np.ndarray:
    """COMMAND rows of a table. UserError: a column is missing, of another type, or has holes."""
    import pyarrow as pa

    rows = np.zeros(table.num_rows, COMMAND)
    for name, code, _ in COMMAND_FIELDS:
        if name not in table.column_names:
            raise UserError(f"{path}: damaged: column {name} is missing")
        column, wanted = table.column(name), pa.from_numpy_dtype(np.dtype(code))
        if column.type != wanted:
            raise UserError(f"{path}: damaged: column {name} has type {column.type}, allowed: {wanted}")
        if column.null_count:
            raise UserError(f"{path}: damaged: column {name} has {column.null_count} empty rows, allowed: none")
        rows[name] = column.to_numpy()
    return rows


def decode_control(path: Path, number: int, row: bytes, payload: bytes) -> Control:
    """One control of the metadata, counted from 1. UserError if its row is not one COMMAND row."""
    if len(row) != COMMAND.itemsize:
        raise UserError(f"{path}: damaged: the row of control {number} has {len(row)} bytes, not {COMMAND.itemsize}")
    return Control(np.frombuffer(row, COMMAND).copy(), payload)


def check_sequences(path: Path, tape: Tape) -> None:
    """UserError unless the sequences of rows and controls ascend, and no row has that of a control."""
    rows = tape.commands["sequence"]
    controls = np.array([control.sequence for control in tape.controls], np.int64)
    if np.any(rows[1:] <= rows[:-1]) or np.any(controls[1:] <= controls[:-1]):
        raise UserError(f"{path}: damaged: sequences do not ascend")
    for sequence in np.intersect1d(rows, controls)[:1].tolist():
        raise UserError(f"{path}: damaged: sequence {sequence} is that of a row and of a control")
