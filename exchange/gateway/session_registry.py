"""Makes sessions, numbers them, and knows which of them may be resumed (RECOV-013).

A session expires after 24 h without a connection. If a key has too many sessions, or its idle sessions take too much
memory, the session that has been idle longest is dropped. A later session may get the engine's row of a dropped one.
Numbers only rise, so a new session is never mistaken for an old one.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable

from exchange.engine import query
from exchange.gateway.keys import Key, KeyStore, SessionRecord
from exchange.gateway.port import VenuePort
from exchange.gateway.session import SESSION_BYTES, Session, cancels_on_drop
from exchange.gateway.stored_replies import StoredReplies
from exchange.gateway.throttle import Profile, RateBuckets
from exchange.gateway.timers import TimerWheel
from exchange.seams import Clock
from exchange.units import NS_PER_US
from exchange.wire.messages import CancelTerms

LOGIN_LIFE_US = 24 * 3_600 * 1_000_000  # how long a connection may stay logged on (SEC-026)
IDLE_LIFE_US = 24 * 3_600 * 1_000_000  # how long a session without a connection is kept
NUMBER_MAX = 2**32 - 1  # a row has four bytes for a session number
EXPIRY_STEP_MS = 5_000
EXPIRY_STEP_SESSIONS = 500  # sessions that are checked in a step: about 2 ms


class SessionRegistry:
    """The sessions of a gateway, their numbers, the engine's rows that they take, and which of them are idle."""

    def __init__(
        self,
        port: VenuePort,
        keys: KeyStore,
        profile: Profile,
        clock: Clock,
        wheel: TimerWheel,
        buckets: RateBuckets,
        stored: dict[int, StoredReplies],
    ) -> None:
        """`stored`: by session number, replies from before this run."""
        self.port = port
        self.profile = profile
        self.clock = clock
        self.buckets = buckets
        self.sessions: dict[int, Session] = {}
        self.stored = stored  # only of sessions that have not been resumed in this run
        self._keys = keys
        self._wheel = wheel
        states = port.states
        self._rows = query.session_rows(states)
        self._next = query.last_session(states) + 1
        self._rows_taken = {0}  # rows of sessions that may be resumed, and the first row, which no session has
        self._of_key: dict[str, set[int]] = defaultdict(set)
        # By key, bytes of each session without a connection, the session that has been idle longest first.
        self._idle: dict[str, dict[int, int]] = defaultdict(dict)
        self._idle_bytes: Counter[str] = Counter()
        for record in keys.sessions.values():
            self._add(record.number, record.key)
        self._started_us, self._started_ns = clock.wall_us(), clock.mono_ns()
        self._unchecked: list[int] = []

    def new_session(self, key: Key, terms: CancelTerms) -> Session | None:
        """Make a new session; None if there is no free number."""
        number = self._new_number(key.key)
        if number is None:
            return None
        session = self.sessions[number] = Session(self, number, key, terms)
        return session

    def restore_session(self, record: SessionRecord, key: Key) -> Session:
        """Make the object of a session from before this run, with its last request id and its stored replies."""
        last_id = query.last_request_id(self.port.states, record.number)
        replies = self.stored.pop(record.number, None)
        session = self.sessions[record.number] = Session(self, record.number, key, record.terms, last_id, replies)
        return session

    def restore(self) -> None:
        """Mark all sessions as idle after a start, in the order of their last SESSION rows."""
        for record in sorted(self._keys.sessions.values(), key=lambda record: record.time_ns):
            session, stored = self.sessions.get(record.number), self.stored.get(record.number)
            if session is not None:
                kept = session.kept_bytes
            else:
                kept = SESSION_BYTES + (stored.kept_bytes if stored is not None else 0)
            self._set_idle(record.key, record.number, kept)
        self.enforce_limits()

    def attach(self, session: Session) -> None:
        """Note that a session has a connection."""
        self._clear_idle(session.key.key, session.number)

    def detach(self, session: Session) -> None:
        """Note that the connection of a session has ended."""
        self._set_idle(session.key.key, session.number, session.kept_bytes)
        self.enforce_limits()

    def update_kept_bytes(self, session: Session) -> None:
        """Measure an idle session again, after a request of it was answered."""
        if session.number in self._idle[session.key.key]:
            self._set_idle(session.key.key, session.number, session.kept_bytes)
            self.enforce_limits()

    def enforce_limits(self) -> None:
        """Drop the longest idle sessions of each key whose idle sessions take too much memory."""
        most = self.profile.idle_bytes_per_key
        for key in [key for key, kept in self._idle_bytes.items() if kept > most]:
            while self._idle_bytes[key] > most and self._drop_oldest(key):
                pass

    def kept_bytes(self, key: str) -> int:
        """Memory that the idle sessions of a key take, in bytes."""
        return self._idle_bytes[key]

    def has_armed_cancel(self, record: SessionRecord) -> bool:
        """Whether cancel on disconnect is still to run when the connection is lost, or after it (SESS-021)."""
        key = self._keys.keys.get(record.key)
        return key is not None and key.may_cancel and cancels_on_drop(record.terms)

    def is_expired(self, record: SessionRecord) -> bool:
        """Whether a session is too old to be resumed, or the engine no longer has a row for it."""
        known = query.knows_session(self.port.states, record.number)
        return not known or self._idle_us(record) > IDLE_LIFE_US

    def expire(self) -> None:
        """Check the next 500 sessions, drop those that have expired, and schedule the next step."""
        sessions = self._keys.sessions
        if not self._unchecked:
            self._unchecked = list(sessions)
        part = self._unchecked[-EXPIRY_STEP_SESSIONS:]
        del self._unchecked[-EXPIRY_STEP_SESSIONS:]
        records = [sessions[number] for number in part if number in sessions]
        # A session whose cancel on disconnect is still to run is in use, even if the engine has no row for it.
        self.drop([record for record in records if self._idle_us(record) and self.is_expired(record)])
        self.enforce_limits()  # sessions whose cancel on disconnect has run since can now be dropped
        self._wheel.after(EXPIRY_STEP_MS, self.expire)

    def drop(self, records: Iterable[SessionRecord]) -> None:
        """Drop sessions: from now on they may not be resumed."""
        for record in records:
            number = record.number
            self._keys.drop_session(number)
            self.sessions.pop(number, None)
            self.stored.pop(number, None)
            self.port.forget(number)
            self._of_key[record.key].discard(number)
            self._clear_idle(record.key, number)
            if query.knows_session(self.port.states, number):
                self._rows_taken.discard(number % self._rows)

    def _new_number(self, key: str) -> int | None:
        """A number for a new session of a key. At the key's limit its longest idle session is dropped.

        None: all rows are taken, or the key is at its limit and all its sessions are in use.
        """
        if len(self._of_key[key]) >= self.profile.sessions_per_key and not self._drop_oldest(key):
            return None
        if len(self._rows_taken) == self._rows:
            return None
        number = self._next
        while number % self._rows in self._rows_taken:
            number += 1
        if number > NUMBER_MAX:
            return None
        self._next = number + 1
        self._add(number, key)
        return number

    def _add(self, number: int, key: str) -> None:
        self._rows_taken.add(number % self._rows)
        self._of_key[key].add(number)

    def _set_idle(self, key: str, number: int, kept: int) -> None:
        """Note an idle session and its bytes. A session that is idle already keeps its place in the order."""
        idle = self._idle[key]
        self._idle_bytes[key] += kept - idle.get(number, 0)
        idle[number] = kept

    def _clear_idle(self, key: str, number: int) -> None:
        self._idle_bytes[key] -= self._idle[key].pop(number, 0)

    def _drop_oldest(self, key: str) -> bool:
        """Drop the session of a key that has been idle longest. False: all are in use."""
        sessions = self._keys.sessions
        for number in self._idle[key]:
            record = sessions.get(number)
            if record is not None and self._idle_us(record):
                self.drop([record])
                return True
        return False

    def _idle_us(self, record: SessionRecord) -> int:
        """How long a session has been idle. 0: it has a connection, or its cancel on disconnect is still to run.

        The journal does not say when a connection before this run ended. The latest possible time counts: the end of
        its login after 24 h, or the start of this run if that was earlier.
        """
        session = self.sessions.get(record.number)
        if session is not None and session.connection is not None:
            return 0
        if self.has_armed_cancel(record):
            return 0
        now_ns = self.clock.mono_ns()
        if session is not None and session.detached_ns:
            return max(1, (now_ns - session.detached_ns) // NS_PER_US)
        before_us = max(0, self._started_us - record.time_ns // NS_PER_US - LOGIN_LIFE_US)
        return max(1, before_us + (now_ns - self._started_ns) // NS_PER_US)
