"""The events of a replay, kept by column: an Arrow table or a polars frame of them needs no copy."""

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.extras import check_package
from bench.research.event_columns import BLOCK, BLOCK_ROWS, keep_columns
from exchange.kernel import bind
from exchange.records import EVENT, EVENT_FIELDS, field_of
from exchange.seams import zero_pages

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa


class Events:
    """EVENT rows in the order in which the engine emitted them, at the time when they were asked for.

    A row with the flag RESTS reports two events (`exchange.engine.event_rows.split_rests`).
    `pyarrow.table(events)` and `polars.DataFrame(events)` take it as it is.
    """

    def __init__(self, parts: list[tuple[np.ndarray, int]]) -> None:
        self._parts = parts

    def __len__(self) -> int:
        return sum(count for _, count in self._parts)

    def __getitem__(self, name: str) -> np.ndarray:
        """One column as an array, by the name of a field of EVENT or an alias (`exchange/engine/ROWS.md`)."""
        field = field_of(EVENT, name)
        columns = [block[field][0, :count] for block, count in self._parts]
        if len(columns) == 1:
            return columns[0]
        return np.concatenate([np.zeros(0, EVENT[field]), *columns])

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return self.arrow.__arrow_c_stream__(requested_schema)

    @cached_property
    def arrow(self) -> "pa.Table":
        """A pyarrow table, a column for each field of EVENT, over the memory of the replay."""
        check_package("events as a table", "pyarrow", "research")
        import pyarrow as pa

        schema = pa.schema([(name, pa.from_numpy_dtype(np.dtype(code))) for name, code, _ in EVENT_FIELDS])
        batches = []
        for block, count in self._parts:
            arrays = [
                pa.Array.from_buffers(field.type, count, [None, pa.py_buffer(block[field.name][0, :count])])
                for field in schema
            ]
            batches.append(pa.RecordBatch.from_arrays(arrays, schema=schema))
        return pa.Table.from_batches(batches, schema)

    def to_polars(self) -> "pl.DataFrame":
        """A polars frame over the same memory."""
        check_package("events as a frame", "polars", "research")
        import polars as pl

        return pl.from_arrow(self.arrow, rechunk=False)  # type: ignore[return-value]

    def rows(self) -> np.ndarray:
        """A copy as EVENT rows, shape (n,)."""
        rows = np.zeros(len(self), EVENT)
        for name, _, _ in EVENT_FIELDS:
            rows[name] = self[name]
        return rows


class EventLog:
    """Keeps all events of an engine in blocks.

    outs   the engine's event buffer, shape (1,)
    """

    def __init__(self, outs: np.ndarray, before: list[tuple[np.ndarray, int]] | None = None) -> None:
        self._outs = outs
        self._before = before or []  # full blocks, and the blocks of a replay that this one is a fork of
        self._space = BLOCK_ROWS - len(outs["rows"][0])  # a block with more rows than this is full
        self._block, self._count = _new_block(), 0
        self._keep = bind(keep_columns, outs, self._block, 0)

    def take(self, count: int) -> None:
        """Keep the events that are in the buffer now. `count`: their number."""
        if self._count > self._space:
            self._next_block()
        self._keep(self._outs, self._block, self._count)
        self._count += count

    def take_rows(self, rows: np.ndarray) -> None:
        """Keep EVENT rows of a control, which come in an array of their own."""
        while len(rows):
            if self._count == BLOCK_ROWS:
                self._next_block()
            part = rows[: BLOCK_ROWS - self._count]
            for name, _, _ in EVENT_FIELDS:
                self._block[name][0, self._count : self._count + len(part)] = part[name]
            self._count += len(part)
            rows = rows[len(part) :]

    def _next_block(self) -> None:
        self._before.append((self._block, self._count))
        self._block, self._count = _new_block(), 0

    def events(self) -> Events:
        """All events so far."""
        return Events([*self._before, (self._block, self._count)])

    def fork(self, outs: np.ndarray) -> "EventLog":
        """A log that goes on from here with another engine's buffer. It shares the memory of what is kept so far."""
        return EventLog(outs, [*self._before, (self._block, self._count)])


def _new_block() -> np.ndarray:
    return np.frombuffer(zero_pages(BLOCK.itemsize), BLOCK)
