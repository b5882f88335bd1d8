"""Loads of logons: a resume over missed events, many clients that log on again at once, idle connections."""

import json
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, perf_counter_ns
from typing import Any

from bench.gateway.encodings import ENCODINGS
from bench.gateway.raw_connection import RawConnection, Resumed, pair_of
from bench.gateway.readers import keep_alive
from bench.gateway.requests import plain_orders

Job = dict[str, Any]
Run = Callable[[], dict[str, Any]]
WARM = 20  # connections that are opened before memory is compared, so that tables have their size


def resume(port: int, job: Job) -> Run:
    """Milliseconds from `auth` to `live`, over `missed` events of the account; `repeats` times in a row."""
    pair = pair_of(job["keys"][0])
    assert pair is not None
    session, sequence = _logged_on(port, job["keys"][0])
    writer = RawConnection.open(port, pair)
    encoding = writer.encoding
    counter = encoding.counter()
    for message in plain_orders(job["instruments"], job["prefix"], job["missed"]):
        writer.socket.sendall(encoding.order_frame(message))
        while not counter.take(writer.socket.recv(65_536)):
            pass

    def run() -> dict[str, Any]:
        times, replayed = [], []
        for _ in range(job["repeats"]):
            peer = RawConnection(port, pair)
            peer.upgrade()
            nonce = peer.hello()
            begin = perf_counter()
            peer.send_logon(nonce, Resumed(session, pair.account, sequence))
            data = peer.live()
            times.append((perf_counter() - begin) * 1e3)
            replayed.append(data.count(encoding.mark("rp", True)))
            peer.socket.close()
        return {"times_ms": times, "replayed": replayed, "errors": counter.counts["err"]}

    return run


def _logged_on(port: int, key: list[Any]) -> tuple[str, int]:
    """Log on and disconnect. Returns the session, which can be resumed, and the last event of its account."""
    peer, found = _connected(port, key)
    peer.socket.close()
    return found


def _connected(port: int, key: list[Any]) -> tuple[RawConnection, tuple[str, int]]:
    """A connection that is logged on, its session and the last event of its account."""
    peer = RawConnection(port, pair_of(key))
    peer.upgrade()
    peer.send_logon(peer.hello())
    return peer, _welcome(peer.live())


def _welcome(data: bytes) -> tuple[str, int]:
    """Name of the session and last event of its account, from the JSON `welcome` in what was read."""
    text = data[data.index(b'{"t":"welcome"') :].decode(errors="replace")
    welcome, _ = json.JSONDecoder().raw_decode(text)
    return welcome["sid"], welcome["s"][0][1]


def relogon(port: int, job: Job) -> Run:
    """Seconds until `count` clients, whose connections have ended together, have all resumed their sessions.

    connected   their connections end when the time begins, not before
    """
    keys = [job["keys"][number % len(job["keys"])] for number in range(job["count"])]
    alive_ns, connected, sessions = perf_counter_ns(), [], []
    for key in keys:
        peer, session = _connected(port, key)
        sessions.append(session)
        if job["connected"]:
            connected.append(peer)
            alive_ns = keep_alive(alive_ns, connected)
        else:
            peer.socket.close()

    def run() -> dict[str, Any]:
        begin = perf_counter()
        for peer in connected:
            peer.socket.close()
        peers = [RawConnection(port, pair_of(key)) for key in keys]
        for peer in peers:
            peer.upgrade()
        for peer, (session, sequence) in zip(peers, sessions, strict=True):
            assert peer.pair is not None
            peer.send_logon(peer.hello(), Resumed(session, peer.pair.account, sequence))
        resumed = sum(b'"resumed":true' in peer.live() for peer in peers)
        return {"seconds": perf_counter() - begin, "resumed": resumed}

    return run


def idle(port: int, job: Job) -> Run:
    """KiB of resident memory of the venue for each of `count` connections that are logged on and do nothing."""
    peers = [RawConnection.open(port, pair_of(job["keys"][number % len(job["keys"])])) for number in range(WARM)]

    def run() -> dict[str, Any]:
        before, alive_ns = resident_kib(job["pid"]), perf_counter_ns()
        for number in range(job["count"]):
            peers.append(RawConnection.open(port, pair_of(job["keys"][number % len(job["keys"])])))
            alive_ns = keep_alive(alive_ns, peers)
        for peer in peers:
            peer.socket.setblocking(True)
            peer.ping()
            peer.until(ENCODINGS["json"].mark("t", "ok"))  # all are still connected
        return {"kib": (resident_kib(job["pid"]) - before) / job["count"], "connections": len(peers)}

    return run


def resident_kib(process_id: int, most: bool = False) -> int:
    """Resident memory of a process, in KiB: now, or the most that it has had."""
    lines = Path(f"/proc/{process_id}/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmHWM" if most else "VmRSS")))
