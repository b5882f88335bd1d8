"""What all connections of one gateway share: the port to the venue, limits, keys, sessions and counters.

The gateway knows no sockets and no event loop: `server` turns the timer wheel and makes the transport of a connection.
"""

from collections import Counter
from collections.abc import Callable
from typing import Protocol

from exchange.gateway.auth import NONCE_BYTES, encode_bytes
from exchange.gateway.command_batch import Answer
from exchange.gateway.inbound.requests import Inbound
from exchange.gateway.keys import Key, KeyStore, SessionRecord
from exchange.gateway.margin.updates import MarginUpdates
from exchange.gateway.outbox import Outbox
from exchange.gateway.port import VenuePort
from exchange.gateway.refused_logons import RefusedLogons
from exchange.gateway.replay_queue import ReplayQueue
from exchange.gateway.session import Session, cancels_on_drop
from exchange.gateway.session_registry import SessionRegistry
from exchange.gateway.slow_readers import ReadingConnection, SlowReaders
from exchange.gateway.stored_replies import StoredReplies
from exchange.gateway.throttle import Profile, RateBuckets
from exchange.gateway.timers import TimerWheel, WheelTimer
from exchange.gateway.translate import pack_disconnect, pack_session
from exchange.gateway.wide_channels import WideChannels
from exchange.seams import Clock, Rng
from exchange.units import NS_PER_MS
from exchange.wire.messages import OFFERED_CHANNELS, CancelTerms, Hello, LimitTerms, OutboundTerms, Shutdown
from exchange.wire.version import VERSION

# After so many failed logons within a minute, new connections from an address are refused for a minute (SEC-025).
FAILURES_MAX = 6
BLOCKED_MS = 60_000
LOOPBACK = ("127.0.0.1", "::1")
RECONNECT_MS = (500, 5_000)  # clients reconnect a random time in this range after a stop


class OpenConnection(ReadingConnection, Protocol):
    """What is needed of an open connection by those that do not serve it: gateway and operator."""

    @property
    def key(self) -> Key | None:
        """The key that has logged on."""


class Gateway:
    """State and services that all connections share."""

    def __init__(
        self,
        port: VenuePort,
        outbox: Outbox,
        keys: KeyStore,
        profile: Profile,
        clock: Clock,
        rng: Rng,
        terms: dict[str, str],
        stored: dict[int, StoredReplies],
    ) -> None:
        """Build the gateway; connections come later.

        terms    values for `hello`: venue, history, feed, durability
        stored   by session number, replies from before this run
        """
        self.port = port
        self.outbox = outbox
        self.keys = keys
        self.profile = profile
        self.clock = clock
        self.rng = rng
        self.terms = terms
        self.wheel = TimerWheel(clock.mono_ns())
        self.buckets = RateBuckets(profile)
        self.slow = SlowReaders(port, outbox, profile, clock)
        self.wide = WideChannels(port, self.slow)
        self.replays = ReplayQueue(self.wheel, clock, profile)
        self.margin_updates = MarginUpdates(port, self.wheel)
        self.connections: set[OpenConnection] = set()
        self.connections_opened = 0
        self.connections_of_key: Counter[str] = Counter()
        self.protections: set[tuple[int, int]] = set()  # (account, number) of protection groups known to exist
        self.protections_asked: Counter[tuple[int, int]] = Counter()  # by group: `mmp_set` requests without a reply
        self.shutdown: Shutdown | None = None  # set when a stop is announced; later connections get it after `hello`
        self.refused_logons = RefusedLogons(self.wheel)
        self.registry = SessionRegistry(port, keys, profile, clock, self.wheel, self.buckets, stored)
        self.inbound = Inbound(port, profile.queue_batches)
        self._stop_timer: WheelTimer | None = None
        self._failures: dict[str, list[int]] = {}  # by address, times of failed logons in ns
        self._blocked_until: dict[str, int] = {}  # by address, time in ns
        self._limits = [LimitTerms(rate.name, rate.rate, rate.burst, rate.per) for rate in profile.rates]

    def hello(self, connection: int, nonce: str) -> Hello:
        """The first message of a connection: it states every limit that a client can meet (RATE-001)."""
        profile = self.profile
        outbound = OutboundTerms(
            profile.soft_kb, profile.soft_ms, profile.hard_kb, profile.hard_ms, profile.private_kb
        )  # fmt: skip
        return Hello(
            VERSION, self.terms["venue"], self.terms["history"], self.terms["feed"], connection, nonce,
            self.clock.wall_us(), self.terms["durability"], profile.heartbeat_ms, profile.dead_ms, profile.inflight,
            profile.max_frame, profile.dedup, profile.replay_hours, profile.channels_max, outbound, self._limits,
            [f"limits: {profile.name}"], list(OFFERED_CHANNELS), self.port.questions.day_view(self.clock.wall_us()),
            profile.wide_max,
            self.port.questions.margin_terms(),
        )  # fmt: skip

    def announce_stop(self, in_s: int, why: str, stop: Callable[[], None]) -> None:
        """Announce a planned stop on every connection, and call `stop` after `in_s` seconds.

        A later announcement replaces an earlier one.
        """
        if self._stop_timer is not None:
            self._stop_timer.cancel()
        self.shutdown = Shutdown(self.clock.wall_us() + in_s * 1_000_000, why, RECONNECT_MS)
        for connection in self.connections:
            connection.queue.send(self.shutdown)
        self._stop_timer = self.wheel.after(in_s * 1_000, stop)

    def make_nonce(self) -> str:
        return encode_bytes(self.rng.bytes(NONCE_BYTES))

    def next_connection_number(self) -> int:
        self.connections_opened += 1
        return self.connections_opened

    def count_logon(self, key: Key) -> None:
        """Count a connection that has logged on with this key."""
        self.connections_of_key[key.key] += 1

    def remove(self, connection: OpenConnection) -> None:
        """Take a connection that has ended out of everything that is kept for open ones."""
        self.connections.discard(connection)
        self.wide.forget(connection)
        self.outbox.subscribe(connection.queue, frozenset())
        self.slow.drop(connection)
        if connection.key is not None:
            self.connections_of_key[connection.key.key] -= 1
            for account in connection.key.accounts:
                self.port.unlisten(account, connection.queue)

    # Addresses with failed logons (SEC-025).

    def limits_address(self, address: str) -> bool:
        """Whether limits per address apply to this peer; most profiles exempt loopback peers."""
        return self.profile.guard_loopback or address not in LOOPBACK

    def note_failed_logon(self, address: str) -> None:
        if not self.limits_address(address):
            return
        now = self.clock.mono_ns()
        recent = [at for at in self._failures.get(address, ()) if now - at < BLOCKED_MS * NS_PER_MS]
        recent.append(now)
        self._failures[address] = recent
        if len(recent) >= FAILURES_MAX:
            self._blocked_until[address] = now + BLOCKED_MS * NS_PER_MS

    def is_blocked(self, address: str) -> bool:
        """Whether new connections from this address are refused for now, because of failed logons."""
        until = self._blocked_until.get(address)
        if until is None:
            return False
        if self.clock.mono_ns() < until:
            return True
        del self._blocked_until[address]
        del self._failures[address]
        return False

    # Sessions.

    def journal_session(self, session: Session, request_id: int, answer: Answer) -> None:
        """Sequence a SESSION row: the session is opened or resumed, or its terms have changed.

        answer   called when the row is released
        """
        batch = self.port.gathering.open
        pack_session(batch, session.key.accounts[0], session.number, request_id, session.key.key, session.terms)
        batch.add_ticket(answer, request_id, self.clock.wall_us())
        self.port.wake()

    def record_session(self, sequence: int, session: Session, terms: CancelTerms) -> None:
        """Put a session into the key store when its SESSION row is durable.

        sequence   of the row
        terms      of the row; the session itself may have newer ones
        """
        record = SessionRecord(session.number, session.key.key, terms, self.clock.wall_us() * 1_000)
        self.keys.put_session(sequence, record)
        if self.registry.sessions.get(session.number) is not session:
            self.keys.drop_session(session.number)  # the registry dropped it before this row was durable (RECOV-013)

    def start_grace(self, session: Session, silent: bool = False) -> None:
        """Start the grace period of a session that has lost its connection (SESS-021).

        If the session is not resumed in time, its orders are cancelled according to its terms.

        silent   the connection was closed because the client sent nothing (SESS-011)
        """
        if cancels_on_drop(session.terms) and session.grace_timer is None:
            timer = self.wheel.after(session.terms.grace_ms, lambda: self.cancel_on_disconnect(session, silent))
            session.start_grace(timer)

    def restore(self) -> None:
        """Restore sessions from before this run: their grace begins now (SESS-021), and expired ones are dropped."""
        for record in list(self.keys.sessions.values()):
            if self.registry.has_armed_cancel(record):
                self.start_grace(self.registry.restore_session(record, self.keys.keys[record.key]))
        self.registry.restore()
        self.registry.expire()

    def cancel_on_disconnect(self, session: Session, silent: bool = False) -> None:
        """Sequence a DISCONNECT for each account of the session; the engine cancels the orders (SESS-021)."""
        session.cancel_grace()
        for account in session.key.accounts:
            batch = self.port.gathering.open
            pack_disconnect(batch, account, session.number, session.terms, silent)
            batch.add_ticket(lambda _id, _us, events: self.keys.disarm(events[0][0], session.number))
            self.port.wake()
