"""The compiler's front door: where compiled code is kept, and the machine operations that have a plain twin."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.compiler import _SharedFile
from exchange.engine.state import new_state
from exchange.kernel import (
    JIT,
    LANES,
    NO_SOURCE,
    bind,
    cache_folder,
    equal_above,
    equal_lanes,
    highest_bit,
    kernel,
    kernel_sources,
    move_bytes,
    row_at,
    source_hash,
)
from exchange.limits import TEST
from exchange.records import COMMAND, blank_rows
from tests.source_tree import ROOT


@pytest.mark.rule("SEC-013")
def test_only_the_owner_may_enter_the_folder_of_compiled_code() -> None:
    assert JIT, "the suite runs compiled"
    assert cache_folder().stat().st_mode & 0o777 == 0o700


def test_folder_of_compiled_code_is_named_by_what_it_was_compiled_from() -> None:
    assert source_hash()[:16] in cache_folder().name
    names = {path.name for path in kernel_sources()}
    assert {"apply.py", "levels.py", "margin.py", "records.py", "limits.py", "kernel.py", "compiler.py"} <= names


def test_two_processes_that_compile_at_once_write_one_after_the_other(tmp_path: Path) -> None:
    """Both take the next free number of a file from the index: else the later index would name the other's code."""
    entered, leave = threading.Event(), threading.Event()

    class Slow(_SharedFile):
        def _load_index(self) -> dict[str, str]:
            found: dict[str, str] = super()._load_index()
            entered.set()
            leave.wait(10)
            return found

    first, second = Slow(str(tmp_path), "kernel", "stamp"), _SharedFile(str(tmp_path), "kernel", "stamp")
    writers = [threading.Thread(target=first.save, args=("venue", b"1"))]
    writers[0].start()
    assert entered.wait(10)
    writers.append(threading.Thread(target=second.save, args=("test", b"2")))
    writers[1].start()
    writers[1].join(0.2)
    assert writers[1].is_alive(), "it waits"
    leave.set()
    for writer in writers:
        writer.join(10)
    assert (second.load("venue"), second.load("test")) == (b"1", b"2")


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


@kernel
def _equal(states, start, value):
    table = states[0].order_index
    return equal_lanes(table, start, value), equal_above(table, start, value)


@given(st.lists(st.integers(0, 2), min_size=2 * LANES, max_size=2 * LANES), st.integers(0, 2), st.integers(0, 2))
def test_lanes_are_compared_whole_and_by_their_upper_halves(halves: list[int], upper: int, lower: int) -> None:
    states = new_state(TEST)
    entries = [above << 32 | below for above, below in zip(halves[::2], halves[1::2], strict=True)]
    start, value = TEST.order_index - LANES, upper << 32 | lower
    states[0].order_index[start:] = entries
    whole, above = _equal(states, start, np.uint64(value))
    assert whole == sum(1 << lane for lane in range(LANES) if entries[lane] == value)
    assert above == sum(1 << lane for lane in range(LANES) if entries[lane] >> 32 == lower)


@pytest.mark.parametrize("start", [-1, TEST.order_index - LANES + 1, TEST.order_index, 2**62, -(2**63)])
def test_no_lane_outside_a_table_is_read(start: int) -> None:
    with pytest.raises(IndexError, match="out of bounds"):
        _equal(new_state(TEST), start, np.uint64(0))


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


SOURCES = 0x05_08_02_00_08_07_01_06


@kernel
def _moved(word):
    return move_bytes(word, SOURCES)


@given(st.integers(0, 2**64 - 1))
def test_bytes_of_a_word_are_moved_to_where_they_are_wanted(word: int) -> None:
    taken = word.to_bytes(8, "little") + b"\0"  # NO_SOURCE takes a zero
    assert NO_SOURCE == 8
    wanted = bytes(taken[source] for source in (6, 1, 7, 8, 0, 2, 8, 5))
    assert int(_moved(np.uint64(word))).to_bytes(8, "little") == wanted


def test_a_bound_kernel_does_what_the_kernel_does() -> None:
    rows = blank_rows(COMMAND, 3)
    rows["sequence"] = 7, 8, 9
    bound = bind(_sequence_of, rows, 0)
    assert [bound(rows, index) for index in range(3)] == [7, 8, 9]
    with pytest.raises(IndexError):
        bound(rows, 3)


# Python calls `outer`, that calls `middle`, that calls `item`.
CHAIN = """
import sys
import numpy as np
from exchange.engine.state import new_state
from exchange.kernel import kernel
from exchange.limits import TEST

@kernel
def item(table, index):
    print("looks at", index)
    return table[index]

@kernel
def middle(state, index):
    return item(state.occupied, index) + np.uint64(1)

@kernel
def outer(states, index):
    return middle(states[0], index) + np.uint64(1)

states = new_state(TEST)
states["occupied"][0, 2] = 40
print(outer(states, np.int64(2)))
print("compiled:", *[name for name, known in list(globals().items()) if getattr(known, "signatures", ())])
try:
    outer(states, np.int64(-1))
except IndexError as error:
    print(error)
if "middle" in sys.argv:
    print(middle(states[0], np.int64(2)), outer(states, np.int64(2)))
sys.stdout.flush()
"""


def _run_chain(folder: Path, *arguments: str) -> tuple[list[str], set[str]]:
    """Lines that a process prints, and kernels in the cache after it."""
    (folder / "chain.py").write_text(CHAIN)
    environment = os.environ | {"GPUX_CACHE": str(folder / "cache"), "PYTHONPATH": str(ROOT), "NUMBA_DISABLE_JIT": "0"}
    run = [sys.executable, str(folder / "chain.py"), *arguments]
    done = subprocess.run(run, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines(), {path.name.split("-")[0] for path in folder.rglob("*.nbc")}


def test_what_python_calls_is_compiled_as_a_whole(tmp_path: Path) -> None:
    """Its parts keep their constants and their checks; only it is in the cache, and all of it."""
    lines, kept = _run_chain(tmp_path)
    used = ["looks at 2", "42"]
    failed = ["looks at -1", "index is out of bounds"]
    assert lines == [*used, "compiled: item middle outer", *failed]
    assert kept == {"chain.outer"}
    lines, kept = _run_chain(tmp_path)
    assert lines == [*used, "compiled: outer", *failed]
    assert kept == {"chain.outer"}


def test_a_part_that_python_calls_is_compiled_for_it(tmp_path: Path) -> None:
    lines, kept = _run_chain(tmp_path, "middle")
    assert lines[-3:] == ["looks at 2", "looks at 2", "41 42"]
    assert kept == {"chain.outer", "chain.middle"}


def test_type_of_a_state_is_written_out_once() -> None:
    """Numba asks for it in every step of every kernel: a fifth of a cold start if it is put together anew."""
    kind = _touch.typeof_pyval(new_state(TEST)).dtype
    assert repr(kind) is kind.name and repr(kind.fields["orders"].type) is kind.fields["orders"].type.name
