"""Opens Parquet files and reads their row groups. Every failure is one line that says what was found, and where."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import blake3
import numpy as np

from bench.extras import check_package
from bench.tapes.columns import Columns, Layout, check_columns, fields_of, fill_rows, read_columns
from exchange.errors import UserError

if TYPE_CHECKING:
    import pyarrow.parquet as pq

PARQUET = b"PAR1"  # first and last bytes of a Parquet file
# In front of the directory at the end of a file: this, and the BLAKE3 of all that follows. Parquet has checksums of
# pages but none of the directory, and Arrow ends the whole process on some damaged ones. Readers pass over it.
SEAL = b"gpuxseal"
SEAL_BYTES = len(SEAL) + 32
TAIL_BYTES = 1 << 20  # of a file, in which a seal is looked for, if the directory is not longer


def seal(path: Path) -> None:
    """Write the seal into a Parquet file that has none."""
    with path.open("r+b") as file:
        length = tail_length(file)
        file.seek(-length, os.SEEK_END)
        end = file.read()
        file.seek(-length, os.SEEK_END)
        file.write(SEAL + blake3.blake3(end).digest() + end)


def tail_length(file: BinaryIO) -> int:
    """Bytes of the directory, of the length behind it, and of the last magic, by that length."""
    file.seek(-8, os.SEEK_END)
    return int.from_bytes(file.read(4), "little") + 8


def is_sealed(path: Path) -> bool:
    """Whether the end of a file is as it was sealed, or has no seal."""
    size = path.stat().st_size
    if size < SEAL_BYTES + 8:
        return True
    with path.open("rb") as file:
        file.seek(-min(size, max(TAIL_BYTES, tail_length(file) + SEAL_BYTES)), os.SEEK_END)
        tail = file.read()
    place = tail.rfind(SEAL)
    end = place + SEAL_BYTES
    return place < 0 or blake3.blake3(tail[end:]).digest() == tail[place + len(SEAL) : end]


def open_parquet(path: Path) -> "pq.ParquetFile":
    """An open file. UserError: it is missing, no Parquet file, or damaged at its end."""
    if not path.is_file():
        raise UserError(f"{path}: no such file")
    check_package(f"reading {path}", "pyarrow", "research")
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not is_sealed(path):
        size = path.stat().st_size
        raise UserError(f"{path}: damaged: the end of its {size:,} bytes is not as it was written")
    try:
        return pq.ParquetFile(path, page_checksum_verification=True)
    except (pa.ArrowException, OSError) as error:
        raise UserError(f"{path}: {_no_parquet(path, error)}") from None


def _no_parquet(path: Path, error: Exception) -> str:
    """Why a file cannot be opened."""
    size = path.stat().st_size
    with path.open("rb") as file:
        data = file.read(len(PARQUET))
    if data != PARQUET:
        return f"not a Parquet file, so no gpux tape: it begins with {data!r}, a Parquet file with {PARQUET!r}"
    with path.open("rb") as file:
        file.seek(-len(PARQUET), 2)
        end = file.read()
    if end != PARQUET:
        where = f"at byte {size - len(PARQUET):,} it ends with {end!r}, a Parquet file with {PARQUET!r}"
        return f"damaged: it begins as a Parquet file and is cut short, or its end is damaged: {where}"
    return f"damaged: the directory at the end of its {size:,} bytes cannot be read: {first_line(error)}"


def first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__


def check_layout(path: Path, file: "pq.ParquetFile", layout: Layout) -> None:
    """Raise UserError if a column is missing, or of another type."""
    with naming(path, "columns"):
        check_columns(path, file.schema_arrow, layout)


def read_groups(path: Path, file: "pq.ParquetFile", layout: Layout) -> Iterator[tuple[np.ndarray, Columns]]:
    """The rows of each row group, and their fields as columns (`fields_of`). UserError: a row group is damaged."""
    memory: list[np.ndarray] = []
    for group in range(file.num_row_groups):
        with naming(path, place_of(file, group)):
            fields = fields_of(read_columns(path, file, group, layout), layout)
        rows = free_rows(memory, file.metadata.row_group(group).num_rows, layout.row)
        fill_rows(rows, fields)
        yield rows, fields
        del rows


def free_rows(memory: list[np.ndarray], count: int, row: np.dtype) -> np.ndarray:
    """Rows to write to, in memory that nobody refers to any more; else in new memory, which is added to the list.

    The system clears new memory page by page, which takes as long as writing the rows.
    """
    for place, references in enumerate(references_to(memory)):
        if references == UNUSED and len(memory[place]) >= count:
            return memory[place][:count]
    memory.append(np.empty(count, row))
    return memory[-1][:count]


def references_to(memory: list[np.ndarray]) -> list[int]:
    """Number of references to each array, those of the list and of this function included."""
    return [sys.getrefcount(held) for held in memory]


UNUSED = references_to([np.empty(0)])[0]  # to memory that no rows use


def place_of(file: "pq.ParquetFile", group: int) -> str:
    """Which part of a file a row group is, for messages."""
    about = file.metadata
    before = sum(about.row_group(number).num_rows for number in range(group))
    column = about.row_group(group).column(0)
    start = column.dictionary_page_offset if column.has_dictionary_page else column.data_page_offset
    rows = f"rows {before + 1:,} to {before + about.row_group(group).num_rows:,}"
    return f"row group {group + 1} of {about.num_row_groups} ({rows}, from byte {start:,})"


@contextmanager
def naming(path: Path, place: str) -> Iterator[None]:
    """Raise errors of the Parquet library as UserError that names file and place."""
    import pyarrow as pa

    try:
        yield
    except (pa.ArrowException, OSError) as error:
        raise UserError(f"{path}: damaged: {place}: {first_line(error)}") from None
