"""Packs, reads and checks blocks of released events, the content of the files in `events/` (DUR-154).

A block is a header of 128 bytes and EVENT rows. The header names the first and last command covered (all their rows
are in the block), the hash of the journal frame with the last command, the hash of the previous block, and the hash
of this block, keyed with the journal's id. A flipped bit, a lost block and rows of another journal are all detected.
"""

import struct
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from blake3 import blake3

from exchange.journal.errors import reading
from exchange.records import EVENT, ROW_BYTES
from exchange.seams import Disk, NotAFile

MAGIC = b"GXE1"
FORMAT = 1
# magic, format, rows, first and last command, time before, journal id, frame, block before; the block's own hash
HEADER = struct.Struct("<4sHxxIxxxxqqq16s32s16s8x")
HASH_BYTES = 16
HEADER_BYTES = HEADER.size + HASH_BYTES
KEY_CONTEXT = "gpux events v1 block key"
assert HEADER_BYTES == ROW_BYTES


class BlockLink(NamedTuple):
    """The place between two blocks, where the next block continues."""

    first: int = 1  # first command that the next block covers
    hash: bytes = bytes(HASH_BYTES)  # hash of the block before
    time_ns: int = 0  # time of the last row before


class Block(NamedTuple):
    """A block that passed every check. `rows` is a view, shape (n,), EVENT."""

    first: int  # first command covered
    last: int  # last command covered; either may have no rows
    time_before_ns: int
    frame: bytes  # hash of the journal's frame with command `last`; zeros if it was not known
    previous: bytes  # hash of the block before
    hash: bytes
    rows: np.ndarray
    offset: int  # of the block in its file, bytes

    @property
    def end(self) -> int:
        return self.offset + HEADER_BYTES + len(self.rows) * ROW_BYTES

    @property
    def link(self) -> BlockLink:
        time_ns = int(self.rows[-1]["time_ns"]) if len(self.rows) else self.time_before_ns
        return BlockLink(self.last + 1, self.hash, time_ns)


class BadBlock(Exception):
    """The bytes at an offset are not a valid block, or do not belong there."""

    def __init__(self, reason: str, offset: int) -> None:
        super().__init__(f"offset {offset}: {reason}")


def block_key(journal_id: bytes) -> bytes:
    return blake3(journal_id, derive_key_context=KEY_CONTEXT).digest()


def pack_block(
    journal_id: bytes, key: bytes, link: BlockLink, last: int, frame: bytes, rows: bytes
) -> tuple[bytes, BlockLink]:
    """The bytes of the block at `link`, and the link for the next one.

    last    last command covered
    frame   hash of the journal's frame with that command; zeros if it is not known
    rows    bytes of all EVENT rows of commands `link.first` to `last`
    """
    count = len(rows) // ROW_BYTES
    header = HEADER.pack(MAGIC, FORMAT, count, link.first, last, link.time_ns, journal_id, frame, link.hash)
    digest = blake3(header, key=key).update(rows).digest(HASH_BYTES)
    time_ns = int(np.frombuffer(rows[-ROW_BYTES:], EVENT)[0]["time_ns"]) if count else link.time_ns
    return b"".join((header, digest, rows)), BlockLink(last + 1, digest, time_ns)


def read_blocks(data: bytes, journal_id: bytes = b"") -> Iterator[Block]:
    """Yield the blocks of a file in order; raises BadBlock at the first one that fails a check.

    journal_id   id that every block must carry; empty: that of the first block
    """
    offset, before, key = 0, b"", b""
    while offset < len(data):
        header = data[offset : offset + HEADER_BYTES]
        if len(header) < HEADER_BYTES:
            raise BadBlock("part of a block", offset)
        magic, version, count, first, last, time_ns, found, frame, previous = HEADER.unpack_from(header)
        end = offset + HEADER_BYTES + count * ROW_BYTES
        if magic != MAGIC or version != FORMAT or end > len(data):
            raise BadBlock("no whole block", offset)
        if found != (journal_id or found):
            raise BadBlock("a block of another journal", offset)
        key = key or block_key(found)
        digest = blake3(header[: HEADER.size], key=key).update(data[offset + HEADER_BYTES : end]).digest(HASH_BYTES)
        if header[HEADER.size :] != digest:
            raise BadBlock("the block's hash differs", offset)
        if before and previous != before:
            raise BadBlock("a block does not follow the one before", offset)
        rows = np.frombuffer(data, EVENT, count, offset + HEADER_BYTES)
        before, journal_id = digest, found
        yield Block(first, last, time_ns, frame, previous, digest, rows, offset)
        offset = end


class EventFile(NamedTuple):
    """The valid blocks from the beginning of a file, and what is wrong with the rest, in words (empty: nothing)."""

    blocks: list[Block]
    problem: str


def read_event_file(disk: Disk, path: str, journal_id: bytes = b"") -> EventFile:
    """Read and check one file of events. OSError: it cannot be read."""
    handle = disk.open(path, write=False)
    try:
        size = disk.size(handle)
        data = b"".join(_pieces(disk, handle, size))
    finally:
        disk.close(handle)
    blocks: list[Block] = []
    try:
        for block in read_blocks(data, journal_id):
            blocks.append(block)
    except BadBlock as bad:
        return EventFile(blocks, str(bad))
    return EventFile(blocks, "" if blocks else "it is empty")


def read_or_explain(disk: Disk, path: str, journal_id: bytes) -> EventFile:
    """As `read_event_file`, but an unreadable file has no blocks and the error as its problem.

    raises   JournalFailed: there is something at `path` that is not a file
    """
    try:
        return read_event_file(disk, path, journal_id)
    except NotAFile:
        with reading(path):
            raise
    except OSError as error:
        return EventFile([], f"it cannot be read: {error.strerror or error}")


def rows_of(blocks: Sequence[Block]) -> np.ndarray:
    """All rows of these blocks, EVENT, shape (n,), a copy."""
    return np.concatenate([block.rows for block in blocks]) if blocks else np.zeros(0, EVENT)


def _pieces(disk: Disk, handle: int, size: int) -> Iterator[bytes]:
    offset = 0
    while offset < size:
        data = disk.pread(handle, size - offset, offset)
        if not data:
            return
        offset += len(data)
        yield data
