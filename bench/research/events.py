"""The events of a replay. They are split into columns when they are first asked for, once; an Arrow table and a polars
frame then use the same memory."""

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.extras import check_package
from bench.research.event_columns import BLOCK, BLOCK_ROWS, split_columns
from exchange.kernel import bind
from exchange.records import EVENT, EVENT_FIELDS, ROW_BYTES, field_of
from exchange.seams import zero_pages

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa

MAPPED_BLOCKS = 8


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


class EventBlock:
    """Some EVENT rows, and the columns of as many of them as somebody has asked for."""

    def __init__(self, rows: np.ndarray) -> None:
        """rows: zeros, EVENT, shape (BLOCK_ROWS,)."""
        self.rows = rows
        self.memory = self.rows.view(np.uint8).data
        self.count = 0
        self._columns: np.ndarray | None = None
        self._split = 0

    def columns(self) -> np.ndarray:
        """BLOCK, shape (1,): all rows so far by column."""
        if self._columns is None:
            self._columns = np.frombuffer(zero_pages(BLOCK.itemsize), BLOCK)
        if self._split < self.count:
            bind(split_columns, self.rows, self._columns, 0, 0)(self.rows, self._columns, self._split, self.count)
            self._split = self.count
        return self._columns


class EventLog:
    """Keeps all events of an engine in blocks.

    outs   the engine's event buffer, shape (1,)
    """

    def __init__(self, outs: np.ndarray, before: list[tuple[EventBlock, int]] | None = None) -> None:
        self._source = outs["rows"][0].view(np.uint8).data
        self._before = before or []  # full blocks, and the blocks of a replay that this one is a fork of
        self._space = BLOCK_ROWS - len(outs["rows"][0])  # a block with more rows than this is full
        self._spare: list[np.ndarray] = []  # rows of the next blocks
        self._block = self._new_block()

    def take(self, count: int) -> None:
        """Keep the events that are in the buffer now. `count`: their number."""
        block = self._block
        if block.count > self._space:
            block = self._next_block()
        start, size = block.count * ROW_BYTES, count * ROW_BYTES
        block.memory[start : start + size] = self._source[:size]
        block.count += count

    def take_rows(self, rows: np.ndarray) -> None:
        """Keep EVENT rows of a control, which come in an array of their own."""
        while len(rows):
            block = self._block if self._block.count < BLOCK_ROWS else self._next_block()
            part = rows[: BLOCK_ROWS - block.count]
            block.rows[block.count : block.count + len(part)] = part
            block.count += len(part)
            rows = rows[len(part) :]

    def _next_block(self) -> EventBlock:
        self._before.append((self._block, self._block.count))
        self._block = self._new_block()
        return self._block

    def _new_block(self) -> EventBlock:
        """A block without events. Memory is mapped for several at once: only inside a long piece pages are huge."""
        if not self._spare:
            rows = np.frombuffer(zero_pages(MAPPED_BLOCKS * BLOCK_ROWS * ROW_BYTES), EVENT)
            self._spare = list(rows.reshape(MAPPED_BLOCKS, BLOCK_ROWS)[::-1])
        return EventBlock(self._spare.pop())

    def _parts(self) -> list[tuple[EventBlock, int]]:
        return [*self._before, (self._block, self._block.count)]

    def events(self) -> Events:
        """All events so far."""
        return Events([(block.columns(), count) for block, count in self._parts()])

    def fork(self, outs: np.ndarray) -> "EventLog":
        """A log that goes on from here with another engine's buffer. It shares the memory of what is kept so far."""
        return EventLog(outs, self._parts())
