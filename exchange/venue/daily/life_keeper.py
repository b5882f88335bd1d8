"""Submits the controls that end instruments and list new ones, after the settlement of a group (SPEC-051)."""

from collections.abc import Callable, Iterable
from datetime import date

import numpy as np

from contracts_spec.periods import day_number
from contracts_spec.schema import Spec
from exchange.errors import UserError
from exchange.venue.daily.lives import due_controls
from exchange.venue.own_commands import OwnCommands


class LifeKeeper:
    """Brings settled groups to the instruments of the coming day, one group after the other.

    A group that fails stays CLOSED, and a person is warned; the next start tries again.
    """

    def __init__(self, states: np.ndarray, spec: Spec, own: OwnCommands, warn: Callable[[str], None]) -> None:
        """states   the engine's STATE, read between batches

        warn     called with a line that a person should act on
        """
        self._states, self._spec, self._own, self._warn = states, spec, own, warn
        self._ready: dict[int, int] = {}  # group -> day that it is ready for
        self._failed: dict[int, int] = {}  # group -> day on which it failed
        self._waiting = 0  # controls of the present stage that are on their way

    def is_ready(self, group: int, day: date) -> bool:
        """Whether a group has the instruments of a day."""
        return self._ready.get(group) == day_number(day)

    def turn(self, groups: Iterable[int], day: date) -> None:
        """Submit what is due next for these groups, which are CLOSED and settled for `day`."""
        for group in sorted(groups):
            tried = day_number(day) in (self._ready.get(group), self._failed.get(group))
            if not self._waiting and not tried:
                self._turn_group(group, day)

    def _turn_group(self, group: int, day: date) -> None:
        try:
            due = due_controls(self._states, self._spec, day, group)
        except UserError as error:
            self._fail(group, day, str(error))
            return
        if not due:
            self._ready[group] = day_number(day)
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
        self._failed[group] = day_number(day)
        self._warn(f"group {group} stays CLOSED, its instruments of {day} are not complete: {why}")
