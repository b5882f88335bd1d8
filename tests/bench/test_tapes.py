"""A native tape gives back what was written, knows its hash, and refuses what is foreign or damaged."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bench.flow import FLOWS, make_flow
from bench.tapes import METADATA_KEY, Control, Tape, read_metadata, read_tape, tape_hash, write_tape
from exchange.codes import CommandKind
from exchange.errors import UserError
from exchange.records import COMMAND, COMMAND_FIELDS


def small_tape() -> Tape:
    flow = make_flow(replace(FLOWS["mixed"], commands=400, warm_orders=100))
    rows = np.concatenate([flow.warm, flow.commands])
    rows["sequence"] += 5
    rows["sequence"][50:] += 1
    controls = []
    for sequence, kind in ((5, CommandKind.LIST), (56, CommandKind.DEFINE_ACCOUNT)):
        row = np.zeros(1, COMMAND)
        row["sequence"], row["kind"] = sequence, kind
        controls.append(Control(row, b'{"number": %d}' % sequence))
    return Tape(rows, controls, "test", "H100", "rules", "state", 100, {"from": "a test"})


def extreme_tape() -> Tape:
    """Least and greatest value of every field."""
    rows = np.zeros(2, COMMAND)
    for name, code, _ in COMMAND_FIELDS[1:]:
        span = np.iinfo(code)
        rows[name] = [span.min, span.max]
    rows["sequence"] = [1, np.iinfo(np.int64).max]
    return Tape(rows, [], "venue")


@pytest.mark.rule("TAPE-001")
@pytest.mark.parametrize("make", [small_tape, extreme_tape])
def test_tape_read_back_is_the_tape_written(make: object, tmp_path: Path) -> None:
    tape = make()  # type: ignore[operator]
    write_tape(tape, tmp_path / "day.parquet")
    again = read_tape(tmp_path / "day.parquet")
    assert np.array_equal(again.commands, tape.commands)
    assert [(c.row.tobytes(), c.payload) for c in again.controls] == [
        (c.row.tobytes(), c.payload) for c in tape.controls
    ]
    assert replace(again, commands=0, controls=()) == replace(tape, commands=0, controls=())  # type: ignore[arg-type]


@pytest.mark.rule("TAPE-001")
def test_file_is_zstd_with_delta_packing_and_without_dictionaries(tmp_path: Path) -> None:
    write_tape(small_tape(), tmp_path / "day.parquet")
    group = pq.ParquetFile(tmp_path / "day.parquet").metadata.row_group(0)
    columns = {group.column(i).path_in_schema: group.column(i) for i in range(group.num_columns)}
    assert {column.compression for column in columns.values()} == {"ZSTD"}
    assert not any("DICTIONARY" in text for column in columns.values() for text in column.encodings)
    for name in ("time_ns", "sequence", "order_id", "price"):
        assert "DELTA_BINARY_PACKED" in columns[name].encodings


@pytest.mark.rule("TAPE-002")
def test_metadata_says_what_the_file_holds(tmp_path: Path) -> None:
    tape = small_tape()
    name = write_tape(tape, tmp_path / "day.parquet")
    metadata = read_metadata(tmp_path / "day.parquet")
    expected = {"row_version": 1, "shard": "H100", "first_sequence": 6, "last_sequence": 506, "rows": 500}
    expected |= {"rules_hash": "rules", "state_hash": "state", "tape_hash": tape_hash(tape)}
    assert {key: metadata[key] for key in expected} == expected
    assert name == metadata["tape_hash"] and len(metadata["instruments_hash"]) == 64


@pytest.mark.rule("TAPE-002")
def test_tape_hash_survives_another_encoding(tmp_path: Path) -> None:
    write_tape(small_tape(), tmp_path / "day.parquet")
    table = pq.read_table(tmp_path / "day.parquet")
    pq.write_table(table, tmp_path / "again.parquet", compression="none", row_group_size=100)
    assert tape_hash(read_tape(tmp_path / "again.parquet")) == tape_hash(small_tape())


def test_controls_come_between_the_rows_around_them() -> None:
    parts = list(small_tape().parts())
    assert [len(part) if isinstance(part, np.ndarray) else part.sequence for part in parts] == [5, 50, 56, 450]


@pytest.mark.rule("TAPE-002")
def test_changed_row_is_noticed(tmp_path: Path) -> None:
    write_tape(small_tape(), tmp_path / "day.parquet")
    table = pq.read_table(tmp_path / "day.parquet")
    prices = table.column("price").to_numpy().copy()
    prices[7] += 1
    place = table.column_names.index("price")
    pq.write_table(table.set_column(place, "price", pa.array(prices)), tmp_path / "day.parquet")
    with pytest.raises(UserError, match="damaged: its rows do not have the tape hash"):
        read_tape(tmp_path / "day.parquet")


def metadata_changed(folder: Path, old: bytes, new: bytes) -> Path:
    write_tape(small_tape(), folder / "day.parquet")
    table = pq.read_table(folder / "day.parquet")
    metadata = table.schema.metadata
    changed = metadata | {METADATA_KEY: metadata[METADATA_KEY].replace(old, new)}
    pq.write_table(table.replace_schema_metadata(changed), folder / "changed.parquet")
    return folder / "changed.parquet"


def test_wrong_files_are_refused_in_one_line_with_code_2(tmp_path: Path) -> None:
    text = tmp_path / "text.parquet"
    text.write_text("no parquet")
    foreign = tmp_path / "foreign.parquet"
    pq.write_table(pa.table({"price": [1, 2]}), foreign)
    version = metadata_changed(tmp_path, b'"row_version": 1', b'"row_version": 9')
    cases = [
        (tmp_path / "missing.parquet", "no such file"),
        (tmp_path, "no such file"),
        (text, "not a Parquet file"),
        (foreign, "no gpux tape"),
        (version, "row version 9, this gpux reads 1"),
    ]
    for path, reason in cases:
        with pytest.raises(UserError, match=reason) as caught:
            read_tape(path)
        assert caught.value.code == 2 and "\n" not in str(caught.value) and str(path) in str(caught.value)


def rewritten(path: Path, table: pa.Table, metadata: bytes) -> Path:
    pq.write_table(table.replace_schema_metadata({METADATA_KEY: metadata}), path)
    return path


WRONG_METADATA = [  # key, its value, what is told; a key of "" replaces the whole text
    ("", b"no JSON", "metadata gpux.tape: "),
    ("", b"", "metadata gpux.tape: "),
    ("", b'{"row_version": 1, "shard": "\xff"}', "metadata gpux.tape: "),
    ("", b"[]", "Expected `object`, got `array`"),
    ("", b"[" * 100_000, "metadata gpux.tape: "),
    ("row_version", None, "row version None, this gpux reads 1"),
    ("limits", None, "missing required field `limits`"),
    ("limits", ["test"], "Expected `str`, got `array` - at `$.limits`"),
    ("limits", "huge", "state size 'huge', allowed: test, venue, tape"),
    ("controls", None, "missing required field `controls`"),
    ("controls", [["", "", ""]], "`$.controls[0]`"),
    ("controls", [["not base 64", ""]], "Invalid base64 encoded string - at `$.controls[0][0]`"),
    ("controls", [["AAAA", ""]], "the row of control 1 has 3 bytes, not 128"),
    ("notes", "a text", "Expected `object`, got `str` - at `$.notes`"),
    ("notes", {"fills": "many"}, "Expected `int`, got `str` - at `$.notes.fills`"),
    ("state_hash", 7, "Expected `str`, got `int` - at `$.state_hash`"),
    ("tape_hash", None, "missing required field `tape_hash`"),
    ("resting_rows", -1, "`int` >= 0 - at `$.resting_rows`"),
    ("resting_rows", 501, "resting_rows 501 not in 0..500"),
]


@pytest.mark.rule("TAPE-002")
@pytest.mark.parametrize(("key", "value", "told"), WRONG_METADATA)
def test_wrong_metadata_is_told_in_one_line_with_its_field(key: str, value: object, told: str, tmp_path: Path) -> None:
    write_tape(small_tape(), tmp_path / "day.parquet")
    table = pq.read_table(tmp_path / "day.parquet")
    metadata = json.loads(table.schema.metadata[METADATA_KEY]) | {key: value}
    if value is None:
        del metadata[key]
    text = value if isinstance(value, bytes) else json.dumps(metadata).encode()
    path = rewritten(tmp_path / "wrong.parquet", table, text)
    with pytest.raises(UserError) as caught:
        read_tape(path)
    assert told in str(caught.value) and str(path) in str(caught.value) and "\n" not in str(caught.value)
    assert caught.value.code == 2


@pytest.mark.rule("TAPE-002")
@pytest.mark.parametrize(
    ("column", "told"),
    [
        (None, "column price is missing"),
        (pa.array(["1"] * 500), "column price has type string, allowed: int64"),
        (pa.array([1.0] * 500), "column price has type double, allowed: int64"),
        (pa.array([None] + [1] * 499, pa.int64()), "column price has 1 empty rows, allowed: none"),
    ],
)
def test_wrong_column_is_told_by_name(column: pa.Array | None, told: str, tmp_path: Path) -> None:
    write_tape(small_tape(), tmp_path / "day.parquet")
    table = pq.read_table(tmp_path / "day.parquet")
    metadata = table.schema.metadata[METADATA_KEY]
    place = table.column_names.index("price")
    wrong = table.remove_column(place) if column is None else table.set_column(place, "price", column)
    with pytest.raises(UserError, match=told):
        read_tape(rewritten(tmp_path / "wrong.parquet", wrong, metadata))


@pytest.mark.rule("TAPE-001")
@pytest.mark.parametrize(
    ("sequences", "told"),
    [
        ([56, 5], "sequences do not ascend"),
        ([5, 5], "sequences do not ascend"),
        ([5, 57], "57 is that of a row and of"),
    ],
)
def test_controls_out_of_order_are_refused(sequences: list[int], told: str, tmp_path: Path) -> None:
    tape = small_tape()
    for control, sequence in zip(tape.controls, sequences, strict=True):
        control.row["sequence"] = sequence
    write_tape(tape, tmp_path / "day.parquet")
    with pytest.raises(UserError, match=told):
        read_tape(tmp_path / "day.parquet")


def test_cut_off_file_is_refused(tmp_path: Path) -> None:
    write_tape(small_tape(), tmp_path / "day.parquet")
    data = (tmp_path / "day.parquet").read_bytes()
    (tmp_path / "cut.parquet").write_bytes(data[: len(data) // 2])
    with pytest.raises(UserError, match="not a Parquet file"):
        read_tape(tmp_path / "cut.parquet")
    (tmp_path / "hole.parquet").write_bytes(data[:200] + bytes(200) + data[400:])
    with pytest.raises(UserError, match="damaged"):
        read_tape(tmp_path / "hole.parquet")


def test_unwritable_place_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be written"):
        write_tape(small_tape(), tmp_path / "no" / "day.parquet")
