"""Engine: holds one state record and its event buffer, and applies rows and controls in sequence order."""

from collections.abc import Callable, Iterator
from functools import cache

import numpy as np

from exchange.engine.apply import apply_commands
from exchange.engine.batch_check import check_batch
from exchange.engine.control import registry as control
from exchange.engine.state import new_outbox, new_state, outbox_dtype, state_dtype
from exchange.engine.used_chunks import copy_state, state_hash
from exchange.kernel import bind
from exchange.limits import VENUE, Limits
from exchange.records import COMMAND, EVENT, blank_rows


class Engine:
    """The deterministic state machine: equal commands give equal events and equal bytes of state.

    limits   capacities of the state; kernels are compiled for each
    states   STATE, shape (1,), to go on from, changed in place; None: an empty one
    """

    def __init__(self, limits: Limits = VENUE, states: np.ndarray | None = None) -> None:
        self.limits = limits
        self.states = new_state(limits) if states is None else _checked(states, limits)
        self.outs = new_outbox(limits)
        # Rows are copied as bytes: NumPy copies a record field by field, 100 ns a row.
        self._bytes = self.outs["rows"][0].view(np.uint8)
        # Read after each call of the loop. A memoryview gives an int in a quarter of the time of an array.
        self._count = self.outs["count"].data
        self._step = self.states["cursor"]["step"].data
        self._no_rows = blank_commands(0)
        self._apply = bound_apply(limits)
        self._open_run = self.states["cursor"]["run"].data

    @property
    def sequence(self) -> int:
        """Sequence of the last command applied."""
        return int(self.states["sequence"][0])

    @property
    def time_ns(self) -> int:
        """Time of the last command applied, ns since 1970 UTC."""
        return int(self.states["time_ns"][0])

    def state_hash(self) -> bytes:
        """BLAKE3 of what the state holds: equal bytes give equal hashes (`used_chunks`)."""
        return state_hash(self.states)

    def fork(self) -> "Engine":
        """A new engine with a copy of this one's state: what either does from here on does not change the other. It
        costs what the state holds. Call it between commands.
        """
        fork = Engine(self.limits)
        copy_state(fork.states, self.states)
        return fork

    def apply(self, commands: np.ndarray) -> np.ndarray:
        """Run commands and return their events.

        commands  COMMAND rows, shape (n,), with sequence and time
        returns   EVENT rows, read-only
        """
        return event_rows(b"".join(self.run(commands)))

    def run(self, commands: np.ndarray) -> Iterator[bytes]:
        """As `apply`, but yields the bytes of the events, one event buffer after the other."""
        index, stop = 0, self._rows_of(commands)
        while True:
            index = self._apply(self.states, commands, index, stop, self.outs)
            yield self._buffered()
            if index == stop and self._step[0] == 0:
                return

    def _rows_of(self, commands: np.ndarray) -> int:
        """Number of rows. Checks their layout, because kernels read the memory without checking it."""
        if commands.dtype != COMMAND or commands.ndim != 1 or not commands.flags.c_contiguous:
            raise TypeError(f"commands: {commands.dtype}, shape {commands.shape}, want whole COMMAND rows in a row")
        return len(commands)

    def _buffered(self) -> bytes:
        """Copy of the bytes of the events in the buffer."""
        events: bytes = self._bytes[: self._count[0] * EVENT.itemsize].tobytes()
        return events

    def run_silently(self, commands: np.ndarray) -> int:
        """Run commands and drop their events, for benchmarks and bulk loading. Returns the number of EVENT rows."""
        index, stop, events = 0, self._rows_of(commands), 0
        while True:
            index = self._apply(self.states, commands, index, stop, self.outs)
            events += self._count[0]
            if index == stop and self._step[0] == 0:
                return events

    def first_refusal(self, commands: np.ndarray) -> tuple[int, int, int] | None:
        """Find the first command that would be refused if it were the next one (`check_batch`). Nothing is changed.

        commands  COMMAND rows, shape (n,): NEW, REPLACE, CANCEL
        returns   its number from 0, RejectReason, MarketState; None if all would be accepted
        """
        place, reason, market_state = check_batch(self.states, commands)
        return (int(place), int(reason), int(market_state)) if reason else None

    def check_control(self, kind: int, payload: bytes, recorded: bool = False) -> None:
        """Raise ControlError if this control could not be carried out now. Call it before the control is journalled.

        recorded  True for a control from the journal: whether enough people asked for it is not checked again
        """
        control.check(self.states, kind, payload, recorded)

    def control(self, row: np.ndarray, payload: bytes) -> np.ndarray:
        """Run one checked control and return its events. A mass quote that waits for more rows ends first.

        row  COMMAND, shape (1,), with sequence and time
        """
        events = self._finish()
        control.begin(self.states, row[0], payload)
        events += self._finish()
        return event_rows(events + control.run(self.states, row[0], payload).tobytes())

    def _finish(self) -> bytes:
        """End a mass quote that waits for more rows, and finish the running command. Returns bytes of events."""
        events = b""
        while self._open_run[0] or self._step[0]:
            self._apply(self.states, self._no_rows, 1, 0, self.outs)
            events += self._buffered()
        return events


@cache
def bound_apply(limits: Limits) -> Callable[..., int]:
    """`apply_commands` for states of one size. To find out their type takes 5 ms, so it is done once."""
    states = np.empty(0, state_dtype(limits))
    bound: Callable[..., int] = bind(apply_commands, states, blank_commands(0), 0, 0, np.empty(0, outbox_dtype(limits)))
    return bound


def _checked(states: np.ndarray, limits: Limits) -> np.ndarray:
    """The same state. Its layout is checked, because kernels write to the memory without checking it."""
    flags = states.flags
    if states.dtype != state_dtype(limits) or states.shape != (1,) or not (flags.writeable and flags.c_contiguous):
        raise TypeError(f"states: shape {states.shape}, want one STATE of size {limits.name} that can be written")
    return states


def blank_commands(count: int) -> np.ndarray:
    """COMMAND rows of zeros, shape (count,), with the memory layout that kernels are compiled for."""
    return blank_rows(COMMAND, count)


def event_rows(data: bytes) -> np.ndarray:
    """EVENT rows over bytes, without a copy."""
    return np.ndarray(len(data) // EVENT.itemsize, EVENT, data)
