"""Files that are foreign, cut short or damaged are one line that says what was found, and where."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bench.tapes.columns import COMMANDS, columns_of
from bench.tapes.parquet import check_layout, open_parquet, place_of, read_group
from exchange.errors import UserError
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
        rows = [read_group(path, file, group, COMMANDS) for group in range(3)]
    assert b"".join(piece.tobytes() for piece in rows) == random_rows(300, 1).tobytes()


def test_a_damaged_row_group_is_named_with_its_rows_and_its_place(tmp_path: Path) -> None:
    path = written(tmp_path)
    with open_parquet(path) as file:
        start = file.metadata.row_group(1).column(0).data_page_offset
        assert place_of(file, 1).startswith("row group 2 of 3 (rows 101 to 200, from byte ")
    data = bytearray(path.read_bytes())
    data[start + 400] ^= 1
    path.write_bytes(data)
    with open_parquet(path) as file:
        read_group(path, file, 0, COMMANDS)
        with pytest.raises(UserError, match=r"damaged: row group 2 of 3 \(rows 101 to 200, from byte [0-9,]+\): ."):
            read_group(path, file, 1, COMMANDS)


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
