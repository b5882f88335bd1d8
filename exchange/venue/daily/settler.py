"""Publishes the settlement of product groups after their scheduled close, without a person (SESSION-001)."""

from collections.abc import Callable, Iterable
from datetime import date

import numpy as np

from contracts_spec.periods import day_number
from contracts_spec.schema import Spec
from exchange.codes import CommandKind
from exchange.engine.control.closing_window import NONE_NAMED
from exchange.engine.control.list_instruments import ListPayload
from exchange.engine.control.registry import encode_payload
from exchange.engine.event_rows import Row
from exchange.errors import UserError
from exchange.venue.daily.settlement import day_limits, encoded, settle_groups
from exchange.venue.own_commands import OwnCommands


class Settler:
    """Makes one DAY_LIMITS control for a group and day. If that fails the group stays CLOSED, and a person settles it
    (SESSION-003). It names the closing window too, if no settlement has (SETTLE-001)."""

    def __init__(self, states: np.ndarray, spec: Spec, own: OwnCommands, warn: Callable[[str], None]) -> None:
        """states   the engine's STATE, read between batches

        warn     called with a line that a person should act on
        """
        self._states, self._spec, self._own, self._warn = states, spec, own, warn
        self._chips = {chip.code: chip.name for chip in spec.listed_chips}  # by product group
        self._tried: dict[int, int] = {}  # group -> day that it was last settled for
        self._busy: set[int] = set()  # groups whose control is on its way
        self._window_ns = NONE_NAMED  # named last

    def settle(self, groups: Iterable[int], day: date, window_ns: tuple[int, int]) -> None:
        """Publish the settlement of CLOSED groups, each once a day.

        day        trading day that opens then
        window_ns  its closing window
        """
        due = [group for group in groups if not self.has_tried(group, day)]
        self._tried |= dict.fromkeys(due, day_number(day))
        if not due:
            return
        try:
            settled, inputs = settle_groups(self._states, day, due)
            payloads = encoded(day_limits(self._states, self._spec, day, settled, window_ns=window_ns, inputs=inputs))
        except UserError as error:
            self._refused(due, str(error))
            return
        for group, payload in payloads.items():
            self._submit(group, payload)

    def has_tried(self, group: int, day: date) -> bool:
        """Whether the settlement of a group for a day has been submitted, or could not be."""
        return self._tried.get(group) == day_number(day)

    def is_busy(self, group: int) -> bool:
        """Whether the settlement of a group is on its way."""
        return group in self._busy

    def _submit(self, group: int, payload: bytes) -> None:
        self._busy.add(group)
        self._own.submit_control(
            CommandKind.DAY_LIMITS, payload, lambda _events: self._busy.discard(group),
            lambda why: self._refused([group], why),
        )  # fmt: skip

    def name_window(self, window_ns: tuple[int, int]) -> None:
        """Name the closing window of the day, unless the state has it: a venue may get another schedule."""
        present = int(self._states["window_from_ns"][0]), int(self._states["window_to_ns"][0])
        if window_ns not in (present, self._window_ns):
            self._window_ns = window_ns
            payload = encode_payload(ListPayload(window_ns=window_ns))
            self._own.submit_control(CommandKind.LIST, payload, _nothing, self._warn)

    def _refused(self, groups: list[int], why: str) -> None:
        self._busy.difference_update(groups)
        names = ", ".join(self._chips.get(group, f"group {group}") for group in groups)
        self._warn(f"{names} not settled: {why}; 'gpux operator settle' publishes prices")


def _nothing(_events: list[Row]) -> None:
    """For a control whose events nobody waits for."""
