"""Many books on a GPU, one a thread, with the kernels that run them on the processor (GPU-001).

CUDA knows neither exceptions nor bounds checks (GPU-003). So the processor runs some of the books too, from the same
start and with all checks; any difference is an error (GPU-004). With NUMBA_ENABLE_CUDASIM=1 and NUMBA_DISABLE_JIT=1
numba's simulator takes the place of the GPU: it is slow, and needs neither a GPU nor a package for one.
"""

import os
from collections.abc import Callable
from time import perf_counter
from typing import Any

import numpy as np

from bench.extras import check_package
from bench.many.books import NO_ROWS, Books, engine_code
from bench.many.layout import RESULT
from bench.many.memory import GPU_BYTES
from bench.many.play import apply_rows, apply_rows_directly, play_book, step_book
from exchange.compiler import JIT
from exchange.errors import UserError
from exchange.kernel import load_cuda, on_grid

SIMULATED = os.environ.get("NUMBA_ENABLE_CUDASIM") == "1"
REPEATED = 64  # books of each run that the processor repeats


class BookDifference(AssertionError):
    """The GPU and the processor have come to different results."""


def check_device() -> None:
    """Raise UserError unless there is a GPU with its package, or the simulator."""
    if SIMULATED:
        if JIT:
            raise UserError("NUMBA_ENABLE_CUDASIM=1 runs kernels as plain Python: set NUMBA_DISABLE_JIT=1 too")
        return
    check_package("books on a GPU", "numba_cuda", "gpu")
    if not load_cuda().is_available():
        raise UserError(
            "books on a GPU: no CUDA device and driver, or no CUDA toolkit, which pip install 'gpux[gpu]' brings; "
            "NUMBA_ENABLE_CUDASIM=1 NUMBA_DISABLE_JIT=1 simulates one"
        )


def device_memory() -> tuple[str, int]:
    """Name and bytes of memory of the GPU. The simulator, whose memory has no end, stands for one of GPU_BYTES."""
    if SIMULATED:
        return "a simulated GPU", GPU_BYTES
    context = load_cuda().current_context()
    return str(context.device.name), int(context.get_memory_info().total)


class DeviceBooks:
    """Books on a GPU, which begin as those of `books` are now; those are not changed.

    books      what the GPU gets a copy of
    repeated   number of books that the processor repeats in each run
    results    RESULT of each book after the last run
    seconds    time of the last run on the GPU, without copies; the first run also compiles
    UserError  there is no GPU
    """

    def __init__(self, books: Books, repeated: int = REPEATED) -> None:
        check_device()
        cuda = load_cuda()
        self.results, self.seconds = np.zeros(books.count, RESULT), 0.0
        self._books, self._to_device, self._synchronize = books, cuda.to_device, cuda.synchronize
        self.repeated = min(repeated, books.count)
        self._chosen = np.linspace(0, books.count - 1, self.repeated).astype(np.int64)
        # On a GPU the code of the engine has no address: see `play.apply_rows_directly`.
        self._code = engine_code(books.limits) if SIMULATED else 0
        self._grids = {kernel: on_grid(kernel, {apply_rows: apply_rows_directly}) for kernel in (play_book, step_book)}
        copied = (books.states, books.outs, books.results, books.buffer, books.streams)
        self._states, self._outs, self._results, self._buffer, self._streams = map(cuda.to_device, copied)

    def play(self, rows: np.ndarray, starts: np.ndarray, stops: np.ndarray) -> np.ndarray:
        """As `Books.play`. BookDifference: the processor has come to other results."""
        self._books.check_rows(rows, starts, stops)
        before = self._part()
        self._run(play_book, *map(self._to_device, (rows, starts, stops)))
        return self._compared(before, lambda part: part.play(rows, starts[self._chosen], stops[self._chosen]))

    def step(self, flows: np.ndarray, messages: int) -> np.ndarray:
        """As `Books.step`, without own commands. BookDifference: the processor has come to other results."""
        self._books.check_flows(flows)
        before = self._part()
        actions = map(self._to_device, (NO_ROWS, *np.zeros((2, len(flows)), np.int64)))
        self._run(step_book, *actions, self._buffer, self._streams, self._to_device(flows), messages)
        return self._compared(before, lambda part: part.step(flows[self._chosen], messages))

    def _run(self, kernel: Any, *arguments: Any) -> None:
        start = perf_counter()
        self._grids[kernel](self._books.count, (self._code, self._states, self._outs, self._results, *arguments))
        self._synchronize()
        self.seconds = perf_counter() - start
        self._results.copy_to_host(self.results)

    def _part(self) -> Books:
        """The books that the processor repeats, as they are now on the GPU."""
        part = Books(len(self._chosen), self._books.market, self._books.limits.name)
        for place, book in enumerate(self._chosen):
            self._states[book : book + 1].copy_to_host(part.states[place : place + 1])
            self._results[book : book + 1].copy_to_host(part.results[place : place + 1])
            self._streams[book : book + 1].copy_to_host(part.streams[place : place + 1])
        return part

    def _compared(self, part: Books, repeat: Callable[[Books], object]) -> np.ndarray:
        """Repeat a run on the processor and compare. Returns the results of all books."""
        repeat(part)
        stopped = np.flatnonzero(self.results["done"] == 0)
        if len(stopped):
            raise BookDifference(f"book {stopped[0]} has stopped on the GPU: an index out of bounds, or another error")
        compare(self._chosen, self._part(), part)
        return self.results


def compare(numbers: np.ndarray, device: Books, processor: Books) -> None:
    """Raise BookDifference unless results, random numbers and states are equal to the byte. `numbers`: of the books."""
    for place, number in enumerate(numbers):
        for name in ("results", "streams", "states"):
            one, other = (getattr(books, name)[place : place + 1] for books in (device, processor))
            if not np.array_equal(one.view(np.uint8), other.view(np.uint8)):
                fields = [field for field in one.dtype.names if one[field].tobytes() != other[field].tobytes()]
                raise BookDifference(
                    f"book {number}: {name} on the GPU differ from the processor's in {', '.join(fields)}"
                )
