"""Submits the controls that end instruments and list new ones, after the settlement of a group (SPEC-051)."""

from collections.abc import Callable, Iterable
from datetime import date

import numpy as np

from contracts_spec.periods import day_number
from contracts_spec.schema import Spec
from exchange.errors import UserError
from exchange.units import NS_PER_S
from exchange.venue.daily.lives import due_controls
from exchange.venue.own_commands import OwnCommands

RETRY_NS = 60 * NS_PER_S


class LifeKeeper:
    """Brings settled groups to the instruments of the coming day, one group after the other.

    A group that fails stays CLOSED, and a person is warned, once for each cause. It is tried again each minute: the
    person may have repaired the cause.
    """

    def __init__(self, states: np.ndarray, spec: Spec, own: OwnCommands, warn: Callable[[str], None]) -> None:
        """states   the engine's STATE, read between batches

        warn     called with a line that a person should act on
        """
        self._states, self._spec, self._own, self._warn = states, spec, own, warn
        self._ready: dict[int, int] = {}  # group -> day that it is ready for
        self._retry_ns: dict[int, int] = {}  # group that has failed -> when it is tried again
        self._warned: set[tuple[int, date, str]] = set()  # group, day and cause
        self._now_ns = 0
        self._waiting = 0  # controls of the present stage that are on their way

    def is_ready(self, group: int, day: date) -> bool:
        """Whether a group has the instruments of a day."""
        return self._ready.get(group) == day_number(day)

    def has_failed(self, group: int) -> bool:
        """Whether a person was warned that a group has not got its instruments, and it is not mended yet."""
        return group in self._retry_ns

    def turn(self, groups: Iterable[int], day: date, now_ns: int) -> None:
        """Submit what is due next for these groups, which are CLOSED and settled for `day`."""
        self._now_ns = now_ns
        for group in sorted(groups):
            rests = now_ns < self._retry_ns.get(group, 0)
            if not self._waiting and not rests and not self.is_ready(group, day):
                self._turn_group(group, day)

    def _turn_group(self, group: int, day: date) -> None:
        try:
            due = due_controls(self._states, self._spec, day, group)
        except UserError as error:
            self._fail(group, day, str(error))
            return
        if not due:
            self._ready[group] = day_number(day)
            self._retry_ns.pop(group, None)
        self._waiting = len(due)
        for kind, payload in due:
            self._own.submit_control(
                kind, payload, lambda _events: self._end_one(), lambda why: self._refused(group, day, why)
            )

    def _end_one(self) -> None:
        self._waiting -= 1

    def _refused(self, group: int, day: date, why: str) -> None:
        self._end_one()
        self._fail(group, day, why)

    def _fail(self, group: int, day: date, why: str) -> None:
        self._retry_ns[group] = self._now_ns + RETRY_NS
        if (group, day, why) not in self._warned:
            self._warned.add((group, day, why))
            self._warn(f"group {group} stays CLOSED, its instruments of {day} are not complete: {why}")
