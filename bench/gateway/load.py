"""The process that makes the load: raw sockets and prepared frames, so that the side of the client costs little.

    python -m bench.gateway.load PORT JOB     # JOB: JSON on the command line

`served.load` starts it. When all is prepared it prints `ready` and waits for a line; then it makes the load and prints
what it has found, as JSON. Replies are counted by their marks; nothing is decoded while time is measured. `cpu_s` is
the processor time of this process meanwhile, `server_cpu_s` that of the measured process.
"""

import gc
import json
import selectors
import socket
import sys
import time
from collections.abc import Callable
from time import perf_counter, perf_counter_ns, process_time
from typing import Any

from bench.gateway import logons, open_loop, overload, readers
from bench.gateway.encodings import ENCODINGS, MarkCounter
from bench.gateway.raw_connection import RECEIVE_BYTES, RawConnection, pair_of
from bench.gateway.requests import Message, maker_orders, mixed_orders, plain_orders

Job = dict[str, Any]
Run = Callable[[], dict[str, Any]]
OUTCOMES = ("ok", "err", "fill", "replaced", "cancelled", "resent")
SAMPLED = 16  # one reply in so many has its time kept
LAST_ID = 2**31  # of the ping that follows all requests


def latency(port: int, job: Job) -> Run:
    """One client, one order in flight: microseconds from send to reply."""
    encoding = ENCODINGS[job["encoding"]]
    frames = [
        encoding.order_frame(message) for message in plain_orders(job["instruments"], job["prefix"], job["count"])
    ]
    peer = RawConnection.open(port, pair_of(job["keys"][0]), encoding)

    def run() -> dict[str, Any]:
        counter = encoding.counter()
        times = []
        for frame in frames:
            begin = perf_counter_ns()
            peer.socket.sendall(frame)
            while not counter.take(_received(peer.socket)):
                pass
            times.append((perf_counter_ns() - begin) / 1_000)
        return {"times_us": times[len(times) // 10 :], "answers": len(frames), "counts": counter.counts}

    return run


def _received(peer: socket.socket) -> bytes:
    data = peer.recv(RECEIVE_BYTES)
    if not data:
        raise ConnectionError("the venue closed a connection")
    return data


class _Pipe:
    """One client of the throughput test, which keeps `inflight` requests unanswered."""

    def __init__(self, peer: RawConnection, frames: list[bytes], job: Job) -> None:
        self.peer, self.frames, self.inflight = peer, frames, job["inflight"]
        self.counter = peer.encoding.counter(OUTCOMES if job["mix"] else OUTCOMES[:2])
        self.sent = self.answered = 0
        self.begun: list[int] = [0] * len(frames)
        self.times: list[float] = []

    def push(self) -> None:
        stop = min(len(self.frames), self.answered + self.inflight)
        if stop > self.sent:
            self.begun[self.sent : stop] = [perf_counter_ns()] * (stop - self.sent)
            self.peer.socket.sendall(b"".join(self.frames[self.sent : stop]))
            self.sent = stop

    def pull(self) -> int:
        """Read, and send as many requests as were answered; returns their number."""
        answers = self.counter.take(_received(self.peer.socket))
        now = perf_counter_ns()
        first = -(-self.answered // SAMPLED) * SAMPLED
        for number in range(first, self.answered + answers, SAMPLED):
            self.times.append((now - self.begun[number]) / 1_000)
        self.answered += answers
        self.push()
        return answers


class _Watcher:
    """A connection whose messages are read and not looked at, but for the number of depth messages."""

    def __init__(self, peer: RawConnection) -> None:
        self.peer = peer
        self.counter = peer.encoding.counter(("depth",))

    def pull(self) -> int:
        self.counter.take(_received(self.peer.socket))
        return 0


def read_to_now(peer: RawConnection, counter: MarkCounter) -> None:
    """Count all that the venue has sent before it answers a ping: events may come after the reply to their request."""
    peer.socket.sendall(peer.encoding.frame({"t": "ping", "id": LAST_ID}))
    counter.take(peer.until(peer.encoding.mark("re", LAST_ID)))
    if "ok" in counter.counts:
        counter.counts["ok"] -= 1  # the answer itself


def throughput(port: int, job: Job) -> Run:
    """Several clients with several requests in flight each: durable replies, their times, and what happened."""
    encoding = ENCODINGS[job["encoding"]]
    sent = [_messages(job, client) for client in range(len(job["keys"]))]
    batches = [[encoding.order_frame(message) for message in messages] for messages in sent]
    pipes = [
        _Pipe(RawConnection.open(port, pair_of(key), encoding), frames, job)
        for key, frames in zip(job["keys"], batches, strict=True)
    ]
    watchers = _watchers(port, job)
    if job["mix"]:
        watchers.append(_maker(port, job))
    total = sum(map(len, batches))

    def run() -> dict[str, Any]:
        selector = selectors.DefaultSelector()
        ends: list[_Pipe | _Watcher] = [*pipes, *watchers]
        for end in ends:
            selector.register(end.peer.socket, selectors.EVENT_READ, end.pull)
        begin, answered, alive_ns = perf_counter(), 0, perf_counter_ns()
        for pipe in pipes:
            pipe.push()
        while answered < total:
            for key_of, _ in selector.select():
                answered += key_of.data()
            alive_ns = readers.keep_alive(alive_ns, [watcher.peer for watcher in watchers])
        seconds = perf_counter() - begin
        for end in [*watchers, *(pipes if job["mix"] else ())]:
            read_to_now(end.peer, end.counter)
        counts: dict[str, int] = {}
        for pipe in pipes:
            counts = {name: counts.get(name, 0) + count for name, count in pipe.counter.counts.items()}
        return {
            "seconds": seconds,
            "answers": answered,
            "counts": counts,
            "watched": sum(watcher.counter.counts["depth"] for watcher in watchers),
            "times_us": [one for pipe in pipes for one in pipe.times],
        }

    return run


def _messages(job: Job, client: int) -> list[Message]:
    prefix = f"{job['prefix']}{client}"
    if job["mix"]:
        return mixed_orders(job["instruments"], prefix, job["rounds"])
    return plain_orders(job["instruments"], prefix, job["count"])


def _watchers(port: int, job: Job) -> list[_Watcher]:
    """Subscribers to the depth of all instruments, as the job says: `watchers`, `cadence_ms`, `levels`."""
    found = []
    for number in range(job["watchers"]):
        peer = RawConnection.open(port, pair_of(job["watch_keys"][number % len(job["watch_keys"])]))
        readers.subscribe(peer, job["instruments"], job["cadence_ms"], job["levels"])
        found.append(_Watcher(peer))
    return found


def _maker(port: int, job: Job) -> _Watcher:
    """The account that takers trade with: its orders rest at the best prices before the load begins."""
    peer = RawConnection.open(port, pair_of(job["maker_key"]))
    counter = peer.encoding.counter()
    for message in maker_orders(job["instruments"], f"{job['prefix']}maker", job["maker_lots"]):
        peer.socket.sendall(peer.encoding.frame(message))
        while not counter.take(_received(peer.socket)):
            pass
    if counter.counts["err"]:
        raise ValueError("the venue refused an order of the maker")
    return _Watcher(peer)


JOBS: dict[str, Callable[[int, Job], Run]] = {
    "latency": latency,
    "throughput": throughput,
    "open_loop": open_loop.prepare,
    "overload": overload.overload,
    "cancels": overload.cancels,
    "fanout": readers.fanout,
    "last_reader": readers.last_reader,
    "resume": logons.resume,
    "relogon": logons.relogon,
    "idle": logons.idle,
}


def server_cpu_s(process_id: int) -> float:
    """Processor time in s of another process: the clock that clock_getcpuclockid(3) names."""
    return time.clock_gettime((~process_id << 3) | 2)


def main() -> None:
    port, job = int(sys.argv[1]), json.loads(sys.argv[2])
    run = JOBS[job["job"]](port, job)
    gc.freeze()  # a collection would look at all prepared frames
    print("ready", flush=True)
    sys.stdin.readline()
    server_begin, own_begin = server_cpu_s(job["pid"]), process_time()
    found = run()
    found |= {"cpu_s": process_time() - own_begin, "server_cpu_s": server_cpu_s(job["pid"]) - server_begin}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
