"""Scenes of two clients of a real venue over loopback."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from clients import transport
from clients.client import Session, connect
from clients.credentials import Ed25519
from clients.events import Event
from exchange.engine.warmup import warm_up
from exchange.limits import MEDIUM
from exchange.main import RunningServer, Settings, serve
from exchange.venue.bootstrap import OpenVenue
from exchange.wire.messages import InstrumentDefinition
from exchange.wire.version import JSON_SUBPROTOCOL

SYMBOL = "H100.G90.F27"
DAY = date(2026, 11, 23)
SEEDS = {1: bytes([1] * 32), 2: bytes([2] * 32)}
PRICE = "2.810"
SCENE_S = 120.0  # most that a scene may take; a busy machine is ten times slower than a free one


def settings(port: int = 0) -> Settings:
    return Settings(port=port, day=DAY, symbols=(SYMBOL,), durability="none", profile="loopback", limits="medium")


def enrol(venue: OpenVenue) -> None:
    for account, seed in SEEDS.items():
        venue.make_key(f"t{account}", account=account, deposit_mills=10**12, seed=seed)


def client(url: str, account: int, **terms: Any) -> Session:
    return connect(url, f"k_t{account}", Ed25519.from_seed(SEEDS[account]), seed=account, **terms)


Scene = Callable[[RunningServer, Session, Session, InstrumentDefinition], Awaitable[None]]


def play(
    folder: Path,
    scene: Scene,
    subprotocol: str = JSON_SUBPROTOCOL,
    enrolling: Callable[[OpenVenue], None] = enrol,
) -> None:
    """Two logged-on clients of one venue and the instrument they trade; a scene must end within SCENE_S."""
    warm_up(MEDIUM)  # compiling may take a minute, a scene must not

    async def run() -> None:
        async with serve(str(folder), settings(), before=enrolling) as server, AsyncExitStack() as stack:
            first, second = [
                await stack.enter_async_context(client(server.url, account, subprotocol=subprotocol))
                for account in SEEDS
            ]
            await scene(server, first, second, await first.instrument(SYMBOL))

    asyncio.run(asyncio.wait_for(run(), SCENE_S))


async def until(session: Session, kind: type[Event]) -> list[Event]:
    """Events up to the first of a kind."""
    seen: list[Event] = []
    async for event in session.events():
        seen.append(event)
        if isinstance(event, kind):
            return seen
    raise AssertionError(f"the session ended before a {kind.__name__}: {seen}")


def cut(session: Session) -> None:
    """The network fails: no close frame, nothing flushed."""
    connection = session._transport._connection
    assert connection is not None
    connection.transport.abort()


@asynccontextmanager
async def out_of_reach(session: Session) -> AsyncIterator[None]:
    """The network fails, and is back at the end of the block; the venue leaves the orders for a minute."""
    await session.set_cancel_terms(grace_ms=60_000)
    back, dial = asyncio.Event(), transport.dial

    async def dial_later(url: str, **options: Any) -> Any:
        await back.wait()
        return await dial(url, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transport, "dial", dial_later)
        cut(session)
        yield
    back.set()


@contextmanager
def reserved_port() -> Iterator[int]:
    """A port that a venue may listen on again and again: between, no other program gets it."""
    with socket.socket() as held:
        # A listener may bind it too; who asks for any free port does not get it.
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        yield int(held.getsockname()[1])
