"""Load beyond what the venue can serve, and a client that cancels one order after another."""

from collections.abc import Callable
from time import perf_counter_ns
from typing import Any

from bench.gateway.encodings import ENCODINGS
from bench.gateway.logons import resident_kib
from bench.gateway.open_loop import connected, run, schedules_of
from bench.gateway.raw_connection import RECEIVE_BYTES, RawConnection, pair_of
from bench.gateway.requests import FIRST_ID

OUTCOMES = ("ok", "err", "busy", "throttled")
CHUNK = 100  # orders that are entered together


def cancels(port: int, job: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    """Microseconds from the send of a cancel to its reply: one after another for `seconds`; 1 to `count` of them."""
    encoding = ENCODINGS[job["encoding"]]
    peer, counter = RawConnection.open(port, pair_of(job["keys"][0]), encoding), encoding.counter()
    instrument, price = job["instruments"][0]
    order = {"t": "new", "i": instrument, "side": "b", "px": price - 30, "q": 1}
    names = [f"{job['prefix']}-{number}" for number in range(job["count"])]

    def ask(messages: list[dict[str, Any]], answers: int) -> None:
        peer.socket.sendall(b"".join(map(encoding.order_frame, messages)))
        while counter.counts["ok"] + counter.counts["err"] < answers:
            data = peer.socket.recv(RECEIVE_BYTES)
            if not data:
                raise ConnectionError("the venue closed a connection")
            counter.take(data)

    for start in range(0, len(names), CHUNK):
        some = names[start : start + CHUNK]
        ask([order | {"id": FIRST_ID + start + at, "coid": name} for at, name in enumerate(some)], start + len(some))

    def run_cancels() -> dict[str, Any]:
        times, end_ns = [], perf_counter_ns() + int(job["seconds"] * 1e9)
        for number, name in enumerate(names, len(names)):
            begin_ns = perf_counter_ns()
            ask([{"t": "cancel", "id": FIRST_ID + number, "coid": name}], number + 1)
            times.append((perf_counter_ns() - begin_ns) / 1_000)
            if perf_counter_ns() >= end_ns:
                break
        return {"times_us": times, "counts": counter.counts}

    return run_cancels


def overload(port: int, job: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    """Answers to `count` requests at `rate`, and what they say.

    memory_kib   by how much the most memory of the venue has grown
    """
    clients = connected(port, job, schedules_of(job))
    for client in clients:
        client.counter = client.peer.encoding.counter(OUTCOMES)

    def load() -> dict[str, Any]:
        before = resident_kib(job["pid"], most=True)
        found = run(clients, job)
        return {
            "answers": found["answers"],
            "seconds": found["seconds"],
            "counts": {name: sum(client.counter.counts[name] for client in clients) for name in OUTCOMES},
            "memory_kib": resident_kib(job["pid"], most=True) - before,
        }

    return load
