"""The messages as a person reads them: every key with its name, kind of value, unit, default, words and meaning.

The types in this package say what a value may be; `meanings` says what it means. `PROTOCOL.md`, `gpux schema` and tests
read both here.
"""

import re
from typing import Any, NamedTuple

import msgspec
from msgspec import inspect

from exchange.wire.fields import INT53, INT64, KEYS, ServerMessage
from exchange.wire.meanings import MEANINGS, Meaning

_POWERS = {INT53: "2^53-1", INT64: "2^63-1", 2**32 - 1: "2^32-1", 2**31 - 1: "2^31-1"}
_LENGTHS = re.compile(r"\{(\d+),(\d+)\}\\Z")
_RULES = re.compile(r" ?\(([A-Z]+-\d+(, )?)+\)")
_NAMES = re.compile(r"`(\w+)`")
_NEVER_SENT = inspect.LiteralType(values=(0,))  # `id` of an operation in a batch


class MessageKey(NamedTuple):
    """One key of a message or of an object in it.

    key       on the wire
    name      of the attribute in the code
    kind      of value: bounds of integers, lengths of texts, shape of lists
    unit      of its numbers; empty: it has none
    needed    whether the key is always there
    default   what its absence means, as JSON; empty: nothing is said about it
    words     all words allowed or sent; empty: any
    meaning   one line
    """

    key: str
    name: str
    kind: str
    unit: str
    needed: bool
    default: str
    words: tuple[str, ...]
    meaning: str


class Described(NamedTuple):
    """A message or an object inside messages. `name`: `t` of a message, the class of an object; `struct`: the class."""

    name: str
    struct: str
    meaning: str
    keys: tuple[MessageKey, ...]


def described_messages(union: Any) -> list[Described]:
    """Every message of a union of messages, in its order."""
    return [_described(kind, str(kind.tag)) for kind in _struct_types(union)]


def described_objects(union: Any) -> list[Described]:
    """The objects inside the messages of a union, each once, in the order in which they first occur."""
    messages = _struct_types(union)
    found: dict[type, inspect.StructType] = {}
    for message in messages:
        for field in message.fields:
            _gather(field.type, found)
    for message in messages:
        found.pop(message.cls, None)
    return [_described(kind, kind.cls.__name__) for kind in found.values()]


def meaning_of(struct: type, name: str) -> Meaning:
    """Unit, meaning and words of an attribute in a class of messages. KeyError: it has none."""
    for kind in struct.__mro__:
        own = MEANINGS.get(f"{kind.__name__}.{name}")
        if own is not None:
            return own
    return MEANINGS[name]


def has_numbers(kind: inspect.Type) -> bool:
    """Whether values of a type are or list integers, other than in objects."""
    parts: tuple[Any, ...] = ()
    if isinstance(kind, inspect.UnionType):
        parts = kind.types
    elif isinstance(kind, inspect.ListType):
        parts = (kind.item_type,)
    elif isinstance(kind, inspect.TupleType):
        parts = kind.item_types
    elif isinstance(kind, inspect.StructType) and kind.array_like:
        parts = tuple(field.type for field in kind.fields)
    elif isinstance(kind, inspect.LiteralType):
        return any(isinstance(value, int) for value in kind.values)
    return isinstance(kind, inspect.IntType) or any(has_numbers(part) for part in parts)


def _struct_types(union: Any) -> list[inspect.StructType]:
    kinds = inspect.type_info(union)
    assert isinstance(kinds, inspect.UnionType)
    return [kind for kind in kinds.types if isinstance(kind, inspect.StructType)]


def _gather(kind: inspect.Type, found: dict[type, inspect.StructType]) -> None:
    if isinstance(kind, inspect.StructType):
        if kind.cls not in found and not kind.array_like:
            found[kind.cls] = kind
            for field in kind.fields:
                _gather(field.type, found)
    elif isinstance(kind, inspect.UnionType):
        for part in kind.types:
            _gather(part, found)
    elif isinstance(kind, inspect.ListType):
        _gather(kind.item_type, found)


def _described(kind: inspect.StructType, name: str) -> Described:
    text = (kind.cls.__doc__ or "").split("\n\n")[0]
    meaning = _RULES.sub("", _NAMES.sub(lambda name: f"`{KEYS.get(name[1], name[1])}`", " ".join(text.split())))
    shown = (field for field in kind.fields if field.type != _NEVER_SENT)
    return Described(name, kind.cls.__name__, meaning, tuple(_key(kind.cls, field) for field in shown))


def _key(struct: type, field: inspect.Field) -> MessageKey:
    meaning = meaning_of(struct, field.name)
    return MessageKey(
        field.encode_name,
        field.name,
        kind_text(field.type),
        meaning.unit,
        field.required or _is_always_sent(struct),
        _default(field),
        _literals(field.type) or meaning.words,
        meaning.text,
    )


def _is_always_sent(struct: type) -> bool:
    """Whether the venue sends every key of a class of objects. A client may leave out what has a default."""
    config = struct.__struct_config__  # type: ignore[attr-defined]  # of every Struct
    return not config.omit_defaults and not config.forbid_unknown_fields


def _default(field: inspect.Field) -> str:
    """The default as JSON, unless it stands for nothing at all."""
    value = field.default
    if field.required or value in (None, "", msgspec.UNSET, msgspec.NODEFAULT):
        return ""
    return "" if value == 0 and not isinstance(value, bool) else msgspec.json.encode(value).decode()


def _literals(kind: inspect.Type) -> tuple[str, ...]:
    if isinstance(kind, inspect.UnionType):
        return tuple(word for part in kind.types for word in _literals(part))
    if isinstance(kind, inspect.LiteralType):
        return tuple(str(value) for value in kind.values if value != "")
    return ()


def kind_text(kind: inspect.Type) -> str:
    """A type in a few words, like `integer 0..2^53-1` or `list of [integer, text]`."""
    if isinstance(kind, inspect.UnionType):
        parts = [part for part in kind.types if not isinstance(part, inspect.NoneType)]
        texts = [kind_text(part) for part in parts if part != inspect.LiteralType(values=("",))]
        return " or ".join(dict.fromkeys(texts))
    if isinstance(kind, inspect.ListType):
        bounds = f"{kind.min_length or 0}..{kind.max_length} " if kind.max_length else ""
        return f"list of {bounds}{kind_text(kind.item_type)}"
    if isinstance(kind, inspect.TupleType):
        return f"[{', '.join(kind_text(part) for part in kind.item_types)}]"
    if isinstance(kind, inspect.StructType) and kind.array_like:
        texts = [f'"{kind.tag}"', *(kind_text(field.type) for field in kind.fields)]
        return f"[{', '.join(texts)}]"
    if isinstance(kind, inspect.StructType):
        return f"message {kind.tag}" if issubclass(kind.cls, ServerMessage) else f"object {kind.cls.__name__}"
    if isinstance(kind, inspect.IntType):
        return _integer_text(kind)
    if isinstance(kind, inspect.StrType):
        return _text_text(kind)
    if isinstance(kind, inspect.LiteralType):
        return "integer" if has_numbers(kind) else "text"
    assert isinstance(kind, inspect.BoolType), kind
    return "boolean"


def _integer_text(kind: inspect.IntType) -> str:
    assert kind.ge is not None and kind.le is not None, "every integer has bounds"
    return f"integer {_number(kind.ge)}..{_number(kind.le)}"


def _number(value: float) -> str:
    power = _POWERS.get(abs(int(value)))
    if power is None:
        return str(int(value))
    return power if value > 0 else f"-({power})"


def _text_text(kind: inspect.StrType) -> str:
    lengths = _LENGTHS.search(kind.pattern or "")
    shortest, longest = lengths.groups() if lengths else (kind.min_length, kind.max_length)
    return f"text of {shortest}..{longest}" if longest else "text"
