"""A raw connection to a venue, without reconnects: one request at a time, with the times of both sides."""

from collections.abc import Callable
from typing import NamedTuple, Self, TypeVar
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as dial
from websockets.typing import Origin, Subprotocol

from clients.credentials import Secret, logon_text
from exchange.seams import Clock
from exchange.wire.codec import CODECS
from exchange.wire.messages import Auth, CancelTerms, Err, Hello, Ok, Request, ServerMessage, Welcome
from exchange.wire.version import JSON_SUBPROTOCOL

OPEN_S = 5.0
FRAME_BYTES_MAX = 1 << 20
CODEC = CODECS[JSON_SUBPROTOCOL]
OFF = CancelTerms(mode="off")  # a check leaves the orders of others alone
Found = TypeVar("Found", bound=ServerMessage)


class Timed(NamedTuple):
    """A reply, and the local times (us) around it."""

    reply: ServerMessage
    sent_us: int
    received_us: int

    @property
    def round_trip_us(self) -> int:
        return self.received_us - self.sent_us

    @property
    def venue_us(self) -> int:
        """Time that the venue took by its own clock."""
        assert isinstance(self.reply, Ok | Err)
        return (self.reply.sent_us or 0) - (self.reply.received_us or 0)

    @property
    def ahead_us(self) -> int:
        """How far the local clock is ahead of the venue's, exact to half the round trip."""
        assert isinstance(self.reply, Ok | Err)
        venue_us = (self.reply.received_us or 0) + (self.reply.sent_us or 0)
        return (self.sent_us + self.received_us - venue_us) // 2


class TimedConnection:
    """One connection. Use it with `async with`; entering raises what `websockets` raises when it cannot connect."""

    def __init__(self, url: str, clock: Clock, origin: str = "") -> None:
        """`url`: with path. `origin`: as a browser would send it; empty: none, as programs do."""
        self.url, self._clock, self._origin = url, clock, origin
        self._waiting: list[ServerMessage] = []
        self._last_id = 0

    async def __aenter__(self) -> Self:
        origin = Origin(self._origin) if self._origin else None
        self.connection: ClientConnection = await dial(
            self.url, subprotocols=[Subprotocol(JSON_SUBPROTOCOL)], ping_interval=None, open_timeout=OPEN_S,
            close_timeout=1, max_size=FRAME_BYTES_MAX, proxy=None, origin=origin,
        )  # fmt: skip
        self.hello = await self.next_of(Hello)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.connection.close()

    async def next(self) -> ServerMessage:
        """The next message. ConnectionClosed: the venue has closed the connection."""
        while not self._waiting:
            self._waiting = CODEC.decode_server(await self.connection.recv())
        return self._waiting.pop(0)

    async def next_of(self, kind: type[Found]) -> Found:
        """The next message of a kind; others are dropped."""
        while True:
            message = await self.next()
            if isinstance(message, kind):
                return message

    async def ask(self, make: Callable[[int], Request]) -> Timed:
        """Send the request that `make` builds with an id, and wait for its reply."""
        self._last_id += 1
        data = CODEC.encode(make(self._last_id)).decode()
        sent_us = self._clock.wall_us()
        await self.connection.send(data)
        while True:
            reply = await self.next()
            if isinstance(reply, Ok | Err | Welcome) and reply.reply_to == self._last_id:
                return Timed(reply, sent_us, self._clock.wall_us())

    async def log_on(self, key: str, secret: Secret) -> Welcome | Err:
        """Log on with a new session, which cancels nothing when it ends."""
        parts = urlsplit(self.url)
        text = logon_text(parts.hostname or "", parts.path, self.hello.nonce, key, "")

        def auth(request_id: int) -> Auth:
            return Auth(
                request_id=request_id, key=key, algorithm=secret.algorithm, signature=secret.sign(text),
                cancel_terms=OFF, agent="gpux-doctor",
            )  # fmt: skip

        reply = (await self.ask(auth)).reply
        assert isinstance(reply, Welcome | Err)
        return reply
