"""Records of `gpux.v1+bin`: what a client reads of them."""

import msgspec
import pytest
from msgspec import Struct

from exchange.wire.binary import (
    EVENT_WORDS,
    HEAD,
    QUOTE_OK,
    QUOTE_RESULT,
    TEMPLATES,
    VERSION,
    _decoders,
    decode_reports,
    quote_reply_record,
    report_record,
)
from exchange.wire.errors import ErrorCode
from exchange.wire.messages import Cash, Err, Exec, Ok


def cash(more: bytes = b"", version: int = VERSION) -> bytes:
    """A `cash` record, with bytes that a later version appends."""
    record = report_record(Cash)
    head = HEAD.pack(record.size + len(more), TEMPLATES[Cash], version, 0)
    return head + record.format.pack(1, 2, 3, -5, 3, 1) + more


@pytest.mark.rule("WIRE-011", "WIRE-031")
def test_a_client_skips_templates_and_fields_that_it_does_not_know() -> None:
    unknown = HEAD.pack(24, 999, VERSION, 0) + bytes(16)
    (plain,) = decode_reports(cash())
    assert (plain.account, plain.amount_mills, plain.reason, plain.currency) == (3, -5, "withdrawal", "USD")
    assert decode_reports(unknown + cash(bytes(8), VERSION + 1) + unknown + cash()) == [plain, plain]


def changed(message: type[Struct], name: str, value: int) -> bytes:
    """A record of zeros, but for one field."""
    layout = report_record(message)
    fields = [b"a" if place.size == 24 else value * (place.name == name) for place in layout.places]
    return HEAD.pack(layout.size, layout.template, VERSION, 0) + layout.format.pack(*fields)


@pytest.mark.rule("WIRE-011", "WIRE-031")
def test_a_record_with_an_unknown_event_does_not_cost_its_frame() -> None:
    (plain,) = decode_reports(cash())
    for event in (0, 21, 250, 255):
        assert event not in EVENT_WORDS
        assert decode_reports(cash() + changed(Exec, "event", event) + cash()) == [plain, plain]
    (known,) = decode_reports(changed(Exec, "event", min(EVENT_WORDS)))
    assert known.event == EVENT_WORDS[min(EVENT_WORDS)]


@pytest.mark.rule("WIRE-011", "WIRE-020")
def test_an_unknown_error_code_stays_a_number() -> None:
    refusal, _ = decode_reports(changed(Err, "code", 64_999) + cash())
    assert (refusal.code, refusal.name, refusal.applied) == (64_999, "64999", "unknown")
    (refusal,) = decode_reports(changed(Err, "code", ErrorCode.THROTTLED))
    assert (refusal.code, refusal.name, refusal.applied) == (ErrorCode.THROTTLED, "THROTTLED", "no")


@pytest.mark.rule("WIRE-030")
@pytest.mark.parametrize("template", [*(TEMPLATES[message] for message in (Ok, Err, Exec, Cash)), QUOTE_OK])
def test_a_record_that_is_shorter_than_its_fields_is_refused(template: int) -> None:
    size = next(decoder.record.size for (number, _), decoder in _decoders().items() if number == template)
    for length in (8, size - 8, size - 1):
        with pytest.raises(msgspec.DecodeError):
            decode_reports(HEAD.pack(length, template, VERSION, 0) + bytes(length - 8))


@pytest.mark.rule("WIRE-030")
def test_a_quote_reply_that_is_shorter_than_its_rows_is_refused() -> None:
    layout = quote_reply_record()
    for count, room in ((1, 0), (1, QUOTE_RESULT.size - 8), (2, QUOTE_RESULT.size), (2**32 - 1, 0)):
        head = HEAD.pack(layout.size + room, QUOTE_OK, VERSION, 0)
        with pytest.raises(msgspec.DecodeError):
            decode_reports(head + layout.format.pack(*(0 for _ in layout.places[:-1]), count) + bytes(room))


@pytest.mark.parametrize(
    "data", [cash()[:-1], cash() + bytes(7), HEAD.pack(7, 24, VERSION, 0), HEAD.pack(0, 24, VERSION, 0)]
)
@pytest.mark.rule("WIRE-030")
def test_a_frame_that_holds_no_whole_records_is_refused(data: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode_reports(data)
