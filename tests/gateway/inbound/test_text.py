"""Requests in JSON and MessagePack: compiled code reads as msgspec does, or leaves them alone."""

import random
from typing import Any

import msgspec
import numpy as np
import pytest

from exchange.gateway.inbound.frames import MSGPACK
from exchange.gateway.inbound.tables import PAYLOAD_BYTES, TEXT_PAD, key_number
from exchange.gateway.inbound.text import read_json, read_packed
from tests.gateway.inbound.reading import (
    INT31,
    INT53,
    JSON,
    Reader,
    compare,
    integer_formats,
    packed,
    payloads,
    plain_rows,
    usual,
    written,
)

ENCODINGS = (JSON, MSGPACK)
PLAIN = {"new": {"t": "new", "id": 5, "i": 9, "side": "b", "px": 12, "q": 3, "coid": "a"},
         "replace": {"t": "replace", "id": 5, "coid": "a", "px": 12, "q": 3},
         "cancel": {"t": "cancel", "id": 5, "coid": "a"},
         "quote": {"t": "quote", "id": 5, "mmp": 4, "qs": [[9, 10, 1, 12, 1]]}}  # fmt: skip
KEYS = ("t", "id", "acc", "i", "side", "typ", "px", "q", "tif", "po", "disp", "minq", "coid", "smp", "tag", "oid",
        "mmp", "qs", "trg", "till", "rev", "cod", "rie", "exp", "zz")  # fmt: skip
WORDS = ("", "b", "s", "x", "new", "cancel", "quote", "limit", "market", "day", "gtd", "ioc", "reject", "cr", "b\0",
         "\0", "cancel_all", "a" * 8, "a" * 9, "a" * 24, "a" * 25, "é", "a b", 'a"', "a\\", "7")  # fmt: skip
NUMBERS = (0, 1, -1, 4, 7, 9, 40, 10_000, 10_001, INT31, -INT31, -INT31 - 1, 2**31, 2**32 - 1, 2**32, INT53, INT53 + 1,
           -INT53, 10**16, 2**63 - 1, 2**63, 2**64 - 1, -(2**63))  # fmt: skip
OTHERS: tuple[Any, ...] = (1.0, 0.5, None, True, False, {}, {"a": 1}, [], [1], [[]], [[9, 1, 1, 2]],
          [[9, 1, 1, 2, 1, 1]], [[9, 1, 1, 2, -1]], [[0, 1, 1, 2, 1]], [[2**32, 1, 1, 2, 1]], [[9, 2**31, 1, 2, 1]],
          [[9, 1, 1, 2, 2**31]], [[9, 1, 1, 2.0, 1]], [[9, 1, 1, 2, None]], [[9, 1, 1, 2, 1]] * 32,
          [[9, 1, 1, 2, 1]] * 33, [[9, 1, 0, 2, 0]])  # fmt: skip
VALUES = (*WORDS, *NUMBERS, *OTHERS)
JSON_ONLY = (
    '{"t":"cancel","id":5,"coid":"a"} ', ' {"t":"cancel","id":5,"coid":"a"}', '{"t": "cancel","id":5,"coid":"a"}',
    '{"t":"cancel","id":5,"coid":"\\u0061"}', '{"\\u0074":"cancel","id":5,"coid":"a"}',
    '{"t":"cancel","id":5,"coid":"a",}', '{"t":"cancel","id":5,"coid":"a"}}', '{"t":"cancel","id":5 ,"coid":"a"}',
    '[{"t":"cancel","id":5,"coid":"a"}]', "{}", "{", "}", '{"', "{}}",
    '{"t\0":"cancel","id":5,"coid":"a"}', '{"t":"cancel\0","id":5,"coid":"a"}', '{"t":"cancel","id":5,"coid":"a\0"}',
    '{"t":"cancel","id":5,"coid":"a","coid":"a"}', '{"t":"cancel","id":5,"coid":"a","acc":7,"acc":7}',
    '{"t":"cancel","id":5,"":1}', '{"t":"cancel","id":5,"oid":1,null:1}',
    *(f'{{"t":"replace","id":5,"oid":1,"px":{px}}}' for px in (
        "05", "-0", "00", "-01", "-", "", "+1", "1e3", "1.0", "1.", "0x1", "1_0", "٣", "12345678901234567", "1 1")),
    *(f'{{"t":"quote","id":5,"mmp":4,"qs":{rows}}}' for rows in (
        "[", "[[", "[]", "[[9,1,1,2,1]", "[[9,1,1,2,1],]", "[[9,1,1,2,1,]]", "[[9,1,1,2]]", "[9,1,1,2,1]",
        "[[9,1,1,2,1] ]", "[[9,-0,1,2,1]]", "[[9,01,1,2,1]]", "[[9,,1,2,1]]", "null")),
)  # fmt: skip


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader()


@pytest.mark.rule("SEC-053", "WIRE-004")
@pytest.mark.parametrize("seed", range(3))
def test_requests_whole_and_damaged_are_read_as_the_slow_twin_reads_them(seed: int) -> None:
    assert compare(seed, 300) > 100


@pytest.mark.rule("SEC-052", "SEC-053")
@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("kind", PLAIN)
def test_any_value_of_any_key_is_read_as_the_slow_twin_reads_it_or_left_alone(
    kind: str, encoding: int, reader: Reader
) -> None:
    rng, usual_ones = random.Random(kind), 0
    for key in KEYS:
        without = {name: value for name, value in PLAIN[kind].items() if name != key}
        for request in (without, *({**PLAIN[kind], key: value} for value in VALUES)):
            if encoding == JSON:
                wide = any(type(value) is int and value >= 2**64 for value in request.values())
                payload = msgspec.json.encode(request) if not wide else b"{}"
            else:
                payload = packed(rng, request)
            rows = reader.payload(payload, encoding)
            assert rows is None or rows == plain_rows(payload, encoding), payload
            usual_ones += rows is not None
    assert usual_ones > 10


@pytest.mark.rule("SEC-051", "SEC-053")
@pytest.mark.parametrize("text", JSON_ONLY)
def test_json_in_another_form_is_left_alone(text: str, reader: Reader) -> None:
    assert reader.payload(text.encode(), JSON) is None


@pytest.mark.rule("SEC-051", "SEC-053")
@pytest.mark.parametrize(
    "payload",
    [
        b"\x83\xa1t\xa6cancel\xa2id\x05\xda\x00\x04coid\xa1a",  # a text with two bytes of length
        b"\xdf\x00\x00\x00\x03\xa1t\xa6cancel\xa2id\x05\xa4coid\xa1a",  # a map with four
        b"\x83\xa1t\xa6cancel\xa2id\x05\xa4coid\xc4\x01a",  # bytes
        b"\x84\xa1t\xa6cancel\xa2id\x05\xa4coid\xa1a\xa4coid\xa1a",  # a key twice
        b"\x83\xa2t\0\xa6cancel\xa2id\x05\xa4coid\xa1a",  # a zero behind a key
        b"\x83\xa1t\xa7cancel\0\xa2id\x05\xa4coid\xa1a",  # and behind a word
        b"\x83\xa1t\xa6cancel\xa2id\x05\xa4coid\xa1\xff",  # no UTF-8
        b"\x83\xa1t\xa6cancel\xa2id\xcb\x40\x14\0\0\0\0\0\0\xa4coid\xa1a",  # a float
        b"\x83\x01\xa6cancel\xa2id\x05\xa4coid\xa1a",  # a number as key
        b"\x82\xa1t\xa6cancel\xa2id\x05\xa4coid\xa1a",  # more than the map says
        b"\x84\xa1t\xa6cancel\xa2id\x05\xa4coid\xa1a",  # less
        b"\xde\xff\xff\xa1t", b"\x80", b"\xc0", b"\xa1", b"\xd9",
    ],
)  # fmt: skip
def test_messagepack_in_another_form_is_left_alone(payload: bytes, reader: Reader) -> None:
    assert reader.payload(payload, MSGPACK) is None


@pytest.mark.rule("WIRE-012")
@pytest.mark.parametrize("value", [*NUMBERS, -32, -33, 127, 128, 255, 256, 65_535, 65_536, -128, -129, -32_769])
def test_every_format_of_an_integer_gives_its_value(value: int, reader: Reader) -> None:
    for form in integer_formats(value):
        for payload in (
            b"\x84\xa1t\xa7replace\xa2id\x05\xa3oid\x01\xa2px" + form,
            b"\x83\xa1t\xa6cancel\xa2id\x05\xa3oid" + form,
            b"\x84\xa1t\xa5quote\xa2id\x05\xa3mmp\x04\xa2qs\x91\x95\x09" + form + b"\x01\x0c\x01",
        ):
            rows = reader.payload(payload, MSGPACK)
            assert rows == plain_rows(payload, MSGPACK) or (rows is None and value in (0, INT53 + 1))


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_payload_that_is_cut_or_too_long_is_left_alone(encoding: int, reader: Reader) -> None:
    for payload in payloads(encoding, 3, 8):
        reader.payload(payload, encoding)  # leaves its bytes behind the next, shorter ones
        for size in range(1, len(payload)):
            assert reader.payload(payload[:size], encoding) is None
        for byte in (b"\0", b" ", b"}", b"\xc0"):
            assert reader.payload(payload + byte, encoding) is None


@pytest.mark.rule("SEC-053")
@pytest.mark.parametrize("read", [read_json, read_packed])
def test_no_bytes_make_a_kernel_read_beyond_its_text(read: Any) -> None:
    """A kernel that left the text would raise IndexError."""
    reader, rng = Reader(), random.Random(5)
    text = reader.tables[0]["text"]
    for size in (1, 2, PAYLOAD_BYTES - 1, PAYLOAD_BYTES):
        for filling in (b"\x91", b"\x95", b"\xdc", b"\xd9", b"\xdf", b'{"', b"[[", b"1", b'"', b"\xcf", b"\x8f\xa1t"):
            text[:] = np.resize(np.frombuffer(filling, np.uint8), PAYLOAD_BYTES + TEXT_PAD)
            text[0], text[size - 1] = (ord("{"), ord("}")) if read is read_json else (0x8F, filling[-1])
            assert read(reader.tables[0], size) == 0
    for _ in range(300):
        payload = bytearray(written(rng, usual(rng, "quote"), JSON if read is read_json else MSGPACK))
        payload[rng.randrange(len(payload))] = rng.choice((0xDC, 0xDE, 0xD9, 0xBF, 0xCF, 0x22, 0x5B))
        text[: len(payload)] = np.frombuffer(payload, np.uint8)
        read(reader.tables[0], len(payload))


def test_what_was_read_has_a_bit_for_each_key(reader: Reader) -> None:
    request = PLAIN["cancel"]
    payload = msgspec.json.encode(request)
    reader.payload(payload, JSON)
    wanted = sum(1 << key_number(reader.tables, name) for name in request)
    assert read_json(reader.tables[0], len(payload)) == wanted
