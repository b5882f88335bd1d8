"""The one writer of the files of events: blocks that end with a batch, in the file of their chunk, once."""

import errno
import threading
from pathlib import Path

import numpy as np
import pytest

from exchange.records import EVENT
from exchange.seams import RealDisk
from exchange.venue.event_blocks import BlockLink, read_event_file
from exchange.venue.event_chunk import EventChunk
from exchange.venue.event_writer import BLOCK_ROWS, ChunkPart, EventWriter, Flush

JOURNAL = bytes(range(16))
FRAME = bytes([9]) * 32


def part(chunk: EventChunk, first: int, count: int) -> ChunkPart:
    rows = np.zeros(count, EVENT)
    rows["sequence"] = np.arange(first, first + count)
    return ChunkPart(chunk, rows.tobytes())


def blocks(folder: Path, chunk: EventChunk) -> list[tuple[int, int, int, bytes]]:
    """First and last command, rows and frame of each block in a chunk's file, which must be whole."""
    file = read_event_file(RealDisk(), f"{folder}/{chunk.name}", JOURNAL)
    assert file.problem == ""
    return [(block.first, block.last, len(block.rows), block.frame) for block in file.blocks]


@pytest.mark.rule("DUR-154")
def test_a_block_ends_with_a_batch_and_the_last_one_names_the_frame(tmp_path: Path) -> None:
    writer, one, two = EventWriter(RealDisk(), str(tmp_path), JOURNAL), EventChunk(1, 1), EventChunk(2, 1_001)
    parts = [part(one, 1, 500), part(one, 501, 100), part(one, 601, 400), part(two, 1_001, 20)]
    writer.run(flush := Flush(parts, two, 1_030, FRAME))
    assert blocks(tmp_path, one) == [(1, 600, 600, bytes(32)), (601, 1_000, 400, bytes(32))]
    assert blocks(tmp_path, two) == [(1_001, 1_030, 20, FRAME)], "commands without events are covered too"
    assert [(chunk, link.first, rows) for chunk, link, rows in flush.written] == [
        (one, 601, 600), (one, 1_001, 400), (two, 1_031, 20),
    ]  # fmt: skip
    assert BLOCK_ROWS == 512 and writer.link.first == 1_031
    writer.run(Flush([], two, 1_040, FRAME))
    assert blocks(tmp_path, two)[1:] == [(1_031, 1_040, 0, FRAME)]
    writer.close()


@pytest.mark.rule("DUR-152")
def test_a_flush_is_written_once_whoever_runs_it(tmp_path: Path) -> None:
    writer, chunk = EventWriter(RealDisk(), str(tmp_path), JOURNAL), EventChunk(1, 1)
    flush = Flush([part(chunk, 1, 600), part(chunk, 601, 5)], chunk, 605, FRAME)
    threads = [threading.Thread(target=writer.run, args=(flush,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert flush.is_done and flush.error is None and len(blocks(tmp_path, chunk)) == 2
    dropped = Flush([part(chunk, 606, 5)], chunk, 610, FRAME)
    writer.drop(dropped)
    writer.run(dropped)
    assert len(blocks(tmp_path, chunk)) == 2 and dropped.written == []
    writer.close()


def test_a_file_goes_on_where_its_last_block_ended(tmp_path: Path) -> None:
    writer, chunk = EventWriter(RealDisk(), str(tmp_path), JOURNAL), EventChunk(1, 1)
    writer.run(flush := Flush([part(chunk, 1, 5)], chunk, 5, FRAME))
    writer.close()
    path = tmp_path / chunk.name
    size = path.stat().st_size
    path.write_bytes(path.read_bytes() + bytes(100))
    again = EventWriter(RealDisk(), str(tmp_path), JOURNAL)
    again.go_on(chunk, size, flush.written[-1].link)
    again.run(Flush([part(chunk, 6, 5)], chunk, 10, FRAME))
    again.close()
    assert [block[:2] for block in blocks(tmp_path, chunk)] == [(1, 5), (6, 10)]


@pytest.mark.rule("DUR-152")
def test_an_error_ends_a_flush_and_what_was_written_is_known(tmp_path: Path) -> None:
    class Full(RealDisk):
        writes = 0

        def pwrite(self, handle: int, data: bytes, offset: int) -> int:
            self.writes += 1
            if self.writes == 2:
                raise OSError(errno.ENOSPC, "No space left on device")
            return super().pwrite(handle, data, offset)

    writer, chunk = EventWriter(Full(), str(tmp_path), JOURNAL), EventChunk(1, 1)
    (tmp_path / "old").touch()
    writer.run(flush := Flush([part(chunk, 1, 600), part(chunk, 601, 5)], chunk, 605, FRAME, ["old"]))
    assert flush.is_done and flush.error is not None and flush.error.errno == errno.ENOSPC
    assert [block.rows for block in flush.written] == [600] and (tmp_path / "old").exists()
    assert flush.written[0].link == writer.link != BlockLink()
    writer.close()
