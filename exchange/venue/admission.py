"""Which commands are journalled when their turn has come. The others are answered without a place in the journal.

too late          their `exp` has passed (ENTRY-005)
no space          the journal has its reserve alone, and they end no order (DUR-024, see `reserve`)
cannot be run     controls, and atomic batches that the engine would refuse in part (ENTRY-013)
"""

from typing import Any

from exchange.engine.control.checks import ControlError
from exchange.gateway.translate import CommandBatch
from exchange.seams import Clock
from exchange.venue.reserve import Reserve
from exchange.wire.errors import ErrorCode


class Admission:
    """Judges each batch against the state that it will change: nothing is applied between the check and the batch."""

    def __init__(self, engine: Any, clock: Clock) -> None:
        self._engine, self._clock = engine, clock
        self._killed: set[bytes] = set()  # scopes that risk desks have stopped since the reserve is all there is
        self.uses_reserve = False
        self.not_sequenced = ErrorCode.EXPIRED_REQUEST, ""  # why the command that is answered without events has none

    def limit_to_reserve(self, is_limited: bool) -> None:
        """From now on whether the journal has its reserve alone."""
        self.uses_reserve, self._killed = is_limited, set()

    def admit(self, batch: CommandBatch) -> bool:
        """Whether the batch is journalled: what is left of it after the commands that were answered here."""
        if batch.expires:
            self._drop_late(batch)
        if self.uses_reserve and batch.control is None and batch.atomic is None:
            self._drop_wasted(batch)
        return self._may_run(batch) and bool(batch.tickets)

    def _drop_late(self, batch: CommandBatch) -> None:
        now_us = self._clock.wall_us()
        late = {place for place, expires_us in batch.expires if expires_us < now_us}
        self._drop(batch, dict.fromkeys(late, (ErrorCode.EXPIRED_REQUEST, "exp has passed")))

    def _drop_wasted(self, batch: CommandBatch) -> None:
        states = self._engine.states
        reserve = Reserve(states, lambda row: self._engine.first_refusal(row) is not None, self._killed)
        self._drop(batch, reserve.wasted(batch.closed()))

    def _drop(self, batch: CommandBatch, places: dict[int, tuple[ErrorCode, str]]) -> None:
        """Answer the commands at these places, each with its reason."""
        if not places:
            return
        dropped = [(batch.tickets[place], places[place]) for place in sorted(places)]
        batch.drop(places)
        for ticket, self.not_sequenced in dropped:
            if ticket is not None:
                answer, request_id, received_us = ticket
                answer(request_id, received_us, [])

    def _may_run(self, batch: CommandBatch) -> bool:
        """Whether a control or an atomic batch can be run now; one that cannot is answered."""
        if batch.atomic is not None:
            return batch.atomic(self._engine.first_refusal(batch.closed()), self._clock.wall_us())
        if batch.control is None:
            return True
        try:
            self._engine.check_control(int(batch.rows[0]["kind"]), batch.control)
        except ControlError as error:
            batch.refused(str(error))
            return False
        return True
