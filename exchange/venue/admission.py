"""Decides which waiting commands are journalled. The others are answered at once and never reach the journal.

too late          the command's `exp` has passed (ENTRY-005)
no space          only the journal's reserve is left, and the command ends no order (DUR-024, see `reserve`)
cannot be run     the engine would refuse the control, or a part of the atomic batch (ENTRY-013)
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from exchange.codes import CommandKind
from exchange.engine import query
from exchange.engine.control.checks import ControlError
from exchange.gateway.command_batch import CommandBatch
from exchange.gateway.firms.firm_moves import account_of, note_move
from exchange.seams import Clock
from exchange.venue.reserve import Reserve
from exchange.wire.errors import ErrorCode
from exchange.wire.request_checks import EXPIRED
from exchange.wire.table import Answerer


class Admission:
    """Checks each batch against the state that it will change: nothing is applied between check and batch."""

    def __init__(self, engine: Any, clock: Clock, answer_session: Callable[[np.void, int], None]) -> None:
        """`answer_session(row, received_us)`: lets the session of a request answer it, without events."""
        self._engine, self._clock, self._answer_session = engine, clock, answer_session
        self._killed: set[bytes] = set()  # scopes that risk desks have killed while only the reserve is left
        self.uses_reserve = False
        self.refusal = ErrorCode.EXPIRED_REQUEST, ""  # why the command answered now was not journalled

    def limit_to_reserve(self, is_limited: bool) -> None:
        """Admit only what the reserve is for from now on (True), or everything again (False)."""
        self.uses_reserve, self._killed = is_limited, set()

    def admit(self, batch: CommandBatch) -> bool:
        """Answer the commands that are not admitted and drop them from the batch; returns whether any are left."""
        if batch.expires:
            self._drop_late(batch)
        if self.uses_reserve and batch.control is None and batch.atomic is None:
            self._drop_not_journalled(batch)
        return self._may_run(batch) and batch.count > 0

    def _drop_late(self, batch: CommandBatch) -> None:
        now_us = self._clock.wall_us()
        late = {place for place, expires_us in batch.expires if expires_us < now_us}
        self._drop(batch, dict.fromkeys(late, (ErrorCode.EXPIRED_REQUEST, EXPIRED)))

    def _drop_not_journalled(self, batch: CommandBatch) -> None:
        states = self._engine.states
        reserve = Reserve(states, lambda row: self._engine.first_refusal(row) is not None, self._killed)
        self._drop(batch, reserve.not_journalled(batch.gathered_rows()))

    def _drop(self, batch: CommandBatch, places: dict[int, tuple[ErrorCode, str]]) -> None:
        """Drop the commands at these places from the batch, and answer each with its reason."""
        if not places:
            return
        dropped = [(self._answer_to(batch, place), places[place]) for place in sorted(places)]
        batch.drop(places)
        for answer, self.refusal in dropped:
            answer()

    def _answer_to(self, batch: CommandBatch, place: int) -> Callable[[], None]:
        """A function that answers the command at a place, which will be used by another one."""
        if place in batch.tickets:
            answer, request_id, received_us = batch.tickets[place]
            return lambda: answer(request_id, received_us, [])
        if batch.answerers[place] == Answerer.SESSION:
            row, received_us = batch.rows[place].copy(), int(batch.received_us[place])
            return lambda: self._answer_session(row, received_us)
        return lambda: None

    def _may_run(self, batch: CommandBatch) -> bool:
        """Whether the batch can run; a control or atomic batch that cannot is answered here."""
        if batch.atomic is not None:
            return batch.atomic(self._engine.first_refusal(batch.gathered_rows()), self._clock.wall_us())
        if batch.control is None:
            return True
        try:
            self._engine.check_control(int(batch.rows[0]["kind"]), batch.control)
        except ControlError as error:
            batch.refused(str(error))
            return False
        note_firm(self._engine.states, batch.gathered_rows(), batch.control)
        return True


def note_firm(states: np.ndarray, rows: np.ndarray, payload: bytes) -> None:
    """Note in the row of a checked control what the drop copies of firms need (ACCT-010).

    states    the engine's STATE, to which it will be applied
    rows      COMMAND rows, shape (1,), changed if the control moves an account to another firm
    """
    if rows["kind"][0] == CommandKind.DEFINE_ACCOUNT:
        account = account_of(payload)
        note_move(rows, payload, query.firm_of(states, account), query.account_sequence(states, account))
