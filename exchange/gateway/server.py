"""The websocket server: the only module of the gateway that knows sockets.

Fast path: complete plain frames of one read go straight to the connection, without a queue, a coroutine step or an
object for each. The library handles the handshake, control frames, fragments and every broken frame.
The outbox builds the frames to send, and they are written straight to the transport, once per connection and loop tick.
This uses attributes of the library that are hardly documented: `transport`, `protocol`, `send_in_progress`. Only this
file uses them, and a test reads the frames with an independent client.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any, cast

from websockets import http11
from websockets.asyncio import messages as library_messages
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import NegotiationError
from websockets.frames import DATA_OPCODES, Frame, Opcode
from websockets.http11 import Request, Response
from websockets.protocol import State
from websockets.speedups import apply_mask
from websockets.typing import Origin, Subprotocol

from exchange.gateway.accept_limits import FULL, NOT_ALLOWED, OTHER_METHODS, REFUSAL, AcceptLimits
from exchange.gateway.connection import DROP_COPY_PATH, Connection
from exchange.gateway.gateway import Gateway
from exchange.gateway.handlers.dispatch import HANDLERS
from exchange.gateway.origins import Address, host_of, own_origins, parse_origin
from exchange.gateway.outbox import BINARY, JSON, MSGPACK, Encoding
from exchange.gateway.throttle import RateBucket
from exchange.seams import RealNet
from exchange.units import NS_PER_MS
from exchange.wire.codec import CODECS
from exchange.wire.errors import CloseCode
from exchange.wire.version import BINARY_SUBPROTOCOL, JSON_SUBPROTOCOL, MSGPACK_SUBPROTOCOL, SUBPROTOCOLS

PATHS = ("/v1/oe", "/v1/md", DROP_COPY_PATH)
HEALTH = "/health"
FRAGMENTS_MAX = 16
HEADERS_MAX = 32
LINE_BYTES_MAX = 8_192
CLOSE_TIMEOUT_S = 2.0
TURN_S = 0.01
ENCODINGS = {JSON_SUBPROTOCOL: JSON, MSGPACK_SUBPROTOCOL: MSGPACK, BINARY_SUBPROTOCOL: BINARY}
PLAIN_FRAMES = {JSON: (0x81,), MSGPACK: (0x82,), BINARY: (0x81, 0x82)}  # first bytes of a client's plain frames
TEXT, PING, OPEN = Opcode.TEXT, Opcode.PING, State.OPEN
WAITING_BYTES_MAX = 65_536  # of requests behind a full window; then reading stops
# Answers a plain request: method, path, host, ETags that the client has -> status, headers, body.
Pages = Callable[[str, str, str, str], tuple[HTTPStatus, list[tuple[str, str]], bytes]]


def check_library() -> None:
    """Raise RuntimeError if the library has other limits than ours; it reads them from the environment (SEC-030)."""
    found = (library_messages.MAX_FRAGMENTS, http11.MAX_NUM_HEADERS, http11.MAX_LINE_LENGTH)
    wanted = (FRAGMENTS_MAX, HEADERS_MAX, LINE_BYTES_MAX)
    if found != wanted:
        raise RuntimeError(f"websockets runs with limits {found}, not {wanted}: import exchange before websockets")


class GatewaySocket(ServerConnection):
    """One socket: cuts received bytes into frames for its `Connection`, and writes the frames that the outbox built."""

    def __init__(self, gateway: Gateway, accept_limits: AcceptLimits, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.gateway = gateway
        self.accept_limits = accept_limits
        self.connection: Connection | None = None
        self.first: tuple[int, ...] = PLAIN_FRAMES[JSON]
        self.waiting, self.tail = bytearray(), b""  # whole frames behind a full window; bytes behind them
        self.limit = gateway.profile.max_frame
        self.refused = self.ending = self.begun = False
        self.address, self.kind = "", TEXT
        self.fragments: list[bytes] = []
        self.now_us = self.now_ns = 0
        self.bytes_bucket = RateBucket(gateway.profile.bytes_rate)
        self.paused_by_connection = self.paused_by_bytes = False

    def serve(self, connection: Connection, encoding: Encoding) -> None:
        """Set the connection that gets messages from now on, after the upgrade is answered."""
        self.connection, self.first = connection, PLAIN_FRAMES[encoding]

    # Called by the library.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Accept or refuse the socket before it reads any HTTP (SEC-034)."""
        peer = transport.get_extra_info("peername")
        self.address = peer[0] if peer else ""
        wire = cast(asyncio.Transport, transport)
        if refusal := self.accept_limits.refusal(self.address):
            self.refused = True
            if refusal == FULL:
                wire.write(REFUSAL)
                wire.close()
            else:
                wire.abort()
            return
        self.accept_limits.add(self, self.address, wire.abort)
        RealNet().tune(transport.get_extra_info("socket"))
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.refused:
            return
        self.accept_limits.remove(self, self.address)
        if self.connection is not None:
            self.connection.lift_window()
        super().connection_lost(exc)
        if self.connection is not None:
            self.connection.clean_up()

    def eof_received(self) -> None:
        if self.connection is not None:
            self.connection.lift_window()
        super().eof_received()

    def data_received(self, data: bytes) -> None:
        if self.refused or (self.ending and self.connection is None):
            return
        clock = self.gateway.clock
        self.now_us, self.now_ns = clock.wall_us(), clock.mono_ns()
        if self.connection is None:
            if self.begun or not OTHER_METHODS.match(data):
                self.begun = True
                super().data_received(data)
            else:
                self.transport.write(NOT_ALLOWED)  # the library does not answer a request that has a body
                self.transport.write_eof()  # its rest is still read: bytes left unread would reset the connection
                self._expect_end()
            return
        if self.protocol.state is OPEN:
            self._cut_frames(data)
        else:
            super().data_received(self._rest(data))
        if self.protocol.state is not OPEN:
            self._expect_end()
        wait_ns = self.bytes_bucket.spend(self.now_ns, len(data))
        if wait_ns and not self.paused_by_bytes:
            # A socket that sends too many bytes is read again when its bucket has refilled (SEC-045).
            self.paused_by_bytes = True
            self.transport.pause_reading()
            self.gateway.wheel.after(wait_ns // NS_PER_MS, self._resume_bytes)

    def _cut_frames(self, data: bytes) -> None:
        """Serve the frames of the stream in order; what is left waits in `waiting` and `tail`.

        Usual requests are served by compiled code (`inbound`). Any other complete plain frame is unmasked here and goes
        to the connection. Every other frame goes to the library as a whole, so that the library always starts at the
        beginning of a frame. While the connection is blocked, only control frames are cut.
        """
        connection, protocol, inbound = self.connection, self.protocol, self.gateway.inbound
        assert connection is not None
        if connection.blocked:
            data = self.tail + data
        elif self.tail or self.waiting:
            data = self._rest(data)
        at, size = 0, len(data)
        while at < size and not connection.blocked:
            if protocol.current_size is None and connection.live:
                connection.note_time(self.now_us, self.now_ns)
                served, at = at, inbound.take(connection, data, at, self.limit)
                if at > served:
                    connection.note_message()
                if at == size:
                    return
            start, stop = inbound.find_frame(data, at, self.limit)
            if stop > size:
                break
            if not stop:
                # Not masked, or longer than allowed: the library refuses it and closes.
                super().data_received(data[at:])
                return
            if data[at] in self.first and protocol.current_size is None:
                payload = apply_mask(data[start:stop], data[start - 4 : start])
                connection.receive([inbound.rest_of(payload)], self.now_us, self.now_ns)
            else:
                super().data_received(data[at:stop])
            at = stop
            if protocol.state is not OPEN:
                return
        self.tail = data[at:]
        if connection.has_full_window:
            self._answer_control(connection)

    def _rest(self, data: bytes) -> bytes:
        """All bytes that have waited, before those of a read."""
        rest = b"".join((self.waiting, self.tail, data))
        self.waiting, self.tail = bytearray(), b""
        return rest

    def _answer_control(self, connection: Connection) -> None:
        """Take control frames out of those that wait behind a full window, and answer them now.

        Before a close or a broken control frame is answered, the requests in front of it are served: more than the
        window, but no more is read.
        """
        waiting, self.tail, control, ends = self.gateway.inbound.split_frames(self.tail, self.limit)
        self.waiting += waiting
        if len(self.waiting) + len(self.tail) > WAITING_BYTES_MAX:
            self._stop_reading()
        if ends:
            connection.lift_window()
        if control:
            super().data_received(control)

    def process_event(self, event: Any) -> None:
        """Handle a frame that the library has read: a control frame, a fragment, or any frame before the upgrade."""
        connection = self.connection
        if connection is None:
            super().process_event(event)
            return
        opcode = event.opcode
        if opcode is TEXT or opcode is Opcode.BINARY:
            self.kind, self.fragments = opcode, []
        if opcode in DATA_OPCODES:
            self._join(connection, event)
        elif opcode is not PING or connection.accept_ping(self.now_ns):
            super().process_event(event)

    def _join(self, connection: Connection, event: Frame) -> None:
        """Join the fragments of a message, at most 16, so that messages stay in order (WIRE-003)."""
        self.fragments.append(bytes(event.data))
        if len(self.fragments) > FRAGMENTS_MAX:
            self.close_now(CloseCode.TOO_BIG, "more than 16 fragments")
        elif not event.fin:
            return
        elif (0x81 if self.kind is TEXT else 0x82) not in self.first:
            connection.close(CloseCode.WRONG_FRAME_KIND, "text frames for JSON, binary ones for MessagePack")
        else:
            data, self.fragments = b"".join(self.fragments), []
            connection.receive([data], self.now_us, self.now_ns)

    # Called by the connection (outbox.SocketTransport).

    def write(self, data: bytes) -> None:
        if self.protocol.state is OPEN:
            assert not self.protocol.extensions and self.send_in_progress is None
            self.transport.write(data)

    def pending(self) -> int:
        return self.transport.get_write_buffer_size()

    def close_now(self, code: int, reason: str) -> None:
        """Send the close frame now. A peer that does not answer it is cut off after two seconds."""
        if self.protocol.state is OPEN:
            self.protocol.send_close(int(code), reason[:100])
            self.send_data()
            self._expect_end()

    def _expect_end(self) -> None:
        """Cut the socket off in two seconds, because either side is closing or a frame was broken."""
        if not self.ending:
            self.ending = True
            self.loop.call_later(CLOSE_TIMEOUT_S, self.transport.abort)

    def pause(self) -> None:
        """Stop reading; behind a full window only when much waits, because control frames are answered."""
        if self.connection is None or not self.connection.has_full_window:
            self._stop_reading()

    def _stop_reading(self) -> None:
        self.paused_by_connection = True
        self.transport.pause_reading()

    def resume(self) -> None:
        """Serve what waits, then read on."""
        self.paused_by_connection = False
        if (self.tail or self.waiting) and self.protocol.state is OPEN:
            self.now_us, self.now_ns = self.gateway.clock.wall_us(), self.gateway.clock.mono_ns()
            self._cut_frames(b"")
        if not self.paused_by_bytes and not self.paused_by_connection and not self.transport.is_closing():
            self.transport.resume_reading()

    def _resume_bytes(self) -> None:
        self.paused_by_bytes = False
        if not self.paused_by_connection and not self.transport.is_closing():
            self.transport.resume_reading()


class _Transport:
    """A `GatewaySocket` as a `SocketTransport`: `close` is a plain function, not the library's coroutine."""

    __slots__ = ("close", "pause", "pending", "resume", "write")

    def __init__(self, socket: GatewaySocket) -> None:
        self.write = socket.write
        self.pending = socket.pending
        self.close = socket.close_now
        self.pause = socket.pause
        self.resume = socket.resume


class GatewayServer:
    """Listens, makes a `Connection` for every socket, and turns the timer wheel."""

    def __init__(self, gateway: Gateway, address: Address, on_turn: Callable[[], None], pages: Pages) -> None:
        """`on_turn`: called every 10 ms, after the timers. `pages`: answers requests that ask for no websocket."""
        check_library()
        self.gateway = gateway
        gateway.refused_logons.set_hosts(address.names)
        self.port, self._address = 0, address
        # None allows programs, which send no origin; a browser always sends one. The library reads this list at each
        # handshake.
        self._origins = [None, *(Origin(parse_origin(origin)) for origin in address.origins)]
        self._on_turn, self._pages = on_turn, pages
        self._accept_limits = AcceptLimits(gateway)
        self._server: Server | None = None
        self._turning: asyncio.TimerHandle | None = None

    async def start(self) -> None:
        """Bind and serve. `port` is then the port that the system chose."""
        logger = logging.getLogger("gpux.websockets")
        logger.disabled = True  # the log gets no tracebacks and no bodies of failed handshakes (SEC-011)
        self._server = await serve(
            self._handle,
            self._address.host,
            self._address.port,
            origins=self._origins,
            subprotocols=None,
            select_subprotocol=_pick,
            compression=None,
            extensions=None,
            max_size=self.gateway.profile.max_frame,
            max_queue=256,
            write_limit=32_768,
            open_timeout=3,
            close_timeout=CLOSE_TIMEOUT_S,
            ping_interval=None,
            ping_timeout=None,
            server_header=None,
            process_request=self._admit,
            create_connection=cast(type[ServerConnection], self._make_socket),
            backlog=self.gateway.profile.backlog,
            logger=logger,
        )
        self.port = next(iter(self._server.sockets)).getsockname()[1]
        self._origins += [Origin(origin) for origin in own_origins(self._address.names, self.port)]
        self._turn()

    async def stop(self) -> None:
        """Close the port and every connection (1001)."""
        if self._turning is not None:
            self._turning.cancel()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    def _turn(self) -> None:
        self._turning = asyncio.get_running_loop().call_later(TURN_S, self._turn)
        self.gateway.wheel.turn(self.gateway.clock.mono_ns())
        self.gateway.slow.check()
        self.gateway.wide.check()
        self._on_turn()

    def _make_socket(self, *arguments: Any, **options: Any) -> GatewaySocket:
        return GatewaySocket(self.gateway, self._accept_limits, *arguments, **options)

    async def _handle(self, socket: ServerConnection) -> None:
        assert isinstance(socket, GatewaySocket) and socket.request is not None
        assert not socket.protocol.extensions
        self._accept_limits.note_upgrade(socket)
        protocol = socket.subprotocol or JSON_SUBPROTOCOL
        encoding, request = ENCODINGS[protocol], socket.request
        host = host_of(request.headers.get_all("Host")) or ""
        connection = Connection(
            self.gateway, _Transport(socket), CODECS[protocol], encoding, request.path, host, socket.address,
            HANDLERS,
        )  # fmt: skip
        socket.serve(connection, encoding)
        connection.open()
        await socket.wait_closed()

    def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        """Check path and host before the upgrade; answer a request for a file (SEC-034, SEC-071, SEC-072)."""
        hosts = request.headers.get_all("Host")
        if request.path != HEALTH and host_of(hosts) not in self._address.names:
            return connection.respond(HTTPStatus.FORBIDDEN, "")
        if request.path in PATHS:
            return None
        assert isinstance(connection, GatewaySocket)
        if request.path != HEALTH and not self._accept_limits.allows_page(connection.address):
            return connection.respond(HTTPStatus.TOO_MANY_REQUESTS, "")
        known = ",".join(request.headers.get_all("If-None-Match"))
        status, headers, body = self._pages(request.method, request.path, "".join(hosts), known)
        return Response(status.value, status.phrase, Headers([("Connection", "close"), *headers]), body)


def _pick(_connection: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    """The first offered subprotocol that the venue knows; None, which means JSON, if the client offers none.

    NegotiationError: it offers only unknown ones. The library then answers with HTTP 400 (WIRE-001).
    """
    if not offered:
        return None
    for name in offered:
        if name in SUBPROTOCOLS:
            return name
    raise NegotiationError("no known subprotocol offered")
