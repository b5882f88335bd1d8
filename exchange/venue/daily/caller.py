"""Asks for margin runs: after each mark and settlement, and when a margin call is due (MARGIN-012).

After each run it submits the orders that close positions of accounts in liquidation (FALL-003). While there are such
accounts it asks once a minute.
"""

from collections.abc import Callable

import numpy as np

from contracts_spec.schema import Spec
from exchange.clearing_codes import AccountFlag
from exchange.codes import CommandKind
from exchange.engine.calls.liquidation import closing_orders
from exchange.engine.calls.margin_payload import margin_payload
from exchange.engine.control.registry import encode_payload
from exchange.engine.event_rows import Row
from exchange.records import COMMAND_FIELDS
from exchange.units import NS_PER_S
from exchange.venue.day_schedule import DaySchedule
from exchange.venue.own_commands import OwnCommands

HOUR_S = 3_600
MINUTE_NS = 60 * NS_PER_S  # between runs while an account is in liquidation (FALL-003)


class Caller:
    """Submits MARGIN controls, one at a time, and the orders that follow from them."""

    def __init__(self, states: np.ndarray, spec: Spec, own: OwnCommands, warn: Callable[[str], None]) -> None:
        """states   the engine's STATE, read between batches

        warn     called with a line that a person should act on
        """
        self._states, self._spec, self._own, self._warn = states, spec, own, warn
        # A run may have been due when the venue stopped.
        self._is_asked, self._waits = bool(states["used_positions"][0]), False
        self._minute = 0  # of the last run
        self._days = DaySchedule(close_s=spec.calendar.close_hour_utc * HOUR_S)
        self._look()

    def ask(self) -> None:
        """Positions have been marked or settled: make a run."""
        self._is_asked = True

    def turn(self, now_ns: int, schedule: DaySchedule | None) -> None:
        """Make a run if one is due. `schedule`: of the venue's days; without one the calendar's close counts."""
        if self._waits:
            return
        is_due = 0 < self._due_ns <= now_ns or (self._liquidates and now_ns // MINUTE_NS > self._minute)
        if self._is_asked or is_due:
            self._is_asked, self._waits, self._minute = False, True, now_ns // MINUTE_NS
            payload = margin_payload(self._states, self._spec, (schedule or self._days).closing_day(now_ns))
            self._own.submit_control(
                CommandKind.MARGIN, encode_payload(payload), lambda _events: self._end(), self._refused
            )

    def _end(self) -> None:
        self._waits = False
        self._look()
        if self._liquidates:
            for row in closing_orders(self._states):
                self._own.submit({name: int(row[name]) for name, _, _ in COMMAND_FIELDS}, _nothing)

    def _look(self) -> None:
        """Note which calls are due when, and whether an account is in liquidation."""
        accounts = self._states["accounts"][0]
        due = accounts["call_due_ns"][accounts["call_due_ns"] > 0]
        self._due_ns = int(due.min()) if len(due) else 0
        self._liquidates = bool((accounts["flags"] & int(AccountFlag.LIQUIDATING)).any())

    def _refused(self, why: str) -> None:
        self._waits = False
        self._warn(f"margin is not computed: {why}")


def _nothing(_events: list[Row]) -> None:
    """For a command whose events nobody waits for."""
