"""Copies rows of a source with other sequences, for an engine that has run own commands before them."""

from exchange.kernel import kernel
from exchange.machine import copy_bytes, row_at
from exchange.records import ROW_BYTES


@kernel
def renumber_rows(rows, start, count, shift, target):
    """Copy COMMAND rows `start` to `start + count` to the start of `target`, `shift` added to their sequences."""
    for index in range(count):
        row = row_at(target, index)
        copy_bytes(row, row_at(rows, start + index), 0, ROW_BYTES)
        row.sequence += shift
