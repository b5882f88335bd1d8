"""The metadata of a tape (TAPE-002): JSON in the Parquet file. All fields are checked when a file is read.

Tape version 2 has controls among the rows, each with its payload in its row (`tape.py`). Version 1, which can still
be read, has them in this JSON as base64. That made files large, because pyarrow writes the metadata of a file twice.
"""

from pathlib import Path
from typing import Annotated, Any, TypedDict

import msgspec

from exchange.errors import UserError
from exchange.limits import NAMED
from exchange.records import ROW_VERSION

METADATA_KEY = b"gpux.tape"
TAPE_VERSION = 2

Count = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]


class KnownNotes(TypedDict, total=False):
    """The notes that a replay uses. A tape may have other notes."""

    fills: Count  # trades that the generator of the flow predicts


class Noted(TypedDict):
    """Metadata as far as its notes are checked."""

    notes: KnownNotes


class Metadata(TypedDict):
    """All fields that `bench.tapes.tape.describe` writes, and the field that only version 1 has."""

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
        if version not in (1, TAPE_VERSION):
            raise UserError(f"{path}: tape version {version}, this gpux reads 1 and {TAPE_VERSION}")
        msgspec.convert(found, Noted)
        kept = msgspec.convert(found, Version1)["controls"] if version == 1 else []
        if version == 1:
            found["controls"] = len(kept)
        metadata = msgspec.convert(found | {"kept": kept}, Metadata)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise UserError(f"{path}: damaged: metadata {METADATA_KEY.decode()}: {error}") from None
    if metadata["limits"] not in NAMED:
        raise UserError(f"{path}: state size {metadata['limits']!r}, allowed: {', '.join(NAMED)}")
    return metadata
