"""Event tapes: EVENT rows in a Parquet file of the same kind as a tape, for analysis by any program.

    with EventTapeWriter(path, source_hash) as writer:
        for part in tape.parts():
            writer.append(engine.apply(part))
        writer.finish()

The columns are the fields of EVENT under their own names. The metadata names the tape from which they come.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, TypedDict

import msgspec
import numpy as np

from bench.tapes.columns import EVENTS
from bench.tapes.metadata import written_by
from bench.tapes.parquet import check_layout, open_parquet, read_groups
from bench.tapes.parts import TapeHash
from bench.tapes.reader import AHEAD, read_ahead
from bench.tapes.writer import GroupFile
from exchange.errors import UserError
from exchange.records import EVENT, ROW_VERSION

METADATA_KEY = b"gpux.events"
EVENTS_VERSION = 1


class EventMetadata(TypedDict):
    """All fields of the metadata."""

    events_version: int
    row_version: int
    rows: int
    events_hash: str  # BLAKE3 over the rows
    tape_hash: str  # of the tape that was replayed; empty: it was none
    notes: dict[str, Any]
    written_by: dict[str, str]


class EventTapeWriter:
    """Writes an event tape. UserError: the file cannot be written, or rows are not in order."""

    def __init__(self, path: Path, tape_hash: str = "", notes: dict[str, Any] | None = None) -> None:
        self._file, self._tape_hash, self._notes = GroupFile(path, EVENTS, METADATA_KEY), tape_hash, notes or {}
        self._hash, self._rows = TapeHash(), 0

    def __enter__(self) -> "EventTapeWriter":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._file.discard()

    def append(self, events: np.ndarray) -> None:
        """Add EVENT rows."""
        assert events.dtype == EVENT
        self._hash.update(events)
        self._rows += len(events)
        self._file.append(events)

    def finish(self) -> str:
        """Complete the file; returns the hash of the events."""
        metadata: EventMetadata = {
            "events_version": EVENTS_VERSION,
            "row_version": ROW_VERSION,
            "rows": self._rows,
            "events_hash": self._hash.hexdigest(),
            "tape_hash": self._tape_hash,
            "notes": self._notes,
            "written_by": written_by(),
        }
        self._file.close(json.dumps(metadata).encode())
        return metadata["events_hash"]


def write_event_tape(path: Path, events: Iterable[np.ndarray], tape_hash: str) -> int:
    """Write all of these EVENT rows. Returns their number. `tape_hash`: of the tape that they come from."""
    count = 0
    with EventTapeWriter(path, tape_hash) as writer:
        for rows in events:
            writer.append(rows)
            count += len(rows)
        writer.finish()
    return count


def read_events(path: Path) -> Iterator[np.ndarray]:
    """EVENT rows, one row group after the other. UserError: the file is no event tape, or damaged.

    That a row differs from the one that was written is known, and raised, after the last row group.
    """
    with open_parquet(path) as file:
        metadata = event_metadata(path, file.schema_arrow.metadata)
        check_layout(path, file, EVENTS)
        digest = TapeHash()
        for rows in read_ahead((rows for rows, _ in read_groups(path, file, EVENTS)), AHEAD):
            digest.update(rows)
            yield rows
    if digest.hexdigest() != metadata["events_hash"]:
        raise UserError(f"{path}: damaged: its rows do not have the hash {metadata['events_hash'][:16]}...")


def event_metadata(path: Path, found: dict[bytes, bytes] | None) -> EventMetadata:
    """The metadata of an event tape. UserError: there is none, or of another version."""
    text = (found or {}).get(METADATA_KEY)
    if text is None:
        raise UserError(f"{path}: Parquet, but no event tape of gpux (no metadata {METADATA_KEY.decode()})")
    try:
        metadata = msgspec.json.decode(text, type=EventMetadata)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: damaged: metadata {METADATA_KEY.decode()}: {error}") from None
    versions = metadata["events_version"], metadata["row_version"]
    if versions != (EVENTS_VERSION, ROW_VERSION):
        allowed = f"{EVENTS_VERSION} and {ROW_VERSION}"
        raise UserError(f"{path}: versions of file and rows {versions[0]} and {versions[1]}, this gpux reads {allowed}")
    return metadata
