"""Measures a flow on a book alone, with queues and prices only, for comparison with the full engine.

A ladder is one book: queues of orders by price. The bare ladder is the exchange's book without validation, client order
ids, accounts, margin, positions, fees, journal rows and events; the slot names an order. It uses the engine's kernels.

The C++ ladder (`cpp_ladder.cpp`) plays the same flow and shows the speed of the machine. Machines differ, and one
machine differs by a factor of two from hour to hour. So a figure in nanoseconds means little without the figure of a
known small program in the same run. The C++ ladder needs a compiler (`c++`, or the one in CXX).
"""

import ctypes
import os
import shutil
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from bench.flows.flow import Flow
from bench.flows.flow_book import ADD, AGGRESS, CANCEL, TICKS
from bench.record import timed
from exchange.book.levels import best_row, crosses, link_order, reduce_order, unlink_order
from exchange.book.slots import release_slot, take_slot
from exchange.codes import OrderState
from exchange.engine.state import new_state
from exchange.kernel import kernel
from exchange.limits import NAMED

OPEN = np.int64(OrderState.OPEN)
SOURCE = Path(__file__).with_name("cpp_ladder.cpp")
FLAGS = ("-std=c++17", "-O3", "-march=native", "-fPIC", "-shared", f"-DTICKS={TICKS}")
PART_STEPS = 2_048  # steps of a part, which takes a ladder about as long as a batch takes the engine


@kernel
def play_bare(states, steps, slots):
    """Play the steps of a flow in book 1. Returns the number of trades. Changes `states` and `slots`.

    slots   int32, slot of each order by order number
    """
    state = states[0]
    book = state.books[1]
    trades = 0
    for index in range(len(steps)):
        step = steps[index]
        if step.kind == ADD:
            slot = take_slot(state)
            slots[step.order] = slot
            order = state.orders[slot]
            order.state = OPEN
            order.side = step.side
            order.price = step.price
            order.leaves_lots = step.lots
            order.shown_lots = step.lots
            order.filled_lots = 0
            link_order(state, book, slot)
        elif step.kind == CANCEL:
            unlink_order(state, book, np.int64(slots[step.order]))
            release_slot(state, np.int64(slots[step.order]))
        elif step.kind == AGGRESS:
            trades += _take(state, book, np.int64(step.side), np.int64(step.price), np.int64(step.lots))
        else:
            _replace(state, book, np.int64(slots[step.order]), np.int64(step.price), np.int64(step.lots))
    return trades


@kernel
def _take(state, book, side, price, lots):
    """Trade an incoming order while it crosses. Returns the number of trades."""
    trades = 0
    while lots > 0 and crosses(book, side, price):
        slot = np.int64(state.levels[best_row(book, 1 - side)].head)
        order = state.orders[slot]
        traded = min(lots, np.int64(order.leaves_lots))
        lots -= traded
        trades += 1
        order.filled_lots += traded
        if traded < order.leaves_lots:
            reduce_order(state, book, slot, traded)
        else:
            unlink_order(state, book, slot)
            release_slot(state, slot)
    return trades


@kernel
def _replace(state, book, slot, price, total):
    """Replace an order. A smaller one at the same price keeps its place; any other goes to the end of its queue."""
    order = state.orders[slot]
    leaves = total - order.filled_lots
    if price == order.price and leaves <= order.leaves_lots:
        reduce_order(state, book, slot, order.leaves_lots - leaves)
        return
    unlink_order(state, book, slot)
    order.price = price
    order.leaves_lots = leaves
    order.shown_lots = leaves
    link_order(state, book, slot)


class TimedLadder(ABC):
    """A book alone. Each timed pass plays the same flow from the same state. The flow must be of one book."""

    def __init__(self, flow: Flow, memory: np.ndarray) -> None:
        """Fill the book with the flow's first orders. `memory`: bytes of the empty book, which steps change."""
        assert flow.parameters.books == 1, "a ladder is one book"
        self.flow = flow
        self.slots = np.zeros(slots_of(flow), np.int32)
        self._memory = memory
        self.player(flow.warm_steps)()
        self._start = memory.copy(), self.slots.copy()

    @abstractmethod
    def player(self, steps: np.ndarray) -> Callable[[], int]:
        """A function without arguments that plays the steps on the book and returns the number of trades."""

    def time_pass(self) -> np.ndarray:
        """Play the flow once; returns the ns of each part of PART_STEPS steps. The last part may be shorter.

        AssertionError: the number of trades is not the one that the flow predicts
        """
        np.copyto(self._memory, self._start[0])
        np.copyto(self.slots, self._start[1])
        steps, trades, times = self.flow.steps, 0, []
        for start in range(0, len(steps), PART_STEPS):
            spent, more = timed(self.player(steps[start : start + PART_STEPS]))
            times.append(spent)
            trades += more
        assert trades == self.flow.fills, f"{type(self).__name__}: {trades} trades, expected {self.flow.fills}"
        return np.array(times)


def slots_of(flow: Flow) -> int:
    """Length of an array with one entry for each order number; the numbers start at 1."""
    return 1 + int(max(flow.steps["order"].max(), flow.warm_steps["order"].max()))


class BareLadder(TimedLadder):
    """The book of the exchange."""

    def __init__(self, flow: Flow, limits: str = "venue") -> None:
        self.states = new_state(NAMED[limits])
        book = self.states[0].books[1]
        book.edge_tick[:] = 0, TICKS
        book.side_rows = -(-(TICKS + 2) // 64) * 64
        super().__init__(flow, self.states.view(np.uint8))

    def player(self, steps: np.ndarray) -> Callable[[], int]:
        return partial(play_bare, self.states, steps, self.slots)


def compiler() -> str | None:
    """Path of a C++ compiler; None: there is none."""
    return shutil.which(os.environ.get("CXX", "c++"))


def compiled(command: str) -> ctypes.CDLL:
    """Compile and load the C++ ladder. AssertionError: it does not compile; the text has the compiler's message."""
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
