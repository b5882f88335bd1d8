"""Writes the events that an engine emits for a tape as Parquet or Arrow IPC, a column a field of EVENT."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bench.extras import check_package
from bench.tapes.tape import Tape, TapeControl
from exchange.engine.engine import Engine
from exchange.limits import NAMED
from exchange.records import EVENT, EVENT_FIELDS

if TYPE_CHECKING:
    import pyarrow as pa

ENDINGS = (".parquet", ".arrow")
CHUNK_ROWS = 65_536


def write_events(tape: Tape, path: Path) -> int:
    """Run a tape and write all of its events, chunk by chunk. Returns their number."""
    check_package(f"writing {path}", "pyarrow", "research")
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = event_table(np.zeros(0, EVENT)).schema
    count = 0
    opened = (
        pq.ParquetWriter(path, schema, compression="zstd")
        if path.suffix == ".parquet"
        else pa.ipc.new_file(path, schema)
    )
    with opened as writer:
        for events in events_of(tape):
            writer.write_table(event_table(events))
            count += len(events)
    return count


def events_of(tape: Tape) -> Iterator[np.ndarray]:
    """EVENT rows of a tape, in pieces."""
    engine = Engine(NAMED[tape.limits])
    for part in tape.parts():
        if isinstance(part, TapeControl):
            yield engine.control(part.row, part.payload)
            continue
        for start in range(0, len(part), CHUNK_ROWS):
            yield engine.apply(part[start : start + CHUNK_ROWS])


def event_table(events: np.ndarray) -> "pa.Table":
    """EVENT rows as a table."""
    import pyarrow as pa

    return pa.table({name: np.ascontiguousarray(events[name]) for name, _, _ in EVENT_FIELDS})
