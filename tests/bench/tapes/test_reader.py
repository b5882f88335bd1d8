"""A tape is read group by group, in order, and what is foreign or damaged is refused."""

import base64
import json
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import enumerate as running_threads

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bench.tapes.columns import COMMANDS, columns_of
from bench.tapes.metadata import METADATA_KEY
from bench.tapes.parts import TapeControl, row_of
from bench.tapes.reader import TapeReader, read_ahead, read_metadata
from bench.tapes.tape import read_tape, tape_hash, write_tape
from exchange.errors import UserError
from exchange.limits import NAMED
from tests.bench.tapes.tapes import VERSION_1, VERSION_2, rewritten, small_tape, table_of, written_metadata


@pytest.mark.rule("TAPE-001")
def test_parts_come_row_group_by_row_group_with_controls_in_their_places(tmp_path: Path) -> None:
    write_tape(small_tape(), tmp_path / "day.parquet")
    table = pq.read_table(tmp_path / "day.parquet")
    pq.write_table(table, tmp_path / "groups.parquet", row_group_size=200)
    with TapeReader(tmp_path / "groups.parquet") as reader:
        parts = list(reader.parts())
    assert [part.sequence if isinstance(part, TapeControl) else len(part) for part in parts] == [
        5,
        50,
        56,
        148,
        200,
        102,
    ]
    assert b"".join(row_of(part).tobytes() for part in parts) == b"".join(
        row_of(part).tobytes() for part in small_tape().parts()
    )


@pytest.mark.rule("TAPE-002")
def test_changed_row_is_noticed_after_the_last_part(tmp_path: Path) -> None:
    write_tape(small_tape(), tmp_path / "day.parquet")
    table = pq.read_table(tmp_path / "day.parquet")
    prices = table.column("price").to_numpy().copy()
    prices[7] += 1
    place = table.column_names.index("price")
    pq.write_table(table.set_column(place, "price", pa.array(prices)), tmp_path / "day.parquet")
    with TapeReader(tmp_path / "day.parquet") as reader:
        parts = reader.parts()
        assert sum(len(row_of(next(parts))) for _ in range(4)) == 502
        with pytest.raises(UserError, match="damaged: its rows do not have the tape hash"):
            next(parts)


@pytest.mark.rule("TAPE-002")
@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"rows": 501}, "it has 500 rows, its metadata says 501"),
        ({"controls": 3}, "it has 2 controls, its metadata says 3"),
    ],
)
def test_counts_are_those_of_the_metadata(changes: dict[str, int], expected: str, tmp_path: Path) -> None:
    metadata = written_metadata(small_tape(), tmp_path, **changes)
    with pytest.raises(UserError, match=expected):
        read_tape(rewritten(tmp_path / "wrong.parquet", table_of(small_tape()), metadata))


def test_foreign_files_are_refused_in_one_line_with_code_2(tmp_path: Path) -> None:
    foreign = tmp_path / "foreign.parquet"
    pq.write_table(pa.table({"price": [1, 2]}), foreign)
    (tmp_path / "text.parquet").write_text("no parquet")
    newer = rewritten(
        tmp_path / "newer.parquet", table_of(small_tape()), written_metadata(small_tape(), tmp_path, tape_version=4)
    )
    cases = [
        (tmp_path / "missing.parquet", "no such file"),
        (tmp_path, "no such file"),
        (tmp_path / "text.parquet", "not a Parquet file"),
        (foreign, "no gpux tape"),
        (newer, "tape version 4, this gpux reads 1, 2, 3"),
    ]
    for path, reason in cases:
        for read in (read_tape, read_metadata):
            with pytest.raises(UserError, match=reason) as caught:
                read(path)
            assert caught.value.code == 2 and "\n" not in str(caught.value) and str(path) in str(caught.value)


WRONG_METADATA = [  # key, its value, what is said; a key of "" replaces the whole text
    ("", b"no JSON", "metadata gpux.tape: "),
    ("", b"[]", "Expected `object`, got `array`"),
    ("", b"[" * 100_000, "metadata gpux.tape: "),
    ("row_version", None, "row version None, this gpux reads 1"),
    ("tape_version", "2", "tape version 2, this gpux reads 1, 2, 3"),
    ("limits", None, "missing required field `limits`"),
    ("limits", "huge", f"state size 'huge', allowed: {', '.join(NAMED)}"),
    ("controls", None, "missing required field `controls`"),
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
WRONG_LATER = [("controls", -1, "`int` >= 0 - at `$.controls`"), ("tape_version", 1, "Expected `array`, got `int`")]
WRONG_NEW = [("written_by", None, "missing required field `written_by`"), ("written_by", {"a": 1}, "$.written_by")]
WRONG = [
    *((VERSION_1, *case) for case in WRONG_METADATA + WRONG_CONTROLS),
    *((VERSION_2, *case) for case in WRONG_METADATA + WRONG_LATER),
    *((None, *case) for case in WRONG_METADATA + WRONG_LATER + WRONG_NEW),
]


@pytest.mark.rule("TAPE-002")
@pytest.mark.parametrize(("stored", "key", "value", "expected"), WRONG)
def test_wrong_metadata_is_one_line_that_names_its_field(
    stored: Path | None, key: str, value: object, expected: str, tmp_path: Path
) -> None:
    if stored is None:
        stored = tmp_path / "day.parquet"
        write_tape(small_tape(), stored)
    table = pq.read_table(stored)
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
    ("name", "column", "expected"),
    [
        ("price", None, "column price is missing"),
        ("price", pa.array([1.0] * 502), "column price has type double, allowed: int64"),
        ("price", pa.array([None] + [1] * 501, pa.int64()), "column price has 1 empty rows, allowed: none"),
        ("payload", None, "column payload is missing"),
        ("payload", pa.array(["{}"] + [None] * 501), "column payload has type string, allowed: binary"),
        ("payload", pa.array([b"{}"] + [None] * 501), "it has 501 rows or more, its metadata says 500"),
        ("payload", pa.nulls(502, pa.binary()), "it has 502 rows or more, its metadata says 500"),
    ],
)
def test_wrong_columns_are_refused(name: str, column: pa.Array | None, expected: str, tmp_path: Path) -> None:
    table = table_of(small_tape())
    place = table.column_names.index(name)
    wrong = table.remove_column(place) if column is None else table.set_column(place, name, column)
    with pytest.raises(UserError, match=expected):
        read_tape(rewritten(tmp_path / "wrong.parquet", wrong, written_metadata(small_tape(), tmp_path)))


@pytest.mark.rule("TAPE-001")
def test_a_row_that_lies_in_another_place_than_it_applies_in_is_named(tmp_path: Path) -> None:
    table = table_of(small_tape())
    moved = pa.concat_tables([table.slice(0, 9), table.slice(10, 1), table.slice(9, 1), table.slice(11)])
    wrong = rewritten(tmp_path / "wrong.parquet", moved, written_metadata(small_tape(), tmp_path))
    with TapeReader(wrong) as reader, pytest.raises(UserError, match="do not ascend: row 11 has 14, the one before"):
        list(reader.parts())


@pytest.mark.rule("TAPE-001")
@pytest.mark.parametrize("back", ["row", "control"])
def test_time_that_runs_backwards_is_refused_and_the_row_named(back: str, tmp_path: Path) -> None:
    """By the writer and by the reader, of all versions; equal times are as good as rising ones."""
    tape = small_tape()
    number, sequence = (20, 24) if back == "row" else (52, 56)
    row = tape.commands[18:19] if back == "row" else tape.controls[1].row
    before = int(tape.commands["time_ns"][17] if back == "row" else tape.commands["time_ns"][49])
    row["time_ns"] = before
    metadata = json.loads(written_metadata(tape, tmp_path))
    row["time_ns"] = before - 1
    expected = rf"time runs backwards: row {number} \(sequence {sequence}\): time_ns {before - 1}, allowed: {before}"
    with pytest.raises(UserError, match=expected):
        write_tape(tape, tmp_path / "back.parquet")
    metadata["tape_hash"] = tape_hash(tape)
    pairs = [[base64.b64encode(data).decode() for data in (c.row.tobytes(), c.payload)] for c in tape.controls]
    tables = {
        3: (table_of(tape), {}),
        2: (table_of(tape, plain=True), {}),
        1: (table_of(replace(tape, controls=[]), plain=True).drop_columns(["payload"]), {"controls": pairs}),
    }
    for version, (table, changes) in tables.items():
        text = json.dumps(metadata | {"tape_version": version} | changes).encode()
        with pytest.raises(UserError, match=expected):
            read_tape(rewritten(tmp_path / "wrong.parquet", table, text))


def outcome(path: Path) -> tuple[bytes, str]:
    """The rows of a tape, or why it is refused."""
    try:
        return read_tape(path).commands.tobytes(), ""
    except UserError as error:
        return b"", str(error)


@pytest.mark.parametrize("seed", range(3))
def test_no_damage_gives_other_rows_or_another_error(seed: int, tmp_path: Path) -> None:
    """A changed byte anywhere in a file is refused in one line, or changes nothing that is read."""
    tape = small_tape()
    write_tape(tape, tmp_path / "day.parquet")
    sound = (tmp_path / "day.parquet").read_bytes()
    chance, refused = random.Random(seed), 0
    for _ in range(60):
        data = bytearray(sound)
        place = chance.randrange(len(data))
        data[place] ^= 1 << chance.randrange(8)
        (tmp_path / "wrong.parquet").write_bytes(data)
        rows, error = outcome(tmp_path / "wrong.parquet")
        assert rows in (b"", tape.commands.tobytes()) and "\n" not in error, place
        refused += bool(error)
    assert refused > 20


def test_items_are_made_ahead_in_a_thread_and_no_further() -> None:
    made = []

    def numbers() -> Iterator[int]:
        for number in range(6):
            made.append(number)
            yield number

    ahead = read_ahead(numbers(), 2)
    assert next(ahead) == 0 and len(made) <= 4
    assert list(ahead) == [1, 2, 3, 4, 5]


def test_an_error_ahead_comes_after_the_items_before_it_and_the_thread_ends() -> None:
    def numbers() -> Iterator[int]:
        yield 1
        raise UserError("damaged")

    before = set(running_threads())
    ahead = read_ahead(numbers(), 2)
    assert next(ahead) == 1
    with pytest.raises(UserError, match="damaged"):
        next(ahead)
    unused = read_ahead(iter(range(9)), 2)
    next(unused)
    unused.close()  # type: ignore[attr-defined]
    assert set(running_threads()) <= before, "others may have ended meanwhile"


def test_rows_of_a_reader_stay_when_it_goes_on(tmp_path: Path) -> None:
    write_tape(small_tape(), tmp_path / "day.parquet")
    with TapeReader(tmp_path / "day.parquet") as reader:
        kept = [row_of(part) for part in reader.parts()]
    assert np.concatenate(kept).tobytes() == np.concatenate(list(map(row_of, small_tape().parts()))).tobytes()
    assert columns_of(np.concatenate(kept), COMMANDS)["sequence"].tolist() == list(range(5, 507))
