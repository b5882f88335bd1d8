"""JSON Schema of all messages, layouts of records, and tables of errors and close codes: data for programs.

The schema comes from the types of the messages (WIRE-041). Each key also has its name in the code, its meaning, and
its unit (`x-unit`). A word of the venue may be new to a client, so its words (`x-words`) are no bounds.
"""

from typing import Any

import msgspec

from exchange.wire.errors import CLOSE_MEANINGS, ERROR_MEANINGS, applied
from exchange.wire.messages import ClientMessages, ServerMessages
from exchange.wire.record_reference import HEAD_FIELDS, FieldTable, record_tables
from exchange.wire.reference import Described, described_messages, described_objects
from exchange.wire.version import VERSION

DRAFT = "https://json-schema.org/draft/2020-12/schema"
_PLACE = "#/$defs/{name}"


def json_schema() -> dict[str, Any]:
    """One document: a frame of a client or of the server; `$defs` has every message and object."""
    unions = {"ClientMessage": ClientMessages, "ServerMessage": ServerMessages}
    schemas, parts = msgspec.json.schema_components(unions.values(), ref_template=_PLACE)
    described = [one for union in unions.values() for one in (*described_messages(union), *described_objects(union))]
    by_name = {one.struct: one for one in described}
    messages = dict(zip(unions, schemas, strict=True))
    frames = [{"$ref": _PLACE.format(name=name)} for name in unions]
    return {
        "$schema": DRAFT,
        "title": f"gpux protocol {VERSION}",
        "description": "A frame: one message, or an array of messages.",
        "anyOf": [*frames, *({"type": "array", "items": frame, "minItems": 1} for frame in frames)],
        "$defs": messages | {name: _explained(_bare(part), by_name.get(name)) for name, part in parts.items()},
    }


def error_table() -> list[dict[str, Any]]:
    """Every error code."""
    return [
        {
            "code": int(code),
            "name": code.name,
            "meaning": meaning.text,
            "applied": applied(code),
            "retry": str(meaning.retry),
        }
        for code, meaning in ERROR_MEANINGS.items()
    ]


def close_table() -> list[dict[str, Any]]:
    """Every close code."""
    return [{"code": int(code), "name": code.name, "meaning": text} for code, text in CLOSE_MEANINGS.items()]


def record_table() -> dict[str, Any]:
    """Layouts of the records of `gpux.v1+bin`. Numbers that mean an absent key are texts: some exceed 53 bits."""
    return {
        "head": [
            {"offset": offset, "size": size, "name": name, "description": meaning}
            for name, offset, size, meaning in HEAD_FIELDS
        ],
        "records": [
            {
                "template": record.template,
                "t": record.name,
                "sender": record.sender,
                "size": record.size,
                "fields": [_field(field) for field in record.fields],
                "row_size": record.row_size,
                "row": [_field(field) for field in record.row],
                "row_keys": list(record.row_keys),
                "constants": record.constants,
                "from_code": list(record.from_code),
            }
            for record in record_tables()
        ],
    }


def _field(field: FieldTable) -> dict[str, Any]:
    return {
        "offset": field.offset,
        "size": field.size,
        "key": field.key,
        "kind": field.kind,
        "words": {str(code): word for code, word in field.words.items()},
        "absent": ["" if field.kind == "text" else str(number) for number in field.absent],
        "description": field.meaning,
    }


def _bare(part: Any) -> Any:
    """A schema without what never crosses the socket: `null`, defaults that stand for nothing, Python's regexes."""
    if isinstance(part, list):
        return [_bare(member) for member in part]
    if not isinstance(part, dict):
        return part
    bare = {key: _bare(member) for key, member in part.items()}
    options = [option for option in bare.get("anyOf", ()) if option != {"type": "null"}]
    if len(options) == 1:
        del bare["anyOf"]
        bare = options[0] | bare
    elif options:
        bare["anyOf"] = options
    default = bare.get("default", False)
    if not isinstance(default, dict) and default in (None, "", 0, []) and default is not False:
        del bare["default"]
    pattern = bare.get("pattern")
    if isinstance(pattern, str):
        bare["pattern"] = pattern.replace(r"\A", "^").replace(r"\Z", "$")
    return bare


def _explained(part: dict[str, Any], described: Described | None) -> dict[str, Any]:
    """A message's schema with the meaning of each key. Keys that are not described are never sent.

    described   None: it is a row, without keys
    """
    if described is None:
        return part
    keys = {key.key: key for key in described.keys}
    properties = {}
    for key, schema in part["properties"].items():
        if key in keys:
            own = keys[key]
            more: dict[str, Any] = {"title": own.name, "description": own.meaning}
            more |= {"x-unit": own.unit} if own.unit else {}
            more |= {"x-words": list(own.words)} if own.words and "enum" not in schema else {}
            properties[key] = more | schema
        elif key == "t":
            properties[key] = schema
    return part | {"description": described.meaning, "properties": properties}
