"""The table of messages as arrays, for the kernels of `publish.encode`: what is written for each key, and where from.

    tables = encode_tables()                     # a MESSAGES record, shape (1,), for all encodings

A form becomes a run of STEP rows, one a key: a literal (the key as it stands before the value), and its value.
"""

import json
from collections.abc import Iterable
from functools import cache
from typing import Any

import msgspec
import numpy as np

from exchange.codes import EventKind, MarketState, RejectReason
from exchange.engine.query import MAINTENANCE_BP
from exchange.publish.encode.put import BINARY, JSON, MSGPACK
from exchange.publish.encode.row_values import VALUES_MAX, index_of
from exchange.records import EVENT, EVENT_FIELDS, place_in, record_type
from exchange.wire.binary import ABSENT, HEAD, VERSION, RecordField, constant_code, quote_reply_record, report_record
from exchange.wire.errors import reason_code
from exchange.wire.table import ACCOUNT_FORMS, CODES, REPLY_FORMS, Form, FormKey, Reply, Value, default_of, wire_key
from exchange.wire.words import INDICES_MAX

FORMS_MAX = 48
STEPS_MAX = 1_024
WORDS_MAX = 1_024
LITERAL_BYTES = 1 << 15
KINDS = 64  # of events
SHORT_MAP_KEYS = 15  # of a MessagePack map with a head of one byte

STEP = record_type(
    [
        ("literal", "i4"),  # where the literal begins; in a record the offset of the value
        ("length", "i4"),
        ("value", "i4"),  # number of the value
        ("shown", "i4"),  # wire.table.Value
        ("optional", "i4"),
        ("words", "i4"),  # number of the first word
        ("words_count", "i4"),
        ("pad", "i4"),
    ]
)
MESSAGES = record_type(
    [
        ("steps", STEP, STEPS_MAX),
        ("first", "i4", 3 * FORMS_MAX),  # first step of a form: in JSON, in MessagePack, of its binary record
        ("stop", "i4", 3 * FORMS_MAX),
        ("head", "i4", 3 * FORMS_MAX),  # literal before the first key; of a record its template
        ("head_size", "i4", 3 * FORMS_MAX),
        ("is_wide", "i4", 3 * FORMS_MAX),  # msgspec writes a map with room for all keys of the class, present or not
        ("word", "i4", WORDS_MAX),  # where a word begins among the literals
        ("word_size", "i4", WORDS_MAX),
        ("forms", "i4", KINDS),  # number of the first form of an event kind, 0: no account stream has this kind
        ("code_index", "i4", KINDS),  # by reject reason, for `code_index`
        ("state_code_index", "i4", KINDS),  # by market state, if the reason is STATE
        ("code", "i4", KINDS),  # by `code_index`
        ("literals", "u1", LITERAL_BYTES),
        ("values", "i8", VALUES_MAX),  # of the row that is being written
        ("field_word", "i8", VALUES_MAX),  # where a field stands in a row: 64-bit word, shifts to the left and right,
        ("field_left", "i8", VALUES_MAX),  # and the mask after them
        ("field_right", "i8", VALUES_MAX),
        ("field_mask", "i8", VALUES_MAX),
        ("books", "i8"),  # listed, with book 0, which is none
        ("instrument_id", "i8", INDICES_MAX),  # by book
        ("hours", "i8", INDICES_MAX),  # by book: of its delivery period
        ("maintenance_bp", "i8"),
        ("quote_count_at", "i8"),
    ]
)


class _Builder:
    """Fills a MESSAGES record."""

    def __init__(self) -> None:
        self.tables = np.zeros(1, MESSAGES)
        self._record = self.tables[0]
        self._literals = bytearray(8)
        self._steps = 0
        self._words = 0
        self._known_words: dict[tuple[int, tuple[str, ...]], int] = {}
        self._known_literals: dict[bytes, int] = {}

    def add(self, number: int, form: Form, kind: EventKind | None = None) -> None:
        """Add a form under a number, in each encoding. `kind`: of the rows that it is made from."""
        for encoding in (JSON, MSGPACK):
            place = (encoding - JSON) * FORMS_MAX + number
            tag = str(form.message.__struct_config__.tag)
            head = f'{{"t":"{tag}"'.encode() if encoding == JSON else _packed("t") + _packed(tag)
            self._record["head"][place], self._record["head_size"][place] = self._literal(head), len(head)
            self._record["first"][place] = self._steps
            self._record["is_wide"][place] = len(form.message.__struct_fields__) + 1 > SHORT_MAP_KEYS
            for key in form.keys:
                self._add_step(encoding, form, key)
            self._record["stop"][place] = self._steps
        self._add_record(number, form, kind)

    def _add_record(self, number: int, form: Form, kind: EventKind | None) -> None:
        """Add the binary record of a form. `kind`: of the rows that it is made from."""
        record = report_record(form.message) if number != Reply.QUOTED else quote_reply_record()
        keys = {key.name: key for key in form.keys}
        place = (BINARY - JSON) * FORMS_MAX + number
        template = bytearray(HEAD.pack(record.size, record.template, VERSION, 0).ljust(record.size, b"\0"))
        self._record["first"][place] = self._steps
        for field in record.places:
            key = keys.get(field.name)
            if key is None or key.value == Value.CONSTANT:
                constant = _constant_of(form, field, key, kind)
                text = constant.to_bytes(field.size, "little", signed=constant < 0)
                template[field.offset : field.offset + field.size] = text
                continue
            step = self._record["steps"][self._steps]
            step["literal"], step["length"], step["shown"] = field.offset, field.size, key.value
            step["value"] = index_of(key.source)
            self._steps += 1
        self._record["stop"][place] = self._steps
        self._record["head"][place], self._record["head_size"][place] = self._literal(bytes(template)), record.size

    def finish(self) -> np.ndarray:
        assert len(self._literals) + 8 <= LITERAL_BYTES
        self._record["literals"][: len(self._literals)] = np.frombuffer(bytes(self._literals), np.uint8)
        return self.tables

    def _add_step(self, encoding: int, form: Form, key: FormKey) -> None:
        literal = _literal_of(encoding, form, key)
        step = self._record["steps"][self._steps]
        step["literal"], step["length"], step["shown"] = self._literal(literal), len(literal), key.value
        step["value"] = index_of(key.source) if key.source else 0
        step["optional"] = form.is_optional(key) and key.value != Value.CONSTANT
        if key.value == Value.WORD:
            step["words"], step["words_count"] = self._add_words(encoding, key.words), len(key.words)
        self._steps += 1

    def _add_words(self, encoding: int, words: tuple[str, ...]) -> int:
        known = self._known_words.get((encoding, words))
        if known is not None:
            return known
        first = self._known_words[encoding, words] = self._words
        for word in words:
            assert json.dumps(word) == f'"{word}"', "a word needs no escapes"
            text = word.encode() if encoding == JSON else _packed(word) if word else b""
            self._record["word"][self._words], self._record["word_size"][self._words] = self._literal(text), len(text)
            self._words += 1
        return first

    def _literal(self, text: bytes) -> int:
        """Where a literal begins; it is added unless it is there."""
        if text not in self._known_literals:
            self._known_literals[text] = len(self._literals)
            self._literals += text
        return self._known_literals[text]


def _constant_of(form: Form, field: RecordField, key: FormKey | None, kind: EventKind | None) -> int:
    """What stands in a field of a record in every message of a form: its constant, or that the key is absent."""
    if key is not None:
        return constant_code(kind, key) if kind is not None else int(key.constant)
    absent = field.size == 8 and field.name != "count" and default_of(form.message, field.name) is None
    return ABSENT if absent else 0


def _packed(value: Any) -> bytes:
    return msgspec.msgpack.encode(value)


def _literal_of(encoding: int, form: Form, key: FormKey) -> bytes:
    """What stands before a value; of a constant all of it, and of a flag, which is left out unless it is true."""
    name = wire_key(form.message, key.name)
    constant = True if key.value == Value.FLAG else key.constant
    is_whole = key.value in (Value.CONSTANT, Value.FLAG)
    if encoding == MSGPACK:
        return _packed(name) + (_packed(constant) if is_whole else b"")
    text = f',"{name}":'.encode()
    if is_whole:
        return text + msgspec.json.encode(constant)
    return text + (b'"' if key.value in (Value.WORD, Value.CLIENT_ORDER_ID, Value.SESSION_ID) else b"")


def account_forms() -> Iterable[tuple[EventKind, int, Form]]:
    """(event kind, number, form) of all forms of account streams; the forms of a kind have consecutive numbers."""
    number = len(REPLY_FORMS)
    for kind, forms in ACCOUNT_FORMS.items():
        for form in forms:
            yield kind, number, form
            number += 1


def encode_tables() -> np.ndarray:
    """All forms: those of replies under their own numbers, then those of account streams. A new record each time."""
    return _encode_tables().copy()


@cache
def _encode_tables() -> np.ndarray:
    builder = _Builder()
    record = builder.tables[0]
    for reply, form in REPLY_FORMS.items():
        builder.add(int(reply), form)
    for kind, number, form in account_forms():
        builder.add(number, form, kind)
        record["forms"][kind] = record["forms"][kind] or number
    record["code"][: len(CODES)] = CODES
    for reason in RejectReason:
        if reason not in (RejectReason.NONE, RejectReason.STATE):
            record["code_index"][reason] = CODES.index(reason_code(reason))
    for state in MarketState:
        record["state_code_index"][state] = CODES.index(reason_code(RejectReason.STATE, state))
    record["maintenance_bp"] = MAINTENANCE_BP
    record["quote_count_at"] = next(place.offset for place in quote_reply_record().places if place.name == "count")
    for number, (name, code, _) in enumerate(EVENT_FIELDS):
        bits, place = 8 * int(code[1]), place_in(EVENT, name)
        record["field_word"][number] = place // 8
        record["field_left"][number], record["field_right"][number] = 64 - bits - 8 * (place % 8), 64 - bits
        record["field_mask"][number] = (1 << bits) - 1 if code[0] == "u" and bits < 64 else -1
    return builder.finish()
