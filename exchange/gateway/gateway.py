"""What all connections of one gateway share: settings, keys, seats, counters, and the room where commands go.

The hub knows no sockets and no event loop; `server` turns its wheel and gives it transports.
"""

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from exchange.engine import query
from exchange.engine.event_rows import Row
from exchange.gateway.auth import NONCE_BYTES, encode_bytes
from exchange.gateway.keys import Key, KeyStore, SessionRecord
from exchange.gateway.outbox import Line, Outbox
from exchange.gateway.refused_logons import RefusedLogons
from exchange.gateway.replays import Replays
from exchange.gateway.session import Seat, covers_drop
from exchange.gateway.session_registry import Roster
from exchange.gateway.stored_replies import Release, StoredReplies
from exchange.gateway.subscriptions import SlowReaders
from exchange.gateway.throttle import Bucket, Profile, Rate
from exchange.gateway.timers import Timer, TimerWheel
from exchange.gateway.translate import Batch, Listed, pack_disconnect, pack_session
from exchange.seams import Clock, Rng
from exchange.units import NS_PER_S
from exchange.venue.event_history import History
from exchange.wire.errors import ErrorCode
from exchange.wire.messages import (
    OFFERED_CHANNELS,
    AccountSnapshot,
    BatchResult,
    CancelTerms,
    Err,
    Hello,
    LimitTerms,
    MarginView,
    Ok,
    OrderView,
    OutboundTerms,
    PositionView,
    Shutdown,
)
from exchange.wire.version import VERSION
from exchange.wire.words import session_number

if TYPE_CHECKING:
    from exchange.gateway.connection import Session

FAILURES_MAX = 6
REFUSED_MS = 60_000
CANCEL_BATCHES = 1  # further batches that only cancels may fill (SEC-048)
LOOPBACK = ("127.0.0.1", "::1")
RECONNECT_MS = (500, 5_000)  # after a stop, clients come back at a random moment of these


class Room(Protocol):
    """Where commands go and answers come from: the venue, as the gateway sees it."""

    batch: Batch
    instruments: dict[int, Listed]
    groups: dict[str, int]
    history: History
    market: Any
    released: dict[int, int]
    states: np.ndarray
    release: Release
    full_batches: int
    short_of_room: bool
    not_sequenced: tuple[ErrorCode, str]

    @property
    def sequence(self) -> int: ...
    @property
    def time_us(self) -> int: ...
    @property
    def reply_to(self) -> Callable[[int, list[Row]], Ok | Err]: ...
    @property
    def result_of(self) -> Callable[[list[Row]], BatchResult]: ...
    @property
    def done_order(self) -> Callable[[int, int, str], OrderView | None]: ...

    def wake(self) -> None: ...
    def make_room(self, rows: int) -> None: ...
    def submit_alone(self, alone: Batch) -> None: ...
    def ask(self, question: Callable[[], None]) -> None: ...
    def ask_later(self, question: Callable[[], None]) -> None: ...
    def listen(self, account: int, line: Line) -> None: ...
    def unlisten(self, account: int, line: Line) -> None: ...
    def messages_of(self, events: list[Row]) -> list[tuple[int, int, Any]]: ...
    def account_pages(self, account: int) -> list[AccountSnapshot]: ...
    def open_page(self, account: int, after: int) -> tuple[list[OrderView], bool]: ...
    def order_view(self, order: query.OrderRow) -> OrderView: ...
    def position_views(self, account: int) -> list[PositionView]: ...
    def margin_view(self, account: int) -> MarginView: ...


class Hub:
    """Shared by every session of one gateway."""

    def __init__(
        self,
        room: Room,
        outbox: Outbox,
        keys: KeyStore,
        profile: Profile,
        clock: Clock,
        rng: Rng,
        terms: dict[str, str],
    ) -> None:
        """`terms`: what `hello` names: venue, history, feed, durability."""
        self.room = room
        self.outbox = outbox
        self.keys = keys
        self.profile = profile
        self.clock = clock
        self.rng = rng
        self.terms = terms
        self.wheel = TimerWheel(clock.mono_ns())
        self.slow = SlowReaders(self)
        self.replays = Replays(self)
        outbox.soft_bytes = profile.soft_kb * 1_024
        self.sessions: set[Session] = set()
        self.seats: dict[int, Seat] = {}
        self.connections = 0
        self.protections: set[tuple[int, int]] = set()  # (account, number) of groups known to exist
        self.protections_asked: Counter[tuple[int, int]] = Counter()  # their mmp_set that are not answered yet
        self.stored: dict[int, StoredReplies] = {}  # of sessions that have not been resumed since the start
        self.per_key: dict[str, int] = {}
        self.shutdown: Shutdown | None = None  # announced; who connects from now on hears of it at once
        self._stopping: Timer | None = None
        self._buckets: dict[tuple[str, object], Bucket] = {}
        self._failures: dict[str, list[int]] = {}
        self._refused_until: dict[str, int] = {}
        self.refused_logons = RefusedLogons()
        self.roster = Roster(self)
        self._limits = [LimitTerms(rate.name, rate.rate, rate.burst, rate.per) for rate in profile.rates]

    def hello(self, connection: int, nonce: str) -> Hello:
        """The first message of a connection: every limit a client can meet is in it (RATE-001)."""
        profile = self.profile
        outbound = OutboundTerms(
            profile.soft_kb, profile.soft_ms, profile.hard_kb, profile.hard_ms, profile.private_kb
        )  # fmt: skip
        return Hello(
            VERSION, self.terms["venue"], self.terms["history"], self.terms["feed"], connection, nonce,
            self.clock.wall_us(), self.terms["durability"], profile.heartbeat_ms, profile.dead_ms, profile.inflight,
            profile.max_frame, profile.dedup, profile.replay_hours, profile.channels_max, outbound, self._limits,
            [f"limits: {profile.name}"], list(OFFERED_CHANNELS),
        )  # fmt: skip

    def announce_stop(self, in_s: int, why: str, stop: Callable[[], None]) -> None:
        """Tell every connection of a planned stop, and call `stop` when its time has come."""
        if self._stopping is not None:
            self._stopping.cancel()
        self.shutdown = Shutdown(self.clock.wall_us() + in_s * 1_000_000, why, RECONNECT_MS)
        for session in self.sessions:
            session.line.send(self.shutdown)
        self._stopping = self.wheel.after(in_s * 1_000, stop)

    def nonce(self) -> str:
        return encode_bytes(self.rng.bytes(NONCE_BYTES))

    def bucket(self, name: str, owner: object) -> Bucket:
        """The token bucket of one owner: an account, for the limits that are per account."""
        bucket = self._buckets.get((name, owner))
        if bucket is None:
            bucket = self._buckets[(name, owner)] = Bucket(self.profile.rate(name))
        return bucket

    def logon_bucket(self, key: str) -> Bucket:
        """Logons of one key (RATE-008): spread over a minute."""
        bucket = self._buckets.get(("logon", key))
        if bucket is None:
            per_minute = self.profile.logons_per_minute
            rate = Rate("logon", per_minute, per_minute, "key", 60 * NS_PER_S)
            bucket = self._buckets[("logon", key)] = Bucket(rate)
        return bucket

    # Addresses that fail to log on (SEC-025).

    def counts(self, address: str) -> bool:
        """Whether rows per address apply to this peer."""
        return self.profile.guard_loopback or address not in LOOPBACK

    def note_failure(self, address: str) -> None:
        if not self.counts(address):
            return
        now = self.clock.mono_ns()
        recent = [at for at in self._failures.get(address, ()) if now - at < REFUSED_MS * 1_000_000]
        recent.append(now)
        self._failures[address] = recent
        if len(recent) >= FAILURES_MAX:
            self._refused_until[address] = now + REFUSED_MS * 1_000_000

    def refuses(self, address: str) -> bool:
        """Whether connections from this address are refused at accept for now."""
        until = self._refused_until.get(address)
        if until is None:
            return False
        if self.clock.mono_ns() < until:
            return True
        del self._refused_until[address]
        del self._failures[address]
        return False

    # Seats.

    def new_seat(self, key: Key, terms: CancelTerms) -> Seat | None:
        """A session nobody had before; None: there is no number for it."""
        number = self.roster.new_number(key.key)
        if number is None:
            return None
        seat = self.seats[number] = Seat(self, number, key, terms, 0)
        return seat

    def restored_seat(self, record: SessionRecord, key: Key) -> Seat:
        """A session of the journal that this run has not seen yet."""
        last_id = query.last_request_id(self.room.states, record.number)
        seat = self.seats[record.number] = Seat(self, record.number, key, record.terms, last_id)
        seat.replies = self.stored.pop(record.number, seat.replies)
        seat.replies.kept = self.profile.dedup
        return seat

    def names_other_key(self, name: str, key: Key) -> bool:
        """Whether a `sid` is that of another key: then a logon with it is an attack, not a resume."""
        record = self.keys.sessions.get(session_number(name))
        return record is not None and record.key != key.key

    def journal_session(self, seat: Seat, request_id: int, answer: Callable[..., None]) -> None:
        """Sequence that the session is opened, resumed, or has other terms."""
        batch = self.room.batch
        pack_session(batch, seat.key.accounts[0], seat.number, request_id, seat.key.key, seat.terms)
        batch.tickets.append((answer, request_id, self.clock.wall_us()))
        self.room.wake()

    def note_session(self, sequence: int, seat: Seat, terms: CancelTerms) -> None:
        """Its SESSION row is durable. `terms`: those of the row; the seat may have been given newer ones since."""
        record = SessionRecord(seat.number, seat.key.key, terms, self.clock.wall_us() * 1_000)
        self.keys.put_session(sequence, record)
        if self.seats.get(seat.number) is not seat:
            self.keys.forget(seat.number)  # released while this row was on its way (RECOV-013)

    def start_grace(self, seat: Seat, silent: bool = False) -> None:
        """The connection is gone: cancel what the terms say when grace ends without a resume (SESS-021).
        `silent`: it was closed because the client said nothing (SESS-011)."""
        if covers_drop(seat.terms) and seat.grace is None:
            seat.grace = self.wheel.after(seat.terms.grace_ms, lambda: self.fire_cancel(seat, silent))

    def restore(self) -> None:
        """After a start: sessions of before get their grace counted from now (SESS-021); the unused are forgotten."""
        for record in list(self.keys.sessions.values()):
            if self.roster.is_armed(record):
                self.start_grace(self.restored_seat(record, self.keys.keys[record.key]))
        self.roster.restore()
        self.roster.sweep()

    def fire_cancel(self, seat: Seat, silent: bool = False) -> None:
        """One sequenced disconnect for each account of the session (SESS-021); the engine queues what must wait."""
        seat.grace = None
        for account in seat.key.accounts:
            batch = self.room.batch
            pack_disconnect(batch, account, seat.number, seat.terms, silent)
            batch.tickets.append((lambda _id, _us, events: self.keys.disarm(events[0][0], seat.number), 0, 0))
            self.room.wake()
