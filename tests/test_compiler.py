"""What is compiled as a whole, what is kept of it, and that Numba's own compiler does the same."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import numba

from exchange.compiler import NUMBA_MINOR, WHOLE_PROGRAM, _SharedFile
from exchange.engine.state import new_state
from exchange.kernel import RESEARCH, cache_folder, kernel
from exchange.limits import MEDIUM
from tests.source_tree import ROOT


@kernel
def _touch(states, index):
    states[0].orders[index].price += 1


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


# Python calls `outer`, that calls `middle`, that calls `item`.
CHAIN = """
import sys
import numpy as np
from exchange.engine.state import new_state
from exchange.kernel import kernel
from exchange.limits import MEDIUM

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

states = new_state(MEDIUM)
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


def _run(folder: Path, script: str, *arguments: str, **environment: str) -> tuple[list[str], set[str]]:
    """Lines that a process prints, and kernels in the cache after it."""
    (folder / "chain.py").write_text(script)
    own = {"GPUX_CACHE": str(folder / "cache"), "PYTHONPATH": str(ROOT), "NUMBA_DISABLE_JIT": "0"}
    run = [sys.executable, str(folder / "chain.py"), *arguments]
    whole = os.environ | own | environment
    done = subprocess.run(run, env=whole, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines(), {path.name.split("-")[0] for path in folder.rglob("*.nbc")}


def test_what_python_calls_is_compiled_as_a_whole(tmp_path: Path) -> None:
    """Its parts keep their constants and their checks; only it is in the cache, and all of it."""
    lines, kept = _run(tmp_path, CHAIN)
    used = ["looks at 2", "42"]
    failed = ["looks at -1", "index is out of bounds"]
    assert lines == [*used, "compiled: item middle outer", *failed]
    assert kept == {"chain.outer"}
    lines, kept = _run(tmp_path, CHAIN)
    assert lines == [*used, "compiled: outer", *failed]
    assert kept == {"chain.outer"}


def test_a_part_that_python_calls_is_compiled_for_it(tmp_path: Path) -> None:
    lines, kept = _run(tmp_path, CHAIN, "middle")
    assert lines[-3:] == ["looks at 2", "looks at 2", "41 42"]
    assert kept == {"chain.outer", "chain.middle"}


def test_type_of_a_state_is_written_out_once() -> None:
    """Numba asks for it in every step of every kernel: a fifth of a cold start if it is put together again."""
    kind = _touch.typeof_pyval(new_state(MEDIUM)).dtype
    assert repr(kind) is kind.name and repr(kind.fields["orders"].type) is kind.fields["orders"].type.name


def test_whole_programs_are_for_the_installed_version_of_numba() -> None:
    """Another one gets Numba's own compiler, which takes minutes longer: look at what changed in Numba first."""
    assert numba.version_info.short == NUMBA_MINOR
    assert WHOLE_PROGRAM


PLAIN = {"GPUX_PLAIN_COMPILER": "1"}


def test_a_kernel_does_the_same_without_the_whole_program_compiler(tmp_path: Path) -> None:
    lines, kept = _run(tmp_path, CHAIN, "middle", **PLAIN)
    wanted, _ = _run(tmp_path, CHAIN, "middle")
    assert [line for line in lines if "compiled" not in line] == [line for line in wanted if "compiled" not in line]
    assert {"chain.item", "chain.middle", "chain.outer"} <= kept
    folders = {path.name for path in (tmp_path / "cache").iterdir()}
    assert folders == {(name := cache_folder(RESEARCH).name), f"{name}-plain"}


# Orders enter and leave one book; what the state is afterwards.
LADDER = """
import hashlib
import numpy as np
from exchange.book.levels import link_order, unlink_order, worse_place
from exchange.book.slots import release_slot, take_slot
from exchange.compiler import WHOLE_PROGRAM
from exchange.engine.state import new_state
from exchange.kernel import kernel
from exchange.limits import MEDIUM

@kernel
def trade(states, steps):
    state = states[0]
    book = state.books[1]
    walked = np.int64(0)
    for number in range(steps):
        slot = take_slot(state)
        order = state.orders[slot]
        order.book, order.side, order.price = 1, number % 2, number * 37 % 500
        order.leaves_lots = order.shown_lots = 1 + number % 5
        order.state = 1
        link_order(state, book, slot)
        if number % 3 == 2:
            unlink_order(state, book, slot - 1)
            release_slot(state, slot - 1)
        walked += worse_place(state, book, 0, np.int64(book.best[0]))
    return walked

states = new_state(MEDIUM)
book = states[0].books[1]
book.low_tick, book.high_tick, book.side_rows = 0, 500, 512
book.edge_tick[:] = 0, 500
print(trade(states, 90), hashlib.sha256(states.tobytes()).hexdigest())
print(WHOLE_PROGRAM)
"""


def test_a_book_is_the_same_without_the_whole_program_compiler(tmp_path: Path) -> None:
    (whole, is_whole), (plain, is_plain) = (_run(tmp_path, LADDER, **options)[0] for options in ({}, PLAIN))
    assert plain == whole
    assert (is_whole, is_plain) == ("True", "False")


def test_code_of_two_records_has_two_names_whichever_process_made_it() -> None:
    """Two processes number their types alike, so a name with the number would be that of either record."""
    script = "import sys; from exchange.engine.state import state_dtype; from exchange import limits; import numba\n"
    script += "from numba.core.itanium_mangler import mangle\n"
    script += "kind = numba.from_dtype(state_dtype(getattr(limits, sys.argv[1])))\n"
    script += "print(mangle('run', [numba.types.Array(kind, 1, 'C')]))"
    run = [sys.executable, "-c", script]
    names = [
        subprocess.run([*run, size], capture_output=True, text=True, cwd=ROOT, check=True).stdout
        for size in ("MEDIUM", "SMALL", "MEDIUM")
    ]
    assert names[0] != names[1] and names[0] == names[2]
