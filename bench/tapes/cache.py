"""Tapes on this host as raw rows in memory-mapped files, which need no decoding (TAPE-004).

A tape has a folder named by its tape hash, `tapes/HASH` in the user's cache folder: `rows` are its COMMAND rows,
`controls` row and payload of each control. The folder is made under another name and renamed when it is whole, so
that programs may fill the cache at the same time, and a stopped one leaves nothing that is read. Everything may be
deleted at any time. A row takes 128 bytes.
"""

import mmap
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np

from bench.tapes.metadata import Metadata, facts_of
from bench.tapes.parts import Part, TapeControl, TapeHash, merged
from bench.tapes.reader import AHEAD, TapeReader, read_ahead
from bench.tapes.tape import Tape
from exchange.errors import UserError
from exchange.records import COMMAND

CHECKED_ROWS = 65_536  # rows whose hash is taken before they are handed on


def tape_cache() -> Path:
    """The folder of all cached tapes."""
    base = Path(os.environ.get("GPUX_CACHE") or Path.home() / ".cache" / "gpux")
    return base / "tapes"


def cached_parts(path: Path, cache: Path | None = None) -> Iterator[Part]:
    """The parts of a tape, from the cache; a tape that is not there is put there first. As `TapeReader.parts`.

    cache   folder of all cached tapes; None: that of the user
    """
    tape = cached_tape(path, cache, check=False)
    with TapeReader(path) as reader:
        name = reader.metadata["tape_hash"]
    digest = TapeHash()
    yield from read_ahead(_hashed(tape, digest), AHEAD)
    if digest.hexdigest() != name:
        raise UserError(
            f"{(cache or tape_cache()) / name}: damaged: its rows do not have this tape hash; delete the folder"
        )


def _hashed(tape: Tape, digest: TapeHash) -> Iterator[Part]:
    pieces = (tape.commands[start : start + CHECKED_ROWS] for start in range(0, len(tape.commands), CHECKED_ROWS))
    for part in merged(pieces, tape.controls):
        digest.update(part)
        yield part


def cached_tape(path: Path, cache: Path | None = None, check: bool = True) -> Tape:
    """A tape whose rows are in the page cache of the system, shared by all processes of the host.

    Rows may be changed; the file does not change with them.

    cache    folder of all cached tapes; None: that of the user
    check    compare the rows with the tape hash, which reads all of them
    UserError: the tape or its copy is damaged
    """
    with TapeReader(path) as reader:
        metadata, folder = reader.metadata, (cache or tape_cache()) / reader.metadata["tape_hash"]
        if not folder.is_dir():
            fill(folder, reader)
    tape = mapped(folder, metadata)
    if check:
        digest = TapeHash()
        digest.update(tape.commands)
        for control in tape.controls:
            digest.update(control)
        if digest.hexdigest() != metadata["tape_hash"]:
            raise UserError(f"{folder}: damaged: its rows do not have this tape hash; delete the folder")
    return tape


def fill(folder: Path, reader: TapeReader) -> None:
    """Write the folder of a tape completely or not at all. If another program is first, its folder stays."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryDirectory(
            prefix=f"{folder.name[:16]}.", dir=folder.parent, ignore_cleanup_errors=True
        ) as made:
            _write(Path(made), reader)
            _rename(Path(made), folder)
    except OSError as error:
        raise UserError(f"{folder}: cannot be written: {error.strerror or error}") from None


def _write(made: Path, reader: TapeReader) -> None:
    controls = []
    with (made / "rows").open("wb") as file:
        for part in reader.parts():
            if isinstance(part, TapeControl):
                controls.append((part.row.tobytes(), part.payload))
            else:
                file.write(part.data.cast("B"))
    (made / "controls").write_bytes(msgspec.msgpack.encode(controls))


def _rename(made: Path, folder: Path) -> None:
    try:
        made.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise  # else another program was first


def mapped(folder: Path, metadata: Metadata) -> Tape:
    """The tape in a folder of the cache. UserError: a file is missing or has another length."""
    try:
        controls = msgspec.msgpack.decode((folder / "controls").read_bytes(), type=list[tuple[bytes, bytes]])
        with (folder / "rows").open("rb") as file:
            size, expected = os.fstat(file.fileno()).st_size, metadata["rows"] * COMMAND.itemsize
            if size != expected:
                raise UserError(f"{folder}: damaged: rows has {size:,} bytes, not {expected:,}; delete the folder")
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY) if size else b""
    except (OSError, msgspec.MsgspecError) as error:
        raise UserError(f"{folder}: damaged: {error}; delete the folder") from None
    rows = np.frombuffer(data, COMMAND)
    facts = facts_of(metadata)
    kept = [TapeControl(np.frombuffer(row, COMMAND).copy(), payload) for row, payload in controls]
    return Tape(
        rows, kept, facts.limits, facts.shard, facts.rules_hash, facts.state_hash, facts.resting_rows, facts.notes
    )
