"""The decorator of kernels: where compiled code is kept, and how Python calls it."""

import pytest

from exchange.compiler import JIT
from exchange.kernel import bind, cache_folder, kernel, kernel_sources, source_hash
from exchange.machine import row_at
from exchange.records import COMMAND, blank_rows


@kernel
def _sequence_of(rows, index):
    return row_at(rows, index).sequence


@pytest.mark.rule("SEC-013")
def test_only_the_owner_may_enter_the_folder_of_compiled_code() -> None:
    assert JIT, "the suite runs compiled"
    assert cache_folder().stat().st_mode & 0o777 == 0o700


def test_folder_of_compiled_code_is_named_by_what_it_was_compiled_from() -> None:
    assert source_hash()[:16] in cache_folder().name
    names = {path.name for path in kernel_sources()}
    assert {
        "apply.py",
        "levels.py",
        "margin.py",
        "records.py",
        "limits.py",
        "kernel.py",
        "machine.py",
        "compiler.py",
    } <= names


def test_a_bound_kernel_does_what_the_kernel_does() -> None:
    rows = blank_rows(COMMAND, 3)
    rows["sequence"] = 7, 8, 9
    bound = bind(_sequence_of, rows, 0)
    assert [bound(rows, index) for index in range(3)] == [7, 8, 9]
    with pytest.raises(IndexError):
        bound(rows, 3)
