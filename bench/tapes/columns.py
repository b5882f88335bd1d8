"""Rows of 128 bytes as Parquet columns, and back.

A column is a field of the row. Tape version 3 stores two fields of COMMAND in another form: the trigger, which in a
quote is the ask, less the bid; and the session, which most often has the number of the account. Columns with one value
in a whole row group are not decoded: Parquet's statistics give the value.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from bench.tapes.scatter import scatter_columns
from exchange.codes import CommandKind
from exchange.errors import UserError
from exchange.records import COMMAND, EVENT, ROW_BYTES

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

Columns = dict[str, np.ndarray]  # by field; shape (n,), or (1,) if all rows have this value
_TYPES = (np.dtype("<u8"), np.dtype("<u4"), np.dtype("u1"))


class Stored(NamedTuple):
    """A column that has a field in another form. The field's values come from other fields too, by name."""

    column: str
    field: str
    encode: Callable[[Columns, np.ndarray], np.ndarray]
    decode: Callable[[Columns, np.ndarray], np.ndarray]


def _bid(fields: Columns) -> np.ndarray:
    """The bid of each quote, 0 in rows of other kinds."""
    quotes = fields["kind"] == CommandKind.QUOTE
    return np.where(quotes, fields["price"], 0) if quotes.any() else np.zeros(1, np.int64)


def _swap_own(fields: Columns, sessions: np.ndarray) -> np.ndarray:
    """Sessions with the number of the account as OWN_SESSION, and the other way round. It is its own inverse."""
    if not sessions.any():
        return sessions  # no account, or no session
    accounts = fields["account"]
    swapped = np.where(sessions == OWN_SESSION, accounts, sessions)
    swapped = np.where(sessions == accounts, OWN_SESSION, swapped)
    return np.where(accounts == 0, sessions, swapped)


OWN_SESSION = np.uint32(2**32 - 1)
TRIGGER = Stored("trigger_less_bid", "trigger", lambda of, own: own - _bid(of), lambda of, own: own + _bid(of))
SESSION = Stored("session_or_own", "session", _swap_own, _swap_own)


@dataclass(frozen=True)
class Layout:
    """The columns of a kind of row."""

    row: np.dtype
    stored: tuple[Stored, ...] = ()

    def columns(self) -> dict[str, np.dtype]:
        """Type of each column, in the order of the fields."""
        names = {stored.field: stored.column for stored in self.stored}
        return {names.get(name, name): self.row[name] for name in self.row.names or ()}


PLAIN_COMMANDS = Layout(COMMAND)  # tape versions 1 and 2
COMMANDS = Layout(COMMAND, (TRIGGER, SESSION))
EVENTS = Layout(EVENT)


def columns_of(rows: np.ndarray, layout: Layout) -> Columns:
    """The columns of rows, by their names in the file."""
    fields = {name: np.ascontiguousarray(rows[name]) for name in layout.row.names or ()}
    columns = {name: fields.get(name, rows[:0]) for name in layout.columns()}
    for stored in layout.stored:
        columns[stored.column] = stored.encode(fields, fields[stored.field])
    return columns


def fields_of(columns: Columns, layout: Layout) -> Columns:
    """The fields of rows by the columns of a file. The inverse of `columns_of`, but that one value may be for all."""
    fields = dict(columns)
    for stored in layout.stored:
        fields[stored.field] = stored.decode(fields, fields.pop(stored.column))
    return fields


def fill_rows(rows: np.ndarray, fields: Columns) -> None:
    """Write fields into rows, in place. A field may have one value for all rows."""
    template = np.zeros(1, rows.dtype)
    several = {name: values for name, values in fields.items() if len(values) == len(rows) != 1}
    for name in fields.keys() - several.keys():
        template[name] = fields[name]
    parts = []
    for kind in _TYPES:
        names = [name for name in several if rows.dtype[name].itemsize == kind.itemsize]
        values = np.empty((len(names), len(rows)), kind)
        for place, name in enumerate(names):
            values[place] = several[name].view(kind)
        offsets = [rows.dtype.fields[name][1] // kind.itemsize for name in names]
        parts += [values, np.array(offsets, np.int64)]
    views = [rows.view(kind).reshape(len(rows), ROW_BYTES // kind.itemsize) for kind in _TYPES]
    scatter_columns(template.view(_TYPES[0]), *views, *parts)  # type: ignore[no-untyped-call]  # a kernel


def check_columns(path: Path, schema: "pa.Schema", layout: Layout) -> None:
    """Raise UserError if a column is missing, or of another type."""
    import pyarrow as pa

    for name, kind in layout.columns().items():
        check_column(path, schema, name, pa.from_numpy_dtype(kind))


def check_column(path: Path, schema: "pa.Schema", name: str, wanted: "pa.DataType") -> None:
    """Raise UserError if a column is missing, or of another type."""
    if name not in schema.names:
        raise UserError(f"{path}: damaged: column {name} is missing")
    found = schema.field(name).type
    if found != wanted:
        raise UserError(f"{path}: damaged: column {name} has type {found}, allowed: {wanted}")


def read_columns(path: Path, file: "pq.ParquetFile", group: int, layout: Layout) -> Columns:
    """The columns of one row group. Those with one value have length 1. UserError: a column is incomplete."""
    places = {name: place for place, name in enumerate(file.schema_arrow.names)}
    about = file.metadata.row_group(group)
    columns = {name: _one_value(about.column(places[name]), kind) for name, kind in layout.columns().items()}
    wanted = [name for name, values in columns.items() if values is None]
    table = file.read_row_group(group, columns=wanted, use_threads=False)
    for name in wanted:
        column = table.column(name)
        if column.null_count:
            raise UserError(f"{path}: damaged: column {name} has {column.null_count} empty rows, allowed: none")
        columns[name] = column.to_numpy()
    return {name: values for name, values in columns.items() if values is not None}


def _one_value(column: "pq.ColumnChunkMetaData", kind: np.dtype) -> np.ndarray | None:
    """The value of a column that has only one, by its statistics; None: it has several, or they do not say."""
    statistics = column.statistics
    if statistics is None or not statistics.has_min_max or not statistics.has_null_count or statistics.null_count:
        return None
    if statistics.min != statistics.max:
        return None
    return np.array([statistics.min], kind)
