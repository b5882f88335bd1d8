"""Records of several versions: a new field moves no other, and older and newer sides understand each other."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from exchange.gateway.inbound import tables
from exchange.gateway.inbound.frames import BINARY
from exchange.wire import binary
from exchange.wire.account_messages import Exec, Fill
from exchange.wire.binary import (
    HEAD,
    QUOTE_OK,
    QUOTE_RESULT,
    RecordLayout,
    decode_reports,
    encode_request,
    quote_reply_record,
    report_record,
    request_record,
    requests_of,
)
from exchange.wire.codec import CODECS
from exchange.wire.messages import Cancel, New, Ok, Quote
from exchange.wire.version import BINARY_SUBPROTOCOL
from tests.gateway.inbound.reading import GROUP, Reader

CACHES: Any = (
    request_record, report_record, quote_reply_record, binary._requests, binary._decoders, tables._request_tables,
)  # fmt: skip
# Fields of version 1 that a test takes for later ones: of every width, first, in the middle and last.
LATER = {
    New: {"tag": 2, "smp_mode": 2, "price_tick": 3}, Cancel: {"client_order_id": 2}, Quote: {"account": 2},
    Exec: {"session_id": 3, "priority": 2, "code": 2}, Ok: {"sent_us": 2},
}  # fmt: skip
ORDER = New(
    request_id=5, instrument=9, side="b", price_tick=12, order_lots=3, client_order_id="a", tag="t", smp_mode="cb"
)
CODEC = CODECS[BINARY_SUBPROTOCOL]


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Versions 2 and 3 have come."""
    monkeypatch.setattr(binary, "ADDED", LATER)
    monkeypatch.setattr(binary, "VERSION", 3)
    for cache in CACHES:
        cache.cache_clear()
    yield
    monkeypatch.undo()
    for cache in CACHES:
        cache.cache_clear()


def layouts() -> list[RecordLayout]:
    return [*map(request_record, (New, Cancel, Quote)), *map(report_record, (Exec, Fill, Ok)), quote_reply_record()]


@pytest.mark.rule("WIRE-031", "WIRE-040")
@pytest.mark.usefixtures("later")
def test_an_added_field_moves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A layout begins with that of the version before, in which the fields of later ones do not exist."""
    now = layouts()
    for version in (2, 1):
        monkeypatch.setattr(binary, "VERSION", version)
        for cache in CACHES[:3]:
            cache.cache_clear()
        for layout, before in zip(now, layouts(), strict=True):
            assert layout.of_version(version) == before
            assert layout.places[: len(before.places)] == before.places
            assert all(place.offset >= before.size for place in layout.places[len(before.places) :])
            assert before.size % 8 == 0 and binary.HEAD_BYTES + before.format.size == before.size
    assert [len(layout.sizes) for layout in now] == [3] * len(now) and now[0].sizes == (80, 96, 104)
    assert report_record(Fill).sizes == (report_record(Fill).size,), "nothing has come to it"


def as_version(record: bytes, layout: RecordLayout, version: int) -> bytes:
    """A record of the last version as an earlier one has it."""
    size = layout.of_version(version).size
    rows = record[layout.size :]
    return HEAD.pack(size + len(rows), layout.template, version, 0) + record[HEAD.size : size] + rows


@pytest.mark.rule("WIRE-031")
@pytest.mark.usefixtures("later")
def test_the_venue_takes_records_of_each_version_in_their_exact_length() -> None:
    record, layout, reader = encode_request(ORDER), request_record(New), Reader()
    assert record is not None and record[6] == 3
    wanted = {
        3: ORDER,
        2: msgspec.structs.replace(ORDER, price_tick=msgspec.UNSET),
        1: msgspec.structs.replace(ORDER, price_tick=msgspec.UNSET, tag="", smp_mode="cr"),
    }
    for version, message in wanted.items():
        old = as_version(record, layout, version)
        assert CODEC.decode_client(old) == [message]
        assert (reader.payload(old, BINARY) is None) == (version < 3), "a usual order has a price"
        for other in (1, 2, 3, 0, 4):
            if other != version:
                claimed = old[:6] + bytes((other,)) + old[7:]
                assert requests_of(claimed)[1] and reader.payload(claimed, BINARY) is None


@pytest.mark.rule("WIRE-031")
@pytest.mark.usefixtures("later")
@pytest.mark.parametrize(
    "message",
    [
        Cancel(request_id=5, order_id=7, client_order_id="a"),
        Quote(request_id=5, account=7, protection_group=GROUP, quotes=[(9, 1, 1, 2, 1), (40, 1, 1, 2, 1)]),
    ],
)
def test_compiled_code_reads_every_version_as_the_codec_does(message: Any) -> None:
    record, layout, reader = encode_request(message), request_record(type(message)), Reader()
    assert record is not None
    absent = {"client_order_id": ""} if isinstance(message, Cancel) else {"account": 0}
    for version in (1, 2, 3):
        old = as_version(record, layout, version)
        (read,) = CODEC.decode_client(old)
        assert read == (message if version > 1 else msgspec.structs.replace(message, **absent))
        wanted = encode_request(read)
        assert wanted is not None and reader.payload(old, BINARY) == reader.payload(wanted, BINARY) is not None


def exec_record() -> bytes:
    layout = report_record(Exec)
    values = [b"a" if place.size == 24 else 1 for place in layout.places]
    return HEAD.pack(layout.size, layout.template, binary.VERSION, 0) + layout.format.pack(*values)


@pytest.mark.rule("WIRE-011", "WIRE-031")
def test_a_client_skips_fields_of_later_versions() -> None:
    record = exec_record()
    longer = HEAD.pack(len(record) + 16, record[4], binary.VERSION + 1, 0) + record[HEAD.size :] + b"\xff" * 16
    assert decode_reports(longer + record) == decode_reports(record + record)
    layout, rows = quote_reply_record(), QUOTE_RESULT.pack(9, 0, 1, 2, 3, 4) * 2
    fields = layout.format.pack(5, 6, 7, 8, 2)
    head = HEAD.pack(layout.size + 8 + len(rows), QUOTE_OK, binary.VERSION + 1, 0)
    (reply,) = decode_reports(head + fields + b"\xff" * 8 + rows)
    assert reply.quotes == [(9, 1, 3, 2, 4, 0)] * 2


@pytest.mark.rule("WIRE-031")
@pytest.mark.usefixtures("later")
def test_a_client_reads_records_of_an_older_venue() -> None:
    record, layout = exec_record(), report_record(Exec)
    (now,) = decode_reports(record)
    (old,) = decode_reports(as_version(record, layout, 1))
    assert (now.code, now.session_id, now.priority) == (1, "s_00000001", "kept")
    assert old == msgspec.structs.replace(now, code=0, session_id="", priority="")
