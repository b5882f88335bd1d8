"""Saves and restores the STATE record as one file (DUR-090, DUR-091).

The record is mostly zeros that were never touched. It is copied, hashed and written in chunks. A chunk of zeros is not
copied, not written (the file has a hole there) and not touched when the file is read.

File: magic, version, header length, header as canonical JSON, body length, body (the STATE bytes), BLAKE3 of it all.
"""

import json
import struct
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from blake3 import blake3

from exchange.engine.used_chunks import CHUNK_BYTES, add_chunk, finish_hash
from exchange.seams import Disk

MAGIC = b"GXP1"
FORMAT = 1
PREFIX = struct.Struct("<4sHHI")
HEADER_BYTES_MAX = 1 << 16
HASH_BYTES = 32
KEEP = 3
_ZERO_CHUNK = bytes(CHUNK_BYTES)
_LENGTH = struct.Struct("<Q")


class SnapshotError(Exception):
    """A snapshot cannot be used; the message says why."""


class SnapshotHeader(NamedTuple):
    """The place of the snapshot in the journal, and its versions; hashes are hex text."""

    seq: int  # the last command applied
    chain_hash: str  # hash of the frame before `offset`
    state_hash: str
    segment: int
    offset: int  # of the snapshot's SNAPMARK frame
    epoch: int
    format: int
    rules_hash: str
    build_hash: str


class Image(NamedTuple):
    """A copy of a STATE record without its chunks of zeros."""

    chunks: dict[int, bytes]  # by number
    body_bytes: int  # length of the whole record

    def parts(self) -> Iterator[bytes]:
        """Yield the bytes of the whole record in order, chunk by chunk."""
        for number in range(-(-self.body_bytes // CHUNK_BYTES)):
            length = min(CHUNK_BYTES, self.body_bytes - number * CHUNK_BYTES)
            yield self.chunks.get(number) or _ZERO_CHUNK[:length]


def take_image(states: np.ndarray) -> Image:
    """Copy the chunks that are not zero. Call it between batches.

    states   the STATE record, shape (1,)
    """
    view = states.view(np.uint8).data
    chunks = {}
    for number, start in enumerate(range(0, len(view), CHUNK_BYTES)):
        chunk = bytes(view[start : start + CHUNK_BYTES])
        if chunk != _ZERO_CHUNK[: len(chunk)]:
            chunks[number] = chunk
    return Image(chunks, len(view))


def image_hash(image: Image) -> bytes:
    """The state hash, equal to that of the record itself."""
    digest = blake3()
    for number, chunk in image.chunks.items():
        add_chunk(digest, number, chunk)
    return finish_hash(digest, image.body_bytes)


def snapshot_name(sequence: int) -> str:
    return f"{sequence:020d}.snap"


def snapshot_names(disk: Disk, folder: str) -> list[str]:
    """Snapshots of a folder, newest first."""
    return sorted((name for name in disk.list(folder) if name.endswith(".snap")), reverse=True)


def write_snapshot(disk: Disk, folder: str, header: SnapshotHeader, image: Image) -> None:
    """Write the file durably, then delete all but the newest three."""
    name = snapshot_name(header.seq)
    handle = disk.open(f"{folder}/{name}.tmp", create=True)
    try:
        _write(disk, handle, header, image)
        disk.fsync(handle)
    finally:
        disk.close(handle)
    disk.rename(f"{folder}/{name}.tmp", f"{folder}/{name}")
    disk.fsync_dir(folder)
    for old in snapshot_names(disk, folder)[KEEP:]:
        disk.unlink(f"{folder}/{old}")


def _write(disk: Disk, handle: int, header: SnapshotHeader, image: Image) -> None:
    text = json.dumps(header._asdict(), sort_keys=True, separators=(",", ":")).encode()
    start = PREFIX.pack(MAGIC, FORMAT, 0, len(text)) + text + _LENGTH.pack(image.body_bytes)
    digest = blake3(start)
    _write_all(disk, handle, start, 0)
    offset = len(start)
    for number, part in enumerate(image.parts()):
        digest.update(part)
        if number in image.chunks:
            _write_all(disk, handle, part, offset)
        offset += len(part)
    _write_all(disk, handle, digest.digest(), offset)


def _write_all(disk: Disk, handle: int, data: bytes, offset: int) -> None:
    while data:
        taken = disk.pwrite(handle, data, offset)
        if taken <= 0:
            raise OSError("wrote 0 bytes")
        data, offset = data[taken:], offset + taken


def read_snapshot(disk: Disk, path: str) -> tuple[SnapshotHeader, np.ndarray]:
    """Header and STATE bytes, shape (n,), uint8. SnapshotError: the file is damaged. OSError: it cannot be read."""
    handle = disk.open(path, write=False)
    try:
        return _read(disk, handle)
    finally:
        disk.close(handle)


def _read(disk: Disk, handle: int) -> tuple[SnapshotHeader, np.ndarray]:
    header, start, body_bytes = _read_header(disk, handle)
    whole, of_body = blake3(start), blake3()
    body = np.zeros(body_bytes, np.uint8)
    for number, offset in enumerate(range(0, body_bytes, CHUNK_BYTES)):
        part = disk.pread(handle, min(CHUNK_BYTES, body_bytes - offset), len(start) + offset)
        whole.update(part)
        # Zeros are not written: their memory pages stay untouched.
        if part != _ZERO_CHUNK[: len(part)]:
            add_chunk(of_body, number, part)
            body[offset : offset + len(part)] = np.frombuffer(part, np.uint8)
    if disk.pread(handle, HASH_BYTES, len(start) + body_bytes) != whole.digest():
        raise SnapshotError("the file's hash differs")
    if finish_hash(of_body, body_bytes).hex() != header.state_hash:
        raise SnapshotError("the state hash differs")
    return header, body


def _read_header(disk: Disk, handle: int) -> tuple[SnapshotHeader, bytes, int]:
    """Header, all bytes before the body, and the length of the body; the lengths fit the file."""
    file_bytes = disk.size(handle)
    prefix = disk.pread(handle, PREFIX.size, 0)
    if len(prefix) < PREFIX.size:
        raise SnapshotError("the file is too short")
    magic, version, zero, length = PREFIX.unpack(prefix)
    if (magic, version, zero) != (MAGIC, FORMAT, 0) or length > HEADER_BYTES_MAX:
        raise SnapshotError("no snapshot of this format")
    text = disk.pread(handle, length, PREFIX.size)
    body_length = disk.pread(handle, _LENGTH.size, PREFIX.size + length)
    start = prefix + text + body_length
    if len(start) != PREFIX.size + length + _LENGTH.size:
        raise SnapshotError("the file is too short")
    body_bytes = _LENGTH.unpack(body_length)[0]
    if len(start) + body_bytes + HASH_BYTES != file_bytes:
        raise SnapshotError(f"the file has {file_bytes} bytes, not {len(start) + body_bytes + HASH_BYTES}")
    try:
        return SnapshotHeader(**json.loads(text)), start, body_bytes
    except (ValueError, TypeError) as error:
        raise SnapshotError(f"header: {error}") from None
