"""The compiler's front door: where compiled code is kept, and the machine operations that have a plain twin."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.kernel import JIT, cache_folder, highest_bit, kernel_sources, source_hash


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
