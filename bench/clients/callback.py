"""From a message on the socket to a strategy's callback, beside a bare websocket in the same run.

A server in the same event loop notes the time and sends a change of a book. The bare client notes the time when `recv`
returns; the session, when `on_book` is called with the book changed. Both are measured in turn, message by message, so
that load on the machine disturbs both alike.
"""

import asyncio
from time import perf_counter_ns
from typing import Any, NamedTuple

import msgspec
from websockets.asyncio.client import connect as dial
from websockets.asyncio.server import ServerConnection, serve
from websockets.typing import Subprotocol

from clients.client import Session, connect
from clients.local_book import LocalBook
from clients.strategies.strategy import Strategy, run
from exchange.wire.messages import ChannelSpec, Depth, Hello, Ok
from exchange.wire.responses import OutboundTerms
from exchange.wire.version import JSON_SUBPROTOCOL, VERSION

ENCODE = msgspec.json.Encoder().encode
CHANNEL, INSTRUMENT, LEVELS = 7, 9, 50
HELLO = Hello(
    VERSION, "bench", "h_1", "f_1", 1, "nonce", 1, "none", 1_000, 600_000, 256, 4_096, 4_096, 24, 500,
    OutboundTerms(256, 50, 1_024, 2_000, 4_096), [], [],
)  # fmt: skip


class Latencies(NamedTuple):
    """Microseconds of each message, to a bare client and to a strategy."""

    bare: list[float]
    strategy: list[float]


class BookServer:
    """Speaks enough of the protocol for a session without a key: `hello`, `sub`, a snapshot, changes."""

    def __init__(self) -> None:
        self.sequence = 0
        self.sessions: list[ServerConnection] = []

    async def serve_one(self, connection: ServerConnection) -> None:
        await connection.send(ENCODE(HELLO).decode())
        self.sessions.append(connection)
        async for frame in connection:
            request = msgspec.json.decode(frame)
            if request["t"] == "sub":
                reply = Ok(request["id"], channels=[(CHANNEL + place, 0) for place in range(len(request["ch"]))])
                await connection.send(ENCODE(reply).decode())
                await connection.send(self.snapshot().decode())

    def snapshot(self) -> bytes:
        bids, asks = ([(price + sign * place, 5) for place in range(LEVELS)] for price, sign in ((2800, -1), (2801, 1)))
        return ENCODE(Depth(CHANNEL, self.sequence, 1, 1, bids, asks, snapshot=True))

    def change(self) -> bytes:
        self.sequence += 1
        bids = [(2800 - self.sequence % LEVELS, 1 + self.sequence % 9)]
        return ENCODE(Depth(CHANNEL, self.sequence, self.sequence, 1, bids, [], previous=self.sequence - 1))


class Waiter(Strategy):
    """Notes when its book has changed."""

    timer_s = 3_600.0

    def __init__(self) -> None:
        self.at_ns = 0
        self.changed = asyncio.Event()
        self.ready = asyncio.Event()

    async def start(self) -> None:
        (feed,) = await self.session.subscribe(
            ChannelSpec(name_of_channel="depth", instrument=INSTRUMENT, cadence_ms=0, levels=0)
        )
        assert feed.book is not None
        self.book = feed.book
        self.ready.set()

    def on_book(self, book: LocalBook) -> None:
        self.at_ns = perf_counter_ns()
        self.changed.set()


async def measure(messages: int) -> Latencies:
    """Send so many messages to each of the two. AssertionError: the book is not the server's."""
    server, strategy = BookServer(), Waiter()
    found = Latencies([], [])
    async with serve(server.serve_one, "127.0.0.1", 0, compression=None, ping_interval=None) as listening:
        url = f"ws://127.0.0.1:{next(iter(listening.sockets)).getsockname()[1]}"
        async with (
            connect(url, seed=1) as session,
            dial(url, compression=None, subprotocols=[Subprotocol(JSON_SUBPROTOCOL)]) as bare,
        ):
            await bare.recv()
            running = asyncio.create_task(run(strategy, session))
            await strategy.ready.wait()
            await _until_synced(session, strategy)
            to_session, to_bare = server.sessions
            for _ in range(messages):
                await _send_to_strategy(to_session, server.change().decode(), strategy, found.strategy)
                await _send_to_bare(to_bare, server.change().decode(), bare, found.bare)
                server.sequence -= 1  # the bare client has no book: its message is none of the session's
            assert strategy.book.sequence == server.sequence and not strategy.book.gaps
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
    return found


async def _until_synced(session: Session, strategy: Waiter) -> None:
    while not strategy.book.synced or session._event_queue:
        await asyncio.sleep(0)
    strategy.changed.clear()


async def _send_to_strategy(connection: ServerConnection, text: str, strategy: Waiter, into: list[float]) -> None:
    strategy.changed.clear()
    start = perf_counter_ns()
    await connection.send(text)
    await strategy.changed.wait()
    into.append((strategy.at_ns - start) / 1_000)


async def _send_to_bare(connection: ServerConnection, text: str, bare: Any, into: list[float]) -> None:
    at_ns = 0

    async def receive() -> None:
        nonlocal at_ns
        await bare.recv(decode=False)
        at_ns = perf_counter_ns()

    receiving = asyncio.create_task(receive())
    await asyncio.sleep(0)  # it waits before the message is sent
    start = perf_counter_ns()
    await connection.send(text)
    await receiving
    into.append((at_ns - start) / 1_000)
