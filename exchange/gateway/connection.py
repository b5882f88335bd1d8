"""The protocol of one connection: frames in, messages out, no sockets.

Phases: GREETED (`hello` is sent), WAITING (the logon is being made durable), LIVE, CLOSED. Requests are served while
LIVE; market data on `/v1/md` needs no logon. All messages to the client go through the connection's `SendQueue`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from exchange.gateway.gateway import Gateway
from exchange.gateway.keys import Key
from exchange.gateway.outbox import Encoding, SendQueue, SocketTransport
from exchange.gateway.session import Session
from exchange.gateway.throttle import RateBucket
from exchange.gateway.timers import STEP_MS, WheelTimer
from exchange.units import NS_PER_MS
from exchange.wire.codec import Codec, TooManyMessages
from exchange.wire.errors import CloseCode, ErrorCode, error
from exchange.wire.messages import Err, Heartbeat, Ok

DROP_COPY_PATH = "/v1/dc"
EARLY_MESSAGES_MAX = 20  # before the logon (SEC-041)
WITHOUT_LIMIT = 1 << 62  # of unanswered requests

Handler = Callable[["Connection", Session, Any], None]


@dataclass(frozen=True)
class Handlers:
    """The functions that serve messages. A connection is given them, because they are built on connections.

    serve           serves any message, in any phase
    count_refused   counts a request of a session that was refused for the rate of its connection
    """

    serve: Callable[["Connection", Any], None]
    count_refused: Handler


class ConnectionPhase(IntEnum):
    """How far a connection has come; the phases are named above."""

    GREETED = 0
    WAITING = 1
    LIVE = 2
    CLOSED = 3


class Connection:
    """One connection: `receive` serves the client's frames, and messages leave through `queue`."""

    __slots__ = (
        "address", "backlog", "blocked", "channels", "codec", "early_messages", "firm", "frame_bucket", "gateway",
        "handlers", "heartbeat_sequences", "host", "inflight", "key", "lagging", "last_message_ns", "live",
        "logging_out", "nonce", "nonce_us", "now_ns", "now_us", "number", "path", "phase", "queue", "queued_in",
        "session", "silent", "subscribe_bucket", "timers", "unanswered",
    )  # fmt: skip

    def __init__(
        self, gateway: Gateway, transport: SocketTransport, codec: Codec, encoding: Encoding,
        path: str, host: str, address: str, handlers: Handlers,
    ) -> None:  # fmt: skip
        """`path` and `host` are those that the client dialled, because a logon signs them; `address` is the peer's."""
        self.gateway = gateway
        self.handlers = handlers
        self.codec = codec
        self.path = path
        self.host = host
        self.address = address
        self.queue = SendQueue(gateway.outbox, transport, encoding, self)
        self.phase = ConnectionPhase.GREETED
        self.session: Session | None = None
        self.key: Key | None = None
        self.firm = 0  # whose drop copy it has; 0: it serves the accounts of its key
        self.unanswered = 0
        self.queued_in = 0  # number of the batch with its last command outside the lane of cancels
        self.blocked = False
        self.backlog: list[bytes] = []
        self.early_messages = 0
        self.logging_out = False
        self.silent = False
        self.lagging = False
        self.live = False
        self.channels: set[int] = set()
        self.heartbeat_sequences: dict[int, int] = {}  # by channel, the sequence in the last heartbeat that named it
        self.inflight = gateway.profile.inflight
        self.frame_bucket = RateBucket(gateway.profile.rate("frame"))
        self.subscribe_bucket = RateBucket(gateway.profile.rate("sub"))
        self.now_us = gateway.clock.wall_us()
        self.now_ns = self.last_message_ns = gateway.clock.mono_ns()
        self.nonce = gateway.make_nonce()
        self.nonce_us = self.now_us
        self.number = gateway.next_connection_number()
        self.timers: list[WheelTimer] = []

    # Called by the server.

    def note_time(self, now_us: int, now_ns: int) -> None:
        """Note the time of a read."""
        self.now_us, self.now_ns = now_us, now_ns

    def note_message(self) -> None:
        """The last read had a message of the client: a sign of life (SESS-011)."""
        self.last_message_ns = self.now_ns

    def open(self) -> None:
        """Send `hello` and start the timers of a new connection."""
        gateway = self.gateway
        gateway.connections.add(self)
        self.queue.send(gateway.hello(self.number, self.nonce))
        if gateway.shutdown is not None:
            self.queue.send(gateway.shutdown)
        self.schedule(gateway.profile.heartbeat_ms, self.send_heartbeat)
        if self.path != "/v1/md":
            self.schedule(gateway.profile.logon_ms, self._expect_logon)

    def receive(self, payloads: list[bytes], now_us: int, now_ns: int) -> None:
        """Serve frames, in order, whose requests compiled code does not serve (`inbound`).

        payloads   of whole data frames
        now_us     wall clock at the read
        now_ns     monotonic clock at the read
        """
        if not self.blocked:
            self.note_time(now_us, now_ns)
            self.note_message()
        for index, payload in enumerate(payloads):
            if self.closed:
                return
            if self.blocked:
                self.backlog += payloads[index:]
                return
            self._serve_frame(payload, self.frame_bucket.take(now_ns))

    def _serve_frame(self, payload: bytes, wait_ns: int) -> None:
        """Serve each message of a frame, or refuse it for its rate.

        wait_ns   until the frame bucket has a token for it; 0: it has been taken
        """
        try:
            messages = self.codec.decode_client(str(payload, "utf-8") if self.codec.text else payload)
        except UnicodeDecodeError:
            self.close(CloseCode.BAD_TEXT, "invalid UTF-8")
            return
        except TooManyMessages:
            self.close(CloseCode.TOO_BIG, "more than 64 messages in a frame")
            return
        for message in messages:
            if not wait_ns:
                self.handlers.serve(self, message)
                continue
            self.refuse_rate(message.request_id, self.frame_bucket, wait_ns)
            if self.live and self.session is not None:
                self.handlers.count_refused(self, self.session, message)

    def accept_ping(self, now_ns: int) -> bool:
        """Count a websocket ping as a frame (SEC-046). Returns whether to answer it.

        A ping does not count as a sign of life of the client (SESS-011).
        """
        self.count_before_logon()
        if self.frame_bucket.take(now_ns):
            self.close_if_flooding(self.frame_bucket)
        return not self.closed

    def clean_up(self) -> None:
        """Clean up after the socket has ended, whichever side closed it."""
        gateway = self.gateway
        if self not in gateway.connections:
            return
        self.phase = ConnectionPhase.CLOSED
        self.live = False
        self._leave_session()
        gateway.remove(self)
        self.channels.clear()
        for timer in self.timers:
            timer.cancel()
        self.backlog.clear()
        session = self.session
        if session is not None and session.connection is self:
            session.detach(gateway.clock.mono_ns())
            if not self.logging_out:
                gateway.start_grace(session, self.silent)
            gateway.registry.detach(session)

    def close(self, code: int, reason: str) -> None:
        """Write queued messages, then close with this code and reason. Later requests are not served."""
        if self.phase is not ConnectionPhase.CLOSED:
            self.phase = ConnectionPhase.CLOSED
            self.live = False
            self._leave_session()
            self.queue.close(int(code), reason)
            if self.blocked:
                self.blocked = False
                self.backlog.clear()
                self.queue.transport.resume()  # the client's close frame must still be read

    def _leave_session(self) -> None:
        """Send no more messages of its session and accounts. What was sent until now is still written."""
        self.gateway.port.disconnect(self.queue)
        self.gateway.port.drop_copies.unlisten(self.queue)
        self.gateway.margin_updates.drop(self.queue)
        self.queue.set_slot(0)

    @property
    def closed(self) -> bool:
        return self.phase is ConnectionPhase.CLOSED

    # Called by handlers.

    def reply(self, message: Ok | Err) -> None:
        """Send a reply now. It is for requests that change nothing, so nothing has to become durable first."""
        message.received_us = self.now_us
        message.sent_us = self.gateway.clock.wall_us()
        self.queue.send(message)

    def refuse(self, request_id: int, code: ErrorCode, text: str) -> None:
        self.reply(error(request_id, code, text))

    def refuse_rate(self, request_id: int, bucket: RateBucket, wait_ns: int) -> None:
        """Refuse a request for its rate (RATE-002). Nothing is applied; a connection that floods is closed.

        wait_ns   until the bucket has enough tokens
        """
        refusal = error(request_id, ErrorCode.THROTTLED, f"{bucket.rate.name} bucket empty")
        refusal.retry_us = -(-wait_ns // 1_000)
        refusal.limit_left = (bucket.rate.name, bucket.left(self.now_ns))
        self.reply(refusal)
        self.close_if_flooding(bucket)

    def close_if_flooding(self, bucket: RateBucket) -> None:
        if bucket.is_flooding():
            self.close(CloseCode.FLOODING, f"ten times the {bucket.rate.name} rate for five seconds")

    @property
    def encoding(self) -> int:
        """Number of its encoding."""
        return self.queue.encoding.number

    @property
    def is_serving(self) -> bool:
        """Whether usual requests are served now."""
        return self.live and not self.blocked and not self.firm

    @property
    def room(self) -> int:
        """Requests that may still wait for their replies before serving stops."""
        return self.inflight - self.unanswered - 1

    def expect_answer(self) -> None:
        """Count a request that waits for its reply. When `inflight` requests wait, serving stops (RATE-005).

        Reading goes on, for control frames, until WAITING_BYTES_MAX of the server wait behind this full window.
        """
        self.expect_answers(1)

    def note_queued(self, number: int) -> None:
        """Note the number of the batch that its last command has joined."""
        self.queued_in = number

    def expect_answers(self, count: int) -> None:
        """Count requests that wait for their replies."""
        self.unanswered += count
        if self.unanswered >= self.inflight and not self.blocked:
            self.block()

    def note_answers(self, count: int) -> None:
        """Count replies to waiting requests. Serving goes on when at most half of `inflight` wait."""
        self.unanswered -= count
        if self.has_full_window and self.unanswered <= self.inflight // 2:
            self.unblock()

    @property
    def has_full_window(self) -> bool:
        """Whether it is blocked by requests that wait for their replies, and by nothing else."""
        serves = self.phase is ConnectionPhase.LIVE or self.phase is ConnectionPhase.GREETED
        return self.blocked and serves and not self.logging_out

    def lift_window(self) -> None:
        """Serve all requests that wait behind a full window: the client sends no more that count.

        It has closed, or its stream has ended or is broken.
        """
        if self.has_full_window:
            self.inflight = WITHOUT_LIMIT
            self.unblock()

    def block(self) -> None:
        """Stop serving. Frames that were read already go to the backlog."""
        self.blocked = True
        self.queue.transport.pause()

    def unblock(self) -> None:
        """Serve the backlog, then read on."""
        self.blocked = False
        backlog, self.backlog = self.backlog, []
        if backlog:
            self.receive(backlog, self.gateway.clock.wall_us(), self.gateway.clock.mono_ns())
        if not self.blocked and self.phase is not ConnectionPhase.CLOSED:
            self.queue.transport.resume()

    def attach(self, session: Session, key: Key) -> None:
        """Take the session of a logon. Requests wait until `go_live`."""
        self.session, self.key = session, key
        self.firm = key.firm if self.path == DROP_COPY_PATH else 0
        self.queue.set_slot(self.gateway.port.connect(session, self.queue, self.queue.encoding.number))
        self.phase = ConnectionPhase.WAITING
        self.block()

    def go_live(self) -> None:
        """Complete the logon, and serve the requests that came during it."""
        self.phase = ConnectionPhase.LIVE
        self.live = True
        if self.session is not None:
            self.gateway.port.go_live(self.session)
        self.last_message_ns = self.gateway.clock.mono_ns()  # reading was stopped: the client was not silent
        self.unblock()

    def send_more(self, step: Callable[[], None]) -> None:
        """Run the next step of a long answer after a step of the timers, between two releases, once the client has read
        what it was sent."""
        self.gateway.wheel.after(STEP_MS, lambda: self._send_more(step))

    def _send_more(self, step: Callable[[], None]) -> None:
        if self.closed:
            return
        if self.queue.is_behind:
            self.send_more(step)
        else:
            self.gateway.port.ask(step)

    def start_logout(self) -> None:
        """Stop serving: requests after the `logout` are ignored."""
        self.logging_out = True
        self.block()

    def set_lagging(self, lagging: bool) -> None:
        """Note whether the client reads too slowly for state channels (RATE-006)."""
        self.lagging = lagging

    def count_before_logon(self) -> None:
        """Close a connection that sends many messages before its logon (SEC-041)."""
        if self.session is None and self.path != "/v1/md":
            self.early_messages += 1
            if self.early_messages > EARLY_MESSAGES_MAX:
                self.close(CloseCode.FLOODING, "too many messages before logon")

    def take_nonce(self) -> str:
        """The nonce that a logon must sign; it works once."""
        nonce, self.nonce = self.nonce, ""
        return nonce

    # Heartbeats.

    def send_heartbeat(self) -> None:
        """Send a heartbeat (SESS-010), or close a connection whose client is silent for too long (SESS-011)."""
        gateway = self.gateway
        silent_ns = gateway.clock.mono_ns() - self.last_message_ns
        if silent_ns > gateway.profile.dead_ms * NS_PER_MS and not self.blocked:
            self._close_silent(silent_ns // NS_PER_MS)
            return
        last = gateway.outbox.last_sequence
        named = self.heartbeat_sequences
        channels = sorted((c, last[c]) for c in self.channels if c in last and named.get(c) != last[c])
        named.update(channels)
        self.queue.send(Heartbeat(gateway.clock.wall_us(), self._stream_numbers(), channels))
        self.schedule(gateway.profile.heartbeat_ms, self.send_heartbeat)

    def _stream_numbers(self) -> list[tuple[int, int]]:
        """(account, last number of its stream), of the streams that it gets; a drop copy is account 0."""
        port = self.gateway.port
        if not self.live or self.key is None:
            return []
        if self.firm:
            return [(0, port.drop_copies.number(self.firm))]
        return [(account, port.stream_number(account)) for account in self.key.accounts if self.key.may_read]

    def _close_silent(self, silent_ms: int) -> None:
        """Close a connection that sent no message: as DEAD, or as FLOODING if it sent too many websocket pings."""
        if self.frame_bucket.is_overrun(self.gateway.clock.mono_ns()):
            self.close(CloseCode.FLOODING, f"pings beyond the frame rate and no message for {silent_ms} ms")
            return
        self.silent = True
        self.close(CloseCode.DEAD, f"silent for {silent_ms} ms")

    # Timers.

    def schedule(self, delay_ms: int, action: Callable[[], None]) -> None:
        """Call `action` after a delay, unless the connection has ended."""
        self.timers = [timer for timer in self.timers if timer.action is not None]
        self.timers.append(self.gateway.wheel.after(delay_ms, action))

    def _expect_logon(self) -> None:
        if self.phase is ConnectionPhase.GREETED:
            self.close(CloseCode.NO_LOGON, "no logon in time")
