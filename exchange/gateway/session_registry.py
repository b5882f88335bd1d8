"""Which sessions may be resumed, and what numbers new ones get (RECOV-013).

A session without a connection for 24 h is released, and of a key with very many, or whose sessions keep much, the one
idle longest: its row in the engine goes to a session to come. Numbers rise for ever, so nobody is taken for somebody of
before.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING

from exchange.engine import query
from exchange.gateway.keys import SessionRecord
from exchange.gateway.session import SEAT_BYTES, Seat, covers_drop
from exchange.units import NS_PER_US

if TYPE_CHECKING:
    from exchange.gateway.gateway import Hub

LOGIN_LIFE_US = 24 * 3_600 * 1_000_000  # how long a connection may stay logged on (SEC-026)
KEPT_US = 24 * 3_600 * 1_000_000  # how long a session is kept without one
NUMBER_MAX = 2**32 - 1  # rows have four bytes for it
SWEEP_MS = 5_000
SWEEP_SESSIONS = 500  # looked at each time: 2 ms


class Roster:
    """The sessions of a hub by number, apart from their seats."""

    def __init__(self, hub: "Hub") -> None:
        self._hub = hub
        states = hub.room.states
        self._rows = query.session_rows(states)
        self._next = query.last_session(states) + 1
        self._rows_taken = {0}  # by sessions that may be resumed; the first row is nobody's
        self._of_key: dict[str, set[int]] = defaultdict(set)
        # By key the sessions without a connection, the one idle longest first, and what each keeps, bytes.
        self._idle: dict[str, dict[int, int]] = defaultdict(dict)
        self._idle_bytes: Counter[str] = Counter()
        for record in hub.keys.sessions.values():
            self._enter(record.number, record.key)
        self._started_us, self._started_ns = hub.clock.wall_us(), hub.clock.mono_ns()
        self._unswept: list[int] = []

    def new_number(self, key: str) -> int | None:
        """A number for a session of a key; None: all rows are taken, or all that a key may have and they are in use."""
        if len(self._of_key[key]) >= self._hub.profile.sessions_per_key and not self._release_oldest(key):
            return None
        if len(self._rows_taken) == self._rows:
            return None
        number = self._next
        while number % self._rows in self._rows_taken:
            number += 1
        if number > NUMBER_MAX:
            return None
        self._next = number + 1
        self._enter(number, key)
        return number

    def restore(self) -> None:
        """Take up the sessions of before this run: which was idle longest is known as far as logons tell."""
        hub = self._hub
        for record in sorted(hub.keys.sessions.values(), key=lambda record: record.time_ns):
            seat, stored = hub.seats.get(record.number), hub.stored.get(record.number)
            kept = (
                seat.kept_bytes if seat is not None else SEAT_BYTES + (stored.kept_bytes if stored is not None else 0)
            )
            self._set_idle(record.key, record.number, kept)
        self.bound()

    def leave(self, seat: Seat) -> None:
        """The connection of a session has ended."""
        self._set_idle(seat.key.key, seat.number, seat.kept_bytes)
        self.bound()

    def weigh(self, seat: Seat) -> None:
        """A session has had an answer while it has no connection."""
        if seat.number in self._idle[seat.key.key]:
            self._set_idle(seat.key.key, seat.number, seat.kept_bytes)
            self.bound()

    def take(self, seat: Seat) -> None:
        """A session has a connection again."""
        self._drop_idle(seat.key.key, seat.number)

    def bound(self) -> None:
        """Release sessions of the keys whose idle ones keep too much, those idle longest first."""
        for key in [key for key, kept in self._idle_bytes.items() if kept > self._hub.profile.idle_bytes_per_key]:
            while self._idle_bytes[key] > self._hub.profile.idle_bytes_per_key and self._release_oldest(key):
                pass

    def kept_bytes(self, key: str) -> int:
        """What the sessions of a key that have no connection keep."""
        return self._idle_bytes[key]

    def is_armed(self, record: SessionRecord) -> bool:
        """Whether orders leave when the session has lost its connection, and have not left yet (SESS-021)."""
        key = self._hub.keys.keys.get(record.key)
        return key is not None and key.may_cancel and covers_drop(record.terms)

    def is_forgotten(self, record: SessionRecord) -> bool:
        """Whether a session may not be resumed any more, swept or not."""
        known = query.knows_session(self._hub.room.states, record.number)
        return not known or self._unused_us(record) > KEPT_US

    def sweep(self) -> None:
        """Forget those of some sessions that are due; of all within minutes, again and again from now on."""
        sessions = self._hub.keys.sessions
        if not self._unswept:
            self._unswept = list(sessions)
        part = self._unswept[-SWEEP_SESSIONS:]
        del self._unswept[-SWEEP_SESSIONS:]
        records = [sessions[number] for number in part if number in sessions]
        # One whose cancel on disconnect is on its way stays known, even if it has lost its row.
        self.forget([record for record in records if self._unused_us(record) and self.is_forgotten(record)])
        self.bound()  # those that had to wait for their cancel on disconnect
        self._hub.wheel.after(SWEEP_MS, self.sweep)

    def forget(self, records: Iterable[SessionRecord]) -> None:
        """These may not be resumed from now on."""
        for record in records:
            number = record.number
            self._hub.keys.forget(number)
            self._hub.seats.pop(number, None)
            self._hub.stored.pop(number, None)
            self._of_key[record.key].discard(number)
            self._drop_idle(record.key, number)
            if query.knows_session(self._hub.room.states, number):
                self._rows_taken.discard(number % self._rows)

    def _enter(self, number: int, key: str) -> None:
        self._rows_taken.add(number % self._rows)
        self._of_key[key].add(number)

    def _set_idle(self, key: str, number: int, kept: int) -> None:
        """Where it stands already it keeps its place."""
        idle = self._idle[key]
        self._idle_bytes[key] += kept - idle.get(number, 0)
        idle[number] = kept

    def _drop_idle(self, key: str, number: int) -> None:
        self._idle_bytes[key] -= self._idle[key].pop(number, 0)

    def _release_oldest(self, key: str) -> bool:
        """Release the session of a key that is idle longest. False: all are in use."""
        sessions = self._hub.keys.sessions
        for number in self._idle[key]:
            record = sessions.get(number)
            if record is not None and self._unused_us(record):
                self.forget([record])
                return True
        return False

    def _unused_us(self, record: SessionRecord) -> int:
        """How long a session has had no connection and nothing left to do; 0: it is in use.

        When a connection of before this run ended is not known: at the latest when its login was too old, or the venue
        stopped.
        """
        hub = self._hub
        seat = hub.seats.get(record.number)
        if seat is not None and seat.session is not None:
            return 0
        if self.is_armed(record):
            return 0  # its cancel on disconnect waits, or is on its way
        now_ns = hub.clock.mono_ns()
        if seat is not None and seat.left_ns:
            return max(1, (now_ns - seat.left_ns) // NS_PER_US)
        before_us = max(0, self._started_us - record.time_ns // NS_PER_US - LOGIN_LIFE_US)
        return max(1, before_us + (now_ns - self._started_ns) // NS_PER_US)
