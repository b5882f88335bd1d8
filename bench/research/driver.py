"""Runs a tape and own commands in one engine, in order.

The engine numbers commands from 1 without gaps, so own commands take numbers. A recorded command has the sequence that
the tape gives it plus the number of own commands before it. Without own commands nothing is renumbered, and the state
after each command is the one of the tape.
"""

import copy
from collections.abc import Callable
from functools import cache

import numpy as np

from bench.research.event_columns import REFUSALS, find_own
from bench.research.events import EventLog, Events
from bench.research.renumber import renumber_rows
from bench.research.tape_rows import TapeRows
from bench.tapes.run import check_control
from bench.tapes.tape import TapeControl
from exchange.codes import CommandKind
from exchange.engine.engine import Engine, blank_commands, bound_apply
from exchange.engine.event_rows import Row
from exchange.engine.state import outbox_dtype
from exchange.errors import UserError
from exchange.kernel import bind
from exchange.limits import NAMED, Limits
from exchange.records import COMMAND, COMMAND_STRUCT, EVENT_STRUCT, ROW_BYTES

ALIGNED_ROWS = 1_024  # rows that are copied together when they are renumbered
# Sequence, time, and the fields of a COMMAND after these; of a control its kind and payload.
OwnCommand = tuple[int, int, tuple[int, ...] | tuple[CommandKind, bytes]]


class Driver:
    """A tape, and an engine at some place of it.

    source        of commands and controls in order
    own           first and last number of own accounts, whose events go to `listen`
    keep_events   whether it keeps all events as they come, for `events` of another driver. Where memory is touched for
                  the first time, that takes longer than the matching
    """

    def __init__(self, source: TapeRows, own: tuple[int, int], keep_events: bool = False) -> None:
        self.source, self.own = source, own
        self.engine = Engine(NAMED[source.tape.limits])
        self.listen: Callable[[list[Row]], None] = lambda rows: None  # called with own events of a call of the engine
        self.rows = source.rows
        self.next_row = self.next_control = 0
        self.refused = 0  # commands of others that the engine has refused
        self.shift = 0  # number of own commands so far
        self.own_commands: list[OwnCommand] = []
        self.states, self._outs = self.engine.states, self.engine.outs
        self._log = EventLog(self._outs) if keep_events else None
        self._follower: Driver | None = None
        self._buffer = blank_commands(ALIGNED_ROWS)
        self._single = blank_commands(1)
        self._bind()

    def _bind(self) -> None:
        outs = self._outs
        limits = self.engine.limits
        self._apply, (self._find_own, self._renumber) = bound_apply(limits), _bound_kernels(limits)
        self._single_bytes = self._single.view(np.uint8).data
        self._places = np.zeros(len(outs["rows"][0]), np.int64)
        self._event_bytes = outs["rows"][0].view(np.uint8).data
        self._count, self._step = outs["count"].data, self.states["cursor"]["step"].data
        self._sequence, self._time = self.states["sequence"].data, self.states["time_ns"].data

    @property
    def sequence(self) -> int:
        """Sequence of the last command applied."""
        return self._sequence[0]

    @property
    def time_ns(self) -> int:
        """Time of the last command applied, ns since 1970 UTC."""
        return self._time[0]

    @property
    def place(self) -> int:
        """Number of commands of the tape that are applied, controls included."""
        return self.next_row + self.next_control

    @property
    def length(self) -> int:
        """Number of commands of the tape, controls included."""
        return self.source.length

    def advance(self, count: int) -> int:
        """Apply the next commands of the tape: `count`, as many as there are, or more to end a mass quote.

        returns   number of commands applied
        UserError: the engine refuses a recorded control
        """
        left = count
        while left > 0:
            start, stop = self.next_row, self.row_before_control
            if start < stop:
                self._run_rows(min(stop, start + left))
                left -= self.next_row - start
            elif self.next_control < len(self.source.tape.controls):
                self._run_control(self.source.tape.controls[self.next_control])
                self.next_control += 1
                left -= 1
            else:
                break
        return count - left

    def advance_to_sequence(self, sequence: int) -> None:
        """Apply all commands of the tape that are due up to a sequence of the engine, own commands counted so far."""
        self.advance(int(np.searchsorted(self.source.sequences, sequence - self.shift, "right")) - self.place)

    def fork(self) -> "Driver":
        """A driver with an engine of its own that goes on from here. The caller sets `listen`."""
        other = copy.copy(self)
        other.own_commands = self.own_commands.copy()
        other.engine = self.engine.fork()
        other.states, other._outs = other.engine.states, other.engine.outs
        other._log = None if self._log is None else self._log.fork(other._outs)
        other._follower = None if self._follower is None else self._follower.fork()
        other._buffer, other._single = blank_commands(ALIGNED_ROWS), blank_commands(1)
        other._bind()
        return other

    def events(self) -> Events:
        """All events so far. Equal commands give equal events, so they are not kept but made when they are asked for: a
        second driver follows this one, from the place where it was last asked.
        """
        if self._follower is None:
            self._follower = Driver(self.source, self.own, keep_events=True)
        follower = self._follower
        follower.follow(self, self.sequence)
        assert follower._log is not None
        return follower._log.events()

    def follow(self, other: "Driver", sequence: int) -> None:
        """Apply what another driver of the tape has applied up to a sequence, own commands too."""
        for at, time_ns, fields in other.own_commands[len(self.own_commands) :]:
            if at > sequence:
                break
            self.advance_to_sequence(at - 1)
            if isinstance(fields[1], bytes):
                self.run_own_control(CommandKind(fields[0]), fields[1])
            else:
                self.run_own(time_ns, fields)
        self.advance_to_sequence(sequence)

    def _run_rows(self, stop: int) -> None:
        """Apply rows of the tape up to row `stop`, or to the end of the mass quote that goes on there."""
        rows, start = self.rows, self.next_row
        self.next_row = stop = self.source.quote_end(stop, self.row_before_control)
        if not self.shift:
            self._run(rows, start, stop)
            return
        buffer = self._buffer
        for first in range(start, stop, ALIGNED_ROWS):
            count = min(ALIGNED_ROWS, stop - first)
            self._renumber(rows, first, count, self.shift, buffer)
            self._run(buffer, 0, count)

    def _run(self, rows: np.ndarray, start: int, stop: int) -> None:
        states, outs = self.states, self._outs
        while True:
            start = self._apply(states, rows, start, stop, outs)
            if self._count[0]:
                self._take_events()
            if start == stop and self._step[0] == 0:
                return

    def _take_events(self) -> None:
        if self._log is not None:
            self._log.take(self._count[0])
        first, last = self.own
        own, refused = self._find_own(self._outs, first, last, self._places)
        self.refused += refused
        if own:
            unpack, data = EVENT_STRUCT.unpack_from, self._event_bytes
            self.listen([unpack(data, place * ROW_BYTES) for place in self._places[:own].tolist()])

    @property
    def row_before_control(self) -> int:
        """Number of rows of the tape before its next control, or in all."""
        return self.source.control_rows[self.next_control]

    def take_played(self, next_row: int, sent: np.ndarray, events: np.ndarray) -> None:
        """Note what a compiled loop has done: rows of the tape so far, own COMMAND rows, and all EVENT rows."""
        self.next_row = next_row
        self.shift += len(sent)
        self.own_commands += [(row[0], row[1], row[2:]) for row in COMMAND_STRUCT.iter_unpack(sent.tobytes())]
        self._take_rows(events)

    def run_own(self, time_ns: int, fields: tuple[int, ...]) -> None:
        """Apply an own command now. Its events are read before this returns.

        time_ns   its time; if the engine is later already, that time
        fields    the fields of COMMAND after sequence and time
        """
        sequence, time_ns = self._sequence[0] + 1, max(time_ns, self._time[0])
        self._before_own()
        COMMAND_STRUCT.pack_into(self._single_bytes, 0, sequence, time_ns, *fields)
        self.own_commands.append((sequence, time_ns, fields))
        self.shift += 1
        self._run(self._single, 0, 1)

    def _before_own(self) -> None:
        """Before the first own command: make recorded commands find their orders by names that stay right."""
        if not self.shift:
            self.rows = self.source.renamed

    def run_own_control(self, kind: CommandKind, payload: bytes) -> None:
        """Apply an own control now. UserError: the engine refuses it."""
        self._before_own()
        row = np.zeros(1, COMMAND)
        row["sequence"], row["time_ns"], row["kind"] = self.sequence + 1, self.time_ns, kind
        own = (self.sequence + 1, self.time_ns, (kind, payload))
        self._control(TapeControl(row, payload))
        self.own_commands.append(own)
        self.shift += 1

    def _run_control(self, control: TapeControl) -> None:
        if self.shift:
            if control.row["kind"][0] == CommandKind.BUST:
                text = "names a trade by a number that own trades have changed, so it cannot be replayed"
                raise UserError(f"control BUST at sequence {control.sequence} of the tape {text}")
            row = control.row.copy()
            row["sequence"] += self.shift
            control = TapeControl(row, control.payload)
        self._control(control)

    def _control(self, control: TapeControl) -> None:
        check_control(self.engine, control)
        self._take_rows(self.engine.control(control.row, control.payload))

    def _take_rows(self, events: np.ndarray) -> None:
        if self._log is not None:
            self._log.take_rows(events)
        first, last = self.own
        is_own = (events["account"] >= first) & (events["account"] <= last)
        self.refused += int(np.isin(events["kind"][~is_own], REFUSALS).sum())
        if is_own.any():
            self.listen(list(EVENT_STRUCT.iter_unpack(events[is_own].tobytes())))


@cache
def _bound_kernels(limits: Limits) -> tuple[Callable[..., tuple[int, int]], Callable[..., None]]:
    """`find_own` and `renumber_rows` for states of one size (`engine.bound_apply`)."""
    rows = blank_commands(0)
    own = bind(find_own, np.empty(0, outbox_dtype(limits)), 0, 0, np.zeros(0, np.int64))
    return own, bind(renumber_rows, rows, 0, 0, 0, rows)
