"""A venue behind a network that fails as a test says, in virtual time: an hour of it takes a moment.

It keeps the promise of SESS-021: a connection that ends starts the grace, a logon ends it, at its end the orders leave.
A venue that is down does not count; it begins when it is back.
"""

import asyncio
import json
import random
import selectors
from collections.abc import Awaitable, Callable
from typing import Any, Literal, NamedTuple

import pytest
from websockets.exceptions import ConnectionClosedError, InvalidHandshake

from clients.backoff import Backoff
from clients.core import Core
from clients.credentials import Ed25519
from clients.events import Reconnected
from clients.logon import Dial
from clients.transport import WebsocketTransport
from exchange.wire.version import JSON_SUBPROTOCOL
from tests.clients.scripted_venue import HELLO, KEY, LIVE, SEED, SNAPSHOT, WELCOME

Fault = Literal["refused", "hole", "busy", "drops", "unreachable", "down", "down_twice"]  # down: the venue itself
DOWN = ("down", "down_twice")  # of a name with two addresses, of which one is none of this machine
TWICE = (
    "Multiple exceptions: [Errno 99] Cannot assign requested address ('::1', 1, 0, 0), "
    "[Errno 111] Connect call failed ('127.0.0.1', 1)"
)


class Outage(NamedTuple):
    """From `start_s` on, for `length_s`, no connection lives or succeeds."""

    start_s: float
    length_s: float
    fault: Fault


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose time passes only while everybody waits."""

    def __init__(self) -> None:
        self.now_s = 0.0
        super().__init__(_Jumping(self))

    def time(self) -> float:
        return self.now_s


class _Jumping(selectors.SelectSelector):
    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[Any]:
        assert timeout is not None, "everybody waits for ever"
        self._loop.now_s += max(0.0, timeout)
        return super().select(0)


class Connection:
    """One connection as the transport sees it."""

    def __init__(self, hear: Callable[["Connection", dict[str, Any]], None]) -> None:
        self.close_code = self.close_reason = None
        self.logged_on = False
        self._frames: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._hear = hear

    def say(self, *messages: dict[str, Any]) -> None:
        for message in messages:
            self._frames.put_nowait(json.dumps(message).encode())

    def cut(self) -> None:
        self._frames.put_nowait(None)

    async def recv(self, **_: Any) -> bytes:
        frame = await self._frames.get()
        if frame is None:
            raise ConnectionClosedError(None, None)
        return frame

    async def send(self, frame: bytes, **_: Any) -> None:
        told = json.loads(frame)
        for message in told if isinstance(told, list) else [told]:
            self._hear(self, message)

    async def close(self) -> None:
        self.cut()


class FlakyVenue:
    """`attempts`: when the client dialled; `resumed`: when it logged on again; `fired`: when its orders left."""

    def __init__(self, loop: VirtualLoop, outages: list[Outage], terms: dict[str, Any]) -> None:
        self._loop, self._terms, self._outages = loop, WELCOME["cod"] | terms, outages
        self.attempts: list[float] = []
        self.resumed: list[float] = []
        self.fired: list[float] = []
        self._grace: asyncio.TimerHandle | None = None
        self._open: Connection | None = None
        for outage in outages:
            loop.call_at(outage.start_s, self._begin, outage)

    async def dial(self, _url: str, *, open_timeout: float, **_: Any) -> Connection:
        now_s = self._loop.time()
        self.attempts.append(now_s)
        fault = next((one.fault for one in self._outages if one.start_s <= now_s < one.start_s + one.length_s), None)
        if fault in ("refused", "down"):
            raise ConnectionRefusedError(111, "refused")
        if fault == "down_twice":
            raise OSError(TWICE)
        if fault == "unreachable":
            raise OSError(113, "no route to host")
        if fault == "busy":
            raise InvalidHandshake("503")
        if fault == "hole":
            await asyncio.sleep(open_timeout)
            raise TimeoutError
        connection = Connection(self._hear)
        if fault == "drops":
            connection.cut()
        else:
            self._open = connection
            connection.say(HELLO)
        return connection

    def _begin(self, outage: Outage) -> None:
        if self._open is not None:
            self._open.cut()
        if self._open is not None and self._open.logged_on and self._grace is None:
            end_s = outage.start_s + (outage.length_s if outage.fault in DOWN else 0.0) + self._terms["grace_ms"] / 1000
            self._grace = self._loop.call_at(end_s, self._fire)
        self._open = None

    def _fire(self) -> None:
        self._grace = None
        self.fired.append(self._loop.time())

    def _hear(self, connection: Connection, message: dict[str, Any]) -> None:
        if message["t"] == "auth":
            resumes = bool(message.get("sid"))
            welcome = WELCOME | {"re": message["id"], "resumed": resumes, "cod": self._terms}
            connection.logged_on = True
            connection.say(welcome, *([] if resumes else [SNAPSHOT]), LIVE)
            if self._grace is not None:
                self._grace.cancel()
                self._grace = None
        else:
            connection.say({"t": "ok", "re": message["id"]})


def live_through(
    outages: list[Outage], seconds: float, seed: int, monkeypatch: pytest.MonkeyPatch, **terms: Any
) -> FlakyVenue:
    """What a venue saw of a session with these terms, over outages and as long as they say."""
    loop = VirtualLoop()
    venue = FlakyVenue(loop, outages, terms)
    monkeypatch.setattr("clients.transport.dial", venue.dial)

    async def run() -> None:
        core = Core(Dial("localhost", "/v1/oe"), KEY, Ed25519.from_seed(SEED))

        def take(events: list[Any]) -> None:
            venue.resumed += [loop.time() for event in events if isinstance(event, Reconnected)]

        transport = WebsocketTransport(
            "ws://localhost/v1/oe", JSON_SUBPROTOCOL, core, take, Backoff(random.Random(seed))
        )
        await transport.dial()
        task: Awaitable[None] = asyncio.ensure_future(transport.run())
        try:
            await asyncio.wait_for(task, seconds)
        except TimeoutError:
            return
        raise AssertionError("the session ended for good")

    try:
        loop.run_until_complete(run())
    finally:
        loop.close()
    return venue
