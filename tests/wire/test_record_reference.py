"""What a person reads of a record is how the codec reads it."""

import random
from typing import Any

import msgspec
import pytest

from exchange.wire.binary import HEAD, VERSION, decode_reports, requests_of
from exchange.wire.errors import ErrorCode, applied
from exchange.wire.record_reference import FieldTable, RecordTable, record_tables
from exchange.wire.words import session_id

BITS = {"int64": 52, "uint32": 31, "session": 31}


def drawn(rng: random.Random, field: FieldTable) -> int:
    """A value of a field; a fifth of them stand for an absent key."""
    if field.absent and rng.random() < 0.2:
        return rng.choice(field.absent)
    if field.kind == "text":
        return int.from_bytes(b"abcdefghijklmnopqrstuvwx"[: rng.randint(1, field.size)], "little")
    if field.kind == "code":
        return rng.choice(tuple(field.words))
    if field.kind == "boolean":
        return rng.randint(0, 1)
    if field.kind == "uint16":
        return int(rng.choice(tuple(ErrorCode)))
    lowest = 1 if field.key == "i" else 0  # a request for instrument 0 lacks the key
    return rng.choice((lowest, 1, rng.randrange(1, 2 ** BITS[field.kind])))


def read(field: FieldTable, value: int) -> Any:
    """A value as JSON has it, by the table alone; None: the key is absent."""
    if value in field.absent:
        return None
    if field.kind == "text":
        return value.to_bytes(field.size, "little").rstrip(b"\0").decode()
    if field.kind == "code":
        return field.words[value]
    if field.kind == "boolean":
        return bool(value)
    return session_id(value) if field.kind == "session" else value


def filled(rng: random.Random, record: RecordTable) -> tuple[bytes, dict[str, Any]]:
    """A record with drawn values, and its message."""
    data = bytearray(HEAD.pack(record.size, record.template, VERSION, 0).ljust(record.size, b"\0"))
    message: dict[str, Any] = {"t": record.name, **record.constants}
    for field in record.fields:
        if not field.key:
            continue
        value = drawn(rng, field)
        data[field.offset : field.offset + field.size] = value.to_bytes(field.size, "little", signed=value < 0)
        shown = read(field, value)
        if shown is not None:
            message[field.key] = shown
    for key in record.from_code:
        code = ErrorCode(message["code"])
        message[key] = code.name if key == "name" else applied(code)
    return bytes(data), message


@pytest.mark.rule("WIRE-031")
@pytest.mark.parametrize("record", record_tables(), ids=lambda record: f"{record.name}-{record.template}")
def test_a_record_is_read_as_its_table_says(record: RecordTable) -> None:
    rng = random.Random(record.template)
    for _ in range(300):
        data, message = filled(rng, record)
        if record.row_size:
            message["qs"] = []
        if record.sender == "client":
            assert requests_of(data) == [message]
        else:
            assert msgspec.to_builtins(decode_reports(data)) == [message]
