"""A native tape gives back what was written, knows its hash, and refuses what is foreign or damaged."""

import base64
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bench.flows.flow import FLOWS, make_flow
from bench.tapes.metadata import METADATA_KEY
from bench.tapes.tape import Tape, TapeControl, read_metadata, read_tape, table_of, tape_hash, write_tape
from exchange.codes import CommandKind
from exchange.errors import UserError
from exchange.records import COMMAND, COMMAND_FIELDS

VERSION_1 = Path(__file__).parent / "version_1.parquet"  # as the writer of gpux 0.1.0 left it: 95 rows, 4 controls
VERSION_1_HASH = "a63c769eabdff94ca3caa9b697f9d059012879c19a7d862bcf3f86f5dfed6ac5"


def small_tape() -> Tape:
    flow = make_flow(replace(FLOWS["mixed"], commands=400, warm_orders=100))
    rows = np.concatenate([flow.warm, flow.commands])
    rows["sequence"] += 5
    rows["sequence"][50:] += 1
    controls = []
    for sequence, kind in ((5, CommandKind.LIST), (56, CommandKind.DEFINE_ACCOUNT)):
        row = np.zeros(1, COMMAND)
        row["sequence"], row["kind"], row["time_ns"] = sequence, kind, rows["time_ns"][max(sequence - 6, 0)]
        controls.append(TapeControl(row, b'{"number": %d}' % sequence))
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


@pytest.mark.rule("TAPE-001")
def test_controls_lie_among_the_rows_once_and_compressed(tmp_path: Path) -> None:
    """A venue's listings are a megabyte of text that says nearly the same a thousand times."""
    payload = json.dumps([{"symbol": f"H100.G90.M{number}", "hours": 720} for number in range(20_000)]).encode()
    row = small_tape().controls[0].row
    write_tape(replace(small_tape(), controls=[]), tmp_path / "none.parquet")
    write_tape(replace(small_tape(), controls=[TapeControl(row, payload)]), tmp_path / "one.parquet")
    grown = (tmp_path / "one.parquet").stat().st_size - (tmp_path / "none.parquet").stat().st_size
    assert grown < len(payload) / 5
    data = (tmp_path / "one.parquet").read_bytes()
    assert b"ARROW:schema" not in data and data.count(METADATA_KEY) == 1
    table = pq.read_table(tmp_path / "one.parquet", columns=["sequence", "payload"])
    assert table.slice(0, 2).to_pylist() == [{"sequence": 5, "payload": payload}, {"sequence": 6, "payload": None}]


@pytest.mark.rule("TAPE-002")
def test_version_1_is_still_read_and_keeps_its_hash_as_version_2(tmp_path: Path) -> None:
    old = read_tape(VERSION_1)
    assert read_metadata(VERSION_1)["tape_version"] == 1
    assert (len(old.commands), len(old.controls), old.notes["fills"]) == (95, 4, 9)
    assert write_tape(old, tmp_path / "new.parquet") == tape_hash(old) == VERSION_1_HASH
    assert read_metadata(tmp_path / "new.parquet")["tape_version"] == 2
    again = read_tape(tmp_path / "new.parquet")
    assert np.array_equal(again.commands, old.commands)
    assert [control.payload for control in again.controls] == [control.payload for control in old.controls]


@pytest.mark.rule("TAPE-002")
def test_metadata_says_what_the_file_holds(tmp_path: Path) -> None:
    tape = small_tape()
    name = write_tape(tape, tmp_path / "day.parquet")
    metadata = read_metadata(tmp_path / "day.parquet")
    expected = {
        "tape_version": 2,
        "controls": 2,
        "row_version": 1,
        "shard": "H100",
        "first_sequence": 6,
        "last_sequence": 506,
        "rows": 500,
    }
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
    foreign, cut = tmp_path / "foreign.parquet", tmp_path / "cut.parquet"
    pq.write_table(pa.table({"price": [1, 2]}), foreign)
    cut.write_bytes(foreign.read_bytes()[:-9])
    newer = metadata_changed(tmp_path, b'"tape_version": 2', b'"tape_version": 3').rename(tmp_path / "newer.parquet")
    version = metadata_changed(tmp_path, b'"row_version": 1', b'"row_version": 9')
    cases = [
        (tmp_path / "missing.parquet", "no such file"),
        (tmp_path, "no such file"),
        (text, "not a Parquet file"),
        (cut, "damaged: it begins as a Parquet file and is cut short, or its end is damaged"),
        (foreign, "no gpux tape"),
        (version, "row version 9, this gpux reads 1"),
        (newer, "tape version 3, this gpux reads 1 and 2"),
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
    ("tape_version", "2", "tape version 2, this gpux reads 1 and 2"),
    ("limits", None, "missing required field `limits`"),
    ("limits", ["test"], "Expected `str`, got `array` - at `$.limits`"),
    ("limits", "huge", "state size 'huge', allowed: test, venue, tape"),
    ("controls", None, "missing required field `controls`"),
    ("notes", "a text", "Expected `object`, got `str` - at `$.notes`"),
    ("notes", {"fills": "many"}, "Expected `int`, got `str` - at `$.notes.fills`"),
    ("state_hash", 7, "Expected `str`, got `int` - at `$.state_hash`"),
    ("tape_hash", None, "missing required field `tape_hash`"),
    ("resting_rows", -1, "`int` >= 0 - at `$.resting_rows`"),
    ("resting_rows", 501, "resting_rows 501 not in 0.."),
]
WRONG_CONTROLS = [  # of version 1
    ("controls", 4, "Expected `array`, got `int` - at `$.controls`"),
    ("controls", [["", "", ""]], "`$.controls[0]`"),
    ("controls", [["not base 64", ""]], "Invalid base64 encoded string - at `$.controls[0][0]`"),
    ("controls", [["AAAA", ""]], "the row of control 1 has 3 bytes, not 128"),
    ("tape_version", 2, "Expected `int`, got `array` - at `$.controls`"),
]
WRONG_COUNT = [("controls", -1, "`int` >= 0 - at `$.controls`"), ("tape_version", 1, "Expected `array`, got `int`")]
WRONG = [(2, *case) for case in WRONG_METADATA + WRONG_COUNT] + [(1, *case) for case in WRONG_METADATA + WRONG_CONTROLS]


@pytest.mark.rule("TAPE-002")
@pytest.mark.parametrize(("version", "key", "value", "expected"), WRONG)
def test_wrong_metadata_is_told_in_one_line_with_its_field(
    version: int, key: str, value: object, expected: str, tmp_path: Path
) -> None:
    write_tape(small_tape(), tmp_path / "day.parquet")
    table = pq.read_table(VERSION_1 if version == 1 else tmp_path / "day.parquet")
    metadata = json.loads(table.schema.metadata[METADATA_KEY]) | {key: value}
    if value is None:
        del metadata[key]
    text = value if isinstance(value, bytes) else json.dumps(metadata).encode()
    path = rewritten(tmp_path / "wrong.parquet", table, text)
    with pytest.raises(UserError) as caught:
        read_tape(path)
    assert expected in str(caught.value) and str(path) in str(caught.value) and "\n" not in str(caught.value)
    assert caught.value.code == 2


@pytest.mark.rule("TAPE-002")
@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (None, "column price is missing"),
        (pa.array(["1"] * 502), "column price has type string, allowed: int64"),
        (pa.array([1.0] * 502), "column price has type double, allowed: int64"),
        (pa.array([None] + [1] * 501, pa.int64()), "column price has 1 empty rows, allowed: none"),
    ],
)
def test_wrong_column_is_told_by_name(column: pa.Array | None, expected: str, tmp_path: Path) -> None:
    write_tape(small_tape(), tmp_path / "day.parquet")
    table = pq.read_table(tmp_path / "day.parquet")
    metadata = table.schema.metadata[METADATA_KEY]
    place = table.column_names.index("price")
    wrong = table.remove_column(place) if column is None else table.set_column(place, "price", column)
    with pytest.raises(UserError, match=expected):
        read_tape(rewritten(tmp_path / "wrong.parquet", wrong, metadata))


@pytest.mark.rule("TAPE-002")
@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (None, "column payload is missing"),
        (pa.array(["{}"] + [None] * 501), "column payload has type string, allowed: binary"),
        (pa.array([b"{}"] + [None] * 501), "damaged: its rows do not have the tape hash"),
        (pa.nulls(502, pa.binary()), "damaged: its rows do not have the tape hash"),
    ],
)
def test_wrong_payloads_are_refused(column: pa.Array | None, expected: str, tmp_path: Path) -> None:
    table = table_of(small_tape())
    metadata = written_metadata(small_tape(), tmp_path)
    place = table.column_names.index("payload")
    wrong = table.remove_column(place) if column is None else table.set_column(place, "payload", column)
    with pytest.raises(UserError, match=expected):
        read_tape(rewritten(tmp_path / "wrong.parquet", wrong, metadata))


def written_metadata(tape: Tape, folder: Path) -> bytes:
    write_tape(tape, folder / "sound.parquet")
    found: bytes = pq.read_schema(folder / "sound.parquet").metadata[METADATA_KEY]
    return found


@pytest.mark.rule("TAPE-001")
@pytest.mark.parametrize(
    ("sequences", "expected"),
    [
        ([56, 5], "sequences do not ascend"),
        ([5, 5], "sequences do not ascend"),
        ([5, 57], "57 is that of a row and of"),
    ],
)
def test_controls_out_of_order_are_refused(sequences: list[int], expected: str, tmp_path: Path) -> None:
    """By the writer, and by the reader of version 1, whose file has them apart."""
    tape = small_tape()
    for control, sequence in zip(tape.controls, sequences, strict=True):
        control.row["sequence"] = sequence
    with pytest.raises(UserError, match=expected):
        write_tape(tape, tmp_path / "day.parquet")
    assert not list(tmp_path.iterdir())
    pairs = [[base64.b64encode(data).decode() for data in (c.row.tobytes(), c.payload)] for c in tape.controls]
    metadata = json.loads(written_metadata(small_tape(), tmp_path)) | {"tape_version": 1, "controls": pairs}
    table = table_of(replace(tape, controls=[])).drop_columns(["payload"])
    with pytest.raises(UserError, match=expected):
        read_tape(rewritten(tmp_path / "wrong.parquet", table, json.dumps(metadata).encode()))


@pytest.mark.rule("TAPE-001")
def test_a_row_that_lies_in_another_place_than_it_applies_in_is_named(tmp_path: Path) -> None:
    table = table_of(small_tape())
    moved = pa.concat_tables([table.slice(0, 9), table.slice(10, 1), table.slice(9, 1), table.slice(11)])
    wrong = rewritten(tmp_path / "wrong.parquet", moved, written_metadata(small_tape(), tmp_path))
    with pytest.raises(UserError, match="do not ascend: row 11 has 14, the one before it 15"):
        read_tape(wrong)


@pytest.mark.rule("TAPE-001")
@pytest.mark.parametrize("back", ["row", "control"])
def test_time_that_runs_backwards_is_refused_and_the_row_named(back: str, tmp_path: Path) -> None:
    """By the writer and by the reader, of both versions; equal times are as good as rising ones."""
    tape = small_tape()
    number, sequence = (20, 24) if back == "row" else (52, 56)
    row = tape.commands[18:19] if back == "row" else tape.controls[1].row
    before = int(tape.commands["time_ns"][17] if back == "row" else tape.commands["time_ns"][49])
    row["time_ns"] = before
    write_tape(tape, tmp_path / "equal.parquet")
    metadata = json.loads(pq.read_schema(tmp_path / "equal.parquet").metadata[METADATA_KEY])
    row["time_ns"] = before - 1
    told = rf"time runs backwards: row {number} \(sequence {sequence}\): time_ns {before - 1}, allowed: {before}"
    with pytest.raises(UserError, match=told):
        write_tape(tape, tmp_path / "back.parquet")
    metadata["tape_hash"] = tape_hash(tape)
    wrong = rewritten(tmp_path / "wrong.parquet", table_of(tape), json.dumps(metadata).encode())
    with pytest.raises(UserError, match=told):
        read_tape(wrong)
    pairs = [[base64.b64encode(data).decode() for data in (c.row.tobytes(), c.payload)] for c in tape.controls]
    old = json.dumps(metadata | {"tape_version": 1, "controls": pairs}).encode()
    table = table_of(replace(tape, controls=[])).drop_columns(["payload"])
    with pytest.raises(UserError, match=told):
        read_tape(rewritten(tmp_path / "old.parquet", table, old))


def test_cut_off_file_is_refused(tmp_path: Path) -> None:
    write_tape(small_tape(), tmp_path / "day.parquet")
    data = (tmp_path / "day.parquet").read_bytes()
    (tmp_path / "cut.parquet").write_bytes(data[: len(data) // 2])
    with pytest.raises(UserError, match="damaged: it begins as a Parquet file and is cut short"):
        read_tape(tmp_path / "cut.parquet")
    (tmp_path / "hole.parquet").write_bytes(data[:200] + bytes(200) + data[400:])
    with pytest.raises(UserError, match="damaged"):
        read_tape(tmp_path / "hole.parquet")


def test_unwritable_place_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be written"):
        write_tape(small_tape(), tmp_path / "no" / "day.parquet")
