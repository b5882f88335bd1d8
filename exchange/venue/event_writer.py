"""Writes released events to the files of `events/`, on the helper thread or where the loop waits for it (DUR-154).

    writer = EventWriter(disk, folder, journal_id)
    writer.go_on(chunk, offset, link)    # at a start: continue a file
    writer.run(flush)                    # any thread: writes, unless it was done already
    flush.written, flush.error           # once it is done: for the loop

The loop makes one `Flush` at a time and reads its results; only `run` touches files. A lock lets one thread write.
"""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from exchange.journal.files import write_all
from exchange.journal.frames import NO_HASH
from exchange.records import EVENT, ROW_BYTES
from exchange.seams import Disk, Lock
from exchange.venue.event_blocks import BlockLink, block_key, pack_block
from exchange.venue.event_chunk import EventChunk

BLOCK_ROWS = 512  # a block has so many rows, and the rest of its last batch; the last block of a flush has fewer


class ChunkPart(NamedTuple):
    """The events of one batch, and the chunk that they belong to."""

    chunk: EventChunk
    data: bytes


class WrittenBlock(NamedTuple):
    """A block that is in its file."""

    chunk: EventChunk
    link: BlockLink  # after it
    rows: int


@dataclass
class Flush:
    """What is to be written, and what came of it."""

    parts: Sequence[ChunkPart]
    chunk: EventChunk  # of the last block
    last: int  # last command that the last block covers
    frame: bytes  # hash of the journal's frame with that command; zeros if it is not known
    unlinked: Sequence[str] = ()  # names of files to delete afterwards
    written: list[WrittenBlock] = field(default_factory=list)
    error: OSError | None = None
    is_done: bool = False


class _Block(NamedTuple):
    chunk: EventChunk
    parts: list[bytes]
    last: int
    frame: bytes


class EventWriter:
    """The one writer of a folder of events."""

    def __init__(self, disk: Disk, folder: str, journal_id: bytes) -> None:
        self._disk, self._folder = disk, folder
        self._journal_id, self._key = journal_id, block_key(journal_id)
        self._lock = Lock()
        self._handle = -1
        self._offset = 0
        self._chunk: EventChunk | None = None  # whose file is open
        self.link = BlockLink()  # where the next block continues

    def go_on(self, chunk: EventChunk, offset: int, link: BlockLink) -> None:
        """Continue a chunk's file at `offset`, and drop what is behind it."""
        self._open(chunk)
        self._offset, self.link = offset, link
        self._disk.truncate(self._handle, offset)

    def set_link(self, link: BlockLink) -> None:
        """Let the next block continue at `link`."""
        self.link = link

    def run(self, flush: Flush) -> None:
        """Write a flush, unless it is done. A disk error ends it, and is noted in the flush."""
        with self._lock:
            if flush.is_done:
                return
            try:
                for block in _blocks(flush):
                    flush.written.append(self._write(block))
                for name in flush.unlinked:
                    self._disk.unlink(f"{self._folder}/{name}")
            except OSError as error:
                flush.error = error
            finally:
                flush.is_done = True

    def drop(self, flush: Flush) -> None:
        """Write nothing of a flush that has not begun."""
        with self._lock:
            flush.is_done = True

    def close(self) -> None:
        if self._handle >= 0:
            with contextlib.suppress(OSError):
                self._disk.close(self._handle)
        self._handle, self._chunk = -1, None

    def _open(self, chunk: EventChunk) -> None:
        self.close()
        self._handle = self._disk.open(f"{self._folder}/{chunk.name}", create=True)
        self._offset, self._chunk = 0, chunk

    def _write(self, block: _Block) -> WrittenBlock:
        if block.chunk is not self._chunk:
            self._open(block.chunk)
        rows = b"".join(block.parts)
        data, link = pack_block(self._journal_id, self._key, self.link, block.last, block.frame, rows)
        write_all(self._disk, self._handle, data, self._offset)
        self._offset += len(data)
        self.link = link
        block.chunk.note_numbers(np.frombuffer(rows, EVENT))
        return WrittenBlock(block.chunk, link, len(rows) // ROW_BYTES)


def _blocks(flush: Flush) -> Iterator[_Block]:
    """The blocks of a flush: each ends with a batch and belongs to one chunk."""
    parts: list[bytes] = []
    rows = 0
    for place, (chunk, data) in enumerate(flush.parts, 1):
        parts.append(data)
        rows += len(data) // ROW_BYTES
        if place < len(flush.parts) and (rows >= BLOCK_ROWS or flush.parts[place].chunk is not chunk):
            last = int(np.frombuffer(data[-ROW_BYTES:], EVENT)[0]["sequence"])
            yield _Block(chunk, parts, last, NO_HASH)
            parts, rows = [], 0
    yield _Block(flush.chunk, parts, flush.last, flush.frame)
