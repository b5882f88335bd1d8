"""Does the work of `gpux probe`: measures round trips, throughput, the age of market data, and dry runs of orders.

It stays within the limits that `hello` states, and sends no order: a dry run is a `query` of the margin of an order.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from typing import NamedTuple
from urllib.parse import SplitResult

from websockets.exceptions import ConnectionClosed

from clients.credentials import Ed25519
from clients.transport import dial_failure
from exchange.cli.remote.address_checks import DATA_PATH, DIAL_ERRORS
from exchange.cli.remote.timed_connection import CODEC, OPEN_S, Timed, TimedConnection
from exchange.errors import UserError
from exchange.seams import Clock
from exchange.wire.messages import (
    ChannelSpec,
    Depth,
    Err,
    InstrumentDefinition,
    Instruments,
    Ok,
    Ping,
    Query,
    Request,
    Subscribe,
    WhatIfOrder,
)

ORDER_PATH = "/v1/oe"
CONNECTS, PINGS, DRY_RUNS = 5, 500, 50
FRAMES, PINGS_IN_FRAME = 150, 50  # 7,500 pings are about 200 kB: below the burst of bytes of a connection
BOOKS_MAX = 40
WINDOW_FRAMES = 4  # four frames of 50 are below the 256 requests that may be in flight
PERCENTILES = (50, 90, 99)


class Measured(NamedTuple):
    """Samples of one kind, in microseconds; `rate`: a second, 0 where it means nothing."""

    what: str
    samples_us: list[int]
    rate: float = 0.0

    def figures(self) -> dict[str, float | int | str]:
        ordered = sorted(self.samples_us)
        shown: dict[str, float | int | str] = {"what": self.what, "count": len(ordered)}
        if ordered:
            shown |= {f"p{percent}_us": percentile(ordered, percent) for percent in PERCENTILES}
            shown |= {"max_us": ordered[-1]}
        return shown | ({"per_second": round(self.rate, 1)} if self.rate else {})


def percentile(ordered: list[int], percent: int) -> int:
    """The smallest sample that is not below `percent` of all."""
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


async def measure(
    address: SplitResult, clock: Clock, seconds: float, key: str = "", secret: Ed25519 | None = None
) -> list[Measured]:
    """All measurements. UserError, exit code 1: the venue cannot be reached, or refuses the key."""
    data, orders = (address._replace(path=path).geturl() for path in (DATA_PATH, ORDER_PATH))
    try:
        found = [await _connects(data, clock)]
        async with TimedConnection(data, clock) as line:
            pings = [await line.ask(lambda number: Ping(request_id=number)) for _ in range(PINGS)]
        found += [_round_trips("ping", pings), Measured("ping, inside the venue", [one.venue_us for one in pings])]
        async with TimedConnection(data, clock) as line:
            found.append(await _pipelined(line, clock))
        ahead_us = min(pings, key=lambda one: one.round_trip_us).ahead_us
        async with TimedConnection(data, clock) as line:
            found += await _market_data(line, clock, seconds, ahead_us)
        if secret is not None:
            async with TimedConnection(orders, clock) as line:
                found += await _dry_runs(line, key, secret)
    except DIAL_ERRORS as error:
        raise UserError(dial_failure(data, error), 1) from None
    return found


async def _connects(url: str, clock: Clock) -> Measured:
    samples = []
    for _ in range(CONNECTS):
        begin_ns = clock.mono_ns()
        async with asyncio.timeout(OPEN_S), TimedConnection(url, clock):
            samples.append((clock.mono_ns() - begin_ns) // 1_000)
    return Measured("connect to hello", samples)


def _round_trips(what: str, replies: list[Timed]) -> Measured:
    samples = [one.round_trip_us for one in replies]
    return Measured(what, samples, 1e6 * len(samples) / max(1, sum(samples)))


async def _pipelined(line: TimedConnection, clock: Clock) -> Measured:
    """Frames of many pings, a few of them in flight: replies a second, and the time from a frame to its last reply."""
    frames = [
        json.dumps([{"t": "ping", "id": first + place} for place in range(PINGS_IN_FRAME)], separators=(",", ":"))
        for first in range(1, FRAMES * PINGS_IN_FRAME, PINGS_IN_FRAME)
    ]
    sent_ns: list[int] = []
    samples: list[int] = []
    begin_ns = clock.mono_ns()
    while len(samples) < FRAMES:
        while len(sent_ns) < FRAMES and len(sent_ns) - len(samples) < WINDOW_FRAMES:
            await line.connection.send(frames[len(sent_ns)])
            sent_ns.append(clock.mono_ns())
        reply = await line.next()
        if isinstance(reply, Ok | Err) and reply.reply_to == (len(samples) + 1) * PINGS_IN_FRAME:
            samples.append((clock.mono_ns() - sent_ns[len(samples)]) // 1_000)
    took_s = (clock.mono_ns() - begin_ns) / 1e9
    return Measured(
        f"frame of {PINGS_IN_FRAME} pings, {WINDOW_FRAMES} in flight", samples, FRAMES * PINGS_IN_FRAME / took_s
    )


async def _market_data(line: TimedConnection, clock: Clock, seconds: float, ahead_us: int) -> list[Measured]:
    """Messages of the first books for some seconds: how many, and how old when they arrive, by the venue's clock."""
    instruments = await _instruments(line)
    books = [ChannelSpec(name_of_channel="depth", instrument=one.instrument, cadence_ms=10) for one in instruments]
    await line.ask(lambda number: Subscribe(request_id=number, channels=books[:BOOKS_MAX]))
    ages: list[int] = []
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds), _kept_alive(line):
            while True:
                message = await line.next()
                if isinstance(message, Depth) and not message.snapshot:
                    ages.append(clock.wall_us() - ahead_us - message.time_us)
    return [Measured(f"age of depth, {min(len(books), BOOKS_MAX)} books", ages, len(ages) / seconds)]


@contextlib.asynccontextmanager
async def _kept_alive(line: TimedConnection) -> AsyncIterator[None]:
    """A venue closes what is silent: send a ping each second."""

    async def ping() -> None:
        with contextlib.suppress(ConnectionClosed):
            while True:
                await asyncio.sleep(1)
                await line.connection.send(CODEC.encode(Ping(request_id=1_000_000)).decode())

    pinging = asyncio.create_task(ping())
    try:
        yield
    finally:
        pinging.cancel()


async def _instruments(line: TimedConnection) -> list[InstrumentDefinition]:
    channels = [ChannelSpec(name_of_channel="instruments")]
    await line.ask(lambda number: Subscribe(request_id=number, channels=channels))
    found: list[InstrumentDefinition] = []
    while True:
        page = await line.next_of(Instruments)
        found += page.rows
        if not page.more:
            return found


async def _dry_runs(line: TimedConnection, key: str, secret: Ed25519) -> list[Measured]:
    """The risk check of one order that is never sent, at its last settlement."""
    answer = await line.log_on(key, secret)
    if isinstance(answer, Err):
        raise UserError(f"logon refused: {answer.name}: {answer.message}", 1)
    first = (await _instruments(line))[0]
    order = WhatIfOrder(instrument=first.instrument, side="b", price_tick=first.settle_tick, order_lots=1)
    make: Callable[[int], Request] = lambda number: Query(  # noqa: E731
        request_id=number, what="margin", account=answer.accounts[0], orders=[order]
    )
    runs = min(DRY_RUNS, next(limit.burst for limit in line.hello.limits if limit.bucket == "query"))
    replies = [await line.ask(make) for _ in range(runs)]
    refused = [one.reply for one in replies if isinstance(one.reply, Err)]
    if refused:
        raise UserError(f"dry run of an order refused: {refused[0].name}: {refused[0].message}", 1)
    return [_round_trips(f"dry run of an order for {first.symbol}", replies)]


def as_lines(found: list[Measured]) -> str:
    """A table: a line for each measurement, times in microseconds."""
    head = ("what", "count", *(f"p{percent}" for percent in PERCENTILES), "max", "a second")
    keys = ("what", "count", *(f"p{percent}_us" for percent in PERCENTILES), "max_us", "per_second")
    rows = [head, *(tuple(_cell(one.figures().get(key, "")) for key in keys) for one in found)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(head))]
    lines = ["  ".join((row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:]))).rstrip() for row in rows]
    return "\n".join((*lines, "times in microseconds"))


def _cell(value: float | int | str) -> str:
    return value if isinstance(value, str) else f"{value:,}"


def as_json(target: str, found: list[Measured]) -> str:
    return json.dumps({"target": target, "measured": [one.figures() for one in found]}, indent=2)
