"""The compiler's front door: where compiled code is kept, and the machine operations that have a plain twin."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.engine.state import new_state
from exchange.kernel import JIT, cache_folder, highest_bit, kernel, kernel_sources, row_at, source_hash
from exchange.limits import TEST
from exchange.records import COMMAND, blank_rows


@pytest.mark.rule("SEC-013")
def test_only_the_owner_may_enter_the_folder_of_compiled_code() -> None:
    assert JIT, "the suite runs compiled"
    assert cache_folder().stat().st_mode & 0o777 == 0o700


def test_folder_of_compiled_code_is_named_by_what_it_was_compiled_from() -> None:
    assert source_hash()[:16] in cache_folder().name
    names = {path.name for path in kernel_sources()}
    assert {"apply.py", "levels.py", "margin.py", "records.py", "limits.py", "kernel.py"} <= names


@given(st.integers(1, 2**64 - 1))
def test_highest_bit_is_that_of_a_python_integer(word: int) -> None:
    assert highest_bit(np.uint64(word)) == word.bit_length() - 1


@kernel
def _touch(states, index):
    states[0].orders[index].price += 1
    states[0].occupied[index] += np.uint64(1)


@kernel
def _sequence_of(rows, index):
    return row_at(rows, index).sequence


@pytest.mark.parametrize("index", [-1, -TEST.orders - 1, 2**62, -(2**63)])
def test_no_index_outside_a_table_is_followed(index: int) -> None:
    """A wrong index stops the exchange; a negative one does not count from the end of a table."""
    states = new_state(TEST)
    with pytest.raises(IndexError):
        _touch(states, index)
    assert not states["orders"]["price"].any() and not states["occupied"].any()


def test_last_row_is_inside_and_the_next_is_not() -> None:
    states = new_state(TEST)
    _touch(states, TEST.ladder_rows // 64 - 1)
    with pytest.raises(IndexError):
        _touch(states, TEST.orders + 1)
    assert states["orders"]["price"].sum() == 1 and states["occupied"].sum() == 1
    rows = blank_rows(COMMAND, 3)
    rows["sequence"] = 7, 8, 9
    assert _sequence_of(rows, 2) == 9
    for outside in (3, -1):
        with pytest.raises(IndexError):
            _sequence_of(rows, outside)
