"""COMMAND and EVENT rows as plain tuples with named fields."""

from collections import namedtuple
from collections.abc import Iterable
from typing import Any

from exchange.records import COMMAND_FIELDS, COMMAND_STRUCT, EVENT_FIELDS, EVENT_STRUCT

Command: Any = namedtuple("Command", [name for name, _, _ in COMMAND_FIELDS], defaults=[0] * len(COMMAND_FIELDS))
Event: Any = namedtuple("Event", [name for name, _, _ in EVENT_FIELDS], defaults=[0] * len(EVENT_FIELDS))


def command_bytes(commands: Iterable[Any]) -> bytes:
    return b"".join(COMMAND_STRUCT.pack(*command) for command in commands)


def event_tuples(rows: bytes) -> list[Any]:
    return [Event._make(values) for values in EVENT_STRUCT.iter_unpack(rows)]
