"""One Parquet file of a trading day: its columns with units in their names, its metadata, and how it is checked.

    file = DayFile(path, CANDLES, stamp, symbols)   # an existing complete file is compared, any other is written again
    file.add(rows)                                  # in order, any number at once
    file.finish(first, last, is_complete)           # "written" or "verified"

A file appears under its name when all of it is written. One that is complete is never written again: its own hash and
metadata are checked, and its rows are compared with the journal's. Prices are ticks, 1 mill ($0.001) per GPU-hour.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import blake3
import msgspec
import numpy as np

from exchange.cli.history.journal_days import TRADE
from exchange.codes import Liquidity
from exchange.errors import UserError
from exchange.journal.errors import EXIT_DATA, EXIT_IO
from exchange.publish.past.candle_rows import CANDLE
from exchange.publish.prints import aggressor
from exchange.wire.version import RELEASE

if TYPE_CHECKING:
    import pyarrow as pa

METADATA_KEY = b"gpux.history"
FORMAT = 1
GROUP_ROWS = 65_536  # in memory, and in one row group
_AUCTION = int(Liquidity.AUCTION)


class Stamp(msgspec.Struct, frozen=True):
    """What a file is of. `chip` and `symbols`: which instruments; empty: all."""

    kind: str
    day: str
    history: str
    chip: str
    symbols: tuple[str, ...]
    interval: str = ""


class DayMetadata(msgspec.Struct):
    """The metadata of a file: JSON under the key `gpux.history`.

    first_sequence, last_sequence   commands of the day, 0: the journal has none
    is_complete                     the day was over
    rows_hash                       BLAKE3 of all rows (`RowsHash`)
    """

    format: int
    release: str
    stamp: Stamp
    first_sequence: int
    last_sequence: int
    rows: int
    is_complete: bool
    rows_hash: str


class FileKind(NamedTuple):
    """A kind of file: its rows, the columns made of them, and which of these are numbers and texts."""

    row: np.dtype
    columns: Callable[[np.ndarray, Mapping[int, str]], dict[str, Any]]
    numbers: tuple[str, ...]
    texts: tuple[str, ...]


def _trade_columns(rows: np.ndarray, symbols: Mapping[int, str]) -> dict[str, Any]:
    codes = zip(rows["liquidity"].tolist(), rows["flags"].tolist(), rows["side"].tolist(), strict=True)
    return {
        "trade_id": rows["trade_id"],
        "sequence": rows["sequence"],
        "time_ns": rows["time_ns"],
        "instrument": rows["instrument"],
        "price_tick": rows["trade_tick"],
        "lots": rows["lots"],
        "symbol": [symbols[number] for number in rows["instrument"].tolist()],
        "aggressor": [aggressor(*code) for code in codes],
        "auction": rows["liquidity"] == _AUCTION,
    }


def _candle_columns(rows: np.ndarray, symbols: Mapping[int, str]) -> dict[str, Any]:
    columns = {name: rows[name] for name in CANDLE.names or ()}
    return {**columns, "symbol": [symbols[number] for number in rows["instrument"].tolist()]}


TRADES = FileKind(
    TRADE, _trade_columns,
    ("trade_id", "sequence", "time_ns", "instrument", "price_tick", "lots", "auction"), ("symbol", "aggressor"),
)  # fmt: skip
CANDLES = FileKind(CANDLE, _candle_columns, tuple(CANDLE.names or ()), ("symbol",))


class DayFile:
    """A file that is being written, or a complete one that is being compared."""

    def __init__(self, path: Path, kind: FileKind, stamp: Stamp, symbols: Mapping[int, str]) -> None:
        """`symbols`: by instrument id. UserError: the path has a file that is none of these, or a damaged one."""
        self.path, self._kind, self._stamp, self._symbols = path, kind, stamp, symbols
        self._part = path.with_name(f"{path.name}.part")
        self._known = read_metadata(path, stamp) if path.exists() else None
        if self._known is not None and self._known.is_complete:
            check_rows(path, kind, self._known)
        self._writes = self._known is None or not self._known.is_complete
        self._writer: Any = None
        self._hash, self.rows = RowsHash(kind), 0
        self._waiting: list[np.ndarray] = []
        self._count = 0

    def add(self, rows: np.ndarray) -> None:
        """Add rows of the kind, shape (n,)."""
        self._waiting.append(rows)
        self._count += len(rows)
        if self._count >= GROUP_ROWS:
            self._take()

    def _take(self) -> None:
        """Hash the rows that wait, and write them."""
        rows = np.concatenate([np.zeros(0, self._kind.row), *self._waiting])
        self._waiting, self._count = [], 0
        columns = self._kind.columns(rows, self._symbols)
        self._hash.add(columns)
        self.rows += len(rows)
        if self._writes and (len(rows) or self._writer is None):
            self._write(columns)

    def _write(self, columns: dict[str, Any]) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        table = pa.table({name: pa.array(values, _type_of(name)) for name, values in columns.items()})
        with writing(self.path):
            if self._writer is None:
                settings = {"compression": "zstd", "compression_level": 3, "store_schema": False}
                self._writer = pq.ParquetWriter(self._part, table.schema, **settings)
            self._writer.write_table(table, GROUP_ROWS)

    def finish(self, first: int, last: int, is_complete: bool) -> str:
        """Complete the file, or the comparison. Returns what was done: written, verified.

        first, last   commands of the day
        UserError     the journal has other trades than a complete file
        """
        self._take()
        made = DayMetadata(FORMAT, RELEASE, self._stamp, first, last, self.rows, is_complete, self._hash.text())
        if not self._writes:
            self._compare(made)
            return "verified"
        with writing(self.path):
            self._writer.add_key_value_metadata({METADATA_KEY: msgspec.json.encode(made)})
            self._writer.close()
            self._writer = None
            os.replace(self._part, self.path)
        return "written"

    def _compare(self, made: DayMetadata) -> None:
        known = self._known
        assert known is not None
        names = ("first_sequence", "last_sequence", "rows", "is_complete", "rows_hash")
        for name in names:
            if getattr(known, name) != getattr(made, name):
                raise UserError(
                    f"{self.path}: it differs from the journal: {name} {getattr(known, name)}, the journal has "
                    f"{getattr(made, name)}; the file is complete and was not changed",
                    EXIT_DATA,
                )

    def drop(self) -> None:
        """Leave nothing half written behind."""
        if self._writer is not None:
            with suppress(OSError):
                self._writer.close()
            self._part.unlink(missing_ok=True)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn an OSError inside the block into a UserError, exit code 74, that names the file."""
    try:
        yield
    except OSError as error:
        raise UserError(f"{path}: cannot be written: {error.strerror or error}", EXIT_IO) from None


class RowsHash:
    """BLAKE3 of rows, which does not depend on how they are grouped: of their numbers, then of their texts."""

    def __init__(self, kind: "FileKind") -> None:
        self._kind = kind
        self._numbers, self._texts = blake3.blake3(), blake3.blake3()

    def add(self, columns: Mapping[str, Any]) -> None:
        numbers = [np.asarray(columns[name], "<i8") for name in self._kind.numbers]
        self._numbers.update(np.stack(numbers, axis=1).tobytes())
        texts = zip(*(columns[name] for name in self._kind.texts), strict=True)
        self._texts.update("".join(f"{' '.join(row)}\n" for row in texts).encode())

    def text(self) -> str:
        return blake3.blake3(self._numbers.digest() + self._texts.digest()).hexdigest()


def _type_of(name: str) -> "pa.DataType":
    """Type of a column: texts repeat, so they are stored once."""
    import pyarrow as pa

    if name in ("symbol", "aggressor"):
        return pa.dictionary(pa.int32(), pa.string())
    return pa.bool_() if name == "auction" else pa.int64()


def read_metadata(path: Path, stamp: Stamp) -> DayMetadata:
    """The metadata of a file. UserError, exit code 65: it is not a day file, is damaged, or of something else."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        text = (pq.read_schema(path).metadata or {}).get(METADATA_KEY)
    except (pa.ArrowException, OSError) as error:
        reason = str(error).splitlines()[0]
        raise UserError(f"{path}: not a whole Parquet file, move it away: {reason}", EXIT_DATA) from None
    if text is None:
        raise UserError(f"{path}: Parquet, but not written by gpux history (no metadata gpux.history)", EXIT_DATA)
    try:
        metadata = msgspec.json.decode(text, type=DayMetadata)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: damaged metadata gpux.history: {error}", EXIT_DATA) from None
    if metadata.format != FORMAT:
        raise UserError(f"{path}: format {metadata.format}, this gpux reads {FORMAT}", EXIT_DATA)
    for name in Stamp.__struct_fields__:
        theirs, ours = getattr(metadata.stamp, name), getattr(stamp, name)
        if theirs != ours:
            shown = f"{theirs or 'all'!s}, asked for: {ours or 'all'!s}"
            raise UserError(f"{path}: it has {name} {shown}; give another folder", EXIT_DATA)
    return metadata


def check_rows(path: Path, kind: FileKind, metadata: DayMetadata) -> None:
    """Read a file and compare its rows with its own hash. UserError, exit code 65: they differ."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    found, count = RowsHash(kind), 0
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(GROUP_ROWS):
                columns = {name: batch.column(name).to_numpy(zero_copy_only=False) for name in kind.numbers}
                found.add(columns | {name: batch.column(name).to_pylist() for name in kind.texts})
                count += batch.num_rows
    except (pa.ArrowException, OSError, KeyError, ValueError, TypeError) as error:
        raise UserError(f"{path}: damaged: {str(error).splitlines()[0]}", EXIT_DATA) from None
    if (count, found.text()) != (metadata.rows, metadata.rows_hash):
        text = f"{path}: damaged: its rows do not have the hash {metadata.rows_hash[:16]}... in its metadata"
        raise UserError(text, EXIT_DATA)
