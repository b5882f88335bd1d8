"""Rows of many books."""

import numpy as np

from bench.flows.draws import STREAM
from bench.many.books import USUAL_FLOW, flow_rows
from bench.many.layout import FLOW, RESULT


def test_a_flow_has_a_value_for_every_field() -> None:
    assert set(USUAL_FLOW) == set(FLOW.names or ())
    flows = flow_rows(2, lots_max=3)
    assert flows["lots_max"].tolist() == [3, 3] and flows["add_weight"].tolist() == [1_000, 1_000]


def test_rows_of_books_do_not_share_words() -> None:
    """Threads write rows next to each other."""
    assert all(row.itemsize % np.dtype(np.uint64).itemsize == 0 for row in (RESULT, STREAM))
