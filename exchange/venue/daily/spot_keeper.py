"""Changes the spot months and their limits when a day or an index value asks for it (LIMIT-001, LIMIT-003)."""

from collections.abc import Callable

import numpy as np

from contracts_spec.periods import day_of
from contracts_spec.schema import Spec
from exchange.codes import CommandKind, MarketState
from exchange.engine.control.house.spot_months import SpotPayload
from exchange.engine.control.registry import encode_payload
from exchange.venue.daily.spot_months import changed_months
from exchange.venue.own_commands import OwnCommands


class SpotKeeper:
    """Submits a SPOT_MONTHS control when the calendar, the listing or an index day asks for another month or limit."""

    def __init__(self, states: np.ndarray, spec: Spec, own: OwnCommands, warn: Callable[[str], None]) -> None:
        """states   the engine's STATE, read between batches

        warn     called with a line that a person should act on
        """
        self._states, self._spec, self._own, self._warn = states, spec, own, warn
        self._asked: tuple[int, ...] = ()
        self._waits = False

    @property
    def is_busy(self) -> bool:
        """Whether a command is on its way."""
        return self._waits

    def turn(self, day: int) -> None:
        """Look once for each trading day, index day, and change of what is listed, while no group waits to be settled.

        day  that closes next
        """
        groups, taken_day = self._states["groups"][0], self._states["indices"]["taken_day"]
        if ((groups["state"] == MarketState.CLOSED) & (groups["settled_day"] < day)).any():
            return
        asked = (day, int(self._states["listed_sequence"][0]), int(taken_day.max()))
        if self._waits or asked == self._asked:
            return
        self._asked = asked
        changed = changed_months(self._states, self._spec, day_of(day))
        if changed:
            self._waits = True
            payload = encode_payload(SpotPayload(changed))
            self._own.submit_control(CommandKind.SPOT_MONTHS, payload, lambda _events: self._end(), self._refused)

    def _end(self) -> None:
        self._waits = False

    def _refused(self, why: str) -> None:
        self._end()
        self._warn(f"spot months are not changed: {why}")
