"""Commands of the venue itself: its timers' and its operator's, among those of clients or before it serves.

    venue.submit({"kind": CommandKind.CLOCK}, done)          a row, with the next batch
    venue.submit_control(kind, payload, done)                a control, alone in its commit, when its turn comes
    venue.run_now(fields), venue.control_now(kind, payload)  while nothing is served

A control is checked when its turn comes, against the state that it will change; one that is refused is not journalled.
So is an atomic batch of a client (ENTRY-013): `venue.submit_alone(batch)`.
"""

from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np

from exchange.codes import CommandKind, EventKind, MarketState, StateReason
from exchange.engine import query
from exchange.engine.control.checks import ControlError
from exchange.engine.event_rows import KIND, Row, read_rows
from exchange.gateway.translate import CommandBatch
from exchange.records import COMMAND, column
from exchange.seams import Clock
from exchange.venue.event_history import History

_LISTED = int(EventKind.INSTRUMENT_LISTED)
# Called when a command of the venue's own is released, with its events; or with why it was refused.
Done = Callable[[list[Row]], None]
Refused = Callable[[str], None]


class OwnCommands:
    """The half of a venue that makes commands without a client. `Venue` is the other half."""

    engine: Any
    journal: Any
    history: History
    market: Any
    timekeeper: Any
    batch: CommandBatch
    short_of_room = False  # the journal has its reserve alone (DUR-024)
    _killed: set[bytes]  # scopes that risk desks have stopped since then
    _full: deque[CommandBatch]
    _sequencer: Any
    _clock: Clock
    _batch_rows: int
    _refresh_instruments: Callable[[], None]

    @property
    def idle(self) -> bool:
        raise NotImplementedError

    def wake(self) -> None:
        raise NotImplementedError

    # While it serves.

    def submit(self, fields: dict[str, int], done: Done) -> None:
        """Sequence a row with the next batch; `done` is called with its events when it is released."""
        self.batch.rows[len(self.batch.tickets)] = _row(fields)[0]
        self.batch.tickets.append((lambda _id, _us, events: done(events), 0, 0))
        self.wake()

    def note_room(self, is_short: bool) -> None:
        """Whether the journal has its reserve alone: then trading stops, and only cancels that end an order are
        journalled for clients (DUR-024)."""
        self.short_of_room = is_short
        self._killed = set()
        if is_short:
            self.halt()

    def halt(self) -> None:
        """Stop trading in every product group: cancels are still taken."""
        for group, state in query.group_states(self.engine.states).items():
            if state not in (MarketState.CLOSED, MarketState.HALT):
                fields = {"kind": CommandKind.SET_STATE, "market_state": MarketState.HALT, "group": group}
                self.submit({**fields, "state_reason": StateReason.HALT_ADMIN}, lambda _events: None)

    def submit_control(self, kind: CommandKind, payload: bytes, done: Done, refused: Refused) -> None:
        """Sequence a control, alone in its commit, behind what has been gathered so far."""
        alone = CommandBatch(1, payload, refused)
        alone.rows[0] = _row({"kind": kind})[0]
        alone.tickets.append((lambda _id, _us, events: done(events), 0, 0))
        self.submit_alone(alone)

    def submit_alone(self, alone: CommandBatch) -> None:
        """Sequence a batch in a commit of its own, behind what has been gathered so far: it is checked against the
        state that it will change."""
        if self.batch.tickets:
            self._full.append(self.batch)
            self.batch = CommandBatch(self._batch_rows)
        self._full.append(alone)
        self.wake()

    def may_run(self, batch: CommandBatch) -> bool:
        """Whether a batch whose turn has come is journalled; a control or an atomic batch that cannot run now is
        answered instead."""
        if batch.atomic is not None:
            return batch.atomic(self.engine.first_refusal(batch.closed()), self._clock.wall_us())
        if batch.control is None:
            return True
        try:
            self.engine.check_control(int(batch.rows[0]["kind"]), batch.control)
        except ControlError as error:
            batch.refused(str(error))
            return False
        return True

    def journal_batch(self, batch: CommandBatch, rows: np.ndarray) -> None:
        """Make a batch durable, on the helper thread."""
        if batch.control is None:
            self.journal.append(rows)
        else:
            self.journal.append_control(rows, batch.control)

    def apply_batch(self, batch: CommandBatch, rows: np.ndarray) -> np.ndarray:
        """Its events."""
        events: np.ndarray = (
            self.engine.apply(rows) if batch.control is None else self.engine.control(rows, batch.control)
        )
        return events

    # Before it serves.

    def run_now(self, fields: dict[str, int]) -> list[Row]:
        """Journal and apply one row while nothing is served; returns its events."""
        assert self.idle
        rows = _row(fields)
        self._sequencer.stamp(rows)
        self.journal.append(rows)
        return self._note_now(rows, self.engine.apply(rows))

    def control_now(self, kind: CommandKind, payload: bytes) -> list[Row]:
        """Journal and apply one control while nothing is served. ControlError before anything is written."""
        assert self.idle
        self.engine.check_control(int(kind), payload)
        rows = _row({"kind": kind})
        self._sequencer.stamp(rows)
        self.journal.append_control(rows, payload)
        return self._note_now(rows, self.engine.control(rows, payload))

    def _note_now(self, rows: np.ndarray, events: np.ndarray) -> list[Row]:
        sequence = int(rows[0]["sequence"])
        self.journal.observe(events, sequence)
        if len(events):
            self.history.append(events)
            self.market.prints.append(events)
        self.history.shown = sequence
        found = read_rows(events)
        if any(row[KIND] == _LISTED for row in found):
            self._refresh_instruments()
        self.market.fold(found, sequence, int(rows[0]["time_ns"]))
        self.timekeeper.note(found)
        self.market.due(self._clock.wall_us())
        return found


def _row(fields: dict[str, int]) -> np.ndarray:
    """One COMMAND row, shape (1,); `fields` by their names or aliases."""
    rows = np.zeros(1, COMMAND)
    for name, value in fields.items():
        column(rows, name)[:] = value
    return rows
