"""Commands without a client: from the venue's timers, from its operator, and from the set-up.

    own.submit({"kind": CommandKind.CLOCK}, done)          a row, in the next batch
    own.submit_control(kind, payload, done, refused)       a control, alone in its commit
    own.run_now(fields), own.control_now(kind, payload)    at once, only before the venue serves

A control is checked just before its commit, against the state that it will change. A refused one is not journalled.
"""

from collections.abc import Callable

import numpy as np

from exchange.codes import CommandKind, MarketState, StateReason
from exchange.engine import query
from exchange.engine.event_rows import Row
from exchange.gateway.command_batch import CommandBatch
from exchange.records import COMMAND, column
from exchange.venue.gathering import Gathering

# Done is called with the events of a command when it is released, Refused with the reason of a control's refusal.
Done = Callable[[list[Row]], None]
Refused = Callable[[str], None]


class OwnCommands:
    """Submits commands that come from no client."""

    def __init__(
        self,
        states: np.ndarray,
        gathering: Gathering,
        wake: Callable[[], None],
        commit_now: Callable[[np.ndarray, bytes | None], list[Row]],
    ) -> None:
        """states       the engine's STATE, read between batches

        wake         called after a command was added to `gathering`
        commit_now   (rows, payload or None) -> events: journals and applies at once
        """
        self._states, self._gathering, self._wake, self._commit_now = states, gathering, wake, commit_now

    def submit(self, fields: dict[str, int], done: Done) -> None:
        """Add a row to the next batch; `done` is called with its events when it is released."""
        batch = self._gathering.open
        batch.rows[batch.count] = _row(fields)[0]
        batch.add_ticket(lambda _id, _us, events: done(events))
        self._wake()

    def submit_control(self, kind: CommandKind, payload: bytes, done: Done, refused: Refused) -> None:
        """Queue a control, alone in its commit, after what has been gathered so far."""
        alone = CommandBatch(1, control=payload, refused=refused)
        alone.rows[0] = _row({"kind": kind})[0]
        alone.add_ticket(lambda _id, _us, events: done(events))
        self._gathering.add_alone(alone)
        self._wake()

    def halt(self) -> None:
        """Bring every product group that is not closed to HALT; cancels are still allowed."""
        for group, state in query.group_states(self._states).items():
            if state not in (MarketState.CLOSED, MarketState.HALT):
                fields = {"kind": CommandKind.SET_STATE, "market_state": MarketState.HALT, "group": group}
                self.submit({**fields, "state_reason": StateReason.HALT_ADMIN}, lambda _events: None)

    # Before the venue serves.

    def run_now(self, fields: dict[str, int]) -> list[Row]:
        """Journal and apply one row; returns its events."""
        return self._commit_now(_row(fields), None)

    def control_now(self, kind: CommandKind, payload: bytes) -> list[Row]:
        """Journal and apply one control; returns its events. ControlError: refused, nothing was written."""
        return self._commit_now(_row({"kind": kind}), payload)


def _row(fields: dict[str, int]) -> np.ndarray:
    """One COMMAND row, shape (1,). `fields`: values by field name or alias."""
    rows = np.zeros(1, COMMAND)
    for name, value in fields.items():
        column(rows, name)[:] = value
    return rows
