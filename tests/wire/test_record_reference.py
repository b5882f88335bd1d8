"""What a person reads of a record is how the codec reads it."""

import json
import random
from pathlib import Path
from typing import Any

import msgspec
import pytest

from exchange.wire.binary import HEAD, VERSION, decode_reports, requests_of
from exchange.wire.errors import ErrorCode, applied
from exchange.wire.record_reference import FieldTable, RecordTable, record_tables
from exchange.wire.schema import record_table
from exchange.wire.version import VERSION as PROTOCOL
from exchange.wire.words import session_id


def number(version: str) -> tuple[int, ...]:
    """A version of the protocol, to be compared: 1.10 comes after 1.9."""
    return tuple(map(int, version.split(".")))


STORED = sorted((Path(__file__).parent / "records").glob("*.json"), key=lambda file: number(file.stem))

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
    # A request for instrument 0 lacks the key, and so does a message without a number in its stream.
    lowest = 1 if field.key in ("i", "s") else 0
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
            assert requests_of(data) == ([message], "")
        else:
            assert msgspec.to_builtins(decode_reports(data)) == [message]


def moved(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """What a client that knows the old layouts would misread in the new ones; empty: they only add."""
    heads = [[{key: field[key] for key in ("name", "offset", "size")} for field in one["head"]] for one in (old, new)]
    found = [] if heads[0] == heads[1] else ["the head"]
    records = {record["template"]: record for record in new["records"]}
    for record in old["records"]:
        now = records.get(record["template"], {"t": None})
        if any(now.get(key) != record[key] for key in ("t", "sender", "row_size", "row", "row_keys", "constants")):
            found.append(f"record {record['template']}")
            continue
        fields = {field["offset"]: field for field in now["fields"]}
        for field in record["fields"]:
            there = fields.get(field["offset"], {"words": {}})
            same = all(there.get(key) == field[key] for key in ("size", "key", "kind", "absent"))
            if not same or not field["words"].items() <= there["words"].items():
                found.append(f"{record['t']}.{field['key']}")
    return found


@pytest.mark.rule("WIRE-031", "WIRE-040")
@pytest.mark.parametrize("file", STORED, ids=lambda file: file.stem)
def test_later_layouts_only_add(file: Path) -> None:
    """A new field stands behind all others. Codes of words stay."""
    assert not moved(json.loads(file.read_text()), record_table())


def test_the_layouts_of_this_version_are_stored() -> None:
    assert STORED[0].stem == "1.3" and number(STORED[-1].stem) <= number(PROTOCOL)
    assert not moved(record_table(), json.loads(STORED[-1].read_text())), "add it under the protocol's version"


def test_a_moved_field_is_seen() -> None:
    changed = json.loads(json.dumps(record_table()))
    first, second, *_ = changed["records"][0]["fields"]
    first["offset"], second["offset"] = second["offset"], first["offset"]
    changed["records"][4]["t"] = "other"
    assert moved(record_table(), changed) == ["new.id", "new.px", "record 10"]
