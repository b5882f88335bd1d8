"""Binary records: compiled code reads what `wire.binary` reads, or leaves them alone."""

import random
import struct

import pytest

from exchange.gateway.inbound.frames import BINARY
from exchange.wire.binary import ABSENT, HEAD, QUOTE_ENTRY, encode_request, request_record
from exchange.wire.messages import Cancel, New, Quote, Replace
from tests.gateway.inbound.reading import Reader, payloads, plain_rows, usual, written

KINDS = ("new", "replace", "cancel", "quote")
CANCEL = encode_request(Cancel(request_id=5, client_order_id="a"))
NEW = encode_request(New(request_id=6, instrument=9, side="b", price_tick=12, order_lots=3, client_order_id="a"))
QUOTE = encode_request(Quote(request_id=7, protection_group=4, quotes=[(9, 1, 1, 2, 1)]))
assert CANCEL and NEW and QUOTE


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader()


def record_of(kind: str) -> bytes:
    rng = random.Random(kind)
    request = usual(rng, kind)
    if kind == "quote":
        request["qs"] = request["qs"][:1]
    return written(rng, request, BINARY)


@pytest.mark.rule("WIRE-030")
@pytest.mark.parametrize("seed", range(3))
def test_records_are_read_as_the_codec_reads_them(seed: int, reader: Reader) -> None:
    for payload in payloads(BINARY, seed, 300):
        rows = reader.payload(payload, BINARY)
        assert rows is not None and rows == plain_rows(payload, BINARY)


@pytest.mark.rule("WIRE-030", "WIRE-031")
@pytest.mark.parametrize("kind", KINDS)
def test_a_record_with_a_flipped_bit_is_read_alike_or_left_alone(kind: str, reader: Reader) -> None:
    record, read_ones, bits = record_of(kind), 0, 0
    for place in range(len(record)):
        for bit in range(8):
            broken = bytearray(record)
            broken[place] ^= 1 << bit
            rows, wanted = reader.payload(bytes(broken), BINARY), plain_rows(bytes(broken), BINARY)
            assert rows is None or rows == wanted, f"bit {bit} of byte {place}"
            read_ones, bits = read_ones + (rows is not None), bits + 1
    assert 0 < read_ones < bits


@pytest.mark.rule("WIRE-031")
@pytest.mark.parametrize("kind", KINDS)
def test_any_two_bytes_in_a_record_are_read_alike_or_left_alone(kind: str, reader: Reader) -> None:
    record = record_of(kind)
    for place in range(8, len(record) - 1):
        for value in (b"\0\0", b"\1\0", b"\xff\xff", b"\0\x80", b"\xff\0", b"\2\0", b"\3\0", b"\4\0"):
            broken = record[:place] + value + record[place + 2 :]
            rows = reader.payload(broken, BINARY)
            assert rows is None or rows == plain_rows(broken, BINARY), (place, value)


@pytest.mark.rule("WIRE-031")
@pytest.mark.parametrize(
    ("message", "name", "value"),
    [
        (New, "price_tick", ABSENT), (New, "order_lots", ABSENT), (New, "request_id", ABSENT), (New, "display_lots", 0),
        (New, "side", 2), (New, "order_type", 1), (New, "tif", 2), (New, "post_only", 3), (New, "smp_mode", 9),
        (New, "instrument", 0), (New, "instrument", 8), (New, "account", 8), (New, "price_tick", 2**31),
        (New, "price_tick", 0), (New, "side", 255), (New, "client_order_id", bytes(24)),
        (New, "client_order_id", b"a\0b"), (New, "client_order_id", b"\0a"), (New, "client_order_id", b"a b"),
        (New, "tag", int.from_bytes(b"a\0b", "little")), (New, "tag", -1), (Cancel, "client_order_id", bytes(24)),
        (Quote, "count", 0), (Quote, "count", 2), (Quote, "count", 33), (Quote, "count", 2**32 - 1),
        (Quote, "protection_group", 0), (Quote, "protection_group", 5),
    ],
)  # fmt: skip
def test_a_record_with_an_unusual_value_is_left_alone(
    message: type, name: str, value: int | bytes, reader: Reader
) -> None:
    record, layout = bytearray({New: NEW, Cancel: CANCEL, Quote: QUOTE}[message]), request_record(message)
    place = next(place for place in layout.places if place.name == name)
    if isinstance(value, bytes):
        value = int.from_bytes(value, "little")
    size = place.size
    record[place.offset : place.offset + size] = (value & 256**size - 1).to_bytes(size, "little")
    assert reader.payload(bytes(record), BINARY) is None
    assert reader.payload({New: NEW, Cancel: CANCEL, Quote: QUOTE}[message], BINARY) is not None


@pytest.mark.rule("WIRE-032")
def test_an_absent_value_is_the_default(reader: Reader) -> None:
    record, layout = bytearray(NEW), request_record(New)
    for place in layout.places:
        if place.name in ("order_type", "tif", "post_only", "smp_mode"):
            record[place.offset] = 255
    assert reader.payload(bytes(record), BINARY) == reader.payload(NEW, BINARY)
    replace = encode_request(Replace(request_id=5, order_id=9))
    assert replace is not None and reader.payload(replace, BINARY) == plain_rows(replace, BINARY)


@pytest.mark.rule("WIRE-030")
@pytest.mark.parametrize("size", [0, 1, 48, 55, 57, 64, 2**31, 2**32 - 1])
def test_a_record_of_another_length_is_left_alone(size: int, reader: Reader) -> None:
    assert reader.payload(struct.pack("<I", size) + CANCEL[4:], BINARY) is None


@pytest.mark.rule("WIRE-030")
@pytest.mark.parametrize("more", [1, 8, QUOTE_ENTRY.size])
def test_a_record_with_bytes_behind_its_values_is_left_alone(more: int, reader: Reader) -> None:
    for record in (NEW, CANCEL, QUOTE):
        longer = struct.pack("<I", len(record) + more) + record[4:] + bytes(more)
        assert reader.payload(longer, BINARY) is None


@pytest.mark.rule("WIRE-030")
@pytest.mark.parametrize(("template", "version"), [(0, 1), (5, 1), (10, 1), (65_535, 1), (2, 0), (2, 3), (2, 255)])
def test_another_template_or_version_is_left_alone(template: int, version: int, reader: Reader) -> None:
    record = HEAD.pack(len(CANCEL), template, version, 0) + CANCEL[8:]
    assert reader.payload(record, BINARY) is None and plain_rows(record, BINARY) is None


def test_a_record_that_is_cut_is_left_alone(reader: Reader) -> None:
    for record in (NEW, CANCEL, QUOTE):
        for size in range(1, len(record)):
            assert reader.payload(record[:size], BINARY) is None


@pytest.mark.rule("WIRE-031")
def test_flags_and_pads_have_no_meaning_yet(reader: Reader) -> None:
    record = bytearray(QUOTE)
    record[7] = 255
    record[28:32] = record[36:40] = b"\xff" * 4
    assert len(record) == 32 + QUOTE_ENTRY.size
    assert reader.payload(bytes(record), BINARY) == plain_rows(bytes(record), BINARY) == plain_rows(QUOTE, BINARY)


@pytest.mark.rule("WIRE-030")
def test_a_quote_without_rows_is_left_alone(reader: Reader) -> None:
    empty = HEAD.pack(32, 4, 1, 0) + QUOTE[8:24] + bytes(8)
    assert reader.payload(empty, BINARY) is None and plain_rows(empty, BINARY) is None
