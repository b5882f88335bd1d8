"""A venue without sockets and threads: the test turns time, disk and loop by hand.

with Bench(folder) as bench:
    peer = bench.connect(bench.keys[1])     # logged on, live
    peer.send(New(...)); bench.settle()
    peer.take() -> messages the connection received since the last take
"""

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from contracts_spec.periods import day_number
from exchange.gateway.auth import KeyPair, signed_text
from exchange.gateway.connection import Connection
from exchange.gateway.gateway import Gateway
from exchange.gateway.handlers.dispatch import HANDLERS
from exchange.gateway.outbox import BINARY, JSON, MSGPACK, Outbox
from exchange.gateway.throttle import LOOPBACK, Profile
from exchange.seams import NoSyncDisk
from exchange.units import NS_PER_DAY
from exchange.venue.bootstrap import LaunchCatalogue, OpenVenue, Seams
from exchange.venue.day_schedule import DaySchedule
from exchange.wire.codec import CODECS
from exchange.wire.messages import Auth, Hello, New
from exchange.wire.version import BINARY_SUBPROTOCOL, JSON_SUBPROTOCOL, MSGPACK_SUBPROTOCOL

DAY = date(2026, 11, 23)
SYMBOL = "H100.G90.H27"
DEPOSIT_MILLS = 10**12
START_NS = 1_795_000_000_000_000_000


class StillClock:
    """Time that moves when the test says so."""

    def __init__(self, later_ns: int = 0) -> None:
        self.now = START_NS + later_ns
        self.wrong_ns = 0  # by which the wall clock is off

    def now_ns(self) -> int:
        return self.now + self.wrong_ns

    def wall_us(self) -> int:
        return (self.now + self.wrong_ns) // 1_000

    def mono_ns(self) -> int:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += int(seconds * 1e9)


class CountingRng:
    """Bytes that differ each time and repeat each run."""

    def __init__(self) -> None:
        self.count = 0

    def bytes(self, count: int) -> bytes:
        self.count += 1
        return self.count.to_bytes(4, "big").rjust(count, b"\x07")


def frames_of(data: bytes) -> list[tuple[int, bytes]]:
    """(opcode, payload) of a server's whole frames, read independently of the code under test."""
    frames = []
    while len(data) > 1:
        assert data[0] & 0xF0 == 0x80 and not data[1] & 0x80, "unfragmented and not masked"
        length, start = data[1], 2
        if length == 126:
            length, start = int.from_bytes(data[2:4], "big"), 4
        elif length == 127:
            length, start = int.from_bytes(data[2:10], "big"), 10
        if start + length > len(data):
            break
        frames.append((data[0] & 0x0F, data[start : start + length]))
        data = data[start + length :]
    return frames


class MemoryTransport:
    """A transport that keeps what was written."""

    def __init__(self) -> None:
        self.data = b""
        self.writes = 0
        self.waiting = 0
        self.closed: tuple[int, str] | None = None
        self.paused = False

    def write(self, data: bytes) -> None:
        assert self.closed is None, "nothing is written after close"
        self.data += data
        self.writes += 1

    def pending(self) -> int:
        return self.waiting

    def close(self, code: int, reason: str) -> None:
        if self.closed is None:
            self.closed = (code, reason)

    def pause(self) -> None:
        self.paused = True

    def resume(self) -> None:
        self.paused = False


def masked(payload: bytes, first: int, mask: bytes = b"\x1f\xa7\x00\xf3") -> bytes:
    """A client's frame (RFC 6455 section 5.2), of a payload below 64 KiB."""
    size = len(payload)
    head = bytes((first, 0x80 | size)) if size < 126 else bytes((first, 0xFE)) + size.to_bytes(2, "big")
    return head + mask + bytes(byte ^ mask[place & 3] for place, byte in enumerate(payload))


class Peer:
    """One connection as its client sees it. `plain`: handlers in Python serve all of its requests."""

    def __init__(
        self, bench: "Bench", path: str, address: str, msgpack: bool, plain: bool = False, binary: bool = False
    ) -> None:
        self.bench, self.plain = bench, plain
        self.path = path
        self.transport = MemoryTransport()
        protocol = BINARY_SUBPROTOCOL if binary else MSGPACK_SUBPROTOCOL if msgpack else JSON_SUBPROTOCOL
        self.codec = CODECS[protocol]
        encoding = BINARY if binary else MSGPACK if msgpack else JSON
        self.connection = Connection(
            bench.gateway, self.transport, self.codec, encoding, path, "localhost", address, HANDLERS
        )
        self.connection.open()
        bench.settle()
        hello, *self.told_first = self.take()
        assert isinstance(hello, Hello)
        self.hello = hello

    def send(self, *messages: Any) -> None:
        """Each message in a frame of its own."""
        for message in messages:
            self.raw(self.codec.encode(message))

    def raw(self, data: str | bytes) -> None:
        payload = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
        self.frames(payload)

    def frames(self, *payloads: bytes) -> None:
        """Frames of one read."""
        connection, inbound, clock = self.connection, self.bench.gateway.inbound, self.bench.clock
        limit, waiting = self.bench.profile.max_frame, list(payloads)
        while waiting:
            if not self.plain and connection.live:
                sizes = [len(masked(payload, self.first_byte(payload))) for payload in waiting]
                data = b"".join(masked(payload, self.first_byte(payload)) for payload in waiting)
                connection.note_time(clock.wall_us(), clock.mono_ns())
                served = inbound.take(connection, data, 0, limit)
                if served:
                    connection.note_message()
                while waiting and served >= sizes[0]:
                    served -= sizes.pop(0)
                    waiting.pop(0)
            if waiting:
                connection.receive([inbound.rest_of(waiting.pop(0))], clock.wall_us(), clock.mono_ns())

    def first_byte(self, payload: bytes) -> int:
        """First byte of the frame of a payload."""
        return 0x81 if self.codec.is_text(payload) else 0x82

    def take(self) -> list[Any]:
        """Messages received since the last take."""
        self.bench.settle()
        data, self.transport.data = self.transport.data, b""
        return [message for _, payload in frames_of(data) for message in self.codec.decode_server(payload)]

    def ask(self, *messages: Any) -> list[Any]:
        self.take()
        self.send(*messages)
        return self.take()

    def log_on(self, pair: KeyPair, sid: str = "", **options: Any) -> list[Any]:
        text = signed_text("localhost", self.path, self.hello.nonce, pair.key, sid)
        return self.ask(Auth(request_id=1, key=pair.key, signature=pair.sign(text), session_id=sid, **options))

    def drop(self) -> None:
        """The connection ends without a logout."""
        self.connection.clean_up()


# Segments are made ahead while trading goes on: one may be half made now, and be gone a moment later.
MAKING = shutil.ignore_patterns("*.tmp")


def killed(bench: "Bench", folder: Path, store_lost: bool = False, **options: Any) -> "Bench":
    """The venue as it starts again after `kill -9` now: from a copy of what is on disk, or of all but the key store."""
    shutil.copytree(bench.folder, folder, ignore=MAKING)
    if store_lost:
        for file in folder.glob("keys.sqlite3*"):
            file.unlink()
    return Bench(str(folder), **options)


class Bench:
    """Venue, gateway and their clock."""

    def __init__(
        self,
        folder: str,
        profile: Profile = LOOPBACK,
        accounts: int = 3,
        schedule: DaySchedule | None = None,
        later_ns: int = 0,
        wrong_ns: int = 0,
        segment_bytes: int = 1 << 20,
        symbols: tuple[str, ...] = (SYMBOL,),
        day: date | None = None,
    ) -> None:
        """`day`: on which it starts, if not on the usual one; `later_ns`: how much later than others it starts;
        `wrong_ns`: by how much its wall clock is off then; `segment_bytes`: of a new journal; `symbols`: that a new
        venue lists."""
        self.folder = folder
        self.profile = profile
        self.clock = StillClock(later_ns + (day_number(day) - START_NS // NS_PER_DAY if day else 0) * NS_PER_DAY)
        self.clock.wrong_ns = wrong_ns
        self.jobs: list[Any] = []
        self.calls: list[Any] = []
        self.hold = False  # the disk is busy: nothing becomes durable
        seams = Seams(
            NoSyncDisk(), CountingRng(), self.clock, lambda *job: self.jobs.append(job), self.calls.append,
            segment_bytes,
        )  # fmt: skip
        self.outbox = Outbox(
            self.calls.append,
            lambda queue, pending: self.gateway.slow.note_pending(queue.owner, pending),
            profile.soft_kb * 1_024,
        )
        catalogue = LaunchCatalogue(day or DAY, symbols)
        self.opened = OpenVenue(folder, "medium", catalogue, seams, self.outbox, profile.batch_rows, schedule)
        self.venue = self.opened.venue
        self.venue.small_commit_rows = 0  # `hold` stops every commit
        self.keys = [self._key(number) for number in range(accounts + 1)]
        terms = {"venue": "test", "history": self.opened.history_name, "feed": "f_test", "durability": "none"}
        self.gateway = Gateway(
            self.venue, self.outbox, self.opened.keys, profile, self.clock, CountingRng(), terms, self.opened.stored
        )  # fmt: skip
        self.gateway.restore()
        self.instrument = next(iter(self.venue.instruments))
        row = self.venue.table.rows[1]
        assert row is not None
        self.price = row.settle_tick

    def _key(self, number: int) -> KeyPair:
        """Key `k_test{number}` of account `number`; index 0 is a key that the venue does not know."""
        seed = bytes([number + 1]) * 32
        name = f"test{number}"
        if number and f"k_{name}" not in self.opened.keys.keys:
            return self.opened.make_key(name, number, DEPOSIT_MILLS, seed=seed)
        return KeyPair(f"k_{name}", number, seed)

    def __enter__(self) -> "Bench":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.hold = False
        self.settle()
        self.opened.close()

    def settle(self) -> None:
        """Run the loop and the disk until nothing is left to do."""
        while self.calls or (self.jobs and not self.hold):
            calls, self.calls[:] = self.calls[:], []
            for call in calls:
                call()
            if self.jobs and not self.hold:
                job, done = self.jobs.pop(0)
                job()
                self.calls.append(lambda done=done: done(None))
        self.opened.keys.flush()  # as each turn of the real loop does

    def pass_ms(self, milliseconds: int) -> None:
        """Time passes, in steps of the wheel."""
        for _ in range(max(1, milliseconds // 10)):
            self.clock.now += 10_000_000
            self.gateway.wheel.turn(self.clock.mono_ns())
            self.gateway.slow.check()
            self.gateway.wide.check()
            self.venue.timekeeper.turn()
            self.venue.publish_due()
            self.settle()

    def open(self, path: str = "/v1/oe", address: str = "127.0.0.1", msgpack: bool = False, **options: bool) -> Peer:
        """`options`: plain, binary."""
        return Peer(self, path, address, msgpack, **options)

    def connect(self, pair: KeyPair, **options: Any) -> Peer:
        """A connection that is logged on and live."""
        formats = {name: options.pop(name, False) for name in ("msgpack", "plain", "binary")}
        peer = self.open(**formats)
        messages = peer.log_on(pair, **options)
        assert msgspec.json.encode(messages[-1]).startswith(b'{"t":"live"'), messages
        return peer

    def drop_idle_sessions(self) -> None:
        """Drop sessions without a connection now, not after a day: for tests that open more of them than a small engine
        has rows for."""
        gateway = self.gateway
        dropped = [
            session
            for session in gateway.registry.sessions.values()
            if session.connection is None and session.number in gateway.keys.sessions
        ]
        for session in dropped:
            session.cancel_grace()
        gateway.registry.drop([gateway.keys.sessions[session.number] for session in dropped])

    def order(self, request_id: int, coid: str, **changes: Any) -> New:
        fields = {"side": "b", "price_tick": self.price, "order_lots": 5} | changes
        return New(request_id=request_id, instrument=self.instrument, client_order_id=coid, **fields)
