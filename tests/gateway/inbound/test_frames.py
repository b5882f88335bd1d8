"""Frames of a read: which are cut, unmasked and served here, and where compiled code stops."""

import os
import random
import subprocess
import sys

import msgspec
import numpy as np
import pytest

from exchange.gateway.inbound.frames import BINARY, MSGPACK, RECORDS_MAX, find_frame, split_frames, unmask
from exchange.gateway.inbound.tables import PAYLOAD_BYTES, TEXT_PAD
from exchange.wire.binary import QUOTE_ENTRY, encode_request
from exchange.wire.codec import CODECS, BadMessage, TooManyMessages
from exchange.wire.fields import MESSAGES_MAX
from exchange.wire.messages import Cancel, Quote
from exchange.wire.version import BINARY_SUBPROTOCOL
from tests.gateway.harness import masked
from tests.gateway.inbound.reading import (
    FIRST_BYTES,
    JSON,
    Reader,
    compare,
    damaged,
    payloads,
    plain_rows,
    usual,
    written,
)
from tests.source_tree import ROOT

CANCEL = b'{"t":"cancel","id":5,"coid":"a"}'
FRAME = masked(CANCEL, 0x81)
# A ping that goes on, one that is too long, one with a reserved bit, and a kind that does not exist.
BROKEN_CONTROL = masked(b"x", 0x09), masked(b"x" * 126, 0x89), masked(b"x", 0xC9), masked(b"x", 0x8B)


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader()


def record(number: int) -> bytes:
    made = encode_request(Cancel(request_id=number, client_order_id="a"))
    assert made is not None
    return made


def test_a_payload_of_any_size_at_any_place_is_unmasked_with_zeros_behind_it() -> None:
    rng = random.Random(1)
    for size in range(301):
        start = 4 + size % 9
        data = rng.randbytes(start + size)
        text = np.full(PAYLOAD_BYTES + TEXT_PAD, 255, np.uint8)
        unmask(text, np.frombuffer(data, np.uint8), start, size)
        mask = data[start - 4 : start]
        wanted = bytes(byte ^ mask[place & 3] for place, byte in enumerate(data[start:]))
        assert text[: size + 64].tobytes() == wanted + bytes(64)
        assert text[size + 64 :].min() == 255


def test_a_payload_that_is_not_in_the_data_is_not_read() -> None:
    text = np.zeros(PAYLOAD_BYTES + TEXT_PAD, np.uint8)
    for size in (1, 7, 8, 9, 64):
        with pytest.raises((IndexError, AssertionError)):
            unmask(text, np.frombuffer(bytes(4 + size - 1), np.uint8), 4, size)


@pytest.mark.rule("WIRE-005")
@pytest.mark.parametrize("encoding", FIRST_BYTES)
def test_frames_of_a_read_are_served_in_order_from_any_place_on(encoding: int, reader: Reader) -> None:
    rng = random.Random(encoding)
    for before in range(9):
        requests = [usual(rng) | {"id": number} for number in (5, 6, 9)]
        some = [written(rng, request, encoding) for request in requests]
        stream = b"".join(masked(one, FIRST_BYTES[encoding], rng.randbytes(4)) for one in some)
        wide = Reader(rows_max=128)
        read = wide.frames(b"x" * before + stream, encoding, start=before)
        assert (read.found["frames"], read.found["stop"]) == (3, before + len(stream))
        assert read.rows == b"".join(plain_rows(one, encoding) or b"" for one in some)


@pytest.mark.parametrize("encoding", FIRST_BYTES)
def test_a_frame_that_is_cut_anywhere_waits_for_its_rest(encoding: int, reader: Reader) -> None:
    rng = random.Random(2)
    for kind in ("cancel", "quote"):
        request = usual(rng, kind) | ({"qs": [[9, 1, 1, 2, 1]] * 8} if kind == "quote" else {})
        frame = masked(written(rng, request | {"id": 6}, encoding), FIRST_BYTES[encoding])
        first = masked(written(rng, usual(rng, "cancel") | {"id": 5}, encoding), FIRST_BYTES[encoding])
        for size in range(len(frame)):
            found = reader.frames(first + frame[:size], encoding).found
            assert (found["frames"], found["stop"], found["request_count"]) == (1, len(first), 1)
        assert reader.frames(first + frame, encoding).found["frames"] == 2


@pytest.mark.rule("SEC-051")
@pytest.mark.parametrize("first", sorted(set(range(256)) - {0x81}))
def test_only_whole_text_frames_are_read_as_json(first: int, reader: Reader) -> None:
    found = reader.frames(masked(CANCEL, first), JSON).found
    assert (found["frames"], found["request_count"], found["stop"], found["skip"]) == (0, 0, 0, 0)


@pytest.mark.parametrize("encoding", [JSON, MSGPACK, BINARY])
def test_each_encoding_has_its_kinds_of_frames(encoding: int, reader: Reader) -> None:
    for first in (0x81, 0x82):
        for other, payload in ((JSON, CANCEL), (MSGPACK, msgspec.msgpack.encode(msgspec.json.decode(CANCEL)))):
            usual_ones = {(JSON, 0x81): (JSON, BINARY), (MSGPACK, 0x82): (MSGPACK,)}.get((other, first), ())
            found = reader.frames(masked(payload, first), encoding).found
            assert found["frames"] == (encoding in usual_ones)


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\x81", b"\x81\xa0", FRAME[:5], b"\x81\x20" + FRAME[2:], b"\x81\xff" + bytes(6) + b"\x20" + FRAME[2:],
        b"\x81\x7e\0\x20" + FRAME[2:], b"\x81\x80\0\0\0\0", b"\x81\xfe\0\0\0\0\0\0", b"\x81\xfe", b"\x81\xfe\xff",
        b"\x81\xfe\xff\xff\0\0\0\0",
    ],
)  # fmt: skip
def test_a_frame_with_another_head_is_left_alone(data: bytes, reader: Reader) -> None:
    assert reader.frames(data or FRAME, JSON, start=0 if data else len(FRAME)).found["request_count"] == 0


@pytest.mark.rule("WIRE-003")
def test_a_payload_may_be_as_long_as_allowed_and_no_longer(reader: Reader) -> None:
    for size in (len(CANCEL) - 1, len(CANCEL), len(CANCEL) + 1):
        assert reader.frames(FRAME, JSON, frame_max=size).found["frames"] == (size >= len(CANCEL))
    rows = ",".join(["[9,1,1,2,1]"] * 32)
    long = f'{{"t":"quote","id":5,"mmp":4,"qs":[{rows}]}}'.encode()
    for size in (len(long) - 1, len(long)):
        assert reader.frames(masked(long, 0x81), JSON, frame_max=size).found["frames"] == (size >= len(long))
    huge = masked(bytes(PAYLOAD_BYTES + 1), 0x81)
    assert reader.frames(huge, JSON, frame_max=1 << 20).found["stop"] == 0


def test_no_stream_of_bytes_is_read_beyond_its_end(reader: Reader) -> None:
    """A kernel that left the data would raise IndexError."""
    rng = random.Random(4)
    for encoding, first in FIRST_BYTES.items():
        good = [masked(payload, first, rng.randbytes(4)) for payload in payloads(encoding, 5, 20)]
        for _ in range(400):
            stream = bytearray(b"".join(rng.choice(good) for _ in range(3)))
            for _ in range(rng.randrange(4)):
                stream[rng.randrange(min(len(stream), 40))] = rng.randrange(256)
            data = bytes(stream[: rng.randrange(1, len(stream))])
            found = reader.frames(data, encoding, start=rng.randrange(len(data) + 1)).found
            assert 0 <= found["stop"] <= len(data)
            reader.frames(bytes((first, rng.choice((0x90, 0xC0, 0xFE)))) + rng.randbytes(200), encoding)


@pytest.mark.rule("WIRE-030")
@pytest.mark.parametrize("count", [1, 2, 5, RECORDS_MAX])
def test_several_records_of_a_frame_are_served_in_order(count: int, reader: Reader) -> None:
    payload = b"".join(record(5 + number) for number in range(count))
    rows = reader.payload(payload, BINARY)
    assert rows is not None and rows == plain_rows(payload, BINARY)


@pytest.mark.rule("WIRE-003")
def test_a_frame_of_more_records_than_allowed_is_left_alone(reader: Reader) -> None:
    payload = b"".join(record(5 + number) for number in range(RECORDS_MAX + 1))
    assert RECORDS_MAX == MESSAGES_MAX and len(payload) < 4_096
    found = reader.frames(masked(payload, 0x82), BINARY).found
    assert (found["request_count"], found["stop"], found["skip"]) == (0, 0, 0)
    with pytest.raises(TooManyMessages):
        CODECS[BINARY_SUBPROTOCOL].decode_client(payload)


@pytest.mark.rule("WIRE-004", "WIRE-030")
@pytest.mark.parametrize("fault", ["version", "length", "zeros", "value", "cut", "stub"])
@pytest.mark.parametrize("place", range(4))
def test_records_before_a_bad_value_or_a_broken_record_are_served(fault: str, place: int, reader: Reader) -> None:
    records = [bytearray(record(5 + number)) for number in range(4)]
    bad = records[place]
    if fault in ("version", "length"):
        bad[{"version": 6, "length": 1}[fault]] = 9
    elif fault == "zeros":
        bad[:] = bytes(len(bad))
    elif fault == "value":
        bad[24] = ord(" ")
    else:
        records, bad[:] = records[: place + 1], bad[: -1 if fault == "cut" else 7]
    payload = b"".join(records)
    read = reader.frames(masked(payload, 0x82), BINARY)
    assert read.found["skip"] == 56 * place
    assert (read.found["request_count"], read.found["frames"], read.found["stop"]) == (place, 0, 0)
    assert read.rows == (plain_rows(payload[: 56 * place], BINARY) if place else b"")
    decode = CODECS[BINARY_SUBPROTOCOL].decode_client
    decoded, rest = decode(payload), decode(payload[56 * place :])
    assert decoded == [*decode(payload[: 56 * place])[:place], *rest]
    assert len(decoded) == (4 if fault == "value" else place + 1) and isinstance(decoded[place], BadMessage)


@pytest.mark.rule("WIRE-030")
@pytest.mark.parametrize("rest", [b'{"t":"ping","id":9}', b"[", b" \t"])
def test_a_record_that_looks_like_json_is_left_to_python_with_its_frame(rest: bytes, reader: Reader) -> None:
    payload = record(5) + rest
    found = reader.frames(masked(payload, 0x82), BINARY).found
    assert (found["request_count"], found["skip"]) == (0, 0)
    first, bad = CODECS[BINARY_SUBPROTOCOL].decode_client(payload)
    assert isinstance(first, Cancel) and isinstance(bad, BadMessage)


@pytest.mark.rule("WIRE-003")
def test_a_broken_record_counts_as_one(reader: Reader) -> None:
    broken = bytes(56)
    for count, served in ((RECORDS_MAX - 1, RECORDS_MAX - 1), (RECORDS_MAX, 0)):
        payload = b"".join(record(5 + number) for number in range(count)) + broken
        assert reader.frames(masked(payload, 0x82), BINARY).found["request_count"] == served
        if served:
            assert len(CODECS[BINARY_SUBPROTOCOL].decode_client(payload)) == count + 1
        else:
            with pytest.raises(TooManyMessages):
                CODECS[BINARY_SUBPROTOCOL].decode_client(payload)


@pytest.mark.rule("RATE-005")
@pytest.mark.parametrize("term", ["requests_left", "cancels_left"])
def test_tokens_may_end_in_the_middle_of_a_frame(term: str, reader: Reader) -> None:
    payload = b"".join(record(5 + number) for number in range(4))
    for left in range(4):
        found = reader.frames(masked(payload, 0x82), BINARY, **{term: left}).found
        assert (found["request_count"], found["frames"], found["skip"]) == (left, 0, 56 * left)
    assert reader.frames(masked(payload, 0x82), BINARY, **{term: 4}).found["frames"] == 1


def test_every_number_of_rows_of_a_quote_is_served(reader: Reader) -> None:
    for count in range(1, 33):
        payload = encode_request(Quote(request_id=5, protection_group=4, quotes=[(9, 1, 1, 2, 1)] * count))
        assert payload is not None and len(payload) == 32 + count * QUOTE_ENTRY.size
        assert reader.payload(payload, BINARY) == plain_rows(payload, BINARY)


def split(data: bytes, frame_max: int = 4_096) -> tuple[bytes, bytes, bool]:
    waiting, control = np.zeros(len(data), np.uint8), np.zeros(len(data), np.uint8)
    waits, controls, stop, ends = split_frames(np.frombuffer(data, np.uint8), frame_max, waiting, control)
    return waiting[:waits].tobytes() + data[stop:], control[:controls].tobytes(), bool(ends)


@pytest.mark.rule("RATE-005", "WIRE-005")
def test_control_frames_are_taken_out_of_frames_that_wait_and_both_keep_their_order() -> None:
    ping, pong, close = masked(b"1", 0x89), masked(b"", 0x8A), masked(b"\x03\xe8", 0x88)
    part, rest, long = masked(b"{", 0x01), masked(b"}", 0x80), masked(b"x" * 300, 0x82)
    assert split(b"") == (b"", b"", False)
    assert split(FRAME + ping + part + pong + rest + long) == (FRAME + part + rest + long, ping + pong, False)
    assert split(ping + FRAME + close + FRAME + ping) == (FRAME, ping + close, True)
    for broken in BROKEN_CONTROL:
        assert split(ping + FRAME + broken + FRAME + ping) == (FRAME, ping + broken, True)
    ping, far = masked(b"1" * 125, 0x8A), b"\x89\xfe\0\1\0\0\0\0x"  # the library takes a length in two bytes
    assert split(FRAME + ping + far + FRAME) == (FRAME + FRAME, ping + far, False)
    assert split(long + ping, 299) == (long + ping, b"", False), "the library refuses it in its turn"
    assert split(FRAME + b"\x89\x00" + ping) == (FRAME + b"\x89\x00" + ping, b"", False), "it has no mask"
    assert split(FRAME + b"\x81\xff" + ping) == (FRAME + b"\x81\xff" + ping, b"", False), "it has 8 bytes of length"


def frame_end(data: bytes, at: int, frame_max: int) -> int:
    """Place behind a frame, as RFC 6455 section 5.2 has it; beyond the data if it is not whole, 0 if it is refused."""
    head = data[at : at + 4]
    if len(head) < 2 or (head[1] == 0xFE and len(head) < 4):
        return len(data) + 1
    size, start = (int.from_bytes(head[2:4], "big"), 8) if head[1] == 0xFE else (head[1] - 0x80, 6)
    return 0 if head[1] < 0x80 or head[1] == 0xFF or size > frame_max else at + start + size


def split_slowly(data: bytes, frame_max: int) -> tuple[bytes, bytes, bool]:
    waiting, control, at = b"", b"", 0
    while at < frame_end(data, at, frame_max) <= len(data):
        frame = data[at : frame_end(data, at, frame_max)]
        at += len(frame)
        if frame[0] & 0x0F < 8:
            waiting += frame
        else:
            control += frame
            if frame[0] not in (0x89, 0x8A) or len(frame) > (8 if frame[1] == 0xFE else 6) + 125:
                return waiting, control, True
    return waiting + data[at:], control, False


@pytest.mark.rule("RATE-005", "SEC-053")
@pytest.mark.parametrize("seed", range(4))
def test_any_stream_is_split_as_a_slow_twin_splits_it(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(50):
        kinds = rng.choices(
            (0x81, 0x82, 0x01, 0x80, 0x89, 0x8A, 0x88, 0x8B), (9, 9, 3, 3, 9, 4, 1, 1), k=rng.randrange(1, 12)
        )
        sizes = (rng.choice((0, 1, 5, 124, 125, 126, 127, 300)) for _ in kinds)
        data = b"".join(masked(rng.randbytes(size), kind) for kind, size in zip(kinds, sizes, strict=True))
        data = damaged(rng, data)[: rng.choice((None, rng.randrange(len(data) + 1)))]
        frame_max = rng.choice((4_096, 200))
        assert split(data, frame_max) == split_slowly(data, frame_max), data
        for at in (0, len(data) // 2, len(data)):
            end = min(frame_end(data, at, frame_max), len(data) + 1)
            start, stop = find_frame(np.frombuffer(data, np.uint8), at, frame_max)
            assert min(stop, len(data) + 1) == end and (
                start == stop == 0 or stop > len(data) or at + 6 <= start <= stop
            )


def test_a_control_frame_that_is_not_whole_waits() -> None:
    ping = masked(b"12345", 0x89)
    for size in range(len(ping)):
        assert split(FRAME + ping[:size]) == (FRAME + ping[:size], b"", False)
    long = masked(b"x" * 200, 0x81)
    for size in range(len(long)):
        assert split(ping + long[:size]) == (long[:size], ping, False)


def test_kernels_do_the_same_when_nothing_is_compiled() -> None:
    environment = os.environ | {"PYTHONPATH": str(ROOT), "NUMBA_DISABLE_JIT": "1"}
    command = [sys.executable, "-m", "tests.gateway.inbound.reading"]
    plain = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert plain.returncode == 0, plain.stderr
    assert plain.stdout.split() == [str(compare(1, 25))]
