"""The records of `gpux.v1+bin` as a person reads them: every field with its place, key, kind of value, words, meaning.

Layouts come from `binary`, keys and meanings from `reference`. `PROTOCOL.md`, `gpux schema` and tests read them here.
"""

from typing import Any, NamedTuple

from msgspec import Struct
from msgspec.structs import fields

from exchange.wire.account_messages import Margin
from exchange.wire.binary import (
    ABSENT,
    ABSENT_CODE,
    EVENT_WORDS,
    IMPLIED,
    QUOTE_ENTRY,
    QUOTE_OK,
    QUOTE_RESULT,
    TEMPLATES,
    VERSION,
    RecordField,
    RecordLayout,
    quote_reply_record,
    report_forms,
    report_record,
    request_record,
)
from exchange.wire.reference import meaning_of
from exchange.wire.requests import Cancel, New, Quote, Replace
from exchange.wire.responses import Err
from exchange.wire.table import Value, wire_key

HEAD_FIELDS = (
    ("length", 0, 4, "bytes of the whole record, with this head and its rows"),
    ("template", 4, 2, "which record it is: a number of the tables below"),
    ("version", 6, 1, f"{VERSION}; it rises when fields are added"),
    ("flags", 7, 1, "0; to be ignored"),
)
# Optional keys that every record of their class has: without them the message is no record.
NEEDED: dict[type[Struct], tuple[str, ...]] = {Margin: ("sequence",)}
INTEGERS = {8: "int64", 4: "uint32", 2: "uint16", 1: "uint8"}
# Fields of the rows of a mass quote and of its reply: name, offset, bytes. They have no padding but behind `i`.
_QUOTE_ROW = (("i", 0, 4), ("bid_px", 8, 8), ("bid_q", 16, 8), ("ask_px", 24, 8), ("ask_q", 32, 8))
_RESULT_ROW = (
    ("i", 0, 4), ("code", 4, 2), ("bid_st", 6, 1), ("ask_st", 7, 1), ("bid_oid", 8, 8), ("ask_oid", 16, 8),
)  # fmt: skip
_COUNT = "rows behind the fields"


class FieldTable(NamedTuple):
    """A field of a record.

    offset    of its first byte in the record, or in the row
    size      in bytes
    key       of the value in JSON; empty: the number of rows
    kind      int64, uint32, uint16, uint8, code, boolean, text or session
    words     code -> word, of a code
    absent    numbers that mean that the key is absent; of a text 0, which means that it is empty; none: it never is
    meaning   one line
    """

    offset: int
    size: int
    key: str
    kind: str
    words: dict[int, str]
    absent: tuple[int, ...]
    meaning: str


class RecordTable(NamedTuple):
    """A record.

    template   its number
    name       `t` of the message
    sender     client or server
    size       in bytes, without rows
    fields     by their offsets
    row_size   bytes of a row; 0: the record has none
    row        fields of a row
    row_keys   order of the values of a row in JSON
    constants  keys that always have the same value, with it
    from_code  keys that follow from `code`, by the table of errors
    """

    template: int
    name: str
    sender: str
    size: int
    fields: tuple[FieldTable, ...]
    row_size: int = 0
    row: tuple[FieldTable, ...] = ()
    row_keys: tuple[str, ...] = ()
    constants: dict[str, str] = {}  # never changed
    from_code: tuple[str, ...] = ()


def record_tables() -> list[RecordTable]:
    """All records, by template."""
    requests = [_described(request_record(message), "client") for message in (New, Cancel, Replace)]
    quote = _described(request_record(Quote), "client")._replace(
        row_size=QUOTE_ENTRY.size, row=_row(_QUOTE_ROW), row_keys=tuple(name for name, _, _ in _QUOTE_ROW)
    )
    reports = [_report(message) for message in TEMPLATES if message not in (New, Cancel, Replace, Quote)]
    quote_ok = _described(quote_reply_record(), "server")._replace(
        row_size=QUOTE_RESULT.size,
        row=_row(_RESULT_ROW),
        row_keys=("i", "bid_st", "bid_oid", "ask_st", "ask_oid", "code"),
    )
    return sorted((*requests, quote, *reports, quote_ok), key=lambda record: record.template)


def _row(row: tuple[tuple[str, int, int], ...]) -> tuple[FieldTable, ...]:
    return tuple(FieldTable(offset, size, name, INTEGERS[size], {}, (), "") for name, offset, size in row)


def _report(message: type[Struct]) -> RecordTable:
    described = _described(report_record(message), "server")
    implied = IMPLIED.get(message, ())
    if message is Err:
        return described._replace(from_code=tuple(wire_key(message, name) for name in implied))
    constants = {key.name: key.constant for form in report_forms(message) for key in form.keys}
    return described._replace(constants={wire_key(message, name): constants[name] for name in implied})


def _described(layout: RecordLayout, sender: str) -> RecordTable:
    always = _always_shown(layout.message) if sender == "server" else set()
    described = tuple(_field(layout, place, sender, place.name in always) for place in layout.places)
    return RecordTable(
        layout.template, str(layout.message.__struct_config__.tag), sender, layout.size,
        tuple(sorted(described, key=lambda field: field.offset)),
    )  # fmt: skip


def _always_shown(message: type[Struct]) -> set[str]:
    """Optional keys whose 0 is a value."""
    return {key.name for form in report_forms(message) for key in form.keys if not form.is_optional(key)}


def _field(layout: RecordLayout, place: RecordField, sender: str, is_zero_shown: bool) -> FieldTable:
    if place.name == "count" and place.key is None:
        return FieldTable(place.offset, place.size, "", INTEGERS[place.size], {}, (), _COUNT)
    message = layout.message
    field = next(field for field in fields(message) if field.name == place.name)
    kind, words = _kind(place)
    absent: tuple[int, ...] = ()
    if not field.required and place.name not in NEEDED.get(message, ()):
        absent = _absent_in_request(place, kind) if sender == "client" else _absent_in_report(kind, is_zero_shown)
    if layout.template == QUOTE_OK:
        absent = ()
    return FieldTable(
        place.offset, place.size, field.encode_name, kind, words, absent, meaning_of(message, place.name).text
    )


def _kind(place: RecordField) -> tuple[str, dict[int, str]]:
    """The kind of value, and the words of its codes."""
    key = place.key
    value = Value.NUMBER if key is None else key.value
    if value in (Value.CLIENT_ORDER_ID, Value.TAG):
        return "text", {}
    if place.name == "session_id":
        return "session", {}
    if place.name == "event":
        return "code", EVENT_WORDS
    if value == Value.FLAG or place.name in ("on", "duplicate"):
        return "boolean", {}
    if value == Value.WORD:
        return "code", _words(key)
    return INTEGERS[place.size], {}


def _words(key: Any) -> dict[int, str]:
    codes: dict[str, int] | None = getattr(key, "codes", None)
    pairs = [(code, word) for word, code in codes.items()] if codes is not None else list(enumerate(key.words))
    return {code: word for code, word in pairs if word}


def _absent_in_request(place: RecordField, kind: str) -> tuple[int, ...]:
    if kind == "text":
        return (0,)
    if kind == "code":
        return (0, ABSENT_CODE) if "" in place.key.codes else (ABSENT_CODE,)
    return (ABSENT,) if place.size == 8 else (0,)


def _absent_in_report(kind: str, is_zero_shown: bool) -> tuple[int, ...]:
    if kind != "int64":
        return (0,)
    return (ABSENT,) if is_zero_shown else (0, ABSENT)
