"""The records of `gpux.v1+bin`, laid out by the table of messages: fixed requests and reports (WIRE-030, WIRE-031).

    encode_request(message) -> bytes             # None: it has a key that its record lacks; send it as JSON
    requests_of(payload) -> list of objects      # records of a client's frame, as JSON values
    decode_reports(payload) -> list of messages  # records of a server's frame

A frame holds whole records, one behind another. A record has a head of eight bytes and then its fields, those of
earlier versions first, and of each version the widest first: numbers of eight bytes, client order ids of 24,
instruments and accounts of four, codes of one or two. All are little-endian; a version ends at a multiple of eight
bytes, so a new field moves no other. A word is its code's number. An absent number is the smallest int64, code 255,
text zeros.
"""

import struct
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import msgspec
from msgspec import UNSET, Struct
from msgspec.structs import fields

from exchange.codes import EventKind
from exchange.wire.account_messages import (
    Call,
    CancelOnDisconnectFired,
    Cascade,
    Cash,
    Exec,
    Fill,
    KillEvent,
    Margin,
    Position,
    ProtectionEvent,
)
from exchange.wire.errors import ErrorCode, applied
from exchange.wire.request_table import request_form
from exchange.wire.requests import Cancel, New, Quote, Replace
from exchange.wire.responses import Err, Ok
from exchange.wire.table import ACCOUNT_FORMS, CURRENCY, REPLY_FORMS, Form, FormKey, Reply, Value, wire_key
from exchange.wire.words import session_id

HEAD = struct.Struct("<IHBB")  # length with this head, template, version, flags
HEAD_BYTES = HEAD.size
VERSION = 2  # the last of those in ADDED: attributes of fields that came after version 1, with their version
_LQD = {"liquidation": 2}
ADDED: dict[type[Struct], dict[str, int]] = {Exec: _LQD, Fill: _LQD, Margin: {"hold_mills": 2, "required_mills": 2}}
ABSENT, ABSENT_CODE = -(2**63), 255
QUOTE_ENTRY = struct.Struct("<Ixxxxqqqq")  # instrument, bid, lots, ask, lots
QUOTE_RESULT = struct.Struct("<IHBBqq")  # instrument, error code, states of bid and ask, their orders
TEMPLATES: dict[type[Struct], int] = {
    New: 1, Cancel: 2, Replace: 3, Quote: 4, Ok: 10, Err: 11, Exec: 20, Fill: 21, Position: 22, Margin: 23, Cash: 24,
    ProtectionEvent: 25, KillEvent: 26, CancelOnDisconnectFired: 27, Cascade: 28, Call: 29,
}  # fmt: skip
QUOTE_OK, FIRST_REPORT = 12, 10  # templates: of the reply to a mass quote; first of the server
# Keys that a record need not have: they follow from another key, or are always the same.
IMPLIED: dict[type[Struct], tuple[str, ...]] = {Err: ("name", "applied"), Margin: ("currency",), Cash: ("currency",)}
FOUR_BYTES = ("account", "instrument", "session_id", "protection_group")
_FORMATS = {8: "q", 4: "I", 2: "H", 1: "B", 24: "24s"}
_WIDEST_FIRST = (8, 24, 4, 2, 1)


class RecordField(NamedTuple):
    """A field of a record: the attribute, its offset and size in bytes, how the table shows it, since which version."""

    name: str
    offset: int
    size: int
    key: Any  # wire.table.FormKey or RequestKey
    version: int = 1


class RecordLayout(NamedTuple):
    """The layout of a record. `sizes`: its bytes in each version from 1 on, without the rows of a quote."""

    template: int
    message: type[Struct]
    places: tuple[RecordField, ...]
    sizes: tuple[int, ...]

    @property
    def size(self) -> int:
        """Bytes in the last version, without the rows of a quote."""
        return self.sizes[-1]

    @property
    def format(self) -> struct.Struct:
        """All fields behind the head, in the order of `places`."""
        text, end = "<", HEAD_BYTES
        for place in self.places:
            text += f"{place.offset - end}x{_FORMATS[place.size]}"
            end = place.offset + place.size
        return struct.Struct(f"{text}{self.size - end}x")

    def of_version(self, version: int) -> "RecordLayout":
        """The layout as an earlier version has it; of a later one that of this version."""
        places = tuple(place for place in self.places if place.version <= version)
        return self._replace(places=places, sizes=self.sizes[:version])


def size_of(name: str, value: int) -> int:
    """Bytes of a field."""
    if value == Value.CLIENT_ORDER_ID:
        return 24
    if name == "code":
        return 2
    if value in (Value.WORD, Value.FLAG) or name in ("event", "on", "duplicate"):
        return 1
    return 4 if name in FOUR_BYTES else 8


def _laid_out(template: int, message: type[Struct], keys: list[tuple[str, int, Any]]) -> RecordLayout:
    """Lay out fields, those of a version behind those of the one before it, the widest first."""
    versions = ADDED.get(message, {})
    offset, places, sizes = HEAD_BYTES, [], []
    for version in range(1, VERSION + 1):
        added = [key for key in keys if versions.get(key[0], 1) == version]
        for name, size, key in sorted(added, key=lambda one: _WIDEST_FIRST.index(one[1])):
            places.append(RecordField(name, offset, size, key, version))
            offset += size
        offset = -(-offset // 8) * 8
        sizes.append(offset)
    return RecordLayout(template, message, tuple(places), tuple(sizes))


def report_forms(message: type[Struct]) -> list[Form]:
    """All forms of a class of messages but the reply to a quote."""
    forms = [form for some in ACCOUNT_FORMS.values() for form in some]
    forms += [form for reply, form in REPLY_FORMS.items() if reply != Reply.QUOTED]
    return [form for form in forms if form.message is message]


@cache
def report_record(message: type[Struct]) -> RecordLayout:
    """The record of a message of the server: the keys of all of its forms."""
    keys: dict[str, FormKey] = {}
    for form in report_forms(message):
        for key in form.keys:
            if key.name in IMPLIED.get(message, ()) or key.value == Value.LEG_ROWS:
                continue
            if key.value != Value.CONSTANT or key.name not in keys:
                keys[key.name] = key
    order = [field.name for field in fields(message)]
    sized = [(name, size_of(name, keys[name].value), keys[name]) for name in order if name in keys]
    return _laid_out(TEMPLATES[message], message, sized)


@cache
def quote_reply_record() -> RecordLayout:
    """The record of the reply to a mass quote, without its rows; `count` says how many there are."""
    form = REPLY_FORMS[Reply.QUOTED]
    sized: list[tuple[str, int, Any]] = [(key.name, 8, key) for key in form.keys if key.value != Value.QUOTE_ROWS]
    return _laid_out(QUOTE_OK, Ok, [*sized, ("count", 4, None)])


@cache
def request_record(message: type[Struct]) -> RecordLayout:
    """The record of a request, of a quote without its rows."""
    sized: list[tuple[str, int, Any]] = [("request_id", 8, None)]
    sized += [(key.name, size_of(key.name, key.value), key) for key in request_form(message).usual_keys]
    if message is Quote:
        sized.append(("count", 4, None))
    return _laid_out(TEMPLATES[message], message, sized)


# Requests.


def encode_request(message: Struct) -> bytes | None:
    """The record of a request; None if it has no record, or a key that its record lacks."""
    kind = type(message)
    if kind not in (New, Cancel, Replace, Quote):
        return None
    record = request_record(kind)
    known = {place.name for place in record.places} | {"quotes"}
    for field in fields(message):
        value = getattr(message, field.name)
        if field.name not in known and value != field.default:
            return None
    rows = message.quotes if isinstance(message, Quote) else []
    values = [_request_value(place, message, len(rows)) for place in record.places]
    if None in values:
        return None
    head = HEAD.pack(record.size + QUOTE_ENTRY.size * len(rows), record.template, VERSION, 0)
    return b"".join((head, record.format.pack(*values), *(QUOTE_ENTRY.pack(*row) for row in rows)))


def _request_value(place: RecordField, message: Struct, count: int) -> int | bytes | None:
    """The value of a field; None if it has none."""
    if place.name == "count":
        return count
    value = getattr(message, place.name)
    if place.size == 24:
        return str(value).encode("ascii")
    if place.key is not None and place.key.value == Value.TAG:
        return int.from_bytes(value.encode("ascii"), "little")
    if place.key is not None and place.key.codes is not None:
        code: int | None = place.key.codes.get(value)
        return code
    if value is UNSET:
        return ABSENT
    return int(value)


class BadRecord(Exception):
    """Bytes that are no whole record of a request."""


def requests_of(payload: bytes) -> tuple[list[dict[str, Any]], str]:
    """The requests in a client's frame as JSON values, for the decoder that judges them, and why reading ended.

    Reading ends at a record that is broken, because nobody knows where the next one begins; empty: all were read.
    """
    found: list[dict[str, Any]] = []
    at = 0
    while at < len(payload):
        try:
            length, record = _record_at(payload, at)
            found.append(_request_of(record, payload[at : at + length]))
        except BadRecord as bad:
            return found, str(bad)
        at += length
    return found, ""


def _record_at(payload: bytes, at: int) -> tuple[int, RecordLayout]:
    """Length and layout of the record at a place of the payload; raises BadRecord."""
    if len(payload) - at < HEAD_BYTES:
        raise BadRecord(f"{len(payload) - at} bytes are no record")
    length, template, version, _ = HEAD.unpack_from(payload, at)
    record = _requests().get((template, version))
    if record is None:
        raise BadRecord(f"no request has template {template}, version {version}")
    if length < record.size or at + length > len(payload):
        raise BadRecord(f"a record of template {template} has {record.size} bytes, not {length}")
    return length, record


def _request_of(record: RecordLayout, data: bytes) -> dict[str, Any]:
    request: dict[str, Any] = {"t": str(record.message.__struct_config__.tag)}
    count = 0
    for place, value in zip(record.places, record.format.unpack_from(data, HEAD_BYTES), strict=True):
        if place.name == "count":
            count = value
            continue
        shown = _shown(place, value)
        if shown is not None:
            request[wire_key(record.message, place.name)] = shown
    if record.message is Quote:
        if len(data) != record.size + count * QUOTE_ENTRY.size:
            raise BadRecord(f"{count} rows do not fill a record of {len(data)} bytes")
        request["qs"] = [list(row) for row in QUOTE_ENTRY.iter_unpack(data[record.size :])]
    elif len(data) != record.size:
        raise BadRecord(f"a record of template {record.template} has {record.size} bytes, not {len(data)}")
    return request


def _shown(place: RecordField, value: Any) -> Any:
    """The value of a field of a request as JSON has it; None if it is absent."""
    if place.size == 24:
        return value.rstrip(b"\0").decode("latin-1") or None
    key = place.key
    if key is not None and key.value == Value.TAG:
        return (value & 2**64 - 1).to_bytes(8, "little").rstrip(b"\0").decode("latin-1") or None
    if key is not None and key.codes is not None:
        words = {code: word for word, code in key.codes.items()}
        return None if value == ABSENT_CODE or words.get(value) == "" else words.get(value, f"code {value}")
    if value == ABSENT or (place.size == 4 and value == 0):
        return None
    return value


@cache
def _requests() -> dict[tuple[int, int], RecordLayout]:
    """The records of requests in each version, by template and version."""
    records = [request_record(message) for message in (New, Cancel, Replace, Quote)]
    versions = range(1, VERSION + 1)
    return {(record.template, version): record.of_version(version) for record in records for version in versions}


# Reports.


def _event_words() -> dict[int, str]:
    return {
        int(kind): next(key.constant for key in forms[0].keys if key.name == "event")
        for kind, forms in ACCOUNT_FORMS.items()
        if forms[0].message is Exec
    }


_CODES = {int(code): code for code in ErrorCode}
EVENT_WORDS = _event_words()  # `ev` of an `exec`, by EventKind


def constant_code(kind: EventKind, key: FormKey) -> int:
    """The number of a constant in a record; `kind`: of the row that the message is made from."""
    return int(kind) if key.name == "event" else int(key.constant)


def _reader_of(place: RecordField) -> Callable[[Any], Any]:
    """A function that turns the value of a field into that of the attribute; None: absent; UNSET: not known."""
    key, name = place.key, place.name
    if place.size == 24:
        return lambda value: value.rstrip(b"\0").decode("ascii")
    if name == "session_id":
        return lambda value: session_id(value)
    if name == "event":
        return lambda value: EVENT_WORDS.get(value, UNSET)
    if key.value == Value.FLAG or name in ("on", "duplicate"):
        return lambda value: bool(value)
    if key.value == Value.WORD:
        words = key.words
        return lambda value: words[value] if value < len(words) else ""
    return lambda value: None if value == ABSENT else value


def _meaning_of(code: int) -> dict[str, str]:
    """The keys of an `err` that follow from its code. Of a code of a later version nobody knows the outcome."""
    known = _CODES.get(code)
    return {"name": known.name, "applied": applied(known)} if known else {"name": f"{code}", "applied": "unknown"}


class _Reports:
    """Decodes the records of one class of messages, as one version has them."""

    def __init__(self, message: type[Struct], version: int) -> None:
        self.record = report_record(message).of_version(version)
        self._message = message
        self._format = self.record.format
        self._readers = [(place.name, _reader_of(place)) for place in self.record.places]
        self._defaults = {field.name: field.default for field in fields(message) if not field.required}
        always = {key.name for form in report_forms(message) for key in form.keys if not form.is_optional(key)}
        self._zero_is_absent = {name for name in self._defaults if name not in always}

    def decode(self, data: bytes) -> Any:
        """The message of a record; None if this version cannot tell what it says."""
        values: dict[str, Any] = {}
        for (name, read), value in zip(self._readers, self._format.unpack_from(data, HEAD_BYTES), strict=True):
            shown = read(value)
            if shown is UNSET:
                return None
            if shown is None or (name in self._zero_is_absent and shown in (0, "", False)):
                shown = self._defaults.get(name, shown)
            values[name] = shown
        if self._message is Err:
            values |= _meaning_of(values["code"])
        elif self._message in (Margin, Cash):
            values["currency"] = CURRENCY
        return self._message(**values)


class _QuoteReplies:
    """Decodes replies to mass quotes, as one version has them."""

    def __init__(self, version: int) -> None:
        self.record = quote_reply_record().of_version(version)
        self._format = self.record.format

    def decode(self, data: bytes) -> Ok:
        places = (place.name for place in self.record.places)
        values = dict(zip(places, self._format.unpack_from(data, HEAD_BYTES), strict=True))
        # Rows are the last bytes: a later version may have more fields before them.
        start = len(data) - values.pop("count") * QUOTE_RESULT.size
        if start < self.record.size:
            raise msgspec.DecodeError(f"a record of {len(data)} bytes is shorter than its rows")
        found = QUOTE_RESULT.iter_unpack(data[start:])
        return Ok(**values, quotes=[(i, bid, bid_id, ask, ask_id, code) for i, code, bid, ask, bid_id, ask_id in found])


@cache
def _decoders() -> dict[tuple[int, int], _Reports | _QuoteReplies]:
    """The decoders of reports in each version, by template and version."""
    reports = [message for message, template in TEMPLATES.items() if template >= FIRST_REPORT]
    versions = range(1, VERSION + 1)
    return {
        (TEMPLATES[message], version): _Reports(message, version) for message in reports for version in versions
    } | {(QUOTE_OK, version): _QuoteReplies(version) for version in versions}


def decode_reports(payload: bytes) -> list[Any]:
    """The messages in a server's frame.

    Unknown templates, events, and fields of later versions are left out; an unknown code stays a number (WIRE-011).
    """
    messages, at = [], 0
    while at < len(payload):
        if len(payload) - at < HEAD_BYTES:
            raise msgspec.DecodeError(f"{len(payload) - at} bytes at {at} are no record")
        length, template, version, _ = HEAD.unpack_from(payload, at)
        if length < HEAD_BYTES or at + length > len(payload):
            raise msgspec.DecodeError(f"a record of {length} bytes at {at} in a frame of {len(payload)}")
        decoder = _decoders().get((template, min(version, VERSION)))
        if decoder is not None:
            if length < decoder.record.size:
                raise msgspec.DecodeError(f"a record of {length} bytes at {at} is shorter than its fields")
            message = decoder.decode(payload[at : at + length])
            messages += [message] if message is not None else []
        at += length
    return messages
