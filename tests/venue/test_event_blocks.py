"""Blocks of released events: what was written is read back, and whatever was not is noticed (DUR-154)."""

from pathlib import Path

import numpy as np
import pytest

from exchange.journal.errors import JournalFailed
from exchange.records import EVENT, ROW_BYTES
from exchange.seams import RealDisk
from exchange.venue.event_blocks import (
    HEADER_BYTES,
    BadBlock,
    BlockLink,
    block_key,
    pack_block,
    read_blocks,
    read_event_file,
    read_or_explain,
    rows_of,
)

JOURNAL, OTHER = bytes(range(16)), bytes(16)
FRAME = bytes([7]) * 32


def events(first: int, count: int) -> np.ndarray:
    rows = np.zeros(count, EVENT)
    rows["sequence"] = np.arange(first, first + count)
    rows["time_ns"] = 1_000 + rows["sequence"]
    return rows


def packed(*parts: np.ndarray, journal_id: bytes = JOURNAL) -> bytes:
    """Blocks of these rows, one behind the other; an empty one covers a command without events."""
    data, link = b"", BlockLink()
    for rows in parts:
        last = int(rows[-1]["sequence"]) if len(rows) else link.first
        block, link = pack_block(journal_id, block_key(journal_id), link, last, FRAME, rows.tobytes())
        data += block
    return data


@pytest.mark.rule("DUR-154")
def test_blocks_are_read_back_with_the_commands_that_they_cover() -> None:
    parts = events(1, 3), events(4, 0), events(5, 2)
    blocks = list(read_blocks(packed(*parts), JOURNAL))
    assert [(block.first, block.last, len(block.rows)) for block in blocks] == [(1, 3, 3), (4, 4, 0), (5, 6, 2)]
    assert rows_of(blocks).tobytes() == np.concatenate(parts).tobytes() and len(rows_of([])) == 0
    assert {block.frame for block in blocks} == {FRAME}
    assert [block.time_before_ns for block in blocks] == [0, 1_003, 1_003], "a block without rows keeps the time"
    assert blocks[1].offset == blocks[0].end == HEADER_BYTES + 3 * ROW_BYTES
    assert blocks[2].previous == blocks[1].hash and blocks[2].link.first == 7


@pytest.mark.rule("DUR-154", "DUR-022")
def test_every_flipped_bit_ends_the_sound_blocks() -> None:
    data = packed(events(1, 1), events(2, 1))
    half = len(data) // 2
    for place in range(len(data)):
        damaged = bytearray(data)
        damaged[place] ^= 1 << place % 8
        sound: list[int] = []
        with pytest.raises(BadBlock):
            sound.extend(block.first for block in read_blocks(bytes(damaged), JOURNAL))
        assert sound == ([] if place < half else [1]), place


@pytest.mark.rule("DUR-154")
@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (packed(events(1, 1))[:-1], "no whole block"),
        (packed(events(1, 1))[: HEADER_BYTES - 1], "part of a block"),
        (packed(events(1, 1), journal_id=OTHER), "a block of another journal"),
        (packed(events(1, 1)) + packed(events(1, 1)), "a block does not follow the one before"),
        (bytes(HEADER_BYTES), "no whole block"),
    ],
)
def test_what_is_no_block_that_may_stand_there_is_named(data: bytes, reason: str) -> None:
    with pytest.raises(BadBlock, match=reason):
        list(read_blocks(data, JOURNAL))


@pytest.mark.rule("DUR-154")
def test_a_file_is_what_is_sound_of_it_and_the_problem_with_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "0000000001.events"
    for data, count, problem in (
        (packed(events(1, 1), events(2, 1)), 2, ""),
        (packed(events(1, 1), events(2, 1))[:-1], 1, "no whole block"),
        (b"", 0, "it is empty"),
    ):
        path.write_bytes(data)
        file = read_event_file(RealDisk(), str(path), JOURNAL)
        assert len(file.blocks) == count and problem in file.problem and bool(file.problem) == bool(problem)
    assert "cannot be read" in read_or_explain(RealDisk(), str(tmp_path / "missing"), JOURNAL).problem
    with pytest.raises(JournalFailed, match="cannot be read as a file"):
        read_or_explain(RealDisk(), str(tmp_path), JOURNAL)
