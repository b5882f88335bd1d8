"""How fast is the whole path: socket, session, journal, engine, execution reports, market data?

    python -m bench.bench_gateway [--only latency|throughput|calls|fanout|echo] [--durability none]

Each question has a new venue in a new folder, with the loopback profile:
- latency: one client sends one order at a time; time from sending to the durable reply;
- throughput: 10 clients have 32 requests in flight each, half new orders, half cancels; durable replies a second, and
  the CPU of server and client for a reply;
- calls: the same load; Python functions that the server calls for a reply, which other load does not change;
- fanout: 500 subscribers of 4 raw depth channels, 4 changes in each loop tick; deliveries a second;
- echo: the same load on an echo server of the same library, and writes with sync alone. They show what the machine can
  do at the moment. Compare figures of other days or machines only as ratios to these.

The load comes from a second process (gateway_load.py) on the same machine. Not shown: a network, TLS, clients that
decode. The folders are in the system's temporary folder, whose disk differs from machine to machine.
"""

import asyncio
import contextlib
import json
import os
import shutil
import statistics
import sys
import tempfile
from datetime import date
from pathlib import Path
from time import perf_counter_ns, process_time
from types import FrameType
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.asyncio.server import serve as library_serve
from websockets.exceptions import ConnectionClosed

from exchange.main import RunningServer, Settings, serve
from exchange.venue.bootstrap import OpenVenue
from exchange.venue.loop import run_loop

SYMBOLS = ("H100.G90.F27", "H100.G90.G27", "H100.G90.H27", "H100.G90.J27")
DAY = date(2026, 11, 23)
DEPOSIT_MILLS = 10**13


def measure(name: str, durability: str = "local", scale: float = 1.0, limits: str = "venue") -> dict[str, Any]:
    """Measure latency, throughput or fanout. `scale`: factor of the length of the run."""
    folder = tempfile.mkdtemp(prefix="gpux-bench-")
    try:
        return run_loop(_measure(folder, name, durability, scale, limits))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def measure_floor(folder: str | None = None, scale: float = 1.0) -> dict[str, Any]:
    """Measure round trip and replies a second of an echo server, and the time of a small write with sync."""
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        found = run_loop(_echo(scale))
        return {"question": "echo", **found, "sync_p50_us": _sync_us(Path(scratch) / "sync")}


async def _echo(scale: float) -> dict[str, Any]:
    async def answer(connection: ServerConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            await connection.send('{"t":"hello","nonce":"","notes":[]}')
            async for _ in connection:
                await connection.send('{"t":"ok","re":1}')

    async with library_serve(answer, "127.0.0.1", 0, compression=None, ping_interval=None) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        common = {"instruments": [[1, 100]] * 4, "keys": [None] * 10}
        one = await _load(port, {"job": "latency", "count": int(3_000 * scale), **common})
        many = await _load(port, {"job": "throughput", "count": int(20_000 * scale), "inflight": 32, **common})
    single, piped = _summary("latency", one), _summary("throughput", many)
    return {
        "p50_us": single["p50_us"], "p99_us": single["p99_us"], "answers_per_s": piped["acks_per_s"],
        "server_cpu_us": piped["server_cpu_us"],
    }  # fmt: skip


def _sync_us(path: Path) -> float:
    """Median time in us of a 4 KiB write and its fdatasync, in a file whose blocks are allocated already."""
    times = []
    with path.open("wb+", buffering=0) as file:
        file.write(bytes(1 << 22))
        os.fsync(file.fileno())
        for block in range(500):
            begin = perf_counter_ns()
            os.pwrite(file.fileno(), bytes(4_096), block * 4_096)
            os.fdatasync(file.fileno())
            times.append((perf_counter_ns() - begin) / 1_000)
    return round(statistics.median(times), 1)


async def _measure(folder: str, name: str, durability: str, scale: float, limits: str) -> dict[str, Any]:
    keys: list[list[Any]] = []

    def make_keys(venue: OpenVenue) -> None:
        for number in range(1, 12):
            pair = venue.make_key(f"bench{number}", number, DEPOSIT_MILLS)
            keys.append([pair.key, pair.account, pair.seed.hex()])

    settings = Settings(
        day=DAY, symbols=SYMBOLS, durability=durability, profile="loopback", limits=limits
    )  # fmt: skip
    async with serve(folder, settings, make_keys) as server:
        job = _job(name, keys, server, scale)
        if name == "calls":
            return {"question": name, "python_calls": await _count_calls(server.port, job)}
        found = await _load(server.port, job)
        counters = server.venue.counters
        return _summary(name, found) | {
            "commands_per_commit": round(counters.commands / max(1, counters.batches), 1),
            "durability": durability,
        }


def _job(name: str, keys: list[list[Any]], server: RunningServer, scale: float) -> dict[str, Any]:
    instruments = [
        [row.instrument_id, row.settle_tick] for row in server.venue.table.rows if row is not None and not row.combo
    ]
    jobs = {
        "latency": {"keys": keys[:1], "count": int(3_000 * scale)},
        "throughput": {"keys": keys[:10], "count": int(20_000 * scale), "inflight": 32},
        "calls": {"job": "throughput", "keys": keys[:10], "count": int(20_000 * scale), "inflight": 32},
        "fanout": {"keys": keys, "subscribers": 500, "ticks": int(800 * scale), "window": 8},
    }
    return {"job": name, "instruments": instruments[:4], **jobs[name]}


async def _count_calls(port: int, job: dict[str, Any]) -> float:
    """Python functions that the event loop's thread enters for a reply."""
    calls = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    sys.setprofile(count)
    try:
        found = await _load(port, job)
    finally:
        sys.setprofile(None)
    return round(calls / int(found["answers"]), 2)


async def _load(port: int, job: dict[str, Any]) -> dict[str, Any]:
    """What the load generator has found. `server_cpu_s`: CPU of this process meanwhile, logons included."""
    cpu_begin = process_time()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.gateway_load", str(port), json.dumps(job), stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"the load generator failed with exit code {process.returncode}")
    found: dict[str, Any] = json.loads(output)
    return found | {"server_cpu_s": process_time() - cpu_begin}


def _summary(name: str, found: dict[str, Any]) -> dict[str, Any]:
    if name == "fanout":
        return {
            "question": name,
            "deliveries": found["deliveries"],
            "deliveries_per_s": round(found["deliveries"] / found["seconds"]),
            "bytes_per_delivery": round(found["bytes"] / found["deliveries"]),
        }
    times = sorted(found["times_us"])
    summary = {
        "question": name,
        "count": len(times),
        "p50_us": round(statistics.median(times), 1),
        "p99_us": round(times[int(len(times) * 0.99)], 1),
        "p99.9_us": round(times[int(len(times) * 0.999)], 1),
    }
    if name == "throughput":
        summary["answers"] = found["answers"]
        summary["errors"] = found["errors"]
        summary["acks_per_s"] = round(found["answers"] / found["seconds"])
        summary["server_cpu_us"] = round(found["server_cpu_s"] / found["answers"] * 1e6, 2)
        summary["client_cpu_us"] = round(found["cpu_s"] / found["answers"] * 1e6, 2)
    return summary


def main() -> None:
    """Print measurements as lines of JSON: all of them, or those named after `--only`."""
    only = sys.argv[sys.argv.index("--only") + 1].split(",") if "--only" in sys.argv else None
    durability = sys.argv[sys.argv.index("--durability") + 1] if "--durability" in sys.argv else "local"
    for name in only or ("echo", "latency", "throughput", "calls", "fanout", "echo"):
        print(json.dumps(measure_floor() if name == "echo" else measure(name, durability)), flush=True)


if __name__ == "__main__":
    main()
