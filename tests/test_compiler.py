"""What is compiled as a whole, what is kept of it, and that Numba's own compiler does the same."""

import os
import subprocess
import sys
import threading
from pathlib import Path

from exchange.compiler import _SharedFile
from exchange.engine.state import new_state
from exchange.kernel import kernel
from exchange.limits import TEST
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
