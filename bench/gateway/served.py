"""What is measured: a venue over sockets, a plain echo of the same library, and the disk alone.

Venue and echo run in this process, the load in another one.
"""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from time import perf_counter_ns
from types import FrameType
from typing import Any

import numpy as np
from websockets.asyncio.server import ServerConnection
from websockets.asyncio.server import serve as library_serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from exchange.main import RunningServer, Settings, serve
from exchange.venue.bootstrap import OpenVenue

SYMBOLS = ("H100.G90.F27", "H100.G90.G27", "H100.G90.H27", "H100.G90.J27")
DAY = date(2026, 11, 23)
DEPOSIT_MILLS = 10**13
CLIENTS = 10  # that send orders; one more key changes books, or is the maker
SYNCS = 1_000
BLOCK_BYTES = 4_096


class LoadError(Exception):
    """The process that makes the load has failed; what it has printed says why."""


@dataclass
class Served:
    """A venue that serves, an echo server beside it, and the keys of its accounts."""

    server: RunningServer
    keys: list[list[Any]]
    instruments: list[list[int]]
    echo_port: int
    most_lagging: int = 0  # connections at once that the venue has found to read too slowly

    async def watch_lagging(self) -> None:
        """Note the most lagging connections, until it is cancelled."""
        while True:
            lagging = sum(connection.lagging for connection in self.server.gateway.connections)
            self.most_lagging = max(self.most_lagging, lagging)
            await asyncio.sleep(0.02)

    async def load(self, job: dict[str, Any], echo: bool = False, count_calls: bool = False) -> dict[str, Any]:
        """What the load has found. `python_calls`: functions that the loop's thread has entered meanwhile."""
        job = self._whole(job)
        if echo:
            job["keys"] = [None] * len(job["keys"])
        return await load(self.echo_port if echo else self.server.port, job, count_calls)

    async def load_together(self, *jobs: dict[str, Any]) -> list[dict[str, Any]]:
        """What several loads have found that begin at the same time."""
        processes = [await _prepared(self.server.port, self._whole(job)) for job in jobs]
        return await asyncio.gather(*map(_result, processes))

    def _whole(self, job: dict[str, Any]) -> dict[str, Any]:
        """A job with what it does not say itself."""
        usual: dict[str, Any] = {"encoding": "json", "mix": False, "watchers": 0, "prefix": "c", "connected": False}
        return usual | {"instruments": self.instruments} | job


async def load(port: int, job: dict[str, Any], count_calls: bool = False) -> dict[str, Any]:
    """Run the process that makes the load (`bench.gateway.load`). Raises LoadError if it fails."""
    process = await _prepared(port, job)
    calls = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    if count_calls:
        sys.setprofile(count)
    try:
        found = await _result(process)
    finally:
        if count_calls:
            sys.setprofile(None)
    return found | {"python_calls": calls}


async def _prepared(port: int, job: dict[str, Any]) -> asyncio.subprocess.Process:
    """The process of a load that has prepared everything, and waits."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.gateway.load", str(port), json.dumps(job | {"pid": os.getpid()})),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    if await process.stdout.readline() != b"ready\n":
        raise LoadError(f"the load generator failed with exit code {await process.wait()}")
    return process


async def _result(process: asyncio.subprocess.Process) -> dict[str, Any]:
    """Let a prepared load begin; what it has found."""
    output, _ = await process.communicate(b"go\n")
    if process.returncode:
        raise LoadError(f"the load generator failed with exit code {process.returncode}")
    found: dict[str, Any] = json.loads(output)
    return found


@contextlib.asynccontextmanager
async def serving(folder: str, durability: str, limits: str) -> AsyncIterator[Served]:
    """A new venue in `folder`, with the loopback profile, and an echo server."""
    keys: list[list[Any]] = []

    def make_keys(venue: OpenVenue) -> None:
        for number in range(1, CLIENTS + 2):
            pair = venue.make_key(f"bench{number}", number, DEPOSIT_MILLS)
            keys.append([pair.key, pair.account, pair.seed.hex()])

    settings = Settings(day=DAY, symbols=SYMBOLS, durability=durability, profile="loopback", limits=limits)
    async with serve(folder, settings, make_keys) as server, _echo() as echo_port:
        rows = [row for row in server.venue.table.rows if row is not None and not row.combo]
        instruments = [[row.instrument_id, row.settle_tick] for row in rows]
        yield Served(server, keys, instruments[: len(SYMBOLS)], echo_port)


@contextlib.asynccontextmanager
async def _echo() -> AsyncIterator[int]:
    """A server of the same library that answers every frame with the shortest `ok`. Its port."""

    async def answer(connection: ServerConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            await connection.send('{"t":"hello","nonce":""}')
            async for _ in connection:
                await connection.send('{"t":"ok","re":1}')

    def first_offered(_connection: ServerConnection, names: Sequence[Subprotocol]) -> Subprotocol:
        return names[0]

    options: dict[str, Any] = {"compression": None, "ping_interval": None, "select_subprotocol": first_offered}
    async with library_serve(answer, "127.0.0.1", 0, **options) as server:
        yield next(iter(server.sockets)).getsockname()[1]


def sync_us(folder: str, count: int = SYNCS) -> list[float]:
    """Times in us of 4 KiB written with `pwrite` and `fdatasync`, in a file of `folder` whose blocks are allocated."""
    path, times = Path(folder) / "sync", []
    with path.open("wb+", buffering=0) as file:
        file.write(bytes(BLOCK_BYTES * count))
        os.fsync(file.fileno())
        for block in range(count):
            begin = perf_counter_ns()
            os.pwrite(file.fileno(), bytes(BLOCK_BYTES), block * BLOCK_BYTES)
            os.fdatasync(file.fileno())
            times.append((perf_counter_ns() - begin) / 1_000)
    path.unlink()
    return times


def spread_us(times: list[float]) -> dict[str, float]:
    """Count, median, 99th and 99.9th percentile of times in us."""
    p50, p99, p999 = np.percentile(times, (50.0, 99.0, 99.9), method="higher")
    return {"count": len(times), "p50_us": round(p50, 1), "p99_us": round(p99, 1), "p99.9_us": round(p999, 1)}
