"""Small tapes, and files made of them that no writer would write."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bench.flows.flow import FLOWS, make_flow
from bench.tapes.columns import COMMANDS, PLAIN_COMMANDS, columns_of
from bench.tapes.metadata import METADATA_KEY
from bench.tapes.parts import TapeControl, row_of
from bench.tapes.tape import Tape, write_tape
from exchange.codes import CommandKind
from exchange.records import COMMAND, COMMAND_FIELDS

STORED = Path(__file__).parent
VERSION_1 = STORED / "version_1.parquet"  # as the writer of gpux 0.1.0 left it: 95 rows, 4 controls
VERSION_1_HASH = "a63c769eabdff94ca3caa9b697f9d059012879c19a7d862bcf3f86f5dfed6ac5"
VERSION_2 = STORED / "version_2.parquet"  # as the writer of gpux 0.4.0 left `small_tape`
VERSION_2_HASH = "feb347a8ca5caaa6b9f884f395cbd420e76b5d39648a04485726613b0ee71e12"


def small_tape() -> Tape:
    """500 rows and two controls: the first row, and row 52."""
    flow = make_flow(replace(FLOWS["mixed"], commands=400, warm_orders=100))
    rows = np.concatenate([flow.warm, flow.commands])
    rows["sequence"] += 5
    rows["sequence"][50:] += 1
    controls = []
    for sequence, kind in ((5, CommandKind.LIST), (56, CommandKind.DEFINE_ACCOUNT)):
        row = np.zeros(1, COMMAND)
        row["sequence"], row["kind"], row["time_ns"] = sequence, kind, rows["time_ns"][max(sequence - 6, 0)]
        controls.append(TapeControl(row, b'{"number": %d}' % sequence))
    return Tape(rows, controls, "medium", "H100", "rules", "state", 100, {"from": "a test"})


def extreme_tape() -> Tape:
    """Least and greatest value of every field."""
    rows = np.zeros(2, COMMAND)
    for name, code, _ in COMMAND_FIELDS[1:]:
        span = np.iinfo(code)
        rows[name] = [span.min, span.max]
    rows["sequence"] = [1, np.iinfo(np.int64).max]
    return Tape(rows, [], "venue")


def random_rows(count: int, seed: int) -> np.ndarray:
    """COMMAND rows with values of all sizes. Some fields have one value; many are quotes with session and account."""
    random = np.random.default_rng(seed)
    rows = np.zeros(count, COMMAND)
    for name, code, _ in COMMAND_FIELDS:
        span = np.iinfo(code)
        values = random.integers(span.min, span.max, count, dtype=code, endpoint=True)
        rows[name] = values[:1] if random.random() < 0.4 else values
    rows["kind"] = random.choice([CommandKind.NEW, CommandKind.QUOTE], count)
    own = random.random(count) < 0.5
    rows["session"][own] = rows["account"][own]
    rows["account"][random.random(count) < 0.2] = 2**32 - 1
    rows["session"][random.random(count) < 0.2] = 2**32 - 1
    rows["account"][random.random(count) < 0.2] = 0
    rows["sequence"], rows["time_ns"] = np.arange(1, 1 + count), np.sort(random.integers(0, 2**62, count))
    return rows


def table_of(tape: Tape, plain: bool = False) -> pa.Table:
    """The table of a tape in version 3, or as versions 1 and 2 have it."""
    parts = list(tape.parts())
    rows = np.concatenate([np.zeros(0, COMMAND), *map(row_of, parts)])
    payloads = [[part.payload] if isinstance(part, TapeControl) else [None] * len(part) for part in parts]
    column = pa.array([payload for part in payloads for payload in part], pa.binary())
    return pa.table({**columns_of(rows, PLAIN_COMMANDS if plain else COMMANDS), "payload": column})


def rewritten(path: Path, table: pa.Table, metadata: bytes) -> Path:
    """A file of a table with the metadata of a tape."""
    pq.write_table(table.replace_schema_metadata({METADATA_KEY: metadata}), path)
    return path


def written_metadata(tape: Tape, folder: Path, **changes: object) -> bytes:
    """The metadata of a tape, with changes."""
    write_tape(tape, folder / "sound.parquet")
    found = json.loads(pq.read_schema(folder / "sound.parquet").metadata[METADATA_KEY])
    return json.dumps(found | changes).encode()
