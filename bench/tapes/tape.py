"""Native tapes: COMMAND rows in a Parquet file with its own hash (TAPE-001 to TAPE-003).

The columns are the fields of COMMAND, compressed with zstd level 3. Columns whose values ascend or cluster are delta
packed, so that most rows take a few bytes. Controls (listings, accounts) are rows too, in the order of sequence; their
payload is in an additional column, which is empty for other rows. So a reader can read one row group at a time. The
tape hash covers rows and controls as canonical bytes: it stays the same if the file is written with other settings, or
in version 2 instead of 1.
"""

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import blake3
import numpy as np

from bench.extras import check_package
from bench.tapes.metadata import METADATA_KEY, TAPE_VERSION, Metadata, decode_metadata
from exchange.errors import UserError
from exchange.limits import NAMED
from exchange.records import COMMAND, COMMAND_FIELDS, ROW_VERSION

if TYPE_CHECKING:
    import pyarrow as pa

ENDING = ".parquet"
PARQUET = b"PAR1"  # first bytes of a Parquet file
PAYLOAD = "payload"
ROW_GROUP_ROWS = 1_000_000
DELTA_FIELDS = ("sequence", "time_ns", "request_id", "order_id", "price", "trigger", "expiry_ns")


@dataclass(frozen=True)
class TapeControl:
    """A control: one COMMAND row of kind >= 64, and its payload as JSON bytes."""

    row: np.ndarray  # COMMAND, shape (1,)
    payload: bytes

    @property
    def sequence(self) -> int:
        return int(self.row["sequence"][0])


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

    def parts(self) -> Iterator[np.ndarray | TapeControl]:
        """Slices of rows and single controls, in order of sequence."""
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
    """BLAKE3 over all rows, and then over row and payload of each control (TAPE-002)."""
    digest = blake3.blake3(np.ascontiguousarray(tape.commands).tobytes())
    for control in tape.controls:
        digest.update(control.row.tobytes() + len(control.payload).to_bytes(8, "little") + control.payload)
    return digest.hexdigest()


def write_tape(tape: Tape, path: Path) -> str:
    """Write the file completely or not at all; returns the tape hash. UserError: the tape is not in order."""
    import pyarrow.parquet as pq

    assert tape.limits in NAMED and tape.commands.dtype == COMMAND
    check_order(path, tape)
    table, name = table_of(tape), tape_hash(tape)
    part = path.with_name(path.name + ".part")
    settings = {
        "compression": "zstd",
        "compression_level": 3,
        "use_dictionary": False,
        "column_encoding": dict.fromkeys(DELTA_FIELDS, "DELTA_BINARY_PACKED"),
        # pyarrow's own schema is not stored: it would repeat all metadata, and Parquet has the types of these columns.
        "store_schema": False,
    }
    try:
        with pq.ParquetWriter(part, table.schema, **settings) as writer:
            writer.write_table(table, ROW_GROUP_ROWS)
            writer.add_key_value_metadata({METADATA_KEY: describe(tape, name)})
        os.replace(part, path)
    except OSError as error:
        raise UserError(f"{path}: cannot be written: {error.strerror or error}") from None
    return name


def describe(tape: Tape, name: str) -> bytes:
    """The metadata of a tape as JSON. `name`: its tape hash."""
    listings = blake3.blake3(b"".join(control.payload for control in tape.controls))
    rows = len(tape.commands)
    metadata = {
        "tape_version": TAPE_VERSION,
        "row_version": ROW_VERSION,
        "shard": tape.shard,
        "first_sequence": int(tape.commands["sequence"][0]) if rows else 0,
        "last_sequence": int(tape.commands["sequence"][-1]) if rows else 0,
        "rows": rows,
        "controls": len(tape.controls),
        "resting_rows": tape.resting_rows,
        "rules_hash": tape.rules_hash,
        "instruments_hash": listings.hexdigest(),
        "state_hash": tape.state_hash,
        "tape_hash": name,
        "limits": tape.limits,
        "notes": tape.notes,
    }
    return json.dumps(metadata).encode()


def table_of(tape: Tape) -> "pa.Table":
    """Rows and controls in order of sequence: the fields of COMMAND, and the payload of each control."""
    import pyarrow as pa

    rows, payloads = [np.zeros(0, COMMAND)], [pa.nulls(0, pa.binary())]
    for part in tape.parts():
        if isinstance(part, TapeControl):
            rows.append(part.row)
            payloads.append(pa.array([part.payload], pa.binary()))
        else:
            rows.append(part)
            payloads.append(pa.nulls(len(part), pa.binary()))
    commands = np.concatenate(rows)
    columns = {name: np.ascontiguousarray(commands[name]) for name, _, _ in COMMAND_FIELDS}
    return pa.table({**columns, PAYLOAD: pa.chunked_array(payloads)})


def read_metadata(path: Path) -> Metadata:
    """The metadata of a file. UserError: it is not a native tape."""
    if not path.is_file():
        raise UserError(f"{path}: no such file")
    check_package(f"reading {path}", "pyarrow", "research")
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        schema = pq.read_schema(path)
    except (pa.ArrowException, OSError):
        raise UserError(f"{path}: {_no_parquet(path)}") from None
    text = (schema.metadata or {}).get(METADATA_KEY)
    if text is None:
        raise UserError(f"{path}: Parquet, but no gpux tape (no metadata {METADATA_KEY.decode()})")
    return decode_metadata(path, text)


def _no_parquet(path: Path) -> str:
    with path.open("rb") as file:
        begins_well = file.read(len(PARQUET)) == PARQUET
    if begins_well:
        return "damaged: it begins as a Parquet file and is cut short, or its end is damaged"
    return "not a Parquet file, so no gpux tape"


def read_tape(path: Path) -> Tape:
    """Read and verify a tape. UserError: it is missing, not a tape, of another version, or damaged."""
    metadata = read_metadata(path)
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
    except (pa.ArrowException, OSError) as error:
        raise UserError(f"{path}: damaged: {str(error).splitlines()[0]}") from None
    rows = command_rows(path, table)
    if metadata["tape_version"] == 1:
        controls = [decode_control(path, number, *pair) for number, pair in enumerate(metadata["kept"], 1)]
    else:
        rows, controls = split_controls(path, rows, table)
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
    check_order(path, tape)
    if tape_hash(tape) != metadata["tape_hash"]:
        raise UserError(f"{path}: damaged: its rows do not have the tape hash {metadata['tape_hash'][:16]}...")
    if tape.resting_rows > len(rows):
        raise UserError(f"{path}: damaged: resting_rows {tape.resting_rows} not in 0..{len(rows)}")
    return tape


def command_rows(path: Path, table: "pa.Table") -> np.ndarray:
    """COMMAND rows of a table. UserError: a column is missing, of another type, or incomplete."""
    import pyarrow as pa

    rows = np.zeros(table.num_rows, COMMAND)
    for name, code, _ in COMMAND_FIELDS:
        column = column_of(path, table, name, pa.from_numpy_dtype(np.dtype(code)))
        if column.null_count:
            raise UserError(f"{path}: damaged: column {name} has {column.null_count} empty rows, allowed: none")
        rows[name] = column.to_numpy()
    return rows


def column_of(path: Path, table: "pa.Table", name: str, wanted: "pa.DataType") -> "pa.ChunkedArray":
    """A column of a table. UserError: it is missing, or of another type."""
    if name not in table.column_names:
        raise UserError(f"{path}: damaged: column {name} is missing")
    column = table.column(name)
    if column.type != wanted:
        raise UserError(f"{path}: damaged: column {name} has type {column.type}, allowed: {wanted}")
    return column


def split_controls(path: Path, rows: np.ndarray, table: "pa.Table") -> tuple[np.ndarray, list[TapeControl]]:
    """Split the rows of a table: (rows without payload, controls). UserError: they are not in order of sequence."""
    import pyarrow as pa

    payloads = column_of(path, table, PAYLOAD, pa.binary())
    check_ascending(path, "row", rows["sequence"])
    is_control = payloads.is_valid().to_numpy()
    indices = np.flatnonzero(is_control).tolist()
    found = payloads.drop_null().to_pylist()
    controls = [
        TapeControl(rows[index : index + 1].copy(), payload) for index, payload in zip(indices, found, strict=True)
    ]
    return rows[~is_control], controls


def decode_control(path: Path, number: int, row: bytes, payload: bytes) -> TapeControl:
    """One control of version 1, numbered from 1. UserError: its row is not a COMMAND row."""
    if len(row) != COMMAND.itemsize:
        raise UserError(f"{path}: damaged: the row of control {number} has {len(row)} bytes, not {COMMAND.itemsize}")
    return TapeControl(np.frombuffer(row, COMMAND).copy(), payload)


def check_order(path: Path, tape: Tape) -> None:
    """Raise UserError if rows or controls are out of order.

    Sequences must ascend, a row and a control must not have the same one, and time must not run backwards. Messages
    number rows from 1, controls included.
    """
    rows = tape.commands["sequence"]
    controls = np.array([control.sequence for control in tape.controls], np.int64)
    check_ascending(path, "row", rows)
    check_ascending(path, "control", controls)
    for sequence in np.intersect1d(rows, controls)[:1].tolist():
        raise UserError(f"{path}: sequence {sequence} is that of a row and of a control")
    of_controls = np.array([control.row["time_ns"][0] for control in tape.controls], np.int64)
    order = np.argsort(np.concatenate([rows, controls]), kind="stable")
    times = np.concatenate([tape.commands["time_ns"], of_controls])[order]
    for index in np.flatnonzero(times[1:] < times[:-1])[:1].tolist():
        sequence = np.concatenate([rows, controls])[order[index + 1]]
        before, found = times[index : index + 2].tolist()
        what = f"row {index + 2} (sequence {sequence}): time_ns {found}"
        raise UserError(f"{path}: time runs backwards: {what}, allowed: {before}, that of the row before, or more")


def check_ascending(path: Path, what: str, sequences: np.ndarray) -> None:
    """Raise UserError if a sequence is not larger than the one before. `what`: name of a row in messages."""
    for index in np.flatnonzero(sequences[1:] <= sequences[:-1])[:1].tolist():
        before, found = sequences[index : index + 2].tolist()
        raise UserError(f"{path}: sequences do not ascend: {what} {index + 2} has {found}, the one before it {before}")
