"""A served venue over loopback, and clients that may break every rule."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from exchange.engine.warmup import warm_up
from exchange.gateway.auth import KeyPair, signed_text
from exchange.gateway.connection import Connection
from exchange.gateway.server import GatewaySocket
from exchange.limits import MEDIUM
from exchange.main import RunningServer, Settings, serve
from exchange.seams import Clock, RealClock
from exchange.venue.bootstrap import OpenVenue
from exchange.venue.loop import run_loop
from tests.gateway.harness import DAY, SYMBOL, frames_of

KEY = base64.b64encode(bytes(16)).decode()
UPGRADE = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": KEY,
    "Sec-WebSocket-Version": "13",
}
PROFILE = "loopback"


class Venue:
    """A served venue and its keys."""

    def __init__(self, server: RunningServer, keys: list[KeyPair]) -> None:
        self.server, self.keys = server, keys
        self.writers: list[asyncio.StreamWriter] = []
        self.instrument = next(iter(server.venue.instruments))
        self.price = server.venue.table.rows[1].settle_tick  # type: ignore[union-attr]

    def client(self, path: str = "/v1/oe", **options: Any) -> connect:
        return connect(f"{self.server.url}{path}", compression=None, ping_interval=None, **options)

    @asynccontextmanager
    async def live(
        self, number: int = 0, path: str = "/v1/oe", auth: dict[str, Any] | None = None, **options: Any
    ) -> AsyncIterator[ClientConnection]:
        """A connection that is logged on; `auth`: what its logon says besides."""
        async with self.client(path, **options) as connection:
            await self.log_on(connection, number, path, auth or {})
            assert [message["t"] for message in json.loads(await connection.recv())] == ["welcome", "account", "live"]
            yield connection

    async def log_on(self, connection: ClientConnection, number: int, path: str, auth: dict[str, Any]) -> None:
        nonce = json.loads(await connection.recv())["nonce"]
        pair = self.keys[number]
        signature = pair.sign(signed_text("127.0.0.1", path, nonce, pair.key, auth.get("sid", "")))
        await connection.send(json.dumps({"t": "auth", "id": 1, "key": pair.key, "sig": signature, **auth}))

    @asynccontextmanager
    async def talker(self, number: int = 0, **auth: Any) -> AsyncIterator["Talker"]:
        """A client of a key; `auth` as for `live`, and with `sid` one that resumes."""
        async with self.client() as connection:
            await self.log_on(connection, number, "/v1/oe", auth)
            talker = Talker(connection)
            await talker.wait_for(t="live")
            yield talker

    def order(self, number: int) -> str:
        return json.dumps(
            {
                "t": "new",
                "id": number,
                "i": self.instrument,
                "side": "b",
                "px": self.price,
                "q": 1,
                "coid": f"o{number}",
            }
        )

    async def raw(self, path: str = "/v1/oe", headers: dict[str, str] | None = None, method: str = "GET") -> "Raw":
        reader, writer = await asyncio.open_connection("127.0.0.1", self.server.port)
        self.writers.append(writer)
        lines = {"Host": "localhost", **UPGRADE} | (headers or {})
        text = f"{method} {path} HTTP/1.1\r\n" + "".join(f"{key}: {value}\r\n" for key, value in lines.items()) + "\r\n"
        writer.write(text.encode())
        return Raw(reader, writer)


class Raw:
    """A socket with the handshake sent."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def status(self) -> int:
        """Of the answer to the handshake; 0: the socket was closed instead, or reset with the handshake unread."""
        line = b""
        with suppress(ConnectionResetError):
            line = await self.reader.readline()
        return int(line.split()[1]) if line else 0

    async def opened(self) -> "Raw":
        assert await self.status() == 101
        await self.reader.readuntil(b"\r\n\r\n")
        return self

    async def close_code(self) -> int:
        """The code of the close frame, after whatever came before it."""
        data = b""
        while part := await self.reader.read(65_536):
            data += part
            for kind, payload in frames_of(data):
                if kind == 8:
                    self.writer.close()
                    return int.from_bytes(payload[:2], "big")
        return 0


def masked(payload: bytes, first: int = 0x81) -> bytes:
    length = len(payload)
    head = bytes((first, 0x80 | length)) if length < 126 else bytes((first, 0xFE)) + length.to_bytes(2, "big")
    return head + bytes(4) + payload


def socket_of(connection: Connection) -> GatewaySocket:
    """The venue's end of a connection."""
    socket = connection.queue.transport.write.__self__  # type: ignore[attr-defined]
    assert isinstance(socket, GatewaySocket)
    return socket


async def until(is_so: Callable[[], bool]) -> None:
    """Wait for something that the served venue does; the test's own limit ends what never happens."""
    while not is_so():
        await asyncio.sleep(0.002)


async def reply(connection: ClientConnection) -> dict[str, Any]:
    """The next ok or err."""
    while True:
        received = json.loads(await connection.recv())
        for message in received if isinstance(received, list) else [received]:
            if message["t"] in ("ok", "err"):
                return message  # type: ignore[no-any-return]


class Talker:
    """A client that is logged on, and the messages that it has received and not looked at yet, in order."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.received: list[dict[str, Any]] = []
        self.last_id = 10

    async def ask(self, kind: str, **fields: Any) -> dict[str, Any]:
        """Send a request; its reply."""
        self.last_id += 1
        await self.connection.send(json.dumps({"t": kind, "id": self.last_id, **fields}))
        return await self.wait_for(re=self.last_id)

    async def wait_for(self, **fields: Any) -> dict[str, Any]:
        """The next message with these fields; those before it stay in `received`."""
        while True:
            for place, message in enumerate(self.received):
                if fields.items() <= message.items():
                    return self.received.pop(place)
            found = json.loads(await self.connection.recv())
            self.received += found if isinstance(found, list) else [found]

    def take(self, kind: str) -> list[dict[str, Any]]:
        """Take all messages of a kind that have been received."""
        found = [message for message in self.received if message["t"] == kind]
        self.received = [message for message in self.received if message["t"] != kind]
        return found


Test = Callable[[Venue], Coroutine[Any, Any, None]]


def run(
    folder: object,
    test: Test,
    profile: str = PROFILE,
    timeout_s: float = 60.0,
    symbols: tuple[str, ...] = (SYMBOL,),
    clock: Clock | None = None,
    prepare: Callable[[OpenVenue, list[KeyPair]], None] | None = None,
    origins: tuple[str, ...] = ("https://x.test",),
) -> None:
    """Serve a venue for one test. `prepare` sets it up further, and may add keys to those of accounts 1 to 3."""
    warm_up(MEDIUM)  # what compiles or loads kernels is no part of the time limit
    keys: list[KeyPair] = []

    def before(opened: OpenVenue) -> None:
        keys.extend(opened.make_key(f"k{number}", number, 10**12) for number in (1, 2, 3))
        if prepare is not None:
            prepare(opened, keys)

    async def main() -> None:
        settings = Settings(
            day=DAY, symbols=symbols, durability="none", profile=profile, limits="medium", segment_bytes=1 << 20,
            origins=origins, clock=clock or RealClock(),
        )  # fmt: skip
        async with asyncio.timeout(timeout_s), serve(str(folder), settings, before) as server:
            venue = Venue(server, keys)
            try:
                await test(venue)
            finally:
                for writer in venue.writers:
                    writer.close()
                await asyncio.gather(*(writer.wait_closed() for writer in venue.writers), return_exceptions=True)

    run_loop(main())
