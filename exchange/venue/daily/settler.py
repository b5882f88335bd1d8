"""Publishes the settlement of product groups after their scheduled close, without a person (SESSION-001)."""

from collections.abc import Callable
from datetime import date

import numpy as np

from contracts_spec.schema import Spec
from exchange.codes import CommandKind
from exchange.errors import UserError
from exchange.venue.daily.settlement import day_limits, day_number, encoded, settlements
from exchange.venue.own_commands import OwnCommands


class Settler:
    """Makes one DAY_LIMITS control for a group and day. If that fails the group stays CLOSED, and a person settles it
    (SESSION-003)."""

    def __init__(self, states: np.ndarray, spec: Spec, own: OwnCommands, warn: Callable[[str], None]) -> None:
        """states   the engine's STATE, read between batches

        warn     called with a line that a person should act on
        """
        self._states, self._spec, self._own, self._warn = states, spec, own, warn
        self._asked: dict[int, int] = {}  # group -> day that it was last settled for

    def settle(self, group: int, day: date, window_ns: tuple[int, int]) -> None:
        """Publish the settlement of a CLOSED group, once a day.

        day        trading day that opens then
        window_ns  its closing window
        """
        if self._asked.get(group) == day_number(day):
            return
        self._asked[group] = day_number(day)
        try:
            settled = settlements(self._states, day, [group])
            payload = encoded(day_limits(self._states, self._spec, day, settled, window_ns=window_ns))[group]
        except UserError as error:
            self._refused(group, str(error))
            return
        self._own.submit_control(
            CommandKind.DAY_LIMITS, payload, lambda _events: None, lambda why: self._refused(group, why)
        )  # fmt: skip

    def _refused(self, group: int, why: str) -> None:
        self._warn(f"group {group} is not settled: {why}; 'gpux settle' publishes prices")
