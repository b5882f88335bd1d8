"""Rows assembled from columns are those that NumPy assembles field by field."""

import numpy as np
import pytest

from bench.tapes.columns import fill_rows
from bench.tapes.scatter import scatter_columns
from exchange.records import COMMAND, EVENT
from tests.bench.tapes.tapes import random_rows


@pytest.mark.parametrize("seed", range(4))
def test_rows_are_those_of_an_assignment_of_each_field(seed: int) -> None:
    rows = random_rows(200, seed)
    fields = {name: np.ascontiguousarray(rows[name]) for name in COMMAND.names or ()}
    found = np.full(200, 255, np.dtype("V128")).view(COMMAND)
    fill_rows(found, {name: values[:1] if (values == values[0]).all() else values for name, values in fields.items()})
    assert found.tobytes() == rows.tobytes()


@pytest.mark.parametrize("row", [COMMAND, EVENT])
def test_a_single_row_and_no_row_are_filled(row: np.dtype) -> None:
    for count in (0, 1):
        rows = np.empty(count, row)
        fill_rows(rows, {name: np.arange(count, dtype=row[name]) + 7 for name in row.names or ()})
        assert all((rows[name] == np.arange(count) + 7).all() for name in row.names or ())


def test_the_kernel_takes_the_template_where_no_column_is_written() -> None:
    words = np.zeros((2, 16), np.uint64)
    none, place = np.empty((0, 2), np.uint32), np.empty(0, np.int64)
    column = np.array([[8, 9]], np.uint64)
    template = np.arange(100, 116, dtype=np.uint64)
    halves, octets = words.view(np.uint32), words.view(np.uint8)
    no_octets = none.astype(np.uint8)
    scatter_columns(template, words, halves, octets, column, np.array([3]), none, place, no_octets, place)
    assert words[:, 3].tolist() == [8, 9] and words[:, :3].tolist() == [[100, 101, 102]] * 2
    assert words[1, 4:].tolist() == list(range(104, 116))
