"""Writes the events that an engine emits for a tape, a column a field of EVENT: as an event tape, or as Arrow IPC."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bench.extras import check_package, whole_file
from bench.tapes.events import write_event_tape
from bench.tapes.run import events_of_tape
from bench.tapes.tape import Tape, tape_hash
from exchange.records import EVENT, EVENT_FIELDS

if TYPE_CHECKING:
    import pyarrow as pa

ENDINGS = (".parquet", ".arrow")


def write_events(tape: Tape, path: Path) -> int:
    """Run a tape and write all of its events, part by part. Returns their number."""
    check_package(f"writing {path}", "pyarrow", "research")
    if path.suffix == ".parquet":
        return write_event_tape(path, events_of_tape(tape), tape_hash(tape))
    import pyarrow as pa

    count = 0
    schema = event_table(np.zeros(0, EVENT)).schema
    with whole_file(path) as part, pa.OSFile(str(part), "wb") as file, pa.ipc.new_file(file, schema) as writer:
        for events in events_of_tape(tape):
            writer.write_table(event_table(events))
            count += len(events)
    return count


def event_table(events: np.ndarray) -> "pa.Table":
    """EVENT rows as a table."""
    import pyarrow as pa

    return pa.table({name: np.ascontiguousarray(events[name]) for name, _, _ in EVENT_FIELDS})
