"""The values that a field of a client message may have, for the text of a refusal (WIRE-020).

This module reads them from the types of the messages.
"""

import difflib
import re
from collections.abc import Iterable
from functools import cache

from msgspec import inspect

from exchange.wire.messages import OFFERED_CHANNELS, ClientMessages

# msgspec's text about a value that is not allowed; the groups are the last keys of its path.
_PLACE = re.compile(r"\AInvalid (?:enum )?value .* - at `\$[^`]*?(?:\.(\w+)\[(?:\d+|\.\.\.)\])?\.(\w+)`\Z", re.DOTALL)

_PATTERN = re.compile(r"matching regex '(?:\\\\)+A\[(?P<letters>.+)\]\{(?P<least>\d+),(?P<most>\d+)\}")
_UNKNOWN = re.compile(r"Object contains unknown field `(\w+)`")


def with_allowed(text: str, message: str = "") -> str:
    """Add what is allowed to an error text of msgspec.

    text      like "Invalid enum value 'x' - at `$.side`", to which this function adds ", allowed: b, s"
    message   `t` of the message; empty: not known
    """
    place, pattern = _PLACE.match(text), _PATTERN.search(text)
    if place is not None:
        parent, key = place.groups()
        words: Iterable[str] = allowed_words().get(f"{parent}.t" if key == "t" and parent else key, ())
    elif pattern is not None:
        words = (f"{pattern['least']} to {pattern['most']} characters of [{pattern['letters']}]",)
    elif unknown := _UNKNOWN.fullmatch(text):
        words = keys_of().get(message, ())
        near = difflib.get_close_matches(unknown[1], words, 1, 0.5)
        text += f" (did you mean {near[0]}?)" if near else ""
    elif text.startswith("Expected `int`, got `float`"):
        words = ("whole numbers: prices in ticks, sizes in lots, money in mills, times in microseconds",)
    else:
        words = ()
    return f"{text}, allowed: {', '.join(words)}" if words else text


@cache
def keys_of() -> dict[str, tuple[str, ...]]:
    """By `t`, the keys of each message of a client, `t` first."""
    kinds = inspect.type_info(ClientMessages)
    assert isinstance(kinds, inspect.UnionType)
    structs = [kind for kind in kinds.types if isinstance(kind, inspect.StructType)]
    return {str(kind.tag): ("t", *(field.encode_name for field in kind.fields)) for kind in structs}


@cache
def allowed_words() -> dict[str, tuple[str, ...]]:
    """By key, the allowed words of each key that takes only certain values. A key has the same words in all messages.

    `t` has the names of messages, `ops.t` those of operations in a batch, `n` the channels of this venue. The empty
    text, which stands for an absent value in the code, is left out.
    """
    found: dict[str, dict[str, None]] = {}
    _gather(inspect.type_info(ClientMessages), "", found)
    return {key: tuple(words) for key, words in found.items()} | {"n": OFFERED_CHANNELS}


def _gather(kind: inspect.Type, key: str, found: dict[str, dict[str, None]]) -> None:
    """Add the words of a type to `found[key]`. The inner dictionaries serve as sets that keep their order."""
    if isinstance(kind, inspect.LiteralType):
        found.setdefault(key, {}).update(dict.fromkeys(str(value) for value in kind.values if value != ""))
    elif isinstance(kind, inspect.UnionType):
        for member in kind.types:
            _gather(member, key, found)
    elif isinstance(kind, inspect.ListType):
        _gather(kind.item_type, key, found)
    elif isinstance(kind, inspect.StructType):
        if kind.tag is not None:
            found.setdefault(f"{key}.t" if key else "t", {})[str(kind.tag)] = None
        for field in kind.fields:
            _gather(field.type, field.encode_name, found)
