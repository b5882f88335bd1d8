"""One connection's conversation: frames in, messages out, no sockets.

States: greeted (hello sent) -> waiting (the logon is being made durable) -> live; or closed. Requests are served from
`live` on; market data on `/v1/md` needs no logon. What is sent leaves through the connection's `Line`.
"""

from enum import IntEnum
from typing import Any

from exchange.engine.event_rows import Row
from exchange.gateway.gateway import Hub
from exchange.gateway.handlers import PRIVATE, PUBLIC, count_refused
from exchange.gateway.keys import OFF, Key
from exchange.gateway.logon import admit, fail, find_seat, log_on
from exchange.gateway.outbox import Encoding, Line, Transport
from exchange.gateway.session import Seat, refusal_of_terms
from exchange.gateway.session_registry import LOGIN_LIFE_US
from exchange.gateway.subscriptions import leave_all
from exchange.gateway.throttle import Bucket
from exchange.wire.codec import BadMessage, Codec, TooManyMessages
from exchange.wire.errors import CloseCode, ErrorCode, error
from exchange.wire.messages import Auth, CancelTerms, Err, Heartbeat, Ok, Ping, Shutdown

EARLY_MESSAGES_MAX = 20  # SEC-041
LOGIN_LIFE_MS = LOGIN_LIFE_US // 1_000
NOTICE_MS = 60_000


class Phase(IntEnum):
    GREETED = 0
    WAITING = 1
    LIVE = 2
    CLOSED = 3


class Session:
    """Bytes in, messages out: the protocol of one connection."""

    __slots__ = (
        "address",
        "backlog",
        "beaten",
        "blocked",
        "channels",
        "codec",
        "early",
        "frames",
        "heard_ns",
        "host",
        "hub",
        "inflight",
        "key",
        "lagging",
        "line",
        "live",
        "logging_out",
        "nonce",
        "nonce_us",
        "now_ns",
        "now_us",
        "number",
        "path",
        "phase",
        "resume_from",
        "seat",
        "silent",
        "subs",
        "timers",
        "unanswered",
    )

    def __init__(
        self, hub: Hub, transport: Transport, codec: Codec, encoding: Encoding, path: str, host: str, address: str
    ) -> None:
        """`path`, `host`: as dialled, they are in what a logon signs. `address`: the peer's."""
        self.hub = hub
        self.codec = codec
        self.path = path
        self.host = host
        self.address = address
        self.line = Line(hub.outbox, transport, encoding)
        self.line.owner = self
        self.phase = Phase.GREETED
        self.seat: Seat | None = None
        self.key: Key | None = None
        self.unanswered = 0
        self.blocked = False
        self.backlog: list[bytes] = []
        self.early = 0
        self.logging_out = False
        self.silent = False
        self.lagging = False
        self.live = False
        self.resume_from: dict[int, int] | None = None
        self.channels: set[int] = set()
        self.beaten: dict[int, int] = {}
        self.inflight = hub.profile.inflight
        self.frames = Bucket(hub.profile.rate("frame"))
        self.subs = Bucket(hub.profile.rate("sub"))
        self.now_us = hub.clock.wall_us()
        self.now_ns = self.heard_ns = hub.clock.mono_ns()
        self.nonce = hub.nonce()
        self.nonce_us = self.now_us
        hub.connections += 1
        self.number = hub.connections
        self.timers: list[Any] = []

    # What the shell calls.

    def open(self) -> None:
        """The connection stands: greet, start its timers."""
        hub = self.hub
        hub.sessions.add(self)
        self.line.send(hub.hello(self.number, self.nonce))
        if hub.shutdown is not None:
            self.line.send(hub.shutdown)
        self._later(hub.profile.heartbeat_ms, self.beat)
        if self.path != "/v1/md":
            self._later(hub.profile.logon_ms, self._expect_logon)

    def receive(self, payloads: list[bytes], now_us: int, now_ns: int) -> None:
        """Whole messages of the transport, in order: payloads of text or binary frames read at one time."""
        if self.blocked:
            self.backlog += payloads
            return
        self.now_us = now_us
        self.now_ns = self.heard_ns = now_ns
        refused = self.frames.take(now_ns, len(payloads))
        messages = None if refused else self.codec.decode_frames(payloads)
        if messages is None:
            self._receive_singly(payloads, refused)
            return
        for place, message in enumerate(messages):
            handler = PRIVATE.get(type(message)) if self.live else None
            if handler is not None:
                handler(self, self.seat, message)  # type: ignore[arg-type]  # a live session has its seat
            else:
                self._dispatch(message)
            if self.blocked:
                self.backlog += payloads[place + 1 :]  # type: ignore[unreachable]  # a handler may block
                return

    def _receive_singly(self, payloads: list[bytes], refused: int) -> None:
        """Frames that are no plain good messages, or too many: each by itself."""
        if refused:
            self.frames.count_refused(self.now_ns, -len(payloads))  # not yet: each is asked for below
        for place, payload in enumerate(payloads):
            if self.closed:
                return
            if self.blocked:
                self.backlog += payloads[place:]
                return
            wait = self.frames.take(self.now_ns) if refused else 0
            try:
                data = str(payload, "utf-8") if self.codec.text else payload
                messages = self.codec.decode_client(data)
            except UnicodeDecodeError:
                self.close(CloseCode.BAD_TEXT, "invalid UTF-8")
                return
            except TooManyMessages:
                self.close(CloseCode.TOO_BIG, "more than 64 messages in a frame")
                return
            for message in messages:
                if wait:
                    self.refuse_rate(message.request_id, self.frames, wait)
                    if self.live and self.seat is not None:
                        count_refused(self, self.seat, message)
                else:
                    self._dispatch(message)

    def takes_ping(self, now_ns: int) -> bool:
        """Whether a ping of the websocket is answered: it proves nothing (SESS-011) and counts as a frame (SEC-046)."""
        self._count_early()
        if self.frames.take(now_ns):
            self.end_flood(self.frames)
        return not self.closed

    def lost(self) -> None:
        """The connection has ended, whoever ended it."""
        if self not in self.hub.sessions:
            return
        self.phase = Phase.CLOSED
        self.live = False
        hub = self.hub
        hub.sessions.discard(self)
        leave_all(self)
        hub.slow.forget(self)
        for timer in self.timers:
            timer.cancel()
        self.backlog.clear()
        if self.key is not None:
            hub.per_key[self.key.key] -= 1
            for account in self.key.accounts:
                hub.room.unlisten(account, self.line)
        seat = self.seat
        if seat is not None and seat.session is self:
            seat.session = None
            seat.left_ns = hub.clock.mono_ns()
            if not self.logging_out:
                hub.start_grace(seat, self.silent)
            hub.roster.leave(seat)

    def close(self, code: int, reason: str) -> None:
        """Say why, write what is queued, close; nothing more is served."""
        if self.phase is not Phase.CLOSED:
            self.phase = Phase.CLOSED
            self.live = False
            self.line.close(int(code), reason)
            if self.blocked:
                self.blocked = False
                self.backlog.clear()
                self.line.transport.resume()  # to hear the answer to the close

    @property
    def closed(self) -> bool:
        return self.phase is Phase.CLOSED

    # What handlers use.

    def reply(self, message: Ok | Err) -> None:
        """Answer a request now: it caused nothing that must be durable first."""
        message.received_us = self.now_us
        message.sent_us = self.hub.clock.wall_us()
        self.line.send(message)

    def refuse(self, request_id: int, code: ErrorCode, text: str) -> None:
        self.reply(error(request_id, code, text))

    def refuse_rate(self, request_id: int, bucket: Bucket, wait_ns: int) -> None:
        """RATE-002: nothing is applied, the session lives, unless it floods."""
        refusal = error(request_id, ErrorCode.THROTTLED, f"{bucket.rate.name} bucket empty")
        refusal.retry_us = -(-wait_ns // 1_000)
        refusal.limit_left = (bucket.rate.name, bucket.left(self.now_ns))
        self.reply(refusal)
        self.end_flood(bucket)

    def end_flood(self, bucket: Bucket) -> None:
        if bucket.flooding():
            self.close(CloseCode.FLOODING, f"ten times the {bucket.rate.name} rate for five seconds")

    def expect_answer(self) -> None:
        """A request waits at the gate; at `inflight` of them reading stops (RATE-005)."""
        self.unanswered += 1
        if self.unanswered >= self.inflight and not self.blocked:
            self.block()

    def got_answer(self) -> None:
        self.unanswered -= 1
        serves = self.phase is Phase.LIVE or self.phase is Phase.GREETED
        if self.blocked and serves and not self.logging_out and self.unanswered <= self.inflight // 2:
            self.unblock()

    def block(self) -> None:
        self.blocked = True
        self.line.transport.pause()

    def unblock(self) -> None:
        """Serve what arrived meanwhile, then read on."""
        self.blocked = False
        backlog, self.backlog = self.backlog, []
        if backlog:
            self.receive(backlog, self.hub.clock.wall_us(), self.hub.clock.mono_ns())
        if not self.blocked and self.phase is not Phase.CLOSED:
            self.line.transport.resume()

    def go_live(self) -> None:
        """The logon is complete: serve what the client sent meanwhile."""
        self.phase = Phase.LIVE
        self.live = True
        self.heard_ns = self.hub.clock.mono_ns()  # nothing was read meanwhile
        self.unblock()

    def beat(self) -> None:
        """Heartbeat, dead timer (SESS-010, SESS-011)."""
        hub = self.hub
        silent_ns = hub.clock.mono_ns() - self.heard_ns
        if silent_ns > hub.profile.dead_ms * 1_000_000 and not self.blocked:
            self._end_silence(silent_ns // 1_000_000)
            return
        last = hub.outbox.last_sequence
        channels = [
            (channel, last[channel])
            for channel in sorted(self.channels)
            if channel in last and self.beaten.get(channel) != last[channel]
        ]
        self.beaten.update(channels)
        accounts: list[tuple[int, int]] = []
        if self.live and self.key is not None and self.key.may_read:
            accounts = [(account, hub.room.released.get(account, 0)) for account in self.key.accounts]
        self.line.send(Heartbeat(hub.clock.wall_us(), accounts, channels))
        self._later(hub.profile.heartbeat_ms, self.beat)

    def _end_silence(self, silent_ms: int) -> None:
        """No message came. Whoever sends pings of the websocket beyond the rate of frames meanwhile is not silent."""
        if self.frames.is_overrun(self.hub.clock.mono_ns()):
            self.close(CloseCode.FLOODING, f"pings beyond the frame rate and no message for {silent_ms} ms")
            return
        self.silent = True
        self.close(CloseCode.DEAD, f"silent for {silent_ms} ms")

    # Logon.

    def _dispatch(self, message: Any) -> None:
        kind = type(message)
        if self.closed or self.logging_out:
            return
        if kind is BadMessage:
            self.reply(message.reply())
            self._count_early()
        elif kind is Ping:
            self.reply(Ok(message.request_id))
            self._count_early()
        elif kind is Auth:
            log_on(self, message)
        elif kind in PUBLIC and (self.live or self.path == "/v1/md"):
            PUBLIC[kind](self, message)
        elif self.live and self.seat is not None:
            PRIVATE[kind](self, self.seat, message)
        else:
            self.refuse(message.request_id, ErrorCode.NOT_LOGGED_ON, "log on first: auth")
            self.close(CloseCode.LOGON_FAILED, "not logged on")

    def _count_early(self) -> None:
        """SEC-041: before logon a connection has little to say."""
        if self.seat is None and self.path != "/v1/md":
            self.early += 1
            if self.early > EARLY_MESSAGES_MAX:
                self.close(CloseCode.FLOODING, "too many messages before logon")

    def _expect_logon(self) -> None:
        if self.phase is Phase.GREETED:
            self.close(CloseCode.NO_LOGON, "no logon in time")

    def take_seat(self, message: Auth, key: Key) -> None:
        """Find or make the session, close its older connection if asked to, and sequence the logon."""
        hub = self.hub
        terms = message.cancel_terms or (CancelTerms() if key.may_cancel else OFF)
        seat = find_seat(hub, message.session_id, key)
        self.resume_from = dict(message.last_applied) if seat is not None else None
        refusal = refusal_of_terms(terms, key, seat)
        if refusal is not None:
            fail(self, message, *refusal)
            return
        if seat is None:
            if message.session_id and hub.names_other_key(message.session_id, key):
                fail(self, message, ErrorCode.BAD_AUTH, "logon refused", why=lambda: "its session is another key's")
                return
            seat = hub.new_seat(key, terms)
            if seat is None:
                fail(self, message, ErrorCode.BUSY, "as many sessions as there may be can be resumed: resume one")
                return
        if seat.session is not None:
            if not message.take:
                fail(self, message, ErrorCode.SESSION_TAKEN, "the session has a connection: say take to close it")
                return
            seat.session.close(CloseCode.SESSION_TAKEN, "taken over")
        if seat.grace is not None:
            seat.grace.cancel()
            seat.grace = None
        seat.terms, seat.session = terms, self
        hub.roster.take(seat)
        self.seat, self.key = seat, key
        hub.per_key[key.key] = hub.per_key.get(key.key, 0) + 1
        self.phase = Phase.WAITING
        self.block()
        received_us = self.now_us

        def durable(_request_id: int, _received_us: int, events: list[Row]) -> None:
            hub.note_session(events[0][0] if events else hub.room.sequence, seat, terms)
            # After everything of this release, so that snapshot and stream meet without gap or overlap.
            hub.room.ask(lambda: admit(self, message.request_id, received_us))

        hub.journal_session(seat, 0, durable)
        self._later(LOGIN_LIFE_MS - NOTICE_MS, self._announce_end)

    def _announce_end(self) -> None:
        """A login lives 24 h (SEC-026); the client hears of the end 60 s ahead."""
        at_us = self.hub.clock.wall_us() + NOTICE_MS * 1_000
        self.line.send(Shutdown(at_us, "age", (0, 1_000)))
        self._later(NOTICE_MS, lambda: self.close(CloseCode.TOO_OLD, "connection older than 24 h"))

    def _later(self, delay_ms: int, action: Any) -> None:
        self.timers = [timer for timer in self.timers if timer.action is not None]
        self.timers.append(self.hub.wheel.after(delay_ms, action))
