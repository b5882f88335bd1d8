"""Takes the value of each index day at noon of the next one, and halts index months that wait for a committee's value
(INDEX-002, INDEX-003). Settles index months that have ended once all their days have a value (SETTLE-009)."""

from collections.abc import Callable

import numpy as np

from contracts_spec.schema import Spec
from exchange.codes import CommandKind, StateReason
from exchange.engine.control.house.index import IndexPayload
from exchange.engine.control.registry import encode_payload
from exchange.units import NS_PER_S
from exchange.venue.daily.index_days import cdp_terms, due_states, last_noon_day, next_day
from exchange.venue.daily.lives import final_settlement
from exchange.venue.own_commands import OwnCommands


class IndexKeeper:
    """Submits INDEX controls that take a day, one at a time, and the changes of state that follow from them."""

    def __init__(self, states: np.ndarray, spec: Spec, own: OwnCommands, warn: Callable[[str], None]) -> None:
        """states   the engine's STATE, read between batches

        warn     called with a line that a person should act on
        """
        self._states, self._spec, self._own, self._warn = states, spec, own, warn
        self._cdp = cdp_terms(spec.products.index)
        self._waits = False  # a control or a change of state is on its way
        self._failed_day = self._looked_s = 0
        self._failed_payload = b""

    @property
    def is_busy(self) -> bool:
        """Whether a command is on its way."""
        return self._waits

    def keep_halts(self, now_ns: int) -> None:
        """As `turn`, but only bring the markets of index months to their state."""
        if not self._waits and self._is_another_second(now_ns):
            self._halt_or_open()

    def turn(self, now_ns: int, noon_s: int, trading_day: int) -> None:
        """Take the next day whose noon has come; else settle months that have ended and bring the markets of the others
        to their state, once a second.

        noon_s       time of noon in the UTC day
        trading_day  the present one, days since 1970
        """
        if self._waits or not self._is_another_second(now_ns):
            return
        day = next_day(self._states)
        if 0 < day <= last_noon_day(now_ns, noon_s) and day != self._failed_day:
            self._submit(day)
        elif day and not self._settle_months(trading_day):
            self._halt_or_open()

    def _is_another_second(self, now_ns: int) -> bool:
        second, before = now_ns // NS_PER_S, self._looked_s
        self._looked_s = second
        return second != before

    def _submit(self, day: int) -> None:
        self._waits = True
        payload = encode_payload(IndexPayload(take_day=day, cdp=self._cdp))
        self._own.submit_control(
            CommandKind.INDEX, payload, lambda _events: self._end(), lambda why: self._refused(day, why)
        )

    def _settle_months(self, trading_day: int) -> bool:
        """Settle index months that have ended. False: none is ready."""
        due = final_settlement(self._states, self._spec, trading_day)
        if due is None or due.payload == self._failed_payload:
            return False
        self._waits = True
        self._own.submit_control(
            due.kind, due.payload, lambda _events: self._end(), lambda why: self._unsettled(due.payload, why)
        )
        return True

    def _unsettled(self, payload: bytes, why: str) -> None:
        self._end()
        self._failed_payload = payload
        self._warn(f"index months are not settled: {why}")

    def _end(self) -> None:
        self._waits, self._looked_s = False, 0

    def _refused(self, day: int, why: str) -> None:
        self._end()
        self._failed_day = day
        self._warn(f"the index of day {day} is not taken: {why}")

    def _halt_or_open(self) -> None:
        for index, target in due_states(self._states):
            fields = {"kind": CommandKind.SET_STATE, "instrument": index, "market_state": target}
            self._waits = True
            self._own.submit({**fields, "state_reason": StateReason.HALT_INDEX}, lambda _events: self._end())
