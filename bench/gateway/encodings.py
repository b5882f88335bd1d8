"""How the load encodes requests, and recognises replies without decoding them.

Another encoding is another entry of ENCODINGS. In `gpux.v1+bin` orders are records; logon and subscriptions are text.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from exchange.wire.binary import HEAD, VERSION, encode_request, report_record
from exchange.wire.messages import ClientMessages, Err, Ok
from exchange.wire.version import BINARY_SUBPROTOCOL, JSON_SUBPROTOCOL, MSGPACK_SUBPROTOCOL

TEXT_FRAME, BINARY_FRAME = 0x81, 0x82

# Name -> the key and value that a message of the venue has only then.
MARKED: dict[str, tuple[str, object]] = {
    "ok": ("t", "ok"),
    "err": ("t", "err"),
    "live": ("t", "live"),
    "depth": ("t", "depth"),
    "fill": ("t", "fill"),
    "replaced": ("ev", "replaced"),
    "cancelled": ("ev", "cancelled"),
    "rejected": ("ev", "rejected"),
    "resent": ("dup", True),
    "replayed": ("rp", True),
    "busy": ("name", "BUSY"),
    "throttled": ("name", "THROTTLED"),
}
ANSWERS = ("ok", "err")


def masked_frame(payload: bytes, first: int = TEXT_FRAME) -> bytes:
    """A frame of a client with a mask of zeros, which RFC 6455 section 5.3 allows."""
    length = len(payload)
    head = bytes((first, 0x80 | length)) if length < 126 else bytes((first, 0xFE)) + length.to_bytes(2, "big")
    return head + bytes(4) + payload


class MarkCounter:
    """Counts marks in a stream that arrives in pieces. A mark may begin in one piece and end in the next."""

    def __init__(self, marks: dict[str, bytes]) -> None:
        """`marks`: bytes by name."""
        self.counts = dict.fromkeys(marks, 0)
        self._marks = tuple(marks.items())
        self._kept = max(map(len, marks.values())) - 1
        self._tail = b""

    def take(self, data: bytes) -> int:
        """Count the marks of a piece. Returns how many answers ended in it: `ok` and `err`."""
        tail, answers = self._tail, 0
        for name, mark in self._marks:
            found = data.count(mark)
            if tail:
                inside = len(mark) - 1
                found += (tail[-inside:] + data[:inside]).count(mark)
            if found:
                self.counts[name] += found
                if name in ANSWERS:
                    answers += found
        self._tail = data[-self._kept :] if len(data) >= self._kept else (tail + data)[-self._kept :]
        return answers


@dataclass(frozen=True)
class LoadEncoding:
    """One subprotocol, as the load uses it.

    order_frame   an order, cancel or replace as a masked frame
    frame         any other message as a masked frame
    mark          the bytes that a key and its value have in a message
    decode        the first message of a payload
    """

    subprotocol: str
    order_frame: Callable[[object], bytes]
    frame: Callable[[object], bytes]
    mark: Callable[[str, object], bytes]
    decode: Callable[[bytes], Any]

    def marks(self, names: Sequence[str]) -> dict[str, bytes]:
        return {name: self.mark(*MARKED[name]) for name in names}

    def counter(self, names: Sequence[str] = ANSWERS) -> MarkCounter:
        """A counter of replies; `names`: of MARKED."""
        return MarkCounter(self.marks(names))


def _json_frame(message: object) -> bytes:
    return masked_frame(msgspec.json.encode(message))


def _msgpack_frame(message: object) -> bytes:
    return masked_frame(msgspec.msgpack.encode(message), BINARY_FRAME)


def _json_mark(key: str, value: object) -> bytes:
    """Key and value without the braces of their object."""
    return msgspec.json.encode({key: value})[1:-1]


def _msgpack_mark(key: str, value: object) -> bytes:
    """Key and value without the byte that begins their map."""
    return msgspec.msgpack.encode({key: value})[1:]


def _record_frame(message: object) -> bytes:
    """An order as a record; it has only keys that its record has."""
    record = encode_request(msgspec.convert(message, ClientMessages))
    assert record is not None, message
    return masked_frame(record, BINARY_FRAME)


def _record_mark(key: str, value: object) -> bytes:
    """The head of the record of a reply, with its length and template; of anything else its key and value in JSON."""
    for message in (Ok, Err):
        if key == "t" and value == message.__struct_config__.tag:
            record = report_record(message)
            return HEAD.pack(record.size, record.template, VERSION, 0)
    return _json_mark(key, value)


ENCODINGS = {
    "json": LoadEncoding(JSON_SUBPROTOCOL, _json_frame, _json_frame, _json_mark, msgspec.json.decode),
    "msgpack": LoadEncoding(MSGPACK_SUBPROTOCOL, _msgpack_frame, _msgpack_frame, _msgpack_mark, msgspec.msgpack.decode),
    "binary": LoadEncoding(BINARY_SUBPROTOCOL, _record_frame, _json_frame, _record_mark, msgspec.json.decode),
}
