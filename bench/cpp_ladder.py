"""A plain price ladder in C++ (`cpp_ladder.cpp`), played on the same flow in the same run: what this machine can do.

Machines, and hours of one machine, differ by a factor of two: a figure in nanoseconds says little without what a
known small program took beside it. Needs a C++ compiler (`c++`, or what CXX names).
"""

import ctypes
import os
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from time import thread_time_ns

import numpy as np

from bench.flow import Flow
from bench.flow_book import TICKS

SOURCE = Path(__file__).with_name("cpp_ladder.cpp")
FLAGS = ("-std=c++17", "-O3", "-march=native", "-fPIC", "-shared", f"-DTICKS={TICKS}")


def compiler() -> str | None:
    """Path of the C++ compiler, None if there is none."""
    return shutil.which(os.environ.get("CXX", "c++"))


def compiled(command: str) -> ctypes.CDLL:
    """The ladder as a loaded library; AssertionError with the compiler's words if it does not compile."""
    with TemporaryDirectory() as folder:
        library = Path(folder) / "cpp_ladder.so"
        done = subprocess.run([command, *FLAGS, "-o", str(library), str(SOURCE)], capture_output=True, text=True)
        assert done.returncode == 0, f"{command}: {done.stderr.strip()}"
        loaded = ctypes.CDLL(str(library))
    loaded.ladder_bytes.restype = loaded.play.restype = ctypes.c_int64
    loaded.ladder_bytes.argtypes = [ctypes.c_int64]
    loaded.play.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_void_p]
    return loaded


class CppLadder:
    """A flow of one book, ready to be played again and again."""

    def __init__(self, flow: Flow, command: str) -> None:
        assert flow.parameters.books == 1, "a ladder is one book"
        self.flow = flow
        self._library = compiled(command)
        orders = 1 + int(max(flow.steps["order"].max(), flow.warm_steps["order"].max()))
        self._ladder = np.zeros(self._library.ladder_bytes(orders), np.uint8)
        self._slots = np.zeros(orders, np.int32)
        self._play(flow.warm_steps)
        self._start = self._ladder.copy(), self._slots.copy()

    def _play(self, steps: np.ndarray) -> int:
        return int(self._library.play(self._ladder.ctypes.data, steps.ctypes.data, len(steps), self._slots.ctypes.data))

    def time_pass(self) -> float:
        """ns a command; AssertionError if the trades are not those that the flow expects."""
        np.copyto(self._ladder, self._start[0])
        np.copyto(self._slots, self._start[1])
        begin = thread_time_ns()
        trades = self._play(self.flow.steps)
        spent = thread_time_ns() - begin
        assert trades == self.flow.fills, f"C++ ladder: {trades} trades, expected {self.flow.fills}"
        return spent / len(self.flow.steps)
