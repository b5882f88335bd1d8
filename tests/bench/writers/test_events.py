"""Events of a tape are written as they are emitted."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bench.tapes.market import engine_at
from bench.writers.events import write_events
from exchange.records import EVENT_FIELDS
from tests.bench.writers.test_order_flow import mixed_tape


@pytest.mark.rule("TAPE-010")
@pytest.mark.parametrize("ending", [".parquet", ".arrow"])
def test_file_has_every_field_of_every_event(ending: str, tmp_path: Path) -> None:
    tape = mixed_tape(300)
    path = tmp_path / f"events{ending}"
    count = write_events(tape, path)
    table = pq.read_table(path) if ending == ".parquet" else pa.ipc.open_file(path).read_all()
    events = engine_at(tape, 0).apply(tape.commands)
    controls = count - len(events)
    assert controls > 0 and table.num_rows == count
    for name, _, _ in EVENT_FIELDS:
        assert np.array_equal(table.column(name).to_numpy()[controls:], events[name]), name
