"""Reads tapes of any length: one row group after the other, in bounded memory (TAPE-001, TAPE-002).

    with TapeReader(path) as reader:
        for part in reader.parts():  # COMMAND rows, or a control

A thread decodes the next row groups while the caller works on the present one. Rows that are out of order are never
handed on. Whether all rows are those of the tape hash is known after the last part: then `parts` raises UserError, and
the caller drops what it made of them.
"""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import TypeVar

import numpy as np

from bench.tapes.columns import COMMANDS, PLAIN_COMMANDS, check_column
from bench.tapes.encodings import PAYLOAD
from bench.tapes.metadata import METADATA_KEY, Metadata, TapeFacts, decode_metadata, facts_of
from bench.tapes.parquet import check_layout, naming, open_parquet, place_of, read_groups
from bench.tapes.parts import OrderCheck, Part, TapeControl, TapeHash, merged
from exchange.errors import UserError
from exchange.records import COMMAND

AHEAD = 2  # row groups decoded before they are asked for
T = TypeVar("T")


class TapeReader:
    """An open tape. UserError: the file is missing, no tape, or of another version."""

    def __init__(self, path: Path) -> None:
        self.path, self._file = path, open_parquet(path)
        try:
            self.metadata: Metadata = decode_metadata(path, metadata_text(path, self._file.schema_arrow.metadata))
        except UserError:
            self._file.close()
            raise
        self._layout = COMMANDS if self.metadata["tape_version"] >= 3 else PLAIN_COMMANDS

    def facts(self) -> TapeFacts:
        """What the metadata says of the tape."""
        return facts_of(self.metadata)

    def __enter__(self) -> "TapeReader":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._file.close()

    def parts(self) -> Iterator[Part]:
        """Slices of rows and single controls in order of sequence, checked. UserError: the tape is damaged."""
        check_layout(self.path, self._file, self._layout)
        digest, rows, controls = TapeHash(), 0, 0
        for part in read_ahead(self._checked(digest), AHEAD):
            if isinstance(part, TapeControl):
                controls += 1
            else:
                rows += len(part)
                self._expect("rows or more", max(rows, self.metadata["rows"]), self.metadata["rows"])
            yield part
        self._expect("rows", rows, self.metadata["rows"])
        self._expect("controls", controls, self.metadata["controls"])
        name = self.metadata["tape_hash"]
        if digest.hexdigest() != name:
            raise UserError(f"{self.path}: damaged: its rows do not have the tape hash {name[:16]}...")

    def _expect(self, what: str, found: int, expected: int) -> None:
        if found != expected:
            raise UserError(f"{self.path}: damaged: it has {found:,} {what}, its metadata says {expected:,}")

    def _checked(self, digest: TapeHash) -> Iterator[Part]:
        """Parts in order, which the digest has. It runs in the thread that reads ahead."""
        for part in self._decoded():
            digest.update(part)
            yield part

    def _decoded(self) -> Iterator[Part]:
        """Parts as they lie in the file. Version 1 has its controls in the metadata."""
        groups, order = read_groups(self.path, self._file, self._layout), OrderCheck(self.path)
        if self.metadata["tape_version"] == 1:
            kept = [decode_control(self.path, number, *pair) for number, pair in enumerate(self.metadata["kept"], 1)]
            for part in merged((rows for rows, _ in groups), kept):
                order.check(part)
                yield part
            return
        with naming(self.path, "columns"):
            import pyarrow as pa

            check_column(self.path, self._file.schema_arrow, PAYLOAD, pa.binary())
        for group, (rows, fields) in enumerate(groups):
            order.compare(*(np.broadcast_to(fields[name], len(rows)) for name in ("sequence", "time_ns")))
            yield from split_controls(rows, self._payloads(group))

    def _payloads(self, group: int) -> list[tuple[int, bytes]]:
        """Place and payload of each control in a row group."""
        about = self._file.metadata.row_group(group).column(self._file.schema_arrow.names.index(PAYLOAD))
        statistics = about.statistics
        if statistics is not None and statistics.has_null_count and statistics.null_count == about.num_values:
            return []
        with naming(self.path, place_of(self._file, group)):
            column = self._file.read_row_group(group, columns=[PAYLOAD], use_threads=False).column(PAYLOAD)
        places = np.flatnonzero(column.is_valid().to_numpy()).tolist()
        return list(zip(places, column.drop_null().to_pylist(), strict=True))


def split_controls(rows: np.ndarray, payloads: list[tuple[int, bytes]]) -> Iterator[Part]:
    """Slices of rows, and the rows with payloads as controls."""
    start = 0
    for place, payload in payloads:
        if place > start:
            yield rows[start:place]
        yield TapeControl(rows[place : place + 1].copy(), payload)
        start = place + 1
    if start < len(rows):
        yield rows[start:]


def decode_control(path: Path, number: int, row: bytes, payload: bytes) -> TapeControl:
    """One control of version 1, numbered from 1. UserError: its row is not a COMMAND row."""
    if len(row) != COMMAND.itemsize:
        raise UserError(f"{path}: damaged: the row of control {number} has {len(row)} bytes, not {COMMAND.itemsize}")
    return TapeControl(np.frombuffer(row, COMMAND).copy(), payload)


def metadata_text(path: Path, found: dict[bytes, bytes] | None) -> bytes:
    """The metadata of a tape in that of its file. UserError: there is none."""
    text = (found or {}).get(METADATA_KEY)
    if text is None:
        raise UserError(f"{path}: Parquet, but no gpux tape (no metadata {METADATA_KEY.decode()})")
    return text


def read_metadata(path: Path) -> Metadata:
    """The metadata of a file. UserError: it is not a native tape."""
    with TapeReader(path) as reader:
        return reader.metadata


def read_ahead(items: Iterator[T], depth: int) -> Iterator[T]:
    """The same items. A thread of its own makes the next ones, at most `depth`, while the caller uses one."""
    end = object()
    with ThreadPoolExecutor(1, "tape") as pool:
        waiting = deque(pool.submit(next, items, end) for _ in range(depth))
        while (item := waiting.popleft().result()) is not end:
            waiting.append(pool.submit(next, items, end))
            yield item  # type: ignore[misc]
