"""The load of bench_gateway: a process with raw sockets and prepared frames, so that the client side costs little.

    python -m bench.gateway_load URL-PORT JOB     # JOB: JSON on the command line; prints JSON

bench_gateway starts this process. Frames are masked with a key of zeros, which RFC 6455 section 5.3 allows. Replies are
counted with `bytes.count`; nothing is decoded while time is measured. Do not use it as an example of a client.
"""

import base64
import json
import os
import selectors
import socket
import sys
from time import perf_counter, perf_counter_ns, process_time

import msgspec

from exchange.gateway.auth import KeyPair, signed_text

OK = b'"t":"ok"'
ERR = b'"t":"err"'
DEPTH = b'"t":"depth"'
RECEIVE_BYTES = 262_144


def masked_frame(payload: bytes) -> bytes:
    """A text frame of a client with a mask of zeros."""
    length = len(payload)
    if length < 126:
        head = bytes((0x81, 0x80 | length))
    else:
        head = b"\x81\xfe" + length.to_bytes(2, "big")
    return head + bytes(4) + payload


def frame_of(message: object) -> bytes:
    """A message as a masked text frame."""
    return masked_frame(msgspec.json.encode(message))


class RawConnection:
    """One raw websocket connection, logged on if a key is given."""

    def __init__(self, port: int, path: str, pair: KeyPair | None = None) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        data = self.until(b'"notes":')
        nonce = json.loads(data[data.index(b'{"t":"hello"') :])["nonce"]
        if pair is not None:
            signature = pair.sign(signed_text("127.0.0.1", path, nonce, pair.key, ""))
            terms = {"mode": "off", "orders": "all", "on": "drop", "grace_ms": 0}
            logon = {"t": "auth", "id": 1, "key": pair.key, "sig": signature, "cod": terms}
            self.socket.sendall(frame_of(logon))
            self.until(b'"t":"live"')

    def until(self, mark: bytes) -> bytes:
        """Read until `mark` has arrived; returns what was read."""
        data = b""
        while mark not in data:
            part = self.socket.recv(RECEIVE_BYTES)
            if not part:
                raise ConnectionError(data[-300:])
            data += part
        return data


def order_frames(instruments: list[list[int]], client: int, count: int) -> list[bytes]:
    """Frames with new orders at changing prices; each order is cancelled 16 requests later, so books stay small."""
    frames = []
    for number in range(count):
        request_id = number + 10
        coid = f"c{client}-{number // 2}"
        if number % 2 == 0:
            instrument, price = instruments[number // 2 % len(instruments)]
            side = "b" if number % 4 == 0 else "s"
            offset = 1 + number // 4 % 20
            price += -offset if side == "b" else offset
            message = {"t": "new", "id": request_id, "i": instrument, "side": side, "px": price, "q": 1, "coid": coid}
        elif number < 16:
            instrument, price = instruments[0]
            extra = {"side": "b", "px": price - 30, "q": 1, "coid": f"{coid}x"}
            message = {"t": "new", "id": request_id, "i": instrument} | extra
        else:
            coid = f"c{client}-{number // 2 - 8}"
            message = {"t": "cancel", "id": request_id, "coid": coid}
        frames.append(frame_of(message))
    return frames


def latency(port: int, job: dict) -> dict:
    """One client, one order in flight: microseconds from send to reply."""
    peer = RawConnection(port, "/v1/oe", _pair(job["keys"][0]))
    frames = order_frames(job["instruments"], 0, job["count"])
    times = []
    for frame in frames:
        begin = perf_counter_ns()
        peer.socket.sendall(frame)
        data = peer.socket.recv(RECEIVE_BYTES)
        while OK not in data and ERR not in data:
            data = peer.socket.recv(RECEIVE_BYTES)
        times.append((perf_counter_ns() - begin) / 1_000)
    return {"times_us": times[len(times) // 10 :]}


class _Pipe:
    """One client of the throughput test, which keeps `inflight` requests unanswered."""

    def __init__(self, peer: RawConnection, frames: list[bytes], inflight: int) -> None:
        self.peer, self.frames, self.inflight = peer, frames, inflight
        self.sent = self.answered = self.errors = 0
        self.begun: list[int] = [0] * len(frames)

    def push(self) -> None:
        stop = min(len(self.frames), self.answered + self.inflight)
        if stop > self.sent:
            now = perf_counter_ns()
            for number in range(self.sent, stop):
                self.begun[number] = now
            self.peer.socket.sendall(b"".join(self.frames[self.sent : stop]))
            self.sent = stop


def throughput(port: int, job: dict) -> dict:
    """Several clients with several requests in flight each: number of durable replies, and their times."""
    count, inflight = job["count"], job["inflight"]
    pipes = []
    for client, key in enumerate(job["keys"]):
        frames = order_frames(job["instruments"], client, count)
        pipes.append(_Pipe(RawConnection(port, "/v1/oe", _pair(key)), frames, inflight))
    selector = selectors.DefaultSelector()
    for pipe in pipes:
        selector.register(pipe.peer.socket, selectors.EVENT_READ, pipe)
    times: list[float] = []
    begin, cpu_begin = perf_counter(), process_time()
    for pipe in pipes:
        pipe.push()
    total = 0
    while total < count * len(pipes):
        for key_of, _ in selector.select():
            pipe = key_of.data
            data = pipe.peer.socket.recv(RECEIVE_BYTES)
            if not data:
                raise ConnectionError("the venue closed a connection")
            errors = data.count(ERR)
            answers = data.count(OK) + errors
            now = perf_counter_ns()
            for number in range(pipe.answered, pipe.answered + answers, 16):
                times.append((now - pipe.begun[number]) / 1_000)
            pipe.errors += errors
            pipe.answered += answers
            total += answers
            pipe.push()
    seconds, cpu_s = perf_counter() - begin, process_time() - cpu_begin
    errors = sum(pipe.errors for pipe in pipes)
    return {"seconds": seconds, "cpu_s": cpu_s, "answers": total, "errors": errors, "times_us": times}


def fanout(port: int, job: dict) -> dict:
    """Many subscribers of the same raw depth channels; one client changes each book once a loop tick."""
    instruments, ticks = job["instruments"], job["ticks"]
    wanted = [{"n": "depth", "i": instrument, "ms": 0, "lv": 0} for instrument, _ in instruments]
    selector = selectors.DefaultSelector()
    for number in range(job["subscribers"]):
        peer = RawConnection(port, "/v1/oe", _pair(job["keys"][number % (len(job["keys"]) - 1) + 1]))
        peer.socket.sendall(frame_of({"t": "sub", "id": 2, "ch": wanted}))
        data = peer.until(OK)
        while data.count(DEPTH) < len(instruments):
            data += peer.socket.recv(RECEIVE_BYTES)
        selector.register(peer.socket, selectors.EVENT_READ, peer)
    driver = RawConnection(port, "/v1/oe", _pair(job["keys"][0]))
    frames = [_tick_frame(instruments, tick) for tick in range(ticks)]
    expected = ticks * len(instruments) * job["subscribers"]
    window = job["window"] * len(instruments) * job["subscribers"]
    received, sent, size = 0, 0, 0
    buffer = bytearray(RECEIVE_BYTES)
    driver.socket.setblocking(False)
    begin = perf_counter()
    while received < expected:
        while sent < ticks and sent * len(instruments) * job["subscribers"] - received < window:
            driver.socket.sendall(frames[sent])
            sent += 1
        for key_of, _ in selector.select():
            length = key_of.data.socket.recv_into(buffer)
            if not length:
                raise ConnectionError("the venue closed a connection")
            size += length
            received += buffer.count(DEPTH, 0, length)
        _drain(driver.socket)
    seconds = perf_counter() - begin
    return {"seconds": seconds, "deliveries": received, "bytes": size}


def _drain(connection: socket.socket) -> None:
    try:
        while connection.recv(RECEIVE_BYTES):
            pass
    except BlockingIOError:
        return


def _tick_frame(instruments: list[list[int]], tick: int) -> bytes:
    """One frame with an order for each book: the venue takes them in one loop tick."""
    messages = []
    for index, (instrument, price) in enumerate(instruments):
        number = tick // 2
        if tick % 2 == 0:
            message = {
                "t": "new", "id": 10 + tick * 64 + index, "i": instrument, "side": "b", "px": price - 1 - number % 50,
                "q": 1, "coid": f"f{index}-{number}",
            }  # fmt: skip
        else:
            message = {"t": "cancel", "id": 10 + tick * 64 + index, "coid": f"f{index}-{number}"}
        messages.append(message)
    return frame_of(messages)


def _pair(key: list) -> KeyPair | None:
    """The key to log on with; None for an echo server."""
    return KeyPair(key[0], key[1], bytes.fromhex(key[2])) if key else None


JOBS = {"latency": latency, "throughput": throughput, "fanout": fanout}


if __name__ == "__main__":
    task = json.loads(sys.argv[2])
    print(json.dumps(JOBS[task["job"]](int(sys.argv[1]), task)))
