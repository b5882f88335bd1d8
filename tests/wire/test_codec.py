"""Frames to messages and back, and the names of what is wrong with a frame."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.wire.codec import CODECS, BadMessage, TooManyMessages, fault_name
from exchange.wire.messages import Batch, Cancel, Ping, Quote
from exchange.wire.requests import SideText
from exchange.wire.version import BINARY_SUBPROTOCOL, JSON_SUBPROTOCOL, MSGPACK_SUBPROTOCOL

JSON, MSGPACK, BINARY = (CODECS[name] for name in (JSON_SUBPROTOCOL, MSGPACK_SUBPROTOCOL, BINARY_SUBPROTOCOL))
NEW = '{"t":"new","id":9,"i":2,"side":"b","px":%s,"q":3,"coid":%s}'


def new(px: str = "250", coid: str = '"a1"') -> str:
    return NEW % (px, coid)


def fault(data: str | bytes, codec: Any = JSON) -> str:
    (message,) = codec.decode_client(data)
    assert isinstance(message, BadMessage), message
    return message.fault


@pytest.mark.rule("SEC-059")
@pytest.mark.parametrize(
    ("text", "name", "request_id"),
    [
        pytest.param("", "MALFORMED", 0, id="BAD-024 empty"),
        pytest.param("[]", "MALFORMED", 0, id="BAD-024 empty array"),
        pytest.param("null", "MALFORMED", 0, id="BAD-024 null"),
        pytest.param("3", "MALFORMED", 0, id="a number"),
        pytest.param(new() + "{}", "MALFORMED", 0, id="BAD-025"),
        pytest.param("\ufeff" + new(), "MALFORMED", 0, id="BAD-026"),
        pytest.param(b'{"t":"cancel","id":1,"coid":"\xff"}', "MALFORMED", 1, id="BAD-027"),
        pytest.param(new(coid='"\\ud800"'), "MALFORMED", 0, id="BAD-028"),
        pytest.param(new('250,"px":1'), "DUPLICATE_FIELD", 9, id="BAD-029"),
        pytest.param(new('250,"admin":true'), "UNKNOWN_FIELD", 9, id="BAD-030"),
        pytest.param('{"t":"new","id":9,"i":2}', "MISSING_FIELD", 9, id="BAD-031"),
        pytest.param('{"id":9}', "MISSING_FIELD", 9, id="no tag"),
        *[
            pytest.param(new(px), "BAD_TYPE", 9, id=f"BAD-032 {px}")
            for px in ("250.0", "25e1", '"250"', "true", "null")
        ],
        *[pytest.param(new(px), "MALFORMED", 0, id=f"BAD-033 {px}") for px in ("NaN", "Infinity", "+250", "0250")],
        *[
            pytest.param(new(px), "OUT_OF_RANGE", 9, id=f"BAD-035 {px[:20]}")
            for px in (str(2**63), str(2**64), "-" + str(2**63 + 1), "9" * 4000, str(2**31))
        ],
        pytest.param(new(coid='"a1\\n"'), "BAD_ID", 9, id="BAD-038"),
        *[
            pytest.param(new(coid=json.dumps(coid)), "BAD_ID", 9, id=f"BAD-039 {coid!r}")
            for coid in ("a\0", "a" * 25, "../../x", "<script>", "'; DROP", "")
        ],
        pytest.param("[" * 4000, "MALFORMED", 0, id="BAD-041"),
        pytest.param("[[[]]]", "MALFORMED", 0, id="nested arrays"),
        pytest.param('{"t":"order","id":9}', "UNKNOWN_OP", 9, id="unknown t"),
        pytest.param('{"t":"batch","id":9,"ops":[{"t":"quote"}]}', "UNKNOWN_OP", 9, id="unknown t in a batch"),
        pytest.param('{"t":3,"id":9}', "BAD_TYPE", 9, id="t is a number"),
        pytest.param(new().replace('"b"', '"buy"'), "BAD_TYPE", 9, id="unknown side"),
        pytest.param('{"t":"cancel","id":9,"oid":-1}', "OUT_OF_RANGE", 9, id="negative order id"),
        pytest.param('{"t":"ping","id":9223372036854775808}', "OUT_OF_RANGE", 0, id="BAD-052"),
        pytest.param('{"t":"ping","id":0}', "OUT_OF_RANGE", 0, id="id 0"),
        pytest.param('{"t":"batch","id":9,"ops":[{"t":"cancel","oid":1,"oid":2}]}', "DUPLICATE_FIELD", 9, id="nested"),
        pytest.param('{"t":"batch","id":9,"ops":[{"t":"cancel","id":1,"oid":2}]}', "BAD_TYPE", 9, id="id in a batch"),
        pytest.param('{"t":"auth","id":9,"key":"k","sig":"x","cod":null}', "BAD_TYPE", 9, id="null part"),
    ],
)
def test_bad_text_gets_its_name(text: str | bytes, name: str, request_id: int) -> None:
    (message,) = JSON.decode_client(text)
    assert isinstance(message, BadMessage), message
    assert (message.fault, message.request_id) == (name, request_id)


@pytest.mark.rule("SEC-051", "SEC-053")
@pytest.mark.parametrize(
    ("data", "name"),
    [
        pytest.param(b"", "MALFORMED", id="BAD-024 empty"),
        pytest.param(b"\x90", "MALFORMED", id="BAD-024 empty array"),
        pytest.param(b"\xc0", "MALFORMED", id="BAD-024 nil"),
        pytest.param(b"\x82\xa1t\xa4ping\xa2id\x05\x01", "MALFORMED", id="BAD-025"),
        pytest.param(b"\xdd\xff\xff\xff\xff", "MALFORMED", id="BAD-042 array"),
        pytest.param(b"\xdf\xff\xff\xff\xff", "MALFORMED", id="BAD-042 map"),
        pytest.param(b"\x91" * 3000, "MALFORMED", id="BAD-041"),
        pytest.param(b"\x83\xa1t\xa4ping\xa2id\x05\xa2id\x06", "DUPLICATE_FIELD", id="BAD-029"),
        pytest.param(b"\xde\x00\x03\xa1t\xa4ping\xa2id\x05\xa2id\x06", "DUPLICATE_FIELD", id="BAD-029 wide header"),
        pytest.param(
            b"\x83\xa1t\xa5batch\xa2id\x09\xa3ops\x91\x83\xa1t\xa6cancel\xa3oid\x01\xa3oid\x02",
            "DUPLICATE_FIELD",
            id="nested",
        ),
        pytest.param(msgspec.msgpack.encode({"t": "ping", "id": 5.0}), "BAD_TYPE", id="BAD-032"),
        pytest.param(msgspec.msgpack.encode({"t": "ping", "id": 2**63}), "OUT_OF_RANGE", id="BAD-035"),
        pytest.param(b"\x82\xa1t\xa4ping\xa2id\xa1\xff", "BAD_TYPE", id="text for a number"),
    ],
)
def test_bad_messagepack_gets_its_name(data: bytes, name: str) -> None:
    assert fault(data, MSGPACK) == name


@pytest.mark.rule("SEC-059")
@pytest.mark.parametrize(
    ("kind", "text", "name"),
    [
        (dict[str, int], b"{", "MALFORMED"),
        (Ping, b"{}", "MISSING_FIELD"),
        (Ping, b'{"t":"ping","id":1,"x":1}', "UNKNOWN_FIELD"),
        (Ping, b"[]", "MALFORMED"),
        (Ping, b'{"t":"ping","id":0}', "OUT_OF_RANGE"),
        (int, b"1" + b"0" * 5000, "OUT_OF_RANGE"),
        (Batch, b'{"t":"batch","id":1,"ops":[]}', "OUT_OF_RANGE"),
        (tuple[int, int], b"[1]", "OUT_OF_RANGE"),
        (Cancel, b'{"t":"cancel","id":1,"coid":""}', "BAD_ID"),
        (Ping | Cancel, b'{"t":"pong"}', "UNKNOWN_OP"),
        (SideText, b'"c"', "BAD_TYPE"),
        (int, b'"1"', "BAD_TYPE"),
    ],
)
def test_each_text_of_the_decoder_is_pinned_to_a_name(kind: Any, text: bytes, name: str) -> None:
    with pytest.raises(msgspec.DecodeError) as caught:
        msgspec.json.decode(text, type=kind)
    assert fault_name(caught.value) == name


@pytest.mark.rule("SEC-059")
def test_a_text_that_is_not_known_is_malformed() -> None:
    assert fault_name(msgspec.ValidationError("the moon is full")) == "MALFORMED"


@pytest.mark.rule("WIRE-011", "WIRE-020")
def test_reply_to_a_bad_message_has_the_name_first_and_the_path() -> None:
    (bad,) = JSON.decode_client(new('"250"'))
    assert isinstance(bad, BadMessage)
    reply = bad.reply()
    assert (reply.reply_to, reply.code, reply.name, reply.applied) == (9, 1001, "BAD_MESSAGE", "no")
    assert reply.message == "BAD_TYPE: Expected `int`, got `str` - at `$.px`"
    (unknown,) = JSON.decode_client('{"t":"order","id":9}')
    assert isinstance(unknown, BadMessage)
    assert (unknown.reply().code, unknown.reply().name) == (1002, "UNKNOWN_TYPE")


@pytest.mark.rule("WIRE-004")
def test_good_members_of_an_array_stand_beside_bad_ones() -> None:
    frame = '[{"t":"ping","id":1},{"t":"pong","id":2},{"t":"ping","id":3,"id":4},{"id":5, "t":"ping"}]'
    first, second, third, fourth = JSON.decode_client(frame)
    assert first == Ping(request_id=1)
    assert isinstance(second, BadMessage) and (second.fault, second.request_id) == ("UNKNOWN_OP", 2)
    assert isinstance(third, BadMessage) and third.fault == "DUPLICATE_FIELD"
    assert fourth == Ping(request_id=5)


@pytest.mark.rule("WIRE-003")
@pytest.mark.parametrize("codec", [JSON, MSGPACK], ids=["json", "msgpack"])
def test_more_than_64_messages_are_too_many(codec: Any) -> None:
    pings = [Ping(request_id=number + 1) for number in range(65)]
    encoded = codec.encode(pings[:64])
    assert codec.decode_client(encoded.decode() if codec.text else encoded) == pings[:64]
    encoded = codec.encode(pings)
    with pytest.raises(TooManyMessages):
        codec.decode_client(encoded.decode() if codec.text else encoded)
    broken = codec.encode([*pings[:64], {"t": "pong"}])
    with pytest.raises(TooManyMessages):
        codec.decode_client(broken.decode() if codec.text else broken)


@pytest.mark.rule("SEC-051")
def test_another_order_of_keys_and_blanks_are_no_double_keys() -> None:
    assert JSON.decode_client('{ "id": 5, "t": "ping" }') == [Ping(request_id=5)]
    assert MSGPACK.decode_client(msgspec.msgpack.encode({"id": 5, "t": "ping"})) == [Ping(request_id=5)]


@pytest.mark.rule("WIRE-011")
@pytest.mark.parametrize("codec", [JSON, MSGPACK], ids=["json", "msgpack"])
def test_a_client_leaves_out_what_it_does_not_know(codec: Any) -> None:
    live = {"t": "live", "acc": 7, "s": 5, "colour": "red"}
    (known,) = codec.decode_server(codec.encode([{"t": "weather", "rain": True}, live]))
    assert (known.account, known.sequence) == (7, 5)
    assert codec.decode_server(codec.encode({"t": "weather"})) == []
    with pytest.raises(msgspec.ValidationError):
        codec.decode_server(codec.encode({"t": "live", "acc": "seven", "s": 5}))


@pytest.mark.rule("SEC-053")
@given(st.one_of(st.text(), st.binary(), st.from_regex(r'\{"t":"(new|cancel|auth)","id":\d,.*\}')))
def test_no_text_raises_anything_but_too_many(data: str | bytes) -> None:
    for message in JSON.decode_client(data):
        if isinstance(message, BadMessage):
            assert message.reply().code in (1001, 1002)


@pytest.mark.rule("SEC-053")
@given(st.binary())
def test_no_bytes_raise_anything_but_too_many(data: bytes) -> None:
    for message in MSGPACK.decode_client(data):
        if isinstance(message, BadMessage):
            assert message.reply().code in (1001, 1002)


@pytest.mark.rule("SEC-053")
@given(st.one_of(st.binary(), st.binary().map(lambda data: b'{"t":' + data), st.binary().map(lambda data: b"[" + data)))
def test_no_records_raise_anything_but_too_many(data: bytes) -> None:
    for message in BINARY.decode_client(data):
        if isinstance(message, BadMessage):
            assert message.reply().code in (1001, 1002)


@pytest.mark.rule("WIRE-030")
@pytest.mark.parametrize("rows", range(1, 33))
def test_a_record_of_any_length_is_no_text(rows: int) -> None:
    """That of 32 rows has 1,312 bytes, so it begins with the byte of a blank."""
    quote = Quote(request_id=5, quotes=[(row + 1, 10, 2, 12, 3) for row in range(rows)])
    record = BINARY.encode(quote)
    assert not BINARY.is_text(record) and BINARY.decode_client(record) == [quote]


@pytest.mark.rule("WIRE-030")
@pytest.mark.parametrize("blank", [" ", "\n", "\t", "\r", "    "])
def test_a_text_may_begin_with_blanks(blank: str) -> None:
    text = (blank + '{"t":"ping","id":5}').encode()
    assert BINARY.is_text(text) and BINARY.decode_client(text) == [Ping(request_id=5)]
