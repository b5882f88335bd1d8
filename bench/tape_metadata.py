"""What a tape says about itself (TAPE-002): written as JSON in the file's metadata, checked field by field when read.

Tape version 2 keeps controls among the rows, each with its payload beside it (`bench.tapes`). Version 1 kept them here,
in base64, which Parquet files of pyarrow hold twice; it is still read.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypedDict

import blake3
import msgspec

from exchange.errors import UserError
from exchange.limits import NAMED
from exchange.records import ROW_VERSION

if TYPE_CHECKING:
    from bench.tapes import Tape

METADATA_KEY = b"gpux.tape"
TAPE_VERSION = 2

Count = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]


class KnownNotes(TypedDict, total=False):
    """Notes that are used; a tape may have others."""

    fills: Count  # trades that the generator of the flow predicts


class Noted(TypedDict):
    notes: KnownNotes


class Metadata(TypedDict):
    """As `describe` writes it, and what version 1 has more."""

    tape_version: int
    row_version: int
    shard: str
    first_sequence: int
    last_sequence: int
    rows: Count  # commands that are no controls
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
    controls: list[tuple[bytes, bytes]]  # base64 in the file


def describe(tape: "Tape", tape_hash: str) -> bytes:
    """The metadata of a tape with this hash."""
    listings = blake3.blake3(b"".join(control.payload for control in tape.controls))
    rows = len(tape.commands)
    metadata = {
        "tape_version": TAPE_VERSION,
        "row_version": ROW_VERSION,
        "shard": tape.shard,
        "first_sequence": int(tape.commands["sequence"][0]) if rows else 0,
        "last_sequence": int(tape.commands["sequence"][-1]) if rows else 0,
        "rows": rows,
        "controls": len(tape.controls),
        "resting_rows": tape.resting_rows,
        "rules_hash": tape.rules_hash,
        "instruments_hash": listings.hexdigest(),
        "state_hash": tape.state_hash,
        "tape_hash": tape_hash,
        "limits": tape.limits,
        "notes": tape.notes,
    }
    return json.dumps(metadata).encode()


def decode_metadata(path: Path, text: bytes) -> Metadata:
    """Metadata of a version that is read, every field of the type that it is to have. UserError names the field."""
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
