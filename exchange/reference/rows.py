"""COMMAND and EVENT rows as plain tuples with named fields."""

from collections import namedtuple
from collections.abc import Iterable
from typing import Any

from exchange.records import COMMAND_FIELDS, COMMAND_STRUCT, EVENT_FIELDS, EVENT_STRUCT


def _row(name: str, fields: list[tuple[str, str, str]]) -> Any:
    return namedtuple(name, [field for field, _, _ in fields], defaults=[0] * len(fields))


Command = _row("Command", COMMAND_FIELDS)
Event = _row("Event", EVENT_FIELDS)


def command_bytes(commands: Iterable[Any]) -> bytes:
    return b"".join(COMMAND_STRUCT.pack(*command) for command in commands)


def event_tuples(rows: bytes) -> list[Any]:
    return [Event._make(values) for values in EVENT_STRUCT.iter_unpack(rows)]
