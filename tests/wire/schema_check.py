"""Checks a value against JSON Schema, as far as the schema of the protocol goes; and what two schemas share."""

import re
from typing import Any


def faults(schema: Any, value: Any, definitions: dict[str, Any], place: str = "$") -> list[str]:
    """Why a value does not fit a schema; empty: it fits."""
    if schema is False:
        return [f"{place}: not allowed"]
    if "$ref" in schema:
        return faults(definitions[schema["$ref"].rsplit("/", 1)[1]], value, definitions, place)
    found = []
    if "anyOf" in schema:
        options = [faults(option, value, definitions, place) for option in schema["anyOf"]]
        if all(options):
            found.append(f"{place}: none of {len(options)} options: {min(options, key=len)}")
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{place}: {value!r} not in {schema['enum']}")
    kind = schema.get("type")
    if kind is not None and not _is(kind, value):
        return [*found, f"{place}: {value!r} is no {kind}"]
    if kind == "integer" and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        found.append(f"{place}: {value} out of range")
    if kind == "string":
        if not re.search(schema.get("pattern", ""), value):
            found.append(f"{place}: {value!r} does not match")
        if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
            found.append(f"{place}: length of {value!r}")
    if kind == "array":
        found += _of_array(schema, value, definitions, place)
    if kind == "object":
        found += _of_object(schema, value, definitions, place)
    return found


def _is(kind: str, value: Any) -> bool:
    types = {"integer": int, "string": str, "array": list, "object": dict, "boolean": bool}
    return isinstance(value, types[kind]) and (kind == "boolean" or not isinstance(value, bool))


def _of_array(schema: Any, value: list[Any], definitions: dict[str, Any], place: str) -> list[str]:
    found = []
    if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
        found.append(f"{place}: {len(value)} items")
    first = schema.get("prefixItems", [])
    for index, item in enumerate(value):
        own = first[index] if index < len(first) else schema.get("items", {})
        found += faults(own, item, definitions, f"{place}[{index}]")
    return found


def _of_object(schema: Any, value: dict[str, Any], definitions: dict[str, Any], place: str) -> list[str]:
    found = [f"{place}.{key}: missing" for key in schema.get("required", ()) if key not in value]
    for key, item in value.items():
        if key in schema["properties"]:
            found += faults(schema["properties"][key], item, definitions, f"{place}.{key}")
        elif schema.get("additionalProperties") is False:
            found.append(f"{place}.{key}: unknown")
    return found


TEXTS = {"title", "description", "x-unit", "x-words"}


def is_wider(bound: str, old: int, new: int) -> bool:
    """Whether a bound allows all that it allowed before."""
    return new <= old if bound == "minimum" else new >= old


def lost(old: Any, new: Any, asked: bool, place: str = "$") -> list[str]:
    """What an old client or server would miss if `new` took the place of `old`; empty: only additions.

    asked   of messages of a client: a key that is needed now, or a bound that is narrower, is a loss too
    """
    if not isinstance(old, dict) or not isinstance(new, dict):
        return [] if old == new else [f"{place}: {old!r} has become {new!r}"]
    found = []
    for key, value in old.items():
        if key in TEXTS or (key == "required" and asked):
            continue
        if key not in new:
            found.append(f"{place}.{key} is gone")
        elif key in ("required", "enum"):
            found += [f"{place}.{key}: {word} is gone" for word in value if word not in new[key]]
        elif asked and key in ("minimum", "maximum") and is_wider(key, value, new[key]):
            continue
        elif key == "prefixItems" and len(value) == len(new[key]):
            for number, (item, other) in enumerate(zip(value, new[key], strict=True)):
                found += lost(item, other, asked, f"{place}.{key}[{number}]")
        elif key == "anyOf":
            found += [f"{place}.anyOf: {option} is gone" for option in value if option not in new[key]]
        else:
            found += lost(value, new[key], asked, f"{place}.{key}")
    for key in new.keys() - old.keys() - TEXTS:
        if asked and key in ("minimum", "maximum", "pattern", "minLength", "maxLength", "minItems", "maxItems"):
            found.append(f"{place}.{key} is new")
    if asked and "required" in new:
        found += [f"{place}: {key} is needed now" for key in new["required"] if key not in old["required"]]
    return found
