"""The table of usual requests as arrays: keys, bounds, words and defaults are those of the classes."""

from typing import Any, get_args

import msgspec
import numpy as np
import pytest

from exchange.codes import OrderType, TimeInForce
from exchange.gateway.inbound import tables
from exchange.gateway.inbound.tables import (
    FOUND_NAMES,
    INSTRUMENTS_MAX,
    KEYS_MAX,
    PAYLOAD_BYTES,
    READER,
    REQUEST_ID,
    TERM_NAMES,
    TEXT_PAD,
    TYPE,
    WORDS_MAX,
    bounds_of,
    key_number,
    packed_text,
    request_tables,
)
from exchange.records import COMMAND
from exchange.wire.binary import VERSION, request_record
from exchange.wire.fields import QUOTE_ROWS_MAX
from exchange.wire.messages import Cancel, New, Quote, Replace
from exchange.wire.request_table import REQUESTS
from exchange.wire.requests import SideText
from exchange.wire.table import Value, default_of, wire_key

FIELDS = [
    pytest.param(form, key, id=f"{form.message.__name__}.{key.name}") for form in REQUESTS for key in form.usual_keys
]


@pytest.fixture(scope="module")
def reader() -> np.ndarray:
    return request_tables()


def number_of_form(form: Any) -> int:
    return REQUESTS.index(form)


@pytest.mark.parametrize(("form", "key"), FIELDS)
def test_bounds_of_a_key_are_those_that_the_decoder_enforces(form: Any, key: Any, reader: np.ndarray) -> None:
    row = reader[0]["keys"][key_number(reader, wire_key(form.message, key.name))]
    if key.value != Value.NUMBER:
        assert (row["low"], row["high"]) == (0, 0)
        return
    low, high = int(row["low"]), int(row["high"])
    annotation = msgspec.structs.fields(form.message)[form.message.__struct_fields__.index(key.name)].type
    for value, allowed in ((low - 1, False), (low, True), (high, True), (high + 1, False)):
        try:
            msgspec.convert(value, annotation)
        except msgspec.ValidationError:
            assert not allowed
        else:
            assert allowed


@pytest.mark.parametrize(("form", "key"), FIELDS)
def test_a_key_that_is_left_out_gives_the_default_of_its_class(form: Any, key: Any, reader: np.ndarray) -> None:
    template = reader[0]["forms"][number_of_form(form)]["template"].view(COMMAND)[0]
    default = default_of(form.message, key.name)
    wanted = key.codes[default] if key.codes and default is not None else default or 0
    assert template[key.field] == wanted
    assert template["kind"] == form.kind and template["flags"] == form.flags


def test_another_default_of_a_class_gives_another_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tables are made from the classes, not from a copy of their defaults."""
    other = msgspec.defstruct("New", [("tif", Any, "fok")])
    monkeypatch.setattr(tables, "default_of", lambda message, name: default_of(other if name == "tif" else New, name))
    template = tables._request_tables.__wrapped__()[0]["forms"][0]["template"].view(COMMAND)[0]
    assert (template["tif"], template["order_type"]) == (TimeInForce.FOK, OrderType.LIMIT)


@pytest.mark.parametrize("form", REQUESTS, ids=lambda form: form.message.__name__)
def test_a_form_allows_its_keys_and_needs_those_without_a_default(form: Any, reader: np.ndarray) -> None:
    row = reader[0]["forms"][number_of_form(form)]
    names = {"t", "id", *(wire_key(form.message, key.name) for key in form.usual_keys)}
    required = {field.encode_name for field in msgspec.structs.fields(form.message) if field.required}
    if form.message is Quote:
        names.add("qs")
    if form.message is New:
        required.add("px")  # a usual order has a limit
    for name in {key for other in REQUESTS for key in _wire_names(other)}:
        bit = 1 << key_number(reader, name)
        assert bool(row["allowed"] & bit) == (name in names), name
        assert bool(row["needed"] & bit) == (name in required | {"t"}), name


def _wire_names(form: Any) -> set[str]:
    return {"t", "id", *(wire_key(form.message, key.name) for key in form.usual_keys)} | (
        {"qs"} if form.message is Quote else set()
    )


@pytest.mark.parametrize(("form", "key"), FIELDS)
def test_a_value_goes_to_its_field_of_the_row(form: Any, key: Any, reader: np.ndarray) -> None:
    place = key_number(reader, wire_key(form.message, key.name))
    field = reader[0]["forms"][number_of_form(form)]["fields"][place]
    row = np.zeros(1, COMMAND)
    row.view(np.uint64)[field["word"]] = np.uint64(int(field["mask"]) << int(field["shift"]))
    filled = [name for name in row.dtype.names if row[name][0]]
    assert filled == [key.field]
    assert int(row[key.field][0]) in (-1, (1 << 8 * row.dtype[key.field].itemsize) - 1)


@pytest.mark.parametrize("message", [New, Cancel, Replace, Quote])
def test_the_layout_of_a_record_is_that_of_the_codec(message: Any, reader: np.ndarray) -> None:
    form, record = reader[0]["forms"][[form.message for form in REQUESTS].index(message)], request_record(message)
    assert (form["record"], form["record_bytes"][0]) == (record.template, record.size)
    assert reader[0]["record_versions"] == VERSION == len(record.sizes)
    places = {
        key_number(reader, wire_key(message, place.name)): (place.offset, place.size)
        for place in record.places
        if place.name != "count"
    }
    for number in range(KEYS_MAX):
        field = form["fields"][number]
        assert (field["offset"], field["width"]) == places.get(number, (0, 0))
    assert form["count_at"] == next((place.offset for place in record.places if place.name == "count"), 0)


def test_every_key_and_word_fits_and_is_found(reader: np.ndarray) -> None:
    row = reader[0]
    assert 0 < row["keys_count"] < KEYS_MAX and np.count_nonzero(row["keys"]["words_count"]) > 0
    assert int((row["keys"]["words"] + row["keys"]["words_count"]).max()) <= WORDS_MAX
    assert (key_number(reader, "t"), key_number(reader, "id")) == (TYPE, REQUEST_ID)
    side = row["keys"][key_number(reader, "side")]
    words = row["word"][side["words"] : side["words"] + side["words_count"]].tolist()
    assert words == [packed_text(word) for word in get_args(SideText)]
    with pytest.raises(AssertionError):
        packed_text("ninechars")
    with pytest.raises(ValueError):
        key_number(reader, "zz")


def test_bounds_come_from_the_annotations() -> None:
    assert bounds_of(New, "request_id") == (1, 2**53 - 1)
    assert bounds_of(New, "price_tick") == (-(2**31) + 1, 2**31 - 1)
    assert bounds_of(Replace, "order_lots") == (0, 2**31 - 1)
    assert bounds_of(Cancel, "order_id") == (0, 2**53 - 1)


def test_a_reader_has_space_for_the_longest_request(reader: np.ndarray) -> None:
    assert reader[0]["text"].size == PAYLOAD_BYTES + TEXT_PAD
    assert reader[0]["entries"].size == 5 * QUOTE_ROWS_MAX and reader[0]["book"].size == INSTRUMENTS_MAX
    assert READER.names is not None and READER.names[: len(TERM_NAMES + FOUND_NAMES)] == (*TERM_NAMES, *FOUND_NAMES)
    assert int(reader[0]["id_characters"].sum()) == 26 * 2 + 10 + 4


def nested(row: np.dtype) -> set[str]:
    """Names of the fields of a row and of the rows in it."""
    names: set[str] = set()
    for name in row.names or ():
        base = row[name].base
        names |= {name} | nested(base)
    return names


def test_no_field_is_hidden_by_an_attribute_of_numpy() -> None:
    """Without the compiler, `row.size` would be NumPy's own and not the field."""
    assert not {name for name in nested(READER) if hasattr(np.void, name)}
