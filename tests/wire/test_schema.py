"""The schema fits what clients and a real gateway say, and a new one only adds to that of the last release."""

import json
from pathlib import Path
from typing import Any

import pytest

from exchange.cli.examples import examples
from exchange.wire.errors import CloseCode, ErrorCode
from exchange.wire.schema import close_table, error_table, json_schema
from exchange.wire.version import RELEASE
from tests.wire.schema_check import faults, lost

SCHEMA = json_schema()
PARTS = SCHEMA["$defs"]
STORED = sorted((Path(__file__).parent / "schema").glob("*.json"))
CLIENT_NAMES = {option["$ref"].rsplit("/", 1)[1] for option in PARTS["ClientMessage"]["anyOf"]}
CLIENT_NAMES |= {"CancelTerms", "ChannelSpec", "BatchNew", "BatchReplace", "BatchCancel", "WhatIfOrder"}


@pytest.mark.rule("WIRE-041")
@pytest.mark.parametrize("example", examples(), ids=lambda example: example.section)
def test_every_example_fits_the_schema(example: Any) -> None:
    name = "ClientMessage" if example.sender == "client" else "ServerMessage"
    found = faults(PARTS[name], json.loads(example.text), PARTS)
    assert bool(found) == (example.section == "bad message" and example.sender == "client"), found


@pytest.mark.rule("WIRE-011", "WIRE-012")
@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("Cancel", {"t": "cancel", "id": 1, "x": 1}, "$.x: unknown"),
        ("Cancel", {"t": "cancel", "id": 2**53}, "out of range"),
        ("Cancel", {"t": "cancel", "id": 1, "coid": "a b"}, "does not match"),
        ("Cancel", {"t": "cancel"}, "$.id: missing"),
        ("BatchCancel", {"t": "cancel", "id": 0}, "$.id: unknown"),
        ("Quote", {"t": "quote", "id": 1, "qs": []}, "0 items"),
        ("Quote", {"t": "quote", "id": 1, "qs": [[1, 2, 3, 4]]}, "4 items"),
    ],
)
def test_the_schema_refuses_what_the_venue_refuses(name: str, value: Any, fault: str) -> None:
    assert any(fault in text for text in faults(PARTS[name], value, PARTS))


def test_a_client_of_another_language_can_read_it() -> None:
    text = json.dumps(SCHEMA)
    assert '"null"' not in text and "null" not in text.replace("`null`", "")
    assert "\\\\A" not in text and "\\\\Z" not in text
    assert PARTS["New"]["properties"]["px"]["x-unit"] == "tick"
    assert PARTS["New"]["properties"]["tif"]["default"] == "day"
    assert "default" not in PARTS["New"]["properties"]["acc"]


@pytest.mark.rule("WIRE-020")
def test_the_tables_have_every_code() -> None:
    assert [(row["code"], row["name"]) for row in error_table()] == [(int(code), code.name) for code in ErrorCode]
    assert [(row["code"], row["name"]) for row in close_table()] == [(int(code), code.name) for code in CloseCode]


# What an earlier client would miss -> why it never meets it.
ASKED_FOR = {
    "Margin.required: s is gone": "only a session with `margin` in its `auth` gets one without `s` (MARGIN-017)"
}


@pytest.mark.rule("WIRE-040")
@pytest.mark.parametrize("file", STORED, ids=lambda file: file.stem)
def test_a_later_schema_only_adds(file: Path) -> None:
    old = json.loads(file.read_text())["$defs"]
    assert not old.keys() - PARTS.keys()
    missed = [text for name in old for text in lost(old[name], PARTS[name], name in CLIENT_NAMES, name)]
    wrong = [text for text in missed if text not in ASKED_FOR]
    assert not wrong, "\n".join(wrong)


def test_the_schema_of_this_release_is_stored() -> None:
    assert RELEASE in [file.stem for file in STORED], "gpux schema > tests/wire/schema/RELEASE.json"


OLD = {
    "type": "object",
    "properties": {"a": {"type": "integer", "minimum": 0}, "w": {"enum": ["x", "y"]}},
    "required": ["a"],
}


@pytest.mark.rule("WIRE-040")
@pytest.mark.parametrize(
    ("change", "asked", "answered"),
    [
        ({"description": "new"}, False, False),
        ({"properties": OLD["properties"] | {"b": {"type": "string"}}}, False, False),
        ({"properties": {"w": {"enum": ["x", "y"]}}}, True, True),
        ({"properties": {"a": {"type": "string"}, "w": {"enum": ["x", "y"]}}}, True, True),
        ({"properties": {"a": {"type": "integer", "minimum": 1}, "w": {"enum": ["x", "y"]}}}, True, True),
        ({"properties": {"a": {"type": "integer", "minimum": -1}, "w": {"enum": ["x", "y"]}}}, False, True),
        ({"properties": {"a": {"type": "integer", "minimum": 0}, "w": {"enum": ["x"]}}}, True, True),
        ({"properties": {"a": {"type": "integer", "minimum": 0}, "w": {"enum": ["x", "y", "z"]}}}, False, False),
        ({"required": ["a", "w"]}, True, False),
        ({"required": []}, False, True),
    ],
)
def test_a_loss_is_seen(change: dict[str, Any], asked: bool, answered: bool) -> None:
    """`asked`: in a message of a client; `answered`: in one of the server."""
    assert bool(lost(OLD, OLD | change, asked=True)) == asked
    assert bool(lost(OLD, OLD | change, asked=False)) == answered
