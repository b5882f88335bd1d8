"""A valid frame that does not belong behind the last one: written by another epoch, another history, or too early."""

import pytest

from exchange.journal.errors import EXIT_DATA, Refusal
from exchange.journal.frames import NO_HASH, Due, FrameKind, pack_frame
from exchange.journal.head import read_head
from exchange.journal.scan import Walk
from exchange.journal.segments import open_segments
from exchange.journal.verify import verify
from tests.journal.fault_disk import FaultDisk
from tests.journal.helpers import FOLDER, commands, reopen, request_ids, trade

FIRST = "data/journal/0000000001.seg"
ALIGNMENT = 512


def running() -> tuple[FaultDisk, Walk]:
    """A folder that was cut once, so that its epoch is 2, with three commands; where the next frame belongs."""
    disk = FaultDisk()
    trade(reopen(disk), 1)
    disk.file(FIRST)[end_of(disk).offset] = 1  # a tear: what follows is another epoch
    disk.reboot(None)
    trade(reopen(disk), 2)
    disk.reboot(None)
    return disk, end_of(disk)


def end_of(disk: FaultDisk) -> Walk:
    walk = Walk(open_segments(disk, "data/journal"), read_head(disk, FOLDER)[0])
    list(walk.frames())
    return walk


def put(disk: FaultDisk, at: int, due: Due) -> None:
    """Write a frame of one command at the end of the journal, sound in itself and with the segment's own key."""
    (segment, *_) = open_segments(disk, "data/journal")
    rows = commands(1, 99)
    rows["sequence"], rows["time_ns"] = due.sequence, due.time_ns
    frame, _ = pack_frame(segment.key, ALIGNMENT, FrameKind.DATA, due, rows.tobytes(), 1)
    disk.file(FIRST)[at : at + len(frame)] = frame


@pytest.mark.rule("BAD-068", "DUR-102", "DUR-108")
@pytest.mark.parametrize("foreign", ["lower epoch", "higher epoch", "another history", "future sequence", "repeated"])
def test_a_frame_that_does_not_belong_behind_the_last_is_refused_and_nothing_changes(foreign: str) -> None:
    disk, walk = running()
    due = walk.due
    assert (due.epoch, due.sequence) == (2, 4)
    change = {
        "lower epoch": {"epoch": 1},
        "higher epoch": {"epoch": 3},
        "another history": {"hash": NO_HASH},
        "future sequence": {"sequence": 9},
        "repeated": {"sequence": 3},
    }[foreign]
    put(disk, walk.offset, due._replace(**change))
    before = bytes(disk.file(FIRST))
    for start in (lambda: reopen(disk), lambda: verify(FOLDER, disk=disk)):
        disk.reboot(None)
        with pytest.raises(Refusal) as refused:
            start()
        assert refused.value.code == EXIT_DATA
        assert f"segment 1 offset {walk.offset} sequence 4" in str(refused.value)
    assert bytes(disk.file(FIRST)) == before


def test_the_frame_that_does_belong_there_is_taken() -> None:
    disk, walk = running()
    put(disk, walk.offset, walk.due)
    reopen(disk)
    assert request_ids(disk) == [1, 2, 3, 99]
