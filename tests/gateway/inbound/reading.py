"""Compiled code beside its slow twin: msgspec with `translate`, on the same frames."""

import random
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec
import numpy as np

from exchange.gateway.command_batch import CommandBatch
from exchange.gateway.inbound.frames import BINARY, MSGPACK, read_socket
from exchange.gateway.inbound.tables import FOUND_NAMES, TERM_NAMES, request_tables
from exchange.gateway.translate import (
    ListedInstrument,
    pack_cancel,
    pack_new,
    pack_quote_entry,
    pack_replace,
)
from exchange.kernel import bind
from exchange.wire.binary import encode_request
from exchange.wire.codec import CODECS, TooManyMessages
from exchange.wire.messages import Cancel, ClientMessages, New, Quote, Replace
from exchange.wire.request_checks import check_cancel, check_new, check_replace
from exchange.wire.version import BINARY_SUBPROTOCOL, JSON_SUBPROTOCOL, MSGPACK_SUBPROTOCOL
from exchange.wire.words import unlisted_index
from tests.gateway.harness import masked

JSON = 1
ACCOUNT, SESSION, GROUP, NOW_US = 7, 3, 4, 1_700_000_000_000_000
LISTED = {
    9: ListedInstrument(5, 1, 0, 2), 40: ListedInstrument(6, -(2**31), 0, 2), 2**32 - 1: ListedInstrument(2, 100, 0, 1)
}  # fmt: skip
PROTOCOLS = {JSON: JSON_SUBPROTOCOL, MSGPACK: MSGPACK_SUBPROTOCOL, BINARY: BINARY_SUBPROTOCOL}
FIRST_BYTES = {JSON: 0x81, MSGPACK: 0x82, BINARY: 0x82}
ENOUGH = 1_000_000
TERMS = {
    "last_id": 0, "account": ACCOUNT, "session": SESSION, "now_us": NOW_US, "requests_left": ENOUGH,
    "frames_left": ENOUGH, "orders_left": ENOUGH, "cancels_left": ENOUGH, "quotes_left": ENOUGH, "protection": GROUP,
}  # fmt: skip
assert tuple(TERMS) == TERM_NAMES


class Read(NamedTuple):
    """What compiled code made of some bytes: FOUND_NAMES and the rows."""

    rows: bytes
    found: dict[str, int]


class Reader:
    """Compiled code with some instruments and an empty batch."""

    def __init__(self, rows_max: int = 64) -> None:
        self.tables = request_tables()
        for name, values in (
            ("instrument_id", list(LISTED)),
            ("book", [row.index for row in LISTED.values()]),
            ("low_tick", [row.low_tick for row in LISTED.values()]),
        ):
            self.tables[0][name][: len(LISTED)] = values
        self.tables["instruments"] = len(LISTED)
        self.batch = CommandBatch(rows_max)
        self._read = bind(read_socket, *self._arguments(b"\0", 0, 0, 0))

    def _arguments(self, data: bytes, start: int, frame_max: int, encoding: int) -> tuple[Any, ...]:
        batch = self.batch
        return (
            self.tables, np.frombuffer(data, np.uint8), start, frame_max, encoding, batch.cells, batch.rows,
            batch.received_us, batch.answerers, batch.count,
        )  # fmt: skip

    def frames(self, data: bytes, encoding: int, start: int = 0, frame_max: int = 4_096, **terms: int) -> Read:
        """Read a stream of frames into the batch, which is emptied first."""
        for name, value in (TERMS | terms).items():
            self.tables[name] = value
        self.batch.buffer[:] = bytes(len(self.batch.buffer))
        self._read(*self._arguments(data, start, frame_max, encoding))
        found = {name: int(self.tables[name][0]) for name in FOUND_NAMES}
        return Read(self.batch.rows[: found["rows"]].tobytes(), found)

    def payload(self, payload: bytes, encoding: int, **terms: int) -> bytes | None:
        """The rows of a frame; None if it is not usual as a whole."""
        data = masked(payload, FIRST_BYTES[encoding])
        read = self.frames(data, encoding, **terms)
        if read.found["frames"] == 0:
            assert encoding == BINARY or (read.rows, read.found["stop"]) == (b"", 0)
            return None
        assert (read.found["stop"], read.found["skip"]) == (len(data), 0)
        return read.rows


def plain_rows(payload: bytes, encoding: int) -> bytes | None:
    """The rows of a frame as `translate` packs them; None if anything about it may be refused."""
    try:
        messages = CODECS[PROTOCOLS[encoding]].decode_client(str(payload, "utf-8") if encoding == JSON else payload)
    except (UnicodeDecodeError, TooManyMessages):
        return None
    batch = CommandBatch(2_200)
    if not all(_put(batch, message) for message in messages):
        return None
    return batch.rows[: batch.count].tobytes()


def _put(batch: CommandBatch, message: Any) -> bool:
    """Append the rows of a request; returns whether nothing about it is to be refused."""
    if type(message) not in (New, Replace, Cancel, Quote) or message.account not in (0, ACCOUNT) or message.expires_us:
        return False
    sender = ACCOUNT, SESSION, message.request_id
    if type(message) is New:
        listed = LISTED.get(message.instrument)
        if listed is None or check_new(message, listed) is not None:
            return False
        pack_new(batch, message, listed.index, *sender)
    elif type(message) is Replace:
        if check_replace(message) is not None:
            return False
        pack_replace(batch, message, *sender)
    elif type(message) is Cancel:
        if check_cancel(message) is not None:
            return False
        pack_cancel(batch, message, *sender)
    else:
        if message.protection_group != GROUP:
            return False
        for place, entry in enumerate(message.quotes):
            listed = LISTED.get(entry[0])
            book = listed.index if listed else unlisted_index(entry[0])
            pack_quote_entry(batch, entry, book, GROUP, place + 1 < len(message.quotes), *sender)
            batch.add_unanswered()
        return True
    batch.add_unanswered()
    return True


# Usual requests.

INT31, INT53 = 2**31 - 1, 2**53 - 1
PRICES = (1, 5, 100, 127, 128, 255, 256, 65_535, 65_536, INT31)
LOTS = (1, 2, 9, 31, 32, 127, 128, 255, 256, 9_999, 10_000)
NAMES = ("a", "A1_.:-", "x" * 8, "y" * 9, "z" * 16, "w" * 17, "v" * 23, "u" * 24)


def usual(rng: random.Random, kind: str = "") -> dict[str, Any]:
    """A request in a usual form, as JSON values."""
    request: dict[str, Any] = {
        "t": kind or rng.choice(("new", "replace", "cancel", "quote")),
        "id": rng.choice((1, 2, 127, 128, 65_535, 2**32, INT53)),
    }
    return request | _PARTS[request["t"]](rng) | ({"acc": ACCOUNT} if rng.random() < 0.3 else {})


def _some(rng: random.Random, values: dict[str, tuple[Any, ...]]) -> dict[str, Any]:
    return {key: rng.choice(values[key]) for key in values if rng.random() < 0.5}


def _order(rng: random.Random) -> dict[str, Any]:
    listed = rng.choice((9, 40, 2**32 - 1))
    price = rng.choice((*PRICES, 0, -1, -128, -129, -40_000, -INT31)) if listed == 40 else rng.choice(PRICES[2:])
    return {
        "i": listed, "side": rng.choice("bs"), "px": price, "q": rng.choice(LOTS), "coid": rng.choice(NAMES),
    } | _some(
        rng,
        {
            "typ": ("limit",), "tif": ("day", "gtc", "ioc", "fok"), "po": ("", "reject", "slide"), "disp": LOTS,
            "minq": LOTS, "smp": ("cr", "ca", "cb", "dc"), "tag": ("t", "tag-8888"),
        },
    )  # fmt: skip


def _named(rng: random.Random) -> dict[str, Any]:
    if rng.random() < 0.5:
        return {"oid": rng.choice((1, 255, 2**32, INT53))}
    return {"coid": rng.choice(NAMES)} | _some(rng, {"oid": (0, 1, 2**40)})


def _quote(rng: random.Random) -> dict[str, Any]:
    lots = rng.choice(((0,), (0, 1, 300, INT31)))
    rows = [
        [rng.choice((9, 40, 11, 65_536, 2**31, 2**32 - 1)), rng.choice((*PRICES, 0, -5)), rng.choice(lots),
         rng.choice((*PRICES, -INT31)), rng.choice(lots)]
        for _ in range(rng.choice((1, 2, 15, 16, 32)))
    ]  # fmt: skip
    return {"mmp": GROUP, "qs": rows}


_PARTS: dict[str, Any] = {
    "new": _order,
    "replace": lambda rng: _named(rng) | _some(rng, {"px": (0, -7, *PRICES), "q": LOTS}),
    "cancel": _named,
    "quote": _quote,
}


def shuffled(rng: random.Random, request: dict[str, Any]) -> dict[str, Any]:
    """The same keys in another order."""
    items = list(request.items())
    rng.shuffle(items)
    return dict(items)


def integer_formats(value: int) -> list[bytes]:
    """An integer in every format of MessagePack that holds it."""
    formats = [value.to_bytes(1, "big", signed=value < 0)] if -32 <= value < 128 else []
    for place in range(4):
        bits = 8 << place
        if 0 <= value < 2**bits:
            formats.append(bytes((0xCC + place,)) + value.to_bytes(bits // 8, "big"))
        if -(2 ** (bits - 1)) <= value < 2 ** (bits - 1):
            formats.append(bytes((0xD0 + place,)) + value.to_bytes(bits // 8, "big", signed=True))
    return formats


def packed(rng: random.Random, value: Any) -> bytes:
    """A value in MessagePack, in any of the formats that clients use."""
    if isinstance(value, dict):
        parts = [packed(rng, part) for item in value.items() for part in item]
        return _head(rng, 0x80, 15, b"\xde", 2, len(value)) + b"".join(parts)
    if isinstance(value, list):
        return _head(rng, 0x90, 15, b"\xdc", 2, len(value)) + b"".join(packed(rng, part) for part in value)
    if isinstance(value, str):
        return _head(rng, 0xA0, 31, b"\xd9", 1, len(value.encode())) + value.encode()
    return rng.choice(integer_formats(value)) if type(value) is int else msgspec.msgpack.encode(value)


def _head(rng: random.Random, short: int, short_max: int, long: bytes, size: int, items: int) -> bytes:
    return bytes((short | items,)) if items <= short_max and rng.random() < 0.6 else long + items.to_bytes(size, "big")


def written(rng: random.Random, request: dict[str, Any], encoding: int) -> bytes:
    """The payload of a request."""
    if encoding == JSON:
        return msgspec.json.encode(request)
    if encoding == MSGPACK:
        return packed(rng, request)
    record = encode_request(msgspec.convert(request, ClientMessages))
    assert record is not None
    return record


def payloads(encoding: int, seed: int, count: int) -> Iterator[bytes]:
    """Usual requests, in no order of their keys."""
    rng = random.Random(f"{encoding} {seed}")
    for _ in range(count):
        yield written(rng, shuffled(rng, usual(rng)), encoding)


def compare(seed: int, count: int) -> int:
    """Read usual requests in all encodings, whole and damaged; returns how many damaged ones were read as well."""
    reader, rng, still_read = Reader(), random.Random(seed), 0
    for encoding in PROTOCOLS:
        for payload in payloads(encoding, seed, count):
            rows = plain_rows(payload, encoding)
            assert rows is not None and reader.payload(payload, encoding) == rows, payload
            for _ in range(4):
                other = damaged(rng, payload)
                read = reader.payload(other, encoding)
                assert read is None or read == plain_rows(other, encoding), other
                still_read += read is not None
    return still_read


def damaged(rng: random.Random, payload: bytes) -> bytes:
    """A payload with one or two bytes changed, left out or put in."""
    data = bytearray(payload)
    for _ in range(rng.choice((1, 1, 2))):
        place = rng.randrange(len(data))
        change = rng.randrange(4)
        if change == 0:
            data[place] ^= 1 << rng.randrange(8)
        elif change == 1:
            data[place] = rng.choice(b'\0"{}[],:-0123456789 \\abcst\xff\x7f\x80\xa0\xc0\xcc\xd0\xd9\xde')
        elif change == 2 and len(data) > 1:
            del data[place]
        else:
            data.insert(place, rng.choice(b'0\0"-9 a\xcc\xd9'))
    return bytes(data)


if __name__ == "__main__":
    print(compare(1, 25))
