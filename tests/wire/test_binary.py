"""Binary records: requests and reports of `gpux.v1+bin`, there and back."""

import random
import struct
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.codes import EventKind
from exchange.wire.account_messages import Cash, Exec, Fill, Margin, Position
from exchange.wire.binary import (
    ABSENT,
    ABSENT_CODE,
    EVENT_WORDS,
    HEAD,
    HEAD_BYTES,
    IMPLIED,
    QUOTE_ENTRY,
    QUOTE_OK,
    QUOTE_RESULT,
    TEMPLATES,
    VERSION,
    constant_code,
    decode_reports,
    encode_request,
    quote_reply_record,
    report_forms,
    report_record,
    request_record,
    requests_of,
    size_of,
)
from exchange.wire.codec import CODECS, BadMessage, TooManyMessages
from exchange.wire.errors import ErrorCode, applied
from exchange.wire.messages import Cancel, ClientMessages, Err, New, Ok, Ping, Quote, Replace
from exchange.wire.table import ACCOUNT_FORMS, Value
from exchange.wire.version import BINARY_SUBPROTOCOL
from tests.gateway.inbound.reading import usual

BINARY = CODECS[BINARY_SUBPROTOCOL]
CANCEL = Cancel(request_id=5, client_order_id="a")
ORDER = New(request_id=5, instrument=9, side="b", price_tick=12, order_lots=3, client_order_id="a")
REPORTS = [message for message in TEMPLATES if TEMPLATES[message] >= 10]
LAYOUTS = [*map(request_record, (New, Cancel, Replace, Quote)), *map(report_record, REPORTS), quote_reply_record()]


def record(message: Any) -> bytes:
    encoded = encode_request(message)
    assert encoded is not None
    return encoded


# Layout.


@pytest.mark.rule("WIRE-030")
@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: str(layout.template))
def test_fields_stand_one_behind_another_each_at_a_multiple_of_its_size(layout: Any) -> None:
    """Those of a version begin where the one before it ends, at a multiple of eight bytes."""
    end, version = HEAD_BYTES, 1
    for place in layout.places:
        if place.version > version:
            end, version = layout.sizes[place.version - 2], place.version
        assert place.offset == end and place.offset % min(place.size, 8) == 0
        end += place.size
    assert layout.size % 8 == 0 and 0 <= layout.size - end < 8
    assert HEAD_BYTES + layout.format.size == layout.size


@pytest.mark.rule("WIRE-030")
def test_layouts_are_pinned() -> None:
    """A change of the protocol: clients in other languages read these numbers."""
    assert {layout.template: layout.size for layout in LAYOUTS} == {
        1: 96, 2: 56, 3: 72, 4: 32, 10: 112, 11: 112, 12: 48, 20: 136, 21: 144, 22: 80, 23: 88, 24: 48, 25: 56, 26: 48,
        27: 56, 28: 56, 29: 56,
    }  # fmt: skip
    assert (VERSION, HEAD.size, QUOTE_ENTRY.size, QUOTE_RESULT.size) == (2, 8, 40, 24)
    assert record(CANCEL) == bytes.fromhex("38000000 0200 02 00") + struct.pack("<qq24sI4x", 5, 0, b"a", 0)
    assert [size_of(*field) for field in (("code", 0), ("side", Value.WORD), ("account", 0), ("price_tick", 0))] == [
        2, 1, 4, 8,
    ]  # fmt: skip


# Requests.


@pytest.mark.rule("WIRE-030", "WIRE-031")
@pytest.mark.parametrize("seed", range(300))
def test_a_usual_request_comes_back_from_its_record(seed: int) -> None:
    message = msgspec.convert(usual(random.Random(seed)), ClientMessages)
    assert BINARY.encode(message) == encode_request(message)
    assert BINARY.decode_client(record(message)) == [message]


@pytest.mark.rule("WIRE-031")
@pytest.mark.parametrize(
    "message",
    [
        Ping(request_id=5),
        msgspec.structs.replace(ORDER, order_type="market", price_tick=msgspec.UNSET),
        msgspec.structs.replace(ORDER, tif="gtd", expiry_us=9), msgspec.structs.replace(ORDER, revision=2),
        msgspec.structs.replace(ORDER, cancel_on_disconnect=False), msgspec.structs.replace(CANCEL, expires_us=3),
        Replace(request_id=5, order_id=3, tif="day"), Replace(request_id=5, order_id=3, tag="a"),
        Quote(request_id=5, quotes=[(9, 1, 1, 2, 1)], expires_us=4),
    ],
)  # fmt: skip
def test_a_request_with_more_than_its_record_has_is_sent_as_json(message: Any) -> None:
    assert encode_request(message) is None
    encoded = BINARY.encode(message)
    assert BINARY.is_text(encoded) and msgspec.json.decode(encoded)["t"] == type(message).__struct_config__.tag
    assert BINARY.decode_client(encoded) == [message]


@pytest.mark.rule("WIRE-030")
@pytest.mark.parametrize("rows", range(1, 33))
def test_a_record_of_any_length_is_told_from_text(rows: int) -> None:
    quote = Quote(request_id=5, protection_group=4, quotes=[(9, 1, 1, 2, 1)] * rows)
    encoded = BINARY.encode(quote)
    assert not BINARY.is_text(encoded) and BINARY.decode_client(encoded) == [quote]
    layout, result = quote_reply_record(), QUOTE_RESULT.pack(9, 0, 1, 2, 3, 4)
    head = HEAD.pack(layout.size + rows * QUOTE_RESULT.size, QUOTE_OK, VERSION, 0)
    reply = head + layout.format.pack(5, 6, 7, 8, rows) + result * rows
    assert not BINARY.is_text(reply)
    wanted = Ok(reply_to=5, engine_sequence=6, received_us=7, sent_us=8, quotes=[(9, 1, 3, 2, 4, 0)] * rows)
    assert BINARY.decode_server(reply) == [wanted]
    for text in (b'{"t":"ping","id":5}', b' {"t":"ping","id":5}', b'[{"t":"ping","id":5}]', b'\n{"t":"ping","id":5}'):
        assert BINARY.is_text(text) and BINARY.decode_client(text) == [Ping(request_id=5)]


@pytest.mark.rule("WIRE-004", "WIRE-030")
@pytest.mark.parametrize(
    "bad",
    [
        b"\x38", record(CANCEL)[:-1], bytes(56), HEAD.pack(56, 2, 3, 0) + bytes(48), HEAD.pack(56, 9, 1, 0) + bytes(48),
        HEAD.pack(64, 2, 1, 0) + bytes(56), HEAD.pack(48, 2, 1, 0) + bytes(40), HEAD.pack(56, 10, 1, 0) + bytes(48),
        HEAD.pack(32, 4, 1, 0) + struct.pack("<qIIIxxxx", 5, 0, 4, 1), HEAD.pack(7, 2, 1, 0) + bytes(48),
    ],
)  # fmt: skip
def test_records_before_a_broken_one_are_read_and_none_behind_it(bad: bytes) -> None:
    for before in range(3):
        *read, last = BINARY.decode_client(record(CANCEL) * before + bad)
        assert read == [CANCEL] * before
        assert isinstance(last, BadMessage) and (last.fault, last.request_id) == ("MALFORMED", 0)
        *read, last = BINARY.decode_client(record(CANCEL) * before + bytes(56) + record(CANCEL))
        assert read == [CANCEL] * before and isinstance(last, BadMessage)
    found, fault = requests_of(bad)
    assert found == [] and fault


@pytest.mark.rule("WIRE-004", "WIRE-031")
@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("order_lots", 2**31, "OUT_OF_RANGE"), ("price_tick", -(2**31), "OUT_OF_RANGE"), ("side", 7, "BAD_TYPE"),
        ("side", ABSENT_CODE, "MISSING_FIELD"), ("request_id", 0, "OUT_OF_RANGE"), ("tif", 2, "BAD_TYPE"),
        ("client_order_id", 0, "MISSING_FIELD"), ("client_order_id", 0x2061, "BAD_ID"), ("tag", 0xFF, "BAD_ID"),
        ("order_lots", ABSENT, "MISSING_FIELD"), ("instrument", 0, "MISSING_FIELD"),
    ],
)  # fmt: skip
def test_a_bad_value_is_named_and_the_other_records_are_read(name: str, value: int, fault: str) -> None:
    broken = bytearray(record(ORDER))
    place = next(place for place in request_record(New).places if place.name == name)
    broken[place.offset : place.offset + place.size] = (value & 256**place.size - 1).to_bytes(place.size, "little")
    first, bad, last = BINARY.decode_client(record(CANCEL) + bytes(broken) + record(CANCEL))
    assert first == last == CANCEL
    assert isinstance(bad, BadMessage) and bad.fault == fault
    assert bad.request_id == (0 if name == "request_id" else 5)


@pytest.mark.rule("WIRE-003")
def test_more_than_64_records_are_too_many() -> None:
    assert BINARY.decode_client(record(CANCEL) * 64) == [CANCEL] * 64
    with pytest.raises(TooManyMessages):
        BINARY.decode_client(record(CANCEL) * 65)
    (empty,) = BINARY.decode_client(b"")
    assert isinstance(empty, BadMessage) and empty.fault == "MALFORMED"


@pytest.mark.rule("SEC-053")
@given(st.lists(st.tuples(st.integers(0, 2**32 - 1) | st.sampled_from([32, 56, 72, 96]), st.integers(0, 30),
                          st.binary(max_size=100)), max_size=3))  # fmt: skip
def test_no_records_raise_anything_but_too_many(parts: list[tuple[int, int, bytes]]) -> None:
    data = b"".join(HEAD.pack(length, template, 1, 0) + rest for length, template, rest in parts)
    for message in BINARY.decode_client(data) if not BINARY.is_text(data) else ():
        if isinstance(message, BadMessage):
            assert message.reply().code in (1001, 1002)


# Reports.


def made_from(form: Any, kind: EventKind | None, rng: random.Random, most: bool) -> Any:
    """A message as a row of this form gives it. `most`: its optional keys are there."""
    values: dict[str, Any] = {}
    for key in form.keys:
        if key.value == Value.CONSTANT:
            values[key.name] = key.constant
        elif form.is_optional(key) and not most:
            continue
        elif key.value == Value.WORD:
            values[key.name] = rng.choice([word for word in key.words if word])
        elif key.value == Value.CLIENT_ORDER_ID:
            values[key.name] = rng.choice(("", "a", "x" * 24)) if not form.is_optional(key) else "abc"
        elif key.value == Value.SESSION_ID:
            values[key.name] = f"s_{rng.randrange(1, 2**32):08x}"
        elif key.value == Value.FLAG:
            values[key.name] = True
        else:
            low = 1 if form.is_optional(key) else 0
            values[key.name] = rng.choice((low, 7, 2**31 - 1, *((2**53 - 1,) if size_of(key.name, 0) == 8 else ())))
    if form.message is Err:
        code = rng.choice(list(ErrorCode))
        values |= {"code": int(code), "name": code.name, "applied": applied(code)}
    elif "code" in values:
        values["code"] = 1_001
    return form.message(**values)


def report_bytes(message: Any, kind: EventKind | None) -> bytes:
    """The record of a report, from its layout alone."""
    layout, values = report_record(type(message)), []
    for place in layout.places:
        value, key = getattr(message, place.name), place.key
        if place.size == 24:
            value = value.encode()
        elif place.name == "event":
            value = int(kind or 0)
        elif place.name == "session_id":
            value = int(value[2:] or "0", 16)
        elif key.value == Value.WORD:
            value = key.words.index(value) if value in key.words else ABSENT_CODE
        elif value is None:
            value = ABSENT
        values.append(value)
    return HEAD.pack(layout.size, layout.template, VERSION, 0) + layout.format.pack(*values)


# The fill of a combination has no record: it goes as JSON.
FORMS = [
    *((kind, form) for kind, forms in ACCOUNT_FORMS.items() for form in forms if form.keys[-1].name != "legs"),
    *((None, form) for message in (Ok, Err) for form in report_forms(message)),
]


@pytest.mark.rule("WIRE-030", "WIRE-031", "WIRE-012")
@pytest.mark.parametrize("most", [False, True])
@pytest.mark.parametrize(("kind", "form"), FORMS, ids=lambda one: getattr(one, "name", ""))
def test_a_report_of_every_form_comes_back_from_its_record(kind: EventKind | None, form: Any, most: bool) -> None:
    rng = random.Random(f"{kind} {form.message}")
    messages = [made_from(form, kind, rng, most) for _ in range(20)]
    frame = b"".join(report_bytes(message, kind) for message in messages)
    assert BINARY.decode_server(frame) == messages == decode_reports(frame)


def test_forms_of_every_class_with_a_template_are_covered() -> None:
    assert {form.message for _, form in FORMS} == set(REPORTS)
    assert set(EVENT_WORDS) == {kind for kind, forms in ACCOUNT_FORMS.items() if forms[0].message is Exec}
    for kind, word in EVENT_WORDS.items():
        key = next(key for key in ACCOUNT_FORMS[EventKind(kind)][0].keys if key.name == "event")
        assert (constant_code(EventKind(kind), key), key.constant) == (kind, word)
    assert len(set(TEMPLATES.values()) | {QUOTE_OK}) == len(TEMPLATES) + 1


@pytest.mark.parametrize("message", [Err, Margin, Cash, Fill, Position, Exec])
def test_a_record_has_all_keys_but_those_that_follow_from_others(message: type) -> None:
    names = {key.name for form in report_forms(message) for key in form.keys} - {"legs"}
    assert {place.name for place in report_record(message).places} == names - set(IMPLIED.get(message, ()))


@pytest.mark.rule("WIRE-011")
def test_a_report_with_an_unknown_template_is_left_out() -> None:
    known = report_bytes(made_from(FORMS[0][1], FORMS[0][0], random.Random(1), True), FORMS[0][0])
    unknown = HEAD.pack(16, 99, 7, 0) + bytes(8)
    assert len(decode_reports(unknown + known + unknown)) == 1
    for broken in (HEAD.pack(7, 99, 1, 0), known[:-1], HEAD.pack(0, 20, 1, 0)):
        with pytest.raises(msgspec.DecodeError):
            decode_reports(known + broken)
