"""Files of events: their summaries, and the first command of which events are missing between them (DUR-154)."""

from pathlib import Path

import numpy as np
import pytest

from exchange.journal.errors import JournalFailed
from exchange.journal.frames import NO_HASH
from exchange.records import EVENT
from exchange.seams import RealDisk
from exchange.venue.event_blocks import BlockLink, EventFile, block_key, pack_block, read_blocks
from exchange.venue.event_files import (
    SUFFIX,
    Summary,
    event_claim,
    event_names,
    find_gap,
    summarize,
)

JOURNAL, FRAME = bytes(range(16)), bytes([7]) * 32
MANY = 10**6


def write(link: BlockLink, last: int, frame: bytes = FRAME) -> tuple[bytes, BlockLink]:
    """A block of an event a command, from where `link` ends."""
    rows = np.zeros(last + 1 - link.first, EVENT)
    rows["sequence"] = np.arange(link.first, last + 1)
    rows["time_ns"] = 100 * rows["sequence"]
    return pack_block(JOURNAL, block_key(JOURNAL), link, last, frame, rows.tobytes())


def file_of(data: bytes, problem: str = "") -> EventFile:
    return EventFile(list(read_blocks(data, JOURNAL)), problem)


def summaries() -> list[Summary]:
    """Two files, commands 1 to 20 in blocks of 10, and 21 to 25."""
    first, link = write(BlockLink(), 10)
    second, link = write(link, 20)
    third, _ = write(link, 25)
    names = [f"{number:010d}{SUFFIX}" for number in (1, 2)]
    return [summarize(names[0], file_of(first + second)), summarize(names[1], file_of(third))]


def test_a_summary_says_what_a_file_covers_and_what_comes_before_and_behind() -> None:
    first, second = summaries()
    assert (first.number, first.rows, first.start.first, first.end.first) == (1, 20, 1, 21)
    assert (second.number, second.rows, second.start) == (2, 5, first.end)
    assert first.frame == FRAME and first.gap == 0 and first.end.time_ns == 2_000
    empty = summarize(second.name, EventFile([], "it is empty"))
    assert (empty.rows, empty.end_bytes, empty.frame, empty.problem) == (0, 0, NO_HASH, "it is empty")


@pytest.mark.rule("DUR-154")
def test_the_first_missing_command_is_found_wherever_it_lies() -> None:
    first, second = summaries()
    assert find_gap([first, second], 0, MANY) == (0, "")
    assert find_gap([], 0, MANY) == (1, "there are none")
    assert find_gap([second], 0, MANY)[0] == 1 and "what came before 21 is missing" in find_gap([second], 0, MANY)[1]
    assert find_gap([second], 2_000, MANY) == (0, ""), "what came before need not be kept any more"
    assert find_gap([second], 0, 5) == (0, ""), "nor are more rows than these kept"
    lost = first._replace(end=first.end._replace(first=11, hash=bytes(16)))
    assert find_gap([lost, second], 0, MANY) == (11, f"{second.name}: it does not follow the file before")
    torn = first._replace(problem="offset 5: no whole block")
    assert find_gap([torn, second], 0, MANY)[0] == 21
    holed = first._replace(gap=7)
    assert find_gap([holed, second], 0, MANY) == (7, f"{first.name}: events are missing in it")


@pytest.mark.rule("DUR-152")
def test_the_newest_sound_block_is_what_the_folder_claims_of_the_journal(tmp_path: Path) -> None:
    disk, folder = RealDisk(), tmp_path / "events"
    assert event_claim(disk, str(folder), JOURNAL) is None
    folder.mkdir()
    assert event_claim(disk, str(folder), JOURNAL) is None
    one, link = write(BlockLink(), 10)
    two, _ = write(link, 12, bytes([8]) * 32)
    (folder / f"0000000001{SUFFIX}").write_bytes(one)
    (folder / f"0000000002{SUFFIX}").write_bytes(two)
    (folder / "0000000003.rows").write_bytes(b"of an older version")
    (folder / "notes.txt").write_bytes(b"not ours")
    assert event_names(disk, str(folder)) == [f"0000000001{SUFFIX}", f"0000000002{SUFFIX}", "0000000003.rows"]
    claim = event_claim(disk, str(folder), JOURNAL)
    assert claim is not None and (claim.sequence, claim.hash) == (12, bytes([8]) * 32)
    (folder / f"0000000002{SUFFIX}").write_bytes(two[:-1])
    claim = event_claim(disk, str(folder), JOURNAL)
    assert claim is not None and (claim.path, claim.sequence) == (f"{folder}/0000000001{SUFFIX}", 10)
    with pytest.raises(JournalFailed, match="cannot be read as a folder"):
        event_claim(disk, str(folder / "notes.txt"), JOURNAL)
