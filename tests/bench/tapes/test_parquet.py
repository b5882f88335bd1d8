"""Files that are foreign, cut short or damaged are one line that says what was found, and where."""

from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bench.tapes.columns import COMMANDS, columns_of
from bench.tapes.parquet import (
    SEAL_BYTES,
    check_layout,
    free_rows,
    is_sealed,
    open_parquet,
    place_of,
    read_groups,
    seal,
    tail_length,
)
from exchange.errors import UserError
from exchange.records import COMMAND
from tests.bench.tapes.tapes import random_rows


def written(folder: Path) -> Path:
    """300 rows in row groups of 100, with checksums."""
    path = folder / "day.parquet"
    table = pa.table(columns_of(random_rows(300, 1), COMMANDS))
    pq.write_table(table, path, row_group_size=100, write_page_checksum=True, compression="none")
    return path


def test_row_groups_are_read_one_by_one(tmp_path: Path) -> None:
    path = written(tmp_path)
    with open_parquet(path) as file:
        check_layout(path, file, COMMANDS)
        found = list(read_groups(path, file, COMMANDS))
    assert b"".join(rows.tobytes() for rows, _ in found) == random_rows(300, 1).tobytes()
    assert np.concatenate([fields["sequence"] for _, fields in found]).tolist() == list(range(1, 301))


@pytest.mark.rule("TAPE-002")
def test_every_damage_to_the_end_of_a_sealed_file_is_refused_before_a_library_reads_it(tmp_path: Path) -> None:
    path = written(tmp_path)
    plain = pl.read_parquet(path)
    assert is_sealed(path), "files of earlier versions have no seal"
    seal(path)
    assert is_sealed(path) and pl.read_parquet(path).equals(plain) and pq.read_table(path).num_rows == 300
    sound = path.read_bytes()
    with path.open("rb") as file:
        length = tail_length(file)
    assert length > 1_000
    for place in range(len(sound) - length, len(sound)):
        damaged = bytearray(sound)
        damaged[place] ^= 1 << place % 8
        path.write_bytes(damaged)
        assert not is_sealed(path), place
    with pytest.raises(
        UserError, match=r"day\.parquet: damaged: the end of its [0-9,]+ bytes is not as it was written"
    ):
        open_parquet(path)
    for kept in (len(sound) - 1, len(sound) - length, 7):
        path.write_bytes(sound[:kept])
        assert kept < SEAL_BYTES or not is_sealed(path)


def test_memory_of_rows_is_used_again_only_when_nobody_has_them(tmp_path: Path) -> None:
    memory: list[np.ndarray] = []
    first = free_rows(memory, 100, COMMAND)
    kept = first[20:30]["lots"]
    del first
    second = free_rows(memory, 100, COMMAND)
    assert not np.shares_memory(kept, second) and len(memory) == 2
    del kept
    third = free_rows(memory, 60, COMMAND)
    assert len(memory) == 2 and np.shares_memory(third, memory[0])
    fourth = free_rows(memory, 200, COMMAND)
    assert len(memory) == 3 and len(fourth) == 200 and len(second) == 100


def test_rows_that_are_dropped_leave_their_memory_to_later_ones(tmp_path: Path) -> None:
    path = written(tmp_path)
    with open_parquet(path) as file:
        places = set()
        for rows, _ in read_groups(path, file, COMMANDS):
            places.add(rows.ctypes.data)
            del rows
    assert len(places) == 1


def test_a_damaged_row_group_is_named_with_its_rows_and_its_place(tmp_path: Path) -> None:
    path = written(tmp_path)
    with open_parquet(path) as file:
        start = file.metadata.row_group(1).column(0).data_page_offset
        assert place_of(file, 1).startswith("row group 2 of 3 (rows 101 to 200, from byte ")
    data = bytearray(path.read_bytes())
    data[start + 400] ^= 1
    path.write_bytes(data)
    with open_parquet(path) as file:
        groups = read_groups(path, file, COMMANDS)
        next(groups)
        with pytest.raises(UserError, match=r"damaged: row group 2 of 3 \(rows 101 to 200, from byte [0-9,]+\): ."):
            next(groups)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda data: b"no parquet", "not a Parquet file, so no gpux tape: it begins with b'no p'"),
        (lambda data: b"", "not a Parquet file, so no gpux tape: it begins with b''"),
        (lambda data: data[:5_000], r"cut short, or its end is damaged: at byte 4,996 it ends with b'"),
        (lambda data: data[:-400] + bytes(392) + data[-8:], "damaged: the directory at the end of its "),
    ],
)
def test_what_is_no_whole_file_says_what_was_found(change: object, expected: str, tmp_path: Path) -> None:
    path = written(tmp_path)
    path.write_bytes(change(path.read_bytes()))  # type: ignore[operator]
    with pytest.raises(UserError, match=expected) as caught:
        open_parquet(path)
    assert "\n" not in str(caught.value) and str(path) in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such file"):
        open_parquet(tmp_path / "none.parquet")
