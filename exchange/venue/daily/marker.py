"""Asks for marks within the day: every minute in which something has printed, or quotes have moved after a print, soon
after velocity logic or a breaker ends, and of all books at noon (MARGIN-014)."""

from collections.abc import Callable

import numpy as np

from contracts_spec.schema import MarginFile
from exchange.codes import CommandKind, EventKind
from exchange.engine.control.mark import MarkPayload
from exchange.engine.control.registry import encode_payload
from exchange.units import NS_PER_S
from exchange.venue.own_commands import OwnCommands

REOPENED_NS = 2 * NS_PER_S  # from the end of velocity logic or a breaker to the mark
_FILL = int(EventKind.FILL)
# Events that may move the best quotes of a book.
_MOVES = {
    int(kind)
    for kind in (
        EventKind.FILL, EventKind.ORDER_ACCEPTED, EventKind.ORDER_RESTED, EventKind.ORDER_REPLACED,
        EventKind.ORDER_CANCELLED, EventKind.QUOTE_ACCEPTED,
    )
}  # fmt: skip


class Marker:
    """Submits MARK controls, one at a time."""

    def __init__(
        self, states: np.ndarray, rates: MarginFile, own: OwnCommands, warn: Callable[[str], None],
        marked: Callable[[], None],
    ) -> None:  # fmt: skip
        """states   the engine's STATE; after a restart it has the prints of the day

        warn     called with a line that a person should act on
        marked   called after each run
        """
        self._own, self._warn, self._marked = own, warn, marked
        self._every_ns, self._payload = rates.mark_seconds * NS_PER_S, MarkPayload(min_lots=rates.mark_min_lots)
        self._period = self._reopened_ns = 0
        self._waits = False
        self._has_printed = self._has_changed = bool((states["books"]["volume_lots"][0] > 0).any())

    def note(self, kinds: bytes) -> None:
        """Read the kinds of released events: what has printed is marked, and again when quotes move."""
        self._has_printed |= _FILL in kinds
        self._has_changed |= self._has_printed and not _MOVES.isdisjoint(kinds)

    def note_reopened(self, now_ns: int) -> None:
        """Velocity logic or a breaker ends in a market."""
        self._reopened_ns = now_ns

    def mark(self, now_ns: int) -> None:
        """Mark books once a minute, and soon after a market has reopened, if something has changed."""
        period = now_ns // self._every_ns
        is_due = period > self._period or 0 < self._reopened_ns <= now_ns - REOPENED_NS
        if self._has_changed and is_due and not self._waits:
            self._period, self._reopened_ns, self._has_changed = period, 0, False
            self._submit(self._payload)

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
