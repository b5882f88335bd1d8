"""Asks for marks within the day: every minute in which something has printed, and of all books at noon (MARGIN-014)."""

from collections.abc import Callable

from exchange.codes import CommandKind
from exchange.engine.control.mark import MarkPayload
from exchange.engine.control.registry import encode_payload
from exchange.units import NS_PER_S
from exchange.venue.own_commands import OwnCommands

MARK_NS = 60 * NS_PER_S


class Marker:
    """Submits MARK controls, one at a time."""

    def __init__(self, own: OwnCommands, warn: Callable[[str], None], marked: Callable[[], None]) -> None:
        """warn     called with a line that a person should act on

        marked   called after each run
        """
        self._own, self._warn, self._marked = own, warn, marked
        self._minute = 0
        self._waits = self._has_printed = False

    def note_print(self) -> None:
        """Something has printed since the last marks."""
        self._has_printed = True

    def mark(self, now_ns: int) -> None:
        """Mark books once a minute, if something has printed."""
        minute = now_ns // MARK_NS
        if self._has_printed and minute > self._minute and not self._waits:
            self._minute, self._has_printed = minute, False
            self._submit(MarkPayload())

    def mark_noon(self, day: int) -> None:
        """Mark all books and pay variation margin. `day`: trading day, days since 1970."""
        if not self._waits:
            self._submit(MarkPayload(pays=True, day=day))

    def _submit(self, payload: MarkPayload) -> None:
        self._waits = True
        self._own.submit_control(CommandKind.MARK, encode_payload(payload), lambda _events: self._end(), self._refused)

    def _end(self) -> None:
        self._waits = False
        self._marked()

    def _refused(self, why: str) -> None:
        self._waits = False
        self._warn(f"positions are not marked: {why}")
