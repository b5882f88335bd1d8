"""The websockets shell: the only module that knows sockets. Settings, each with its reason.

Whole plain frames of one read go straight to the session, without a queue, a coroutine step or an object each; the
handshake, control frames, fragments and every broken frame are the library's.
Sending is ours: frames are built once and written straight to the transport, one write per connection per loop tick.
It needs attributes of the library that are hardly documented: `transport`, `protocol`, `send_in_progress`. They are
used in this file alone, and a test reads the frames with an independent client.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, cast

from websockets import http11
from websockets.asyncio import messages as library_messages
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import NegotiationError
from websockets.frames import DATA_OPCODES, Frame, Opcode
from websockets.http11 import Request, Response
from websockets.protocol import State
from websockets.speedups import apply_mask
from websockets.typing import Origin, Subprotocol

from exchange.gateway.connection import Session
from exchange.gateway.door import FULL, REFUSAL, Door
from exchange.gateway.gateway import Hub
from exchange.gateway.origins import origin_of, own_origins
from exchange.gateway.outbox import JSON, MSGPACK
from exchange.gateway.throttle import Bucket
from exchange.seams import RealNet
from exchange.wire.codec import CODECS
from exchange.wire.errors import CloseCode
from exchange.wire.version import JSON_SUBPROTOCOL, MSGPACK_SUBPROTOCOL, SUBPROTOCOLS

PATHS = ("/v1/oe", "/v1/md")
FRAGMENTS_MAX = 16
HEADERS_MAX = 32
LINE_BYTES_MAX = 8_192
CLOSE_TIMEOUT_S = 2.0
TURN_S = 0.01
ENCODINGS = {JSON_SUBPROTOCOL: JSON, MSGPACK_SUBPROTOCOL: MSGPACK}
TEXT, BINARY, PING = Opcode.TEXT, Opcode.BINARY, Opcode.PING
# Second byte of a client's frame: the mask bit, and the length or where it stands.
MASKED = 0x80
LONG = MASKED | 126
OPEN = State.OPEN


@dataclass(frozen=True)
class Address:
    """Where to listen, and under which names and origins the venue is known."""

    host: str = "127.0.0.1"
    port: int = 0
    names: tuple[str, ...] = ("localhost", "127.0.0.1", "::1")
    origins: tuple[str, ...] = ()


def check_library() -> None:
    """SEC-030: the library reads its limits from the environment at import; refuse to start with others."""
    found = (library_messages.MAX_FRAGMENTS, http11.MAX_NUM_HEADERS, http11.MAX_LINE_LENGTH)
    wanted = (FRAGMENTS_MAX, HEADERS_MAX, LINE_BYTES_MAX)
    if found != wanted:
        raise RuntimeError(f"websockets runs with limits {found}, not {wanted}: import exchange before websockets")


class Guarded(ServerConnection):
    """One connection. It is the session's transport: write, pending, close, pause, resume."""

    def __init__(self, hub: Hub, door: Door, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.hub = hub
        self.door = door
        self.session: Session | None = None
        self.first = 0x81  # first byte of this session's plain frames
        self.tail = b""
        self.limit = hub.profile.max_frame
        self.refused = False
        self.ending = False
        self.address = ""
        self.fragments: list[bytes] = []
        self.kind = TEXT
        self.now_us = 0
        self.now_ns = 0
        self.received = Bucket(hub.profile.bytes_rate)
        self.session_holds = False
        self.bytes_hold = False

    # The library's callbacks.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Caps at accept come before any HTTP (SEC-034)."""
        peer = transport.get_extra_info("peername")
        self.address = peer[0] if peer else ""
        wire = cast(asyncio.Transport, transport)
        if refusal := self.door.refusal(self.address):
            self.refused = True
            if refusal == FULL:
                wire.write(REFUSAL)
                wire.close()
            else:
                wire.abort()
            return
        self.door.enter(self, self.address, wire.abort)
        RealNet().tune(transport.get_extra_info("socket"))
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.refused:
            return
        self.door.leave(self, self.address)
        super().connection_lost(exc)
        if self.session is not None:
            self.session.lost()

    def data_received(self, data: bytes) -> None:
        if self.refused:
            return
        clock = self.hub.clock
        self.now_us, self.now_ns = clock.wall_us(), clock.mono_ns()
        if self.session is None:
            super().data_received(data)
            return
        if self.protocol.state is OPEN:
            self._cut(data)
        else:
            rest, self.tail = self.tail + data, b""
            super().data_received(rest)
        if self.protocol.state is not OPEN:
            self._expect_end()
        wait_ns = self.received.spend(self.now_ns, len(data))
        if wait_ns and not self.bytes_hold:
            # SEC-045: a socket that sends too many bytes is read again when its bucket has refilled.
            self.bytes_hold = True
            self.transport.pause_reading()
            self.hub.wheel.after(wait_ns // 1_000_000, self._bytes_again)

    def _cut(self, data: bytes) -> None:
        """Cut the stream into frames. Whole plain ones are unmasked here and go to the session, all of a read at once;
        every other frame goes to the library, whole, so that it always stands at the border of a frame."""
        if self.tail:
            data, self.tail = self.tail + data, b""
        plain: list[bytes] = []
        first, limit, protocol = self.first, self.limit, self.protocol
        offset, size = 0, len(data)
        broken = False
        while size - offset >= 2:
            second = data[offset + 1]
            if second < LONG:
                start, length = offset + 6, second - MASKED
            elif second == LONG and size - offset >= 4:
                start, length = offset + 8, data[offset + 2] << 8 | data[offset + 3]
            else:
                broken = second > LONG
                break
            if length < 0 or length > limit:
                broken = True
                break
            stop = start + length
            if stop > size:
                break
            if data[offset] == first and protocol.current_size is None:
                plain.append(apply_mask(data[start:stop], data[start - 4 : start]))
            else:
                self._deliver(plain)
                plain = []
                super().data_received(data[offset:stop])
                if protocol.state is not OPEN:
                    return
            offset = stop
        self._deliver(plain)
        if broken:
            # Not masked, or longer than allowed: the library says so and closes.
            super().data_received(data[offset:])
        else:
            self.tail = data[offset:]

    def _deliver(self, payloads: list[bytes]) -> None:
        if payloads and self.session is not None:
            self.session.receive(payloads, self.now_us, self.now_ns)

    def process_event(self, event: Any) -> None:
        """A frame that the library has read: control frames, fragments, whatever came before the session."""
        session = self.session
        if session is None:
            super().process_event(event)
            return
        opcode = event.opcode
        if opcode is TEXT or opcode is BINARY:
            self.kind, self.fragments = opcode, []
        if opcode in DATA_OPCODES:
            self._continue(session, event)
        elif opcode is not PING or session.takes_ping(self.now_ns):
            super().process_event(event)

    def _continue(self, session: Session, event: Frame) -> None:
        """Fragments are joined here, at most 16, so that order holds (WIRE-003)."""
        self.fragments.append(bytes(event.data))
        if len(self.fragments) > FRAGMENTS_MAX:
            self.close_now(CloseCode.TOO_BIG, "more than 16 fragments")
        elif not event.fin:
            return
        elif (self.kind is TEXT) is not session.codec.text:
            session.close(CloseCode.WRONG_FRAME_KIND, "text frames for JSON, binary ones for MessagePack")
        else:
            data, self.fragments = b"".join(self.fragments), []
            session.receive([data], self.now_us, self.now_ns)

    # The session's transport (outbox.Transport).

    def write(self, data: bytes) -> None:
        if self.protocol.state is OPEN:
            assert not self.protocol.extensions and self.send_in_progress is None
            self.transport.write(data)

    def pending(self) -> int:
        return self.transport.get_write_buffer_size()

    def close_now(self, code: int, reason: str) -> None:
        """Close frame now; a peer that does not answer is cut after two seconds."""
        if self.protocol.state is OPEN:
            self.protocol.send_close(int(code), reason[:100])
            self.send_data()
            self._expect_end()

    def _expect_end(self) -> None:
        """Closing has begun, here, there, or because of a broken frame: the socket ends within two seconds."""
        if not self.ending:
            self.ending = True
            self.loop.call_later(CLOSE_TIMEOUT_S, self.transport.abort)

    def pause(self) -> None:
        self.session_holds = True
        self.transport.pause_reading()

    def resume(self) -> None:
        self.session_holds = False
        if not self.bytes_hold:
            self.transport.resume_reading()

    def _bytes_again(self) -> None:
        self.bytes_hold = False
        if not self.session_holds and not self.transport.is_closing():
            self.transport.resume_reading()


class _Shell:
    """A `Guarded` as the outbox's Transport: `close` of the library is a coroutine, ours is not."""

    __slots__ = ("close", "pause", "pending", "resume", "write")

    def __init__(self, connection: Guarded) -> None:
        self.write = connection.write
        self.pending = connection.pending
        self.close = connection.close_now
        self.pause = connection.pause
        self.resume = connection.resume


class GatewayServer:
    """Listens, makes a session of every connection, turns the wheel."""

    def __init__(self, hub: Hub, address: Address, on_turn: Callable[[], None]) -> None:
        """`on_turn`: called every 10 ms for whatever else has a cadence."""
        check_library()
        self.hub = hub
        hub.refused_logons.names = address.names
        self.port = 0
        self._address = address
        # A program sends no origin, a browser always one. The library looks into this list at each handshake.
        self._origins = [None, *(Origin(origin_of(origin)) for origin in address.origins)]
        self._on_turn = on_turn
        self._door = Door(hub)
        self._server: Server | None = None
        self._turning: asyncio.TimerHandle | None = None

    async def start(self) -> None:
        """Bind and serve; `port` is then known."""
        logger = logging.getLogger("gpux.websockets")
        # Handshakes that fail are the peer's business: no tracebacks, no bodies (SEC-011).
        logger.disabled = True
        self._server = await serve(
            self._handle,
            self._address.host,
            self._address.port,
            origins=self._origins,
            subprotocols=None,
            select_subprotocol=_pick,
            compression=None,
            extensions=None,
            max_size=self.hub.profile.max_frame,
            max_queue=256,
            write_limit=32_768,
            open_timeout=3,
            close_timeout=CLOSE_TIMEOUT_S,
            ping_interval=None,
            ping_timeout=None,
            server_header=None,
            process_request=self._admit,
            create_connection=cast(type[ServerConnection], self._connection),
            backlog=self.hub.profile.backlog,
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
        self.hub.wheel.turn(self.hub.clock.mono_ns())
        self.hub.slow.look()
        self._on_turn()

    def _connection(self, *arguments: Any, **options: Any) -> Guarded:
        return Guarded(self.hub, self._door, *arguments, **options)

    async def _handle(self, connection: ServerConnection) -> None:
        assert isinstance(connection, Guarded) and connection.request is not None
        assert not connection.protocol.extensions
        self._door.settle(connection)
        protocol = connection.subprotocol or JSON_SUBPROTOCOL
        connection.first = ENCODINGS[protocol].first
        host = _host_of(connection.request) or ""
        connection.session = Session(
            self.hub, _Shell(connection), CODECS[protocol], ENCODINGS[protocol], connection.request.path, host,
            connection.address,
        )  # fmt: skip
        connection.session.open()
        await connection.wait_closed()

    def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        """SEC-034: path and name before the upgrade; answers without a body."""
        if request.path == "/health":
            return connection.respond(HTTPStatus.OK, "ok\n")
        if request.path not in PATHS:
            return connection.respond(HTTPStatus.NOT_FOUND, "")
        if _host_of(request) not in self._address.names:
            return connection.respond(HTTPStatus.FORBIDDEN, "")
        return None


def _host_of(request: Request) -> str | None:
    """The name in the Host header, lower case, without the port; None if there is not exactly one."""
    values = request.headers.get_all("Host")
    if len(values) != 1:
        return None
    host = values[0].strip().lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


def _pick(_connection: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    """WIRE-001: the first offer we know; none offered is JSON; only unknown ones are refused with HTTP 400."""
    if not offered:
        return None
    for name in offered:
        if name in SUBPROTOCOLS:
            return name
    raise NegotiationError("no known subprotocol offered")
