"""Load at a given rate: requests are due at times of a schedule, whether the venue keeps up or not.

Latency is counted from the time at which a request was due, not from when it was sent. If the venue (or this process)
is late, all requests that wait meanwhile are late too. A closed loop would not send them, and not count them
(coordinated omission). Arrivals are random and independent, as those of many clients are.
"""

import select
from collections.abc import Callable
from time import perf_counter_ns
from typing import Any

import numpy as np

from bench.gateway.encodings import ENCODINGS
from bench.gateway.raw_connection import RECEIVE_BYTES, RawConnection, pair_of
from bench.gateway.requests import plain_orders

NS_PER_S = 1_000_000_000
SPIN_NS = 80_000  # a shorter wait than a sleep takes
PATIENCE_NS = 30 * NS_PER_S  # for the answers of one step
PERCENTILES = (50.0, 99.0, 99.9)


def due_ns(rate: float, count: int, seed: int) -> np.ndarray:
    """When each of `count` requests is due, in ns after the begin: int64, rising, at random with `rate` a second."""
    gaps = np.random.default_rng(seed).exponential(NS_PER_S / rate, count)
    return np.cumsum(gaps).astype(np.int64)


def percentiles_us(due: np.ndarray, done: np.ndarray) -> list[float]:
    """Median, 99th and 99.9th percentile of `done` - `due`, in us. Both in ns, shape (requests,)."""
    return [round(float(one) / 1_000, 1) for one in np.percentile(done - due, PERCENTILES, method="higher")]


class Client:
    """One connection. Request `n` of the schedule is its request `n // clients`."""

    def __init__(self, peer: RawConnection, frames: list[bytes], due: np.ndarray) -> None:
        self.peer, self.frames, self.due = peer, frames, due
        self.times: list[int] = due.tolist()
        self.counter = peer.encoding.counter()
        self.unsent = b""
        self.sent = self.answered = 0
        self.sent_ns: list[tuple[int, int]] = []  # requests, and when they were handed to the socket
        self.answered_ns: list[tuple[int, int]] = []

    def send(self, now_ns: int) -> None:
        """Send what is due. What the socket does not take is sent later, and counts as waiting."""
        stop = self.sent
        while stop < len(self.times) and self.times[stop] <= now_ns:
            stop += 1
        if stop > self.sent:
            self.unsent += b"".join(self.frames[self.sent : stop])
            self.sent_ns.append((stop - self.sent, now_ns))
            self.sent = stop
        if self.unsent:
            try:
                self.unsent = self.unsent[self.peer.socket.send(self.unsent) :]
            except BlockingIOError:
                return

    def read(self, begin_ns: int) -> int:
        data = self.peer.socket.recv(RECEIVE_BYTES)
        if not data:
            raise ConnectionError("the venue closed a connection")
        answers = self.counter.take(data)
        if answers:
            self.answered += answers
            self.answered_ns.append((answers, perf_counter_ns() - begin_ns))
        return answers

    def next_ns(self) -> int:
        """When its next request is due; far away if there is none."""
        return self.times[self.sent] if self.sent < len(self.times) else PATIENCE_NS * 100


def _spread(notes: list[tuple[int, int]]) -> np.ndarray:
    """The time of each request, from pairs of a number of requests and their time."""
    return np.repeat([time_ns for _, time_ns in notes], [count for count, _ in notes])


Schedule = tuple[list[Any], list[bytes], np.ndarray]  # the key of a client, its frames, and when each is due


def prepare(port: int, job: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    """Latency at one rate, of `count` requests over all clients."""
    clients = connected(port, job, schedules_of(job))
    return lambda: run(clients, job)


def schedules_of(job: dict[str, Any]) -> list[Schedule]:
    """What each client sends, and when."""
    encoding = ENCODINGS[job["encoding"]]
    schedule = due_ns(job["rate"], job["count"], job["seed"])
    found = []
    for number, key in enumerate(job["keys"]):
        due = schedule[number :: len(job["keys"])]
        messages = plain_orders(job["instruments"], f"{job['prefix']}{number}", len(due))
        found.append((key, [encoding.order_frame(message) for message in messages], due))
    return found


def connected(port: int, job: dict[str, Any], schedules: list[Schedule]) -> list[Client]:
    """A connection for each schedule."""
    encoding = ENCODINGS[job["encoding"]]
    return [Client(RawConnection.open(port, pair_of(key), encoding), frames, due) for key, frames, due in schedules]


def run(clients: list[Client], job: dict[str, Any]) -> dict[str, Any]:
    """Send what is due until everything is answered."""
    by_handle = {client.peer.socket.fileno(): client for client in clients}
    for client in clients:
        client.peer.socket.setblocking(False)
    begin_ns, answered = perf_counter_ns(), 0
    while answered < job["count"]:
        now_ns = perf_counter_ns() - begin_ns
        for client in clients:
            client.send(now_ns)
        wait_ns = min(client.next_ns() for client in clients) - (perf_counter_ns() - begin_ns)
        blocked = any(client.unsent for client in clients)
        timeout = 0.0 if wait_ns < SPIN_NS else 0.000_5 if blocked else min(wait_ns - SPIN_NS, NS_PER_S) / NS_PER_S
        for handle in select.select(list(by_handle), [], [], timeout)[0]:
            answered += by_handle[handle].read(begin_ns)
        if now_ns > job["count"] / job["rate"] * NS_PER_S + PATIENCE_NS:
            raise TimeoutError(f"{job['count'] - answered} of {job['count']} requests have no answer")
    return _found(clients)


def _found(clients: list[Client]) -> dict[str, Any]:
    """Latency of all requests from when they were due, and how late they were sent."""
    due = np.concatenate([client.due for client in clients])
    sent = np.concatenate([_spread(client.sent_ns) for client in clients])
    done = np.concatenate([_spread(client.answered_ns) for client in clients])
    return {
        "answers": len(done),
        "errors": sum(client.counter.counts["err"] for client in clients),
        "seconds": int(done.max()) / NS_PER_S,
        "latency_us": percentiles_us(due, done),
        "late_us": percentiles_us(due, sent),
    }
