"""The metadata of a tape (TAPE-002): JSON in the Parquet file. All fields are checked when a file is read.

Tape version 3 has two columns as differences (`columns.COMMANDS`) and says what wrote it. Versions 1 and 2, which can
still be read, have all columns as they are. Version 1 has the controls in this JSON as base64, later ones have them
among the rows, each with its payload in its row.
"""

import platform
from dataclasses import dataclass, field, fields
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated, Any, TypedDict

import msgspec

from bench.record import commit
from exchange.errors import UserError
from exchange.limits import limits_named
from exchange.records import ROW_VERSION
from exchange.wire.version import RELEASE

METADATA_KEY = b"gpux.tape"
TAPE_VERSION = 3
VERSIONS = (1, 2, TAPE_VERSION)
PACKAGES = ("numpy", "numba", "llvmlite", "msgspec", "pyarrow", "blake3")

Count = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]


@dataclass(frozen=True)
class TapeFacts:
    """What a tape says about its rows."""

    limits: str  # name of the state's size
    shard: str = ""
    rules_hash: str = ""  # of the kernel sources that produced state_hash
    state_hash: str = ""  # state hash after the last command; "": not known
    resting_rows: int = 0  # rows at the start that only fill the book
    notes: dict[str, Any] = field(default_factory=dict)  # notes about the source, with all its parameters


class KnownNotes(TypedDict, total=False):
    """The notes that a replay uses. A tape may have other notes."""

    fills: Count  # trades that the generator of the flow predicts


class Noted(TypedDict):
    """Metadata as far as its notes are checked."""

    notes: KnownNotes


class Metadata(TypedDict):
    """All fields that `bench.tapes.writer` writes, and the field that only version 1 has."""

    tape_version: int
    row_version: int
    shard: str
    first_sequence: int
    last_sequence: int
    rows: Count  # number of commands, without controls
    controls: Count
    resting_rows: Count
    rules_hash: str
    instruments_hash: str
    state_hash: str
    tape_hash: str
    limits: str
    notes: dict[str, Any]
    written_by: dict[str, str]  # release, commit and packages; empty before version 3
    kept: list[tuple[bytes, bytes]]  # version 1: row and payload of each control


class Version1(TypedDict):
    """The controls as version 1 has them."""

    controls: list[tuple[bytes, bytes]]  # base64 in the file


def decode_metadata(path: Path, text: bytes) -> Metadata:
    """Decode and check the metadata of either version. UserError: a field is wrong; the text names it."""
    try:
        found = msgspec.json.decode(text, type=dict[str, Any])
        if found.get("row_version") != ROW_VERSION:
            raise UserError(f"{path}: row version {found.get('row_version')}, this gpux reads {ROW_VERSION}")
        version = found.setdefault("tape_version", 1)
        if version not in VERSIONS:
            raise UserError(f"{path}: tape version {version}, this gpux reads {', '.join(map(str, VERSIONS))}")
        msgspec.convert(found, Noted)
        kept = msgspec.convert(found, Version1)["controls"] if version == 1 else []
        if version == 1:
            found["controls"] = len(kept)
        if version < 3:
            found["written_by"] = {}
        metadata = msgspec.convert(found | {"kept": kept}, Metadata)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise UserError(f"{path}: damaged: metadata {METADATA_KEY.decode()}: {error}") from None
    try:
        metadata["limits"] = limits_named(metadata["limits"]).name
    except UserError as error:
        raise UserError(f"{path}: {error}") from None
    if metadata["resting_rows"] > metadata["rows"]:
        raise UserError(f"{path}: damaged: resting_rows {metadata['resting_rows']} not in 0..{metadata['rows']}")
    return metadata


def facts_of(metadata: Metadata) -> TapeFacts:
    """What metadata says of a tape."""
    known: dict[str, Any] = dict(metadata)
    return TapeFacts(**{name.name: known[name.name] for name in fields(TapeFacts)})


@cache
def written_by() -> dict[str, str]:
    """Release of gpux, its commit (empty outside a checkout; `+`: with changes), Python, and packages."""
    return {"gpux": RELEASE, "commit": commit(), "python": platform.python_version()} | {
        name: installed(name) for name in PACKAGES
    }


def installed(name: str) -> str:
    """Version of a package, empty if it is not installed."""
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
