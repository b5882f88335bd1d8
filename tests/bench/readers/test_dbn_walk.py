"""The walk over DBN records finds their starts, and stops before one that cannot be."""

import numpy as np
import pytest

from bench.readers.dbn_walk import TOO_SHORT, TRUNCATED, walk_records


@pytest.mark.rule("TAPE-013")
@pytest.mark.parametrize(
    ("last", "problem"), [(b"", 0), (bytes([3]) + bytes(11), TOO_SHORT), (bytes([5]) + bytes(15), TRUNCATED)]
)
def test_records_of_several_lengths_are_found(last: bytes, problem: int) -> None:
    records = [bytes([words]) + bytes(4 * words - 1) for words in (14, 4, 16)]
    data = np.frombuffer(b"head" + b"".join(records) + last, np.uint8)
    starts, places = np.zeros(9, np.int64), np.zeros(2, np.int64)
    assert walk_records(data, 4, starts, places) == problem
    assert starts[:3].tolist() == [4, 60, 76] and places.tolist() == [3, 140]
