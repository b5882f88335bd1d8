"""Loads of market data: many subscribers, one client that changes the books, and readers that have stalled."""

import contextlib
import select
import selectors
import socket
from collections.abc import Callable, Sequence
from time import perf_counter, perf_counter_ns
from typing import Any

from bench.gateway.raw_connection import KEEP_ALIVE_NS, RECEIVE_BYTES, RawConnection, pair_of
from bench.gateway.requests import book_changes

STALLED_BYTES = 4_096  # receive buffer of a stalled reader: it is full at once


def subscribe(peer: RawConnection, instruments: list[list[int]], cadence_ms: int, levels: int) -> None:
    """Subscribe to the depth of all instruments, and read their snapshots."""
    rows = [{"n": "depth", "i": instrument, "ms": cadence_ms, "lv": levels} for instrument, _ in instruments]
    peer.socket.sendall(peer.encoding.frame({"t": "sub", "id": 2, "ch": rows}))
    counter = peer.encoding.counter(("depth",))
    while counter.counts["depth"] < len(instruments):
        counter.take(peer.socket.recv(RECEIVE_BYTES))


def keep_alive(last_ns: int, peers: list[RawConnection]) -> int:
    """Send a ping for each connection that only reads, every two seconds; the venue closes silent ones.

    Returns when it did so last. A stalled reader may have been closed already.
    """
    now = perf_counter_ns()
    if now - last_ns < KEEP_ALIVE_NS:
        return last_ns
    for peer in peers:
        with contextlib.suppress(ConnectionError):
            peer.ping()
    return now


def _subscribers(
    port: int, job: dict[str, Any], count: int, others: Sequence[RawConnection] = ()
) -> list[RawConnection]:
    """Subscribers of raw depth. `others`: connections that would be silent for too long meanwhile."""
    peers: list[RawConnection] = []
    alive_ns = perf_counter_ns()
    for number in range(count):
        peer = RawConnection.open(port, pair_of(job["reader_keys"][number % len(job["reader_keys"])]))
        subscribe(peer, job["instruments"], 0, 0)
        peers.append(peer)
        alive_ns = keep_alive(alive_ns, [*others, *peers])
    return peers


class _Driver:
    """The client that changes the books."""

    def __init__(self, port: int, job: dict[str, Any]) -> None:
        changes = book_changes(job["instruments"], job.get("filling", 0) + job["ticks"], job["each"])
        self.peer = RawConnection.open(port, pair_of(job["keys"][0]))
        self.frames = [self.peer.encoding.frame(messages) for messages in changes]
        self.changes = job["each"] * len(job["instruments"])  # of a tick
        self.counter = self.peer.encoding.counter()
        self.peer.socket.setblocking(False)

    def drain(self) -> None:
        """Read the replies."""
        with contextlib.suppress(BlockingIOError):
            while data := self.peer.socket.recv(RECEIVE_BYTES):
                self.counter.take(data)


def fanout(port: int, job: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    """Deliveries a second to subscribers of raw depth. `window`: ticks that may be under way."""
    peers = _subscribers(port, job, job["subscribers"])
    driver = _Driver(port, job)
    mark = driver.peer.encoding.marks(("depth",))["depth"]

    def run() -> dict[str, Any]:
        selector = _selector_of(peers)
        tick = driver.changes * len(peers)
        expected = len(driver.frames) * tick
        counters = {peer.socket: _SplitMark(mark) for peer in peers}
        received = sent = size = 0
        buffer = bytearray(RECEIVE_BYTES)
        begin, alive_ns = perf_counter(), perf_counter_ns()
        while received < expected:
            while sent < len(driver.frames) and sent * tick - received < job["window"] * tick:
                driver.peer.socket.sendall(driver.frames[sent])
                sent += 1
            for key_of, _ in selector.select():
                length = key_of.data.socket.recv_into(buffer)
                if not length:
                    raise ConnectionError("the venue closed a connection")
                size += length
                received += counters[key_of.data.socket].take(buffer, length)
            driver.drain()
            alive_ns = keep_alive(alive_ns, peers)
        seconds = perf_counter() - begin
        return {"seconds": seconds, "deliveries": received, "bytes": size, "errors": driver.counter.counts["err"]}

    return run


class _SplitMark:
    """Counts one mark in a reused buffer; it copies only the last few bytes of each piece."""

    def __init__(self, mark: bytes) -> None:
        self._mark, self._inside, self._tail = mark, len(mark) - 1, b""

    def take(self, buffer: bytearray, length: int) -> int:
        found = buffer.count(self._mark, 0, length)
        if self._tail:
            found += (self._tail + buffer[: min(length, self._inside)]).count(self._mark)
        keep = self._inside
        self._tail = bytes(buffer[length - keep : length]) if length >= keep else (self._tail + buffer[:length])[-keep:]
        return found


def last_reader(port: int, job: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    """Microseconds from the send of a tick until the last reader has all of it; one tick at a time.

    `stalled` readers of `subscribers` read nothing; nobody waits for them. So that the venue notices it, the first
    `filling` ticks are not counted.
    """
    stalled = [_stalled(peer) for peer in _subscribers(port, job, job["stalled"])]
    peers = _subscribers(port, job, job["subscribers"] - job["stalled"], stalled)
    driver = _Driver(port, job)

    def run() -> dict[str, Any]:
        group = _Group(peers)
        times, alive_ns = [], perf_counter_ns()
        for tick, frame in enumerate(driver.frames, 1):
            begin = perf_counter_ns()
            driver.peer.socket.sendall(frame)
            group.read_until(tick * driver.changes)
            times.append((perf_counter_ns() - begin) / 1_000)
            driver.drain()
            alive_ns = keep_alive(alive_ns, peers + stalled)
        return {"times_us": times[job["filling"] :], "errors": driver.counter.counts["err"]}

    return run


class _Group:
    """Readers that have all of a tick when each has so many depth messages in all."""

    def __init__(self, peers: list[RawConnection]) -> None:
        self._poll = select.epoll()
        self._readers: dict[int, tuple[RawConnection, _SplitMark]] = {}
        self._counts: dict[int, int] = {}
        self._buffer = bytearray(RECEIVE_BYTES)
        for peer in peers:
            handle = peer.socket.fileno()
            self._poll.register(handle, select.EPOLLIN)
            self._readers[handle] = peer, _SplitMark(peer.encoding.marks(("depth",))["depth"])
            self._counts[handle] = 0

    def read_until(self, expected: int) -> None:
        waiting = len(self._counts)
        while waiting:
            for handle, _ in self._poll.poll():
                peer, mark = self._readers[handle]
                length = peer.socket.recv_into(self._buffer)
                if not length:
                    raise ConnectionError("the venue closed a connection")
                before = self._counts[handle]
                self._counts[handle] = now = before + mark.take(self._buffer, length)
                waiting -= before < expected <= now


def _stalled(peer: RawConnection) -> RawConnection:
    peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, STALLED_BYTES)
    peer.socket.setblocking(False)
    return peer


def _selector_of(peers: list[RawConnection]) -> selectors.BaseSelector:
    selector = selectors.DefaultSelector()
    for peer in peers:
        selector.register(peer.socket, selectors.EVENT_READ, peer)
    return selector
