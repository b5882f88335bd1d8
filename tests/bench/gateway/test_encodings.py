"""Frames are those of a client, and replies are counted wherever the stream is cut."""

import json

import msgspec
import pytest

from bench.gateway.encodings import ENCODINGS, MarkCounter, masked_frame
from exchange.wire.binary import HEAD, VERSION, report_record
from exchange.wire.codec import CODECS
from exchange.wire.messages import Cancel, Err, Ok


def payload(frame: bytes) -> bytes:
    """The payload of a masked frame."""
    length, start = frame[1] & 0x7F, 2
    if length == 126:
        length, start = int.from_bytes(frame[2:4], "big"), 4
    assert frame[1] & 0x80 and frame[start : start + 4] == bytes(4)
    assert len(frame) == start + 4 + length
    return frame[start + 4 :]


@pytest.mark.parametrize("size", [0, 1, 125, 126, 4_096])
def test_a_frame_has_the_length_of_its_text_and_a_mask_of_zeros(size: int) -> None:
    text = json.dumps({"t": "x" * size}).encode()
    assert payload(masked_frame(text)) == text


@pytest.mark.parametrize("name", list(ENCODINGS))
def test_a_request_is_one_that_the_venue_decodes_as_it_is(name: str) -> None:
    encoding = ENCODINGS[name]
    codec = CODECS[encoding.subprotocol]
    frame = encoding.order_frame({"t": "cancel", "id": 7, "coid": "a"})
    assert frame[0] == (0x81 if codec.text else 0x82)
    assert codec.decode_client(payload(frame)) == [Cancel(request_id=7, client_order_id="a")]


def test_answers_in_records_are_counted_wherever_the_stream_is_cut() -> None:
    encoding = ENCODINGS["binary"]
    records = []
    for message, count in ((Ok, 2), (Err, 1)):
        record = report_record(message)
        head = HEAD.pack(record.size, record.template, VERSION, 0)
        records += [head.ljust(record.size, b"\0")] * count
    stream = b"".join(records)
    for first in range(len(stream)):
        counter = encoding.counter(("ok", "err"))
        assert sum(map(counter.take, (stream[:first], stream[first:]))) == 3
        assert counter.counts == {"ok": 2, "err": 1}


@pytest.mark.parametrize("name", ["json", "msgpack"])
def test_replies_are_counted_wherever_the_stream_is_cut(name: str) -> None:
    encoding = ENCODINGS[name]
    package = msgspec.json if name == "json" else msgspec.msgpack
    messages = [
        {"t": "ok", "re": 1, "st": "open"},
        {"t": "exec", "ev": "cancelled"},
        {"t": "err", "re": 2},
        {"t": "ok", "re": 3, "dup": True},
    ]
    stream = b"".join(package.encode(message) for message in messages)
    for first in range(len(stream)):
        for second in range(first, len(stream)):
            counter = encoding.counter(("ok", "err", "cancelled", "resent"))
            parts = (stream[:first], stream[first:second], stream[second:])
            assert sum(map(counter.take, parts)) == 3
            assert counter.counts == {"ok": 2, "err": 1, "cancelled": 1, "resent": 1}


def test_a_mark_that_arrives_byte_by_byte_is_counted_once() -> None:
    counter = MarkCounter({"ok": b"abc", "err": b"abcd"})
    assert [counter.take(bytes((byte,))) for byte in b"xabcdx"] == [0, 0, 0, 1, 1, 0]
