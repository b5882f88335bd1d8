"""Random dialogues with two gateways: in one compiled code reads usual requests, in the other Python reads all of them.

Clocks, keys and bytes are the same, so every message has to be the same, times included.
"""

import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from exchange.gateway.throttle import LOOPBACK, STANDARD, Profile
from exchange.wire.binary import encode_request
from exchange.wire.messages import ChannelSpec, ClientMessages, ProtectionSet, Subscribe
from tests.gateway.harness import Bench, Peer

SYNTAX_FAULTS = (
    b"{", b"[]", b"nonsense", b'{"t":"new"}', b'{"id":12,"t":"cancel","coid":"a","coid":"b"}', b'{"t":"new","id":1e3}',
    b'{"t":"cancel","id":"7","coid":"x"}', b'{"t":"unknown","id":5}', b'{"t":"cancel","id":01,"coid":"x"}',
)  # fmt: skip


class Talker:
    """Makes the requests of one connection, most of them usual ones."""

    def __init__(self, rng: random.Random, number: int, instrument: int, price: int) -> None:
        self.rng, self.number, self.instrument, self.price = rng, number, instrument, price
        self.last_id, self.names, self.order_ids = 100, ["none"], [1, 2**40]
        self.sent: list[bytes] = []

    def fields(self) -> dict[str, Any]:
        rng = self.rng
        self.last_id += rng.choice((1, 1, 1, 7, 2**20))
        request: dict[str, Any] = {
            "t": rng.choice(("new", "new", "new", "cancel", "replace", "quote")),
            "id": self.last_id,
        }
        getattr(self, f"_{request['t']}")(request)
        if rng.random() < 0.1:
            request["acc"] = rng.choice((1, 1, 2, 0))
        if rng.random() < 0.03:
            request["id"] = rng.choice((1, 0, -1, 2**53 - 1, 2**53, self.last_id - 3, "7"))
        if rng.random() < 0.03:
            request[rng.choice(("exp", "q", "px", "zz", "tag", "side", "typ"))] = rng.choice((1, "b", -5, 2**31, None))
        return request

    def _new(self, request: dict[str, Any]) -> None:
        rng = self.rng
        name = f"c{self.number}-{self.last_id}" if rng.random() < 0.9 else rng.choice((*self.names, "é", "", "x" * 25))
        self.names.append(name)
        request |= {
            "i": self.instrument if rng.random() < 0.95 else rng.choice((7, 0, 2**32 - 1, 2**32)),
            "side": rng.choice("bs"), "px": self.price + rng.randrange(-3, 4),
            "q": rng.choice((1, 2, 5, 12, 0, 10_000, 10_001, 2**31)) if rng.random() < 0.2 else rng.randrange(1, 9),
            "coid": name,
        }  # fmt: skip
        more: tuple[tuple[str, tuple[Any, ...]], ...] = (
            ("tif", ("day", "gtc", "ioc", "fok", "gtd", "never")), ("typ", ("limit", "market", "stop")),
            ("po", ("reject", "slide", "")), ("smp", ("cr", "ca", "cb", "dc", "xx")),
            ("tag", ("a", "tag-8888", "tag-99999")),
            ("disp", (1, 0, 3)), ("minq", (1, 0, 2)), ("rev", (1, 2)), ("cod", (True, False)), ("till", (1,)),
            ("px", (0, -5, 2**31 - 1, -(2**31) + 1, 1.5)),
        )  # fmt: skip
        for key, values in more:
            if rng.random() < 0.08:
                request[key] = rng.choice(values)

    def _cancel(self, request: dict[str, Any]) -> None:
        if self.rng.random() < 0.8:
            request["coid"] = self.rng.choice(self.names)
        if self.rng.random() < 0.3:
            request["oid"] = self.rng.choice((*self.order_ids, 0))

    def _replace(self, request: dict[str, Any]) -> None:
        self._cancel(request)
        if self.rng.random() < 0.7:
            request["px"] = self.price + self.rng.randrange(-3, 4)
        if self.rng.random() < 0.7:
            request["q"] = self.rng.choice((1, 2, 3, 9, 0, 10_001))
        if self.rng.random() < 0.1:
            request["tif"] = self.rng.choice(("gtc", "ioc"))

    def _quote(self, request: dict[str, Any]) -> None:
        rng, rows = self.rng, []
        for _ in range(rng.choice((1, 1, 2))):
            spread = rng.randrange(-1, 4)
            instrument = self.instrument if rng.random() < 0.9 else rng.choice((7, 2**31))
            rows.append(
                [instrument, self.price - spread, rng.choice((0, 1, 5)), self.price + spread, rng.choice((0, 2))]
            )
        if rng.random() < 0.05:
            rows = rng.choice(([], [[1, 2, 3]], [[self.instrument, 1, -1, 2, 1]], rows * 17))
        request |= {"mmp": rng.choice((1, 1, 1, 2)), "qs": rows}

    def frame(self, encoding: str) -> bytes:
        """One frame: mostly a new request in its usual form."""
        rng = self.rng
        if rng.random() < 0.05 and self.sent:
            return rng.choice(self.sent)
        request = self.fields()
        if rng.random() < 0.2:
            items = list(request.items())
            rng.shuffle(items)
            request = dict(items)
        if encoding == "binary":
            data = self._records(request)
        elif encoding == "msgpack":
            data = msgspec.msgpack.encode(request if rng.random() < 0.97 else [request])
        elif rng.random() < 0.05:
            data = rng.choice((*SYNTAX_FAULTS, json.dumps(request).encode(), json.dumps([request, request]).encode()))
        else:
            data = json.dumps(request, separators=(",", ":"), ensure_ascii=False).encode()
        self.sent.append(data)
        return data

    def _records(self, request: dict[str, Any]) -> bytes:
        """A frame of records if the request has one; else of JSON."""
        records = []
        for fields in (request, self.fields()) if self.rng.random() < 0.3 else (request,):
            try:
                record = encode_request(msgspec.convert(fields, ClientMessages))
            except (msgspec.ValidationError, UnicodeEncodeError):
                record = None
            if record is None:
                return json.dumps(request).encode()
            broken = bytearray(record)
            if self.rng.random() < 0.05:
                broken[self.rng.randrange(len(broken))] ^= 1 << self.rng.randrange(8)
            records.append(bytes(broken))
        return b"".join(records)


def told(peer: Peer, talker: Talker) -> list[Any]:
    messages = peer.take()
    talker.order_ids = [*talker.order_ids, *(m.order_id for m in messages if getattr(m, "order_id", None))][-20:]
    return messages


def converse(folder: str, profile: Profile, seed: int, plain: bool) -> tuple[list[list[Any]], list[bytes], int]:
    """A dialogue of four connections: what each was sent, and the rows of the journal."""
    rng = random.Random(seed)
    with Bench(folder, profile) as bench:
        rows: list[bytes] = []
        append = bench.venue.journal.append
        bench.venue.journal.append = lambda commands: (rows.append(commands.tobytes()), append(commands))[1]
        formats = [rng.choice(("json", "json", "msgpack", "binary")) for _ in range(4)]
        peers = [
            bench.connect(bench.keys[1 + place // 2], plain=plain, msgpack=kind == "msgpack", binary=kind == "binary")
            for place, kind in enumerate(formats)
        ]
        talkers = [Talker(random.Random(f"{seed} {place}"), place, bench.instrument, bench.price) for place in range(4)]
        heard: list[list[Any]] = [[] for _ in peers]
        for peer in peers:
            peer.send(ProtectionSet(request_id=10, group=1, window_ms=1_000, traded_lots=10_000))
            channels = [ChannelSpec(name_of_channel="top", instrument=bench.instrument, cadence_ms=0)]
            peer.send(Subscribe(request_id=11, channels=channels))
        for _ in range(60):
            place = rng.randrange(4)
            peer, talker = peers[place], talkers[place]
            if rng.random() < 0.05:
                bench.hold = not bench.hold
            if not peer.connection.closed:
                peer.frames(*(talker.frame(formats[place]) for _ in range(rng.choice((1, 2, 5, 20)))))
            bench.clock.now += rng.choice((0, 10_000, 10**6, 10**8))
            if rng.random() < 0.3:
                for number, one in enumerate(peers):
                    heard[number] += told(one, talkers[number])
        bench.hold = False
        for number, one in enumerate(peers):
            heard[number] += told(one, talkers[number])
        assert bench.venue.failure.error is None
        return heard, rows, sum(len(messages) for messages in heard)


PROFILES = {
    "loopback": LOOPBACK,
    "standard": STANDARD,
    "narrow": replace(LOOPBACK, inflight=6, batch_rows=40, queue_batches=1, dedup=16),
}


@pytest.mark.rule("WIRE-004", "WIRE-005", "ENTRY-001", "RATE-001", "RATE-002", "RATE-004", "RATE-005", "SEC-051")
@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("seed", range(3))
def test_a_dialogue_is_the_same_whoever_reads_the_requests(tmp_path: Path, profile: str, seed: int) -> None:
    compiled, rows, count = converse(str(tmp_path / "compiled"), PROFILES[profile], seed, plain=False)
    plain, plain_rows, _ = converse(str(tmp_path / "plain"), PROFILES[profile], seed, plain=True)
    for number, (messages, wanted) in enumerate(zip(compiled, plain, strict=True)):
        for place, (message, other) in enumerate(zip(messages, wanted, strict=False)):
            assert message == other, f"connection {number}, message {place}"
        assert len(messages) == len(wanted)
    assert b"".join(rows) == b"".join(plain_rows)
    assert count > 300
