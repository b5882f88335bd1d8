"""The table of usual requests as arrays, for the kernels of `gateway.read_requests` and `gateway.inbound`.

A key of a request, a word and a field of a row each become a row of numbers. A key stands under one number in all
requests, and its bounds are the same in all of them.
"""

from functools import cache
from typing import Any

import msgspec
import numpy as np
from msgspec import inspect

from exchange.codes import CommandKind
from exchange.records import COMMAND, COMMAND_FIELDS, place_in, record_type
from exchange.wire.binary import request_record
from exchange.wire.fields import QUOTE_ROWS_MAX
from exchange.wire.request_table import REQUESTS, RequestForm, RequestKey
from exchange.wire.table import Value, default_of, wire_key

KEYS_MAX = 24
WORDS_MAX = 32
FORMS_MAX = 4
VERSIONS_MAX = 8  # of binary records
ROW_WORDS = 16
INSTRUMENTS_MAX = 1 << 13
PAYLOAD_BYTES = 1 << 15  # longest payload that is read in compiled code
TEXT_PAD = 4_096  # bytes behind it: more than a kernel looks ahead
ENTRY_VALUES = 5  # of an entry of a mass quote: instrument, bid, lots, ask, lots
TYPE, REQUEST_ID = 0, 1  # numbers of the first keys, which every request has

KEY = record_type(
    [
        ("name", "u8"),
        ("low", "i8"),
        ("high", "i8"),
        ("value", "i4"),
        ("words", "i4"),
        ("words_count", "i4"),
        ("pad", "i4"),
    ]
)
# Where the value of a key goes in a row, and where it stands in a binary record; width 0: the record lacks it.
FIELD = record_type(
    [("word", "i4"), ("shift", "i4"), ("mask", "u8"), ("toggles", "u8"), ("offset", "i4"), ("width", "i4")]
)
FORM = record_type(
    [
        ("kind", "i8"),  # CommandKind
        ("allowed", "i8"),  # a bit for each key
        ("needed", "i8"),
        ("template", "u8", ROW_WORDS),  # a row with all defaults
        ("record", "i8"),  # template of its binary record
        ("record_bytes", "i8", VERSIONS_MAX),  # by version, from 1 on; without the rows of a quote
        ("count_at", "i8"),  # offset of their number; 0: it has none
        ("fields", FIELD, KEYS_MAX),  # by key
    ]
)
# What a call of the kernel needs to know and what it answers, in the order of TERMS and FOUND of `inbound`.
TERM_NAMES = (
    "last_id", "account", "session", "now_us", "requests_left", "frames_left", "orders_left", "cancels_left",
    "quotes_left", "protection",
)  # fmt: skip
FOUND_NAMES = (
    "stop", "skip", "frames", "request_count", "rows", "orders", "cancels", "quotes", "newest_id", "newest_quote",
    "leading_cancels",
)  # fmt: skip
READER = record_type(
    [
        *((name, "i8") for name in TERM_NAMES),
        *((name, "i8") for name in FOUND_NAMES),
        ("record_stop", "i8"),  # place behind the record that was read last
        ("record_versions", "i8"),
        ("keys", KEY, KEYS_MAX),
        ("keys_count", "i8"),
        ("word", "u8", WORDS_MAX),
        ("code", "i8", WORDS_MAX),
        ("forms", FORM, FORMS_MAX),
        ("id_characters", "u1", 256),
        ("instruments", "i8"),
        ("instrument_id", "i8", INSTRUMENTS_MAX),  # ascending
        ("book", "i8", INSTRUMENTS_MAX),
        ("low_tick", "i8", INSTRUMENTS_MAX),
        ("values", "i8", KEYS_MAX),  # of the request that is being read
        ("id_words", "u8", 3),
        ("pad", "u8"),
        ("entries", "i8", QUOTE_ROWS_MAX * ENTRY_VALUES),
        ("entries_count", "i8"),
        ("text", "u1", PAYLOAD_BYTES + TEXT_PAD),
    ]
)
_ID_CHARACTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.:-"


def packed_text(text: str) -> int:
    """A text of at most eight characters as one little-endian word."""
    assert len(text) <= 8
    return int.from_bytes(text.encode("ascii"), "little")


class _Builder:
    """Fills a READER record."""

    def __init__(self) -> None:
        self.reader = np.zeros(1, READER)
        self._record = self.reader[0]
        self._numbers: dict[str, int] = {}
        self._words = 0

    def add_key(self, name: str, value: int, low: int, high: int, codes: dict[str, int] | None = None) -> int:
        """Number of a key, by its name on the wire. It is added unless it is there."""
        row = self._record["keys"][self._numbers.get(name, len(self._numbers))]
        if name in self._numbers:
            assert (row["value"], row["low"], row["high"]) == (value, low, high), f"{name} differs between requests"
            return self._numbers[name]
        row["name"], row["value"], row["low"], row["high"] = packed_text(name), value, low, high
        row["words"], row["words_count"] = self._words, len(codes or {})
        for word, code in (codes or {}).items():
            self._record["word"][self._words], self._record["code"][self._words] = packed_text(word), code
            self._words += 1
        self._numbers[name] = len(self._numbers)
        self._record["keys_count"] = len(self._numbers)
        return self._numbers[name]

    def add_form(self, number: int, form: RequestForm) -> None:
        row = self._record["forms"][number]
        row["kind"] = int(form.kind)
        row["allowed"] = row["needed"] = 1 << TYPE | 1 << REQUEST_ID
        template = np.zeros(1, COMMAND)
        template["kind"], template["flags"] = int(form.kind), form.flags
        for key in form.usual_keys:
            place = self._add_field(row, form, key)
            if key.is_needed:
                row["needed"] |= 1 << place
            elif key.codes is not None:
                template[key.field] = key.codes[default_of(form.message, key.name)]
        if form.kind == CommandKind.QUOTE:
            place = self.add_key("qs", int(Value.QUOTE_ROWS), 0, 0)
            row["allowed"] |= 1 << place
            row["needed"] |= 1 << place
        row["template"] = template.view(np.uint64)
        self._add_record(row, form)

    def _add_record(self, row: Any, form: RequestForm) -> None:
        """Add the layout of the binary record of a form."""
        record = request_record(form.message)
        row["record"], row["record_bytes"][: len(record.sizes)] = record.template, record.sizes
        self._record["record_versions"] = len(record.sizes)
        for place in record.places:
            if place.name == "count":
                row["count_at"] = place.offset
            else:
                field = row["fields"][self._numbers[wire_key(form.message, place.name)]]
                field["offset"], field["width"] = place.offset, place.size

    def _add_field(self, row: Any, form: RequestForm, key: RequestKey) -> int:
        low, high = bounds_of(form.message, key.name) if key.value == Value.NUMBER else (0, 0)
        place = self.add_key(wire_key(form.message, key.name), int(key.value), low, high, key.codes)
        row["allowed"] |= 1 << place
        offset = place_in(COMMAND, key.field)
        bits = 8 * next(int(code[1]) for name, code, _ in COMMAND_FIELDS if name == key.field)
        field = row["fields"][place]
        field["word"], field["shift"], field["mask"] = offset // 8, 8 * (offset % 8), (1 << bits) - 1
        flags = place_in(COMMAND, "flags")
        field["toggles"] = key.toggles << 8 * (flags % 8)
        return place


def bounds_of(message: type[msgspec.Struct], name: str) -> tuple[int, int]:
    """Lowest and highest value of an integer attribute."""
    kind = inspect.type_info(message)
    assert isinstance(kind, inspect.StructType)
    field = next(field for field in kind.fields if field.name == name)
    kinds = field.type.types if isinstance(field.type, inspect.UnionType) else (field.type,)
    bounds = next(one for one in kinds if isinstance(one, inspect.IntType))
    assert bounds.ge is not None and bounds.le is not None
    return int(bounds.ge), int(bounds.le)


def request_tables() -> np.ndarray:
    """A new READER record with all usual requests and no instruments, shape (1,)."""
    return _request_tables().copy()


@cache
def _request_tables() -> np.ndarray:
    builder = _Builder()
    tags = {str(form.message.__struct_config__.tag): number for number, form in enumerate(REQUESTS)}
    assert builder.add_key("t", int(Value.WORD), 0, 0, tags) == TYPE
    low, high = bounds_of(REQUESTS[0].message, "request_id")
    assert builder.add_key("id", int(Value.NUMBER), low, high) == REQUEST_ID
    for number, form in enumerate(REQUESTS):
        builder.add_form(number, form)
    builder.reader["id_characters"][0, list(_ID_CHARACTERS)] = 1
    return builder.reader


def key_number(reader: np.ndarray, name: str) -> int:
    """Number of a key by its name on the wire."""
    names: list[int] = reader["keys"]["name"][0].tolist()
    return names.index(packed_text(name))
