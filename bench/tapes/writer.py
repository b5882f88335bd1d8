"""Writes tapes of any length: a row group of 131,072 rows at a time, in bounded memory (TAPE-001, TAPE-002).

    with TapeWriter(path) as writer:
        writer.append(control_or_rows)      # in order of sequence, of any length
        writer.finish(TapeFacts(limits="tape"))  # returns the tape hash

The file appears when it is finished. Without `finish`, or after an error, nothing is left.
"""

import json
import os
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import blake3
import numpy as np

from bench.extras import check_package
from bench.tapes.columns import COMMANDS, Layout, columns_of
from bench.tapes.encodings import PAYLOAD, settings_for
from bench.tapes.metadata import METADATA_KEY, TAPE_VERSION, TapeFacts, written_by
from bench.tapes.parquet import seal
from bench.tapes.parts import OrderCheck, Part, TapeControl, TapeHash
from exchange.errors import UserError
from exchange.limits import NAMED
from exchange.records import COMMAND, ROW_BYTES, ROW_VERSION, blank_rows

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

ROW_GROUP_ROWS = 131_072  # 16 MiB of rows. Larger groups leave the processor's caches, smaller ones compress less


class GroupFile:
    """A Parquet file of rows that is written group by group and appears when it is closed.

    key       of its metadata
    payloads  whether rows may have one
    UserError: the file cannot be written
    """

    def __init__(self, path: Path, layout: Layout, key: bytes, payloads: bool = False) -> None:
        check_package(f"writing {path}", "pyarrow", "research")
        self.path, self._layout, self._key, self._payloads = path, layout, key, payloads
        self._part = path.with_name(f"{path.name}.{os.getpid()}.part")
        self._writer: pq.ParquetWriter | None = None
        self._rows = blank_rows(layout.row, ROW_GROUP_ROWS)
        self._words = self._rows.view(np.uint64).reshape(-1, ROW_BYTES // 8)
        self._count = 0
        self._held: dict[int, bytes] = {}  # payloads by place in the group

    def append(self, rows: np.ndarray, payload: bytes | None = None) -> None:
        """Add rows; the payload is that of the one row."""
        words: np.ndarray = np.ascontiguousarray(rows).view(np.uint64).reshape(-1, ROW_BYTES // 8)
        while len(words):
            free = ROW_GROUP_ROWS - self._count
            piece, words = words[:free], words[free:]
            self._words[self._count : self._count + len(piece)] = piece  # as words: NumPy copies records by field
            if payload is not None:
                self._held[self._count] = payload
            self._count += len(piece)
            if self._count == ROW_GROUP_ROWS:
                self._flush()

    def close(self, metadata: bytes) -> None:
        """Write what is left and the metadata, and give the file its name."""
        if self._count or self._writer is None:
            self._flush()
        assert self._writer is not None
        try:
            self._writer.add_key_value_metadata({self._key: metadata})
            self._writer.close()
            seal(self._part)
            os.replace(self._part, self.path)
        except OSError as error:
            raise self._failure(error) from None

    def discard(self) -> None:
        """Remove what is written, unless the file is closed."""
        if self._writer is not None:
            self._writer.close()
        self._part.unlink(missing_ok=True)

    def _flush(self) -> None:
        import pyarrow.parquet as pq

        table = self._table()
        try:
            if self._writer is None:
                self._writer = pq.ParquetWriter(self._part, table.schema, **settings_for(table))
            self._writer.write_table(table, ROW_GROUP_ROWS)
        except OSError as error:
            raise self._failure(error) from None
        self._count = 0
        self._held.clear()

    def _table(self) -> "pa.Table":
        """The rows of the group, with the payloads."""
        import pyarrow as pa

        table = pa.table(columns_of(self._rows[: self._count], self._layout))
        if not self._payloads:
            return table
        pieces, start = [pa.nulls(0, pa.binary())], 0
        for place, payload in self._held.items():
            pieces += [pa.nulls(place - start, pa.binary()), pa.array([payload], pa.binary())]
            start = place + 1
        pieces.append(pa.nulls(self._count - start, pa.binary()))
        return table.append_column(PAYLOAD, pa.chunked_array(pieces).combine_chunks())

    def _failure(self, error: OSError) -> UserError:
        reason = os.strerror(error.errno) if error.errno else str(error)
        return UserError(f"{self.path}: cannot be written: {reason}")


class TapeWriter:
    """Writes one tape. UserError: the file cannot be written, or the tape is not in order."""

    def __init__(self, path: Path) -> None:
        self._file = GroupFile(path, COMMANDS, METADATA_KEY, payloads=True)
        self._order, self._hash, self._listings = OrderCheck(path), TapeHash(), blake3.blake3()
        self._first = self._last = 0  # sequences of rows
        self._rows = self._controls = 0

    def __enter__(self) -> "TapeWriter":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._file.discard()

    def append(self, part: Part) -> None:
        """Add COMMAND rows or a control."""
        self._order.check(part)
        self._hash.update(part)
        if isinstance(part, TapeControl):
            self._controls += 1
            self._listings.update(part.payload)
            self._file.append(part.row, part.payload)
        elif len(part):
            assert part.dtype == COMMAND
            self._first = self._first if self._rows else int(part["sequence"][0])
            self._last = int(part["sequence"][-1])
            self._rows += len(part)
            self._file.append(part)

    def finish(self, facts: TapeFacts) -> str:
        """Complete the file; returns the tape hash."""
        assert facts.limits in NAMED
        name = self._hash.hexdigest()
        self._file.close(self._describe(facts, name))
        return name

    def _describe(self, facts: TapeFacts, name: str) -> bytes:
        """The metadata as JSON. `name`: the tape hash."""
        metadata = asdict(facts) | {
            "tape_version": TAPE_VERSION,
            "row_version": ROW_VERSION,
            "first_sequence": self._first,
            "last_sequence": self._last,
            "rows": self._rows,
            "controls": self._controls,
            "instruments_hash": self._listings.hexdigest(),
            "tape_hash": name,
            "written_by": written_by(),
        }
        return json.dumps(metadata).encode()
