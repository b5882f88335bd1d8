"""What an `err` says beside its text: the key at fault, the words that are allowed, the value that was sent.

The wire has the first two in `msg` only (WIRE-020), as `... (field px)` or `... - at `$.side`, allowed: b, s`.
"""

import re

from exchange.wire.fields import KEYS
from exchange.wire.messages import Request

_FIELD = re.compile(
    r"\(field (\w+)\)|at `\$[^`]*?\.(\w+)`|contains unknown field `(\w+)`|missing required field `(\w+)`"
)
_WORD = re.compile(r"[\w.:-]+")
_ALLOWED = re.compile(r", allowed: (.+)\Z")
_ATTRIBUTES = {key: name for name, key in reversed(KEYS.items())}  # of several attributes the first, a request's


def field_of(text: str) -> str:
    """The key that a text names as the fault; empty if it names none."""
    found = _FIELD.search(text)
    return next(filter(None, found.groups()), "") if found else ""


def allowed_in(text: str) -> tuple[str, ...]:
    """The words that a text lists as allowed; none if it describes them instead."""
    found = _ALLOWED.search(text)
    words = found[1].split(", ") if found else []
    return tuple(words) if all(map(_WORD.fullmatch, words)) else ()


def value_of(request: Request | None, key: str) -> str:
    """What a request has under a key, as text; empty if it has no such key or no value there."""
    value = getattr(request, _ATTRIBUTES.get(key, key), None)
    return str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
