"""A plain price ladder in C++ (`cpp_ladder.cpp`) that plays the same flow in the same run, as a measure of the machine.

Machines differ, and one machine differs by a factor of two from hour to hour. So a figure in nanoseconds needs the
figure of a known small program beside it. Needs a C++ compiler (`c++`, or the one in CXX).
"""

import ctypes
import os
import shutil
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from bench.bare_ladder import TimedLadder, slots_of
from bench.flow import Flow
from bench.flow_book import TICKS

SOURCE = Path(__file__).with_name("cpp_ladder.cpp")
FLAGS = ("-std=c++17", "-O3", "-march=native", "-fPIC", "-shared", f"-DTICKS={TICKS}")


def compiler() -> str | None:
    """Path of the C++ compiler; None: there is none."""
    return shutil.which(os.environ.get("CXX", "c++"))


def compiled(command: str) -> ctypes.CDLL:
    """The ladder as a loaded library. AssertionError with the compiler's message: it does not compile."""
    with TemporaryDirectory() as folder:
        library = Path(folder) / "cpp_ladder.so"
        done = subprocess.run([command, *FLAGS, "-o", str(library), str(SOURCE)], capture_output=True, text=True)
        assert done.returncode == 0, f"{command}: {done.stderr.strip()}"
        loaded = ctypes.CDLL(str(library))
    loaded.ladder_bytes.restype = loaded.play.restype = ctypes.c_int64
    loaded.ladder_bytes.argtypes = [ctypes.c_int64]
    loaded.play.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_void_p]
    return loaded


class CppLadder(TimedLadder):
    """The ladder in C++."""

    def __init__(self, flow: Flow, command: str) -> None:
        self._library = compiled(command)
        super().__init__(flow, np.zeros(self._library.ladder_bytes(slots_of(flow)), np.uint8))

    def player(self, steps: np.ndarray) -> Callable[[], int]:
        places = self._memory.ctypes.data, steps.ctypes.data, len(steps), self.slots.ctypes.data
        return partial(self._library.play, *places)
