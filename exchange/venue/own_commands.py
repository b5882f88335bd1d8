"""Commands of the venue itself: of its timers and its operator, among those of clients or before it serves.

    own.submit({"kind": CommandKind.CLOCK}, done)          a row, with the next batch
    own.submit_control(kind, payload, done, refused)       a control, alone in its commit, when its turn comes
    own.run_now(fields), own.control_now(kind, payload)    while nothing is served

A control is checked when its turn comes, against the state that it will change; one that is refused is not journalled.
"""

from collections.abc import Callable

import numpy as np

from exchange.codes import CommandKind, MarketState, StateReason
from exchange.engine import query
from exchange.engine.event_rows import Row
from exchange.gateway.translate import CommandBatch
from exchange.records import COMMAND, column
from exchange.venue.gathering import Gathering

# Called when a command of the venue's own is released, with its events; or with why it was refused.
Done = Callable[[list[Row]], None]
Refused = Callable[[str], None]


class OwnCommands:
    """Makes commands without a client."""

    def __init__(
        self,
        states: np.ndarray,
        gathering: Gathering,
        wake: Callable[[], None],
        commit_now: Callable[[np.ndarray, bytes | None], list[Row]],
    ) -> None:
        """`wake()` starts what was gathered on its way; `commit_now(rows, control)` does it at once, and returns the
        events."""
        self._states, self._gathering, self._wake, self._commit_now = states, gathering, wake, commit_now

    def submit(self, fields: dict[str, int], done: Done) -> None:
        """Sequence a row with the next batch; `done` is called with its events when it is released."""
        batch = self._gathering.open
        batch.rows[len(batch.tickets)] = _row(fields)[0]
        batch.tickets.append((lambda _id, _us, events: done(events), 0, 0))
        self._wake()

    def submit_control(self, kind: CommandKind, payload: bytes, done: Done, refused: Refused) -> None:
        """Sequence a control, alone in its commit, behind what has been gathered so far."""
        alone = CommandBatch(1, control=payload, refused=refused)
        alone.rows[0] = _row({"kind": kind})[0]
        alone.tickets.append((lambda _id, _us, events: done(events), 0, 0))
        self._gathering.add_alone(alone)
        self._wake()

    def halt(self) -> None:
        """Stop trading in every product group: cancels are still taken."""
        for group, state in query.group_states(self._states).items():
            if state not in (MarketState.CLOSED, MarketState.HALT):
                fields = {"kind": CommandKind.SET_STATE, "market_state": MarketState.HALT, "group": group}
                self.submit({**fields, "state_reason": StateReason.HALT_ADMIN}, lambda _events: None)

    # Before it serves.

    def run_now(self, fields: dict[str, int]) -> list[Row]:
        """Journal and apply one row; returns its events."""
        return self._commit_now(_row(fields), None)

    def control_now(self, kind: CommandKind, payload: bytes) -> list[Row]:
        """Journal and apply one control; returns its events. ControlError before anything is written."""
        return self._commit_now(_row({"kind": kind}), payload)


def _row(fields: dict[str, int]) -> np.ndarray:
    """One COMMAND row, shape (1,); `fields` by their names or aliases."""
    rows = np.zeros(1, COMMAND)
    for name, value in fields.items():
        column(rows, name)[:] = value
    return rows
