"""Reads the five files of a specification and checks them together. It reports all errors, not only the first."""

import hashlib
import tomllib
from collections.abc import Callable
from datetime import date
from pathlib import Path
from types import UnionType
from typing import Any, TypeVar, get_args, get_origin

import msgspec

from contracts_spec.checks import check_date, check_spec
from contracts_spec.errors import Problem, SpecError
from contracts_spec.schema import CalendarFile, ChipsFile, MarginFile, ProductsFile, Spec, TiersFile

FOLDER = Path(__file__).parent
FILES: dict[str, type[msgspec.Struct]] = {
    "chips.toml": ChipsFile,
    "tiers.toml": TiersFile,
    "products.toml": ProductsFile,
    "calendar.toml": CalendarFile,
    "margin.toml": MarginFile,
}
_SEVERAL = 2
_Table = TypeVar("_Table", bound=msgspec.Struct)


def load_spec(folder: str | Path | None = None, day: date | None = None) -> Spec:
    """Load and check the specification of a folder; without a folder, the built-in catalogue.

    day      if given, also check on this date that the listed instruments have their holiday lists (CONFIG-007) and
             that their reference rates are measured (SPEC-031, CONFIG-001); `gpux serve` gives today
    SpecError: the specification is not valid; it names each problem with file, key, value and the allowed values
    """
    path = Path(folder or FOLDER)
    if not path.is_dir():
        raise SpecError([Problem(", ".join(FILES), "missing", "", f"there is no folder {path}")])
    if absent := [name for name in FILES if not (path / name).is_file()]:
        needed = f"there is no such file in {path}, needed are {', '.join(FILES)}"
        raise SpecError([Problem(", ".join(absent), "missing", "", needed)])
    problems: list[Problem] = []
    data = {name: _parse_file(path, name, problems) for name in FILES}
    return _checked(data, problems, day)


def default_tables() -> dict[str, dict[str, Any]]:
    """The built-in files as plain tables, by file name: what `spec_of_tables` reads."""
    return {name: tomllib.loads((FOLDER / name).read_text(encoding="utf-8")) for name in FILES}


def spec_of_tables(tables: dict[str, dict[str, Any]], day: date | None = None) -> Spec:
    """Check plain tables as `load_spec` checks files, with the same problems. `tables`: by file name."""
    return _checked({name: tables[name] for name in FILES}, [], day)


def spec_document(spec: Spec) -> bytes:
    """The specification as one canonical JSON document: sorted keys, no spaces, integers only."""
    return msgspec.json.encode(spec, order="sorted")


def spec_from_document(document: bytes) -> Spec:
    """The specification from a document that `spec_document` has made."""
    return msgspec.json.decode(document, type=Spec)


def spec_sha256(spec: Spec) -> bytes:
    """SHA-256 of the specification's document: the configuration hash in settlement, cascade and margin events."""
    return hashlib.sha256(spec_document(spec)).digest()


def _freeze(tables: dict[str, Any]) -> Spec:
    tiers = tables["tiers.toml"]
    return Spec(
        chips=tables["chips.toml"].chip,
        tiers=tiers.tier,
        benchmark=tiers.benchmark,
        certification=tiers.certification,
        products=tables["products.toml"],
        calendar=tables["calendar.toml"],
        margin=tables["margin.toml"],
    )


def _checked(data: dict[str, dict[str, Any] | None], problems: list[Problem], day: date | None) -> Spec:
    """The specification of parsed files, None for those that could not be parsed. `problems`: why they could not."""
    tables = {name: None if table is None else _read_file(name, table, problems) for name, table in data.items()}
    problems += check_spec(tables)
    if problems:
        raise SpecError(problems)
    spec = _freeze(tables)
    if day is not None and (dated := check_date(spec, day)):
        raise SpecError(dated)
    return spec


def _parse_file(folder: Path, name: str, problems: list[Problem]) -> dict[str, Any] | None:
    """The tables of a file. None: it has problems, which are added to `problems`."""
    try:
        return tomllib.loads((folder / name).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        problems.append(Problem(name, "cannot be read", "", str(error)))
    except ValueError as error:  # TOMLDecodeError, or an integer with more digits than Python converts
        problems.append(Problem(name, "is not TOML", "", str(error)))
    except RecursionError:
        problems.append(Problem(name, "is not TOML", "", "lists or tables are nested too deeply"))
    return None


def _read_file(name: str, data: dict[str, Any], problems: list[Problem]) -> msgspec.Struct | None:
    """Read the tables of a file as its Struct. None: they have problems, which are added to `problems`."""
    return _read_table(FILES[name], data, "", lambda key, value, ok: problems.append(Problem(name, key, value, ok)))


def _read_table(
    shape: type[_Table], data: dict[str, Any], path: str, report: Callable[[str, str, str], None]
) -> _Table | None:
    """Read a table as its Struct. None: it has problems, and `report(path, value, allowed)` was called for each."""
    fields = {field.name: field for field in msgspec.structs.fields(shape)}
    found: dict[str, Any] = {}
    for key in data.keys() - fields.keys():
        report(path + key, _shown(data[key]), f"unknown key, allowed are {', '.join(fields)}")
    for key, field in fields.items():
        if key in data:
            found[key] = _read_value(field.type, data[key], path + key, report)
        elif field.required:
            report(path + key, "", "missing")
    required = all(key in found for key, field in fields.items() if field.required)
    if not required or data.keys() - fields.keys() or any(value is _BAD for value in found.values()):
        return None
    return shape(**found)


_BAD = object()


def _read_value(kind: Any, value: Any, path: str, report: Callable[[str, str, str], None]) -> Any:
    """Read a value, a table or a list of tables as the type `kind`. `_BAD`: it has another type, which is reported."""
    arguments = get_args(kind)
    if get_origin(kind) is tuple and len(arguments) == _SEVERAL and arguments[1] is ... and isinstance(value, list):
        paths = [f"{path}{_entry(entry, index)}" for index, entry in enumerate(value)]
        entries = [_read_value(arguments[0], *entry, report) for entry in zip(value, paths, strict=True)]
        return _BAD if any(entry is _BAD for entry in entries) else tuple(entries)
    if get_origin(kind) is dict and isinstance(value, dict):
        found = {key: _read_value(arguments[1], entry, f"{path}.{key}", report) for key, entry in value.items()}
        return _BAD if any(entry is _BAD for entry in found.values()) else found
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and isinstance(value, dict):
        table = _read_table(kind, value, f"{path}.", report)
        return _BAD if table is None else table
    if not _fits(value):
        report(path, _shown(value), f"must be {_expected(kind)} of at most 64 bits")
        return _BAD
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError:
        report(path, _shown(value), f"must be {_expected(kind)}")
        return _BAD


def _fits(value: Any) -> bool:
    """Whether all integers of a value fit into 64 bits, as the canonical document requires."""
    if isinstance(value, list):
        return all(_fits(one) for one in value)
    return not isinstance(value, int) or -(1 << 63) <= value < 1 << 63


def _entry(entry: Any, index: int) -> str:
    """Name of a list entry in messages: its key `name` or `family`, or else its index."""
    name = entry.get("name", entry.get("family")) if isinstance(entry, dict) else None
    return f".{name}" if isinstance(name, str) else f"[{index}]"


def _expected(kind: Any) -> str:
    """A type in words."""
    arguments = get_args(kind)
    if isinstance(kind, UnionType):
        return " or ".join(_expected(one) for one in arguments if one is not type(None))
    if get_origin(kind) is tuple:
        several = "a list" if arguments[-1] is ... else f"a list of {len(arguments)}"
        return f"{several}, each {_expected(arguments[0])}"
    if get_origin(kind) is dict:
        return f"a table, each value {_expected(arguments[1])}"
    if arguments:
        return "one of " + ", ".join(repr(one) for one in arguments)
    names = {int: "an integer", str: "a text", bool: "true or false", date: "a date like 2027-01-18"}
    return names.get(kind, "a table")


def _shown(value: Any) -> str:
    """A value as text for a message, short enough for one line."""
    try:
        text = repr(value) if not isinstance(value, date) else value.isoformat()
    except ValueError:  # a hexadecimal integer may have more digits than Python converts
        return "a number of thousands of digits"
    return text if len(text) <= 60 else text[:57] + "..."
