"""What recovery writes."""

import pytest

from exchange.journal.repair import clean_spare, cut_tail, sync_written
from exchange.journal.scan import Tear
from exchange.journal.segments import SegmentFile
from tests.journal.fault_disk import FaultDisk
from tests.journal.helpers import closed_folder

PATH = "data/journal/0000000001.seg"


def damaged() -> tuple[FaultDisk, SegmentFile]:
    disk = closed_folder([1])
    disk.file(PATH)[10_000:10_003] = b"abc"
    return disk, SegmentFile(disk, "data/journal", 1)


@pytest.mark.rule("DUR-104")
def test_torn_bytes_are_in_quarantine_before_they_are_zeroed() -> None:
    disk, segment = damaged()
    cut_tail(disk, "data", segment, Tear(1, 10_000, 10_003, "torn", False))
    assert disk.file("data/quarantine/0000000001-10000") == b"abc"
    assert disk.file(PATH)[10_000:10_003] == bytes(3)
    kept = next(at for at, line in enumerate(disk.log) if line == "sync data/quarantine")
    zeroed = next(at for at, line in enumerate(disk.log) if line == f"pwrite {PATH} 10000")
    assert kept < zeroed < disk.log.index(f"sync {PATH}", zeroed)


@pytest.mark.rule("DUR-104")
def test_a_second_attempt_keeps_what_the_first_one_saved() -> None:
    disk, segment = damaged()
    cut_tail(disk, "data", segment, Tear(1, 10_000, 10_003, "torn", False))
    disk.file(PATH)[10_000] = 1
    half_zeroed = SegmentFile(disk, "data/journal", 1)
    cut_tail(disk, "data", half_zeroed, Tear(1, 10_000, 10_001, "torn", False))
    assert disk.file("data/quarantine/0000000001-10000") == b"abc"
    assert not disk.file(PATH)[10_000]


def test_a_short_spare_gets_its_length_and_a_torn_header_block_its_zeros() -> None:
    disk = closed_folder([1])
    spare = disk.file("data/journal/0000000002.seg")
    spare[100] = 1
    del spare[9_000:]
    clean_spare(disk, SegmentFile(disk, "data/journal", 2), 24 * 1024)
    assert disk.file("data/journal/0000000002.seg") == bytes(24 * 1024)
    calls = disk.calls
    clean_spare(disk, SegmentFile(disk, "data/journal", 2), 24 * 1024)
    assert disk.calls == calls


@pytest.mark.rule("DUR-144")
def test_what_a_killed_process_wrote_is_synced_before_it_is_served() -> None:
    disk, segment = damaged()
    disk.pwrite(disk.open(PATH), b"unsynced", 12_000)
    assert disk.names[PATH].unsynced
    sync_written(disk, "data", segment, read_only=True)
    assert not disk.names[PATH].unsynced and disk.mode(PATH) == 0o400
