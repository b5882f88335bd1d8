"""COMMAND and EVENT rows as named tuples, with their fields and aliases."""

from collections import namedtuple
from collections.abc import Iterable, Mapping
from operator import itemgetter
from typing import Any

from exchange.records import (
    COMMAND_ALIASES,
    COMMAND_FIELDS,
    COMMAND_STRUCT,
    EVENT_ALIASES,
    EVENT_FIELDS,
    EVENT_STRUCT,
    Alias,
)


def fields_of(aliases: Mapping[str, Alias], named: dict[str, int]) -> dict[str, int]:
    """Values by field name, from values by field name or alias."""
    found = {aliases[name].field if name in aliases else name: value for name, value in named.items()}
    assert len(found) == len(named), f"two values for one field: {named}"
    return found


def _row(name: str, fields: list[tuple[str, str, str]], aliases: Mapping[str, Alias]) -> Any:
    """Make a named tuple class. Fields default to 0, and aliases can be given and read like fields."""
    names = [field for field, _, _ in fields]
    make: Any = namedtuple
    plain = make(name, names, defaults=[0] * len(names))

    def __new__(cls: Any, *values: int, **named: int) -> Any:
        return plain.__new__(cls, *values, **fields_of(aliases, named))

    readers = {alias: property(itemgetter(names.index(aliases[alias].field))) for alias in aliases}
    return type(name, (plain,), {"__slots__": (), "__new__": __new__, **readers})


Command = _row("Command", COMMAND_FIELDS, COMMAND_ALIASES)
Event = _row("Event", EVENT_FIELDS, EVENT_ALIASES)


def command_bytes(commands: Iterable[Any]) -> bytes:
    return b"".join(COMMAND_STRUCT.pack(*command) for command in commands)


def event_tuples(rows: bytes) -> list[Any]:
    return [Event._make(values) for values in EVENT_STRUCT.iter_unpack(rows)]
