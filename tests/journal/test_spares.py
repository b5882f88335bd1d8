"""Segments made ahead."""

import random

import pytest

from exchange.journal.errors import JournalFailed
from exchange.journal.spares import Spares
from exchange.seams import Background
from tests.journal.fault_disk import Crash, FaultDisk
from tests.journal.helpers import reopen, run_now, trade


def spares(disk: FaultDisk, background: Background = run_now) -> Spares:
    return Spares(disk, "data/journal", 3 << 20, 0, background)


@pytest.mark.rule("DUR-051")
def test_two_spares_of_written_zeros_are_ready_while_trading() -> None:
    disk = FaultDisk()
    opened = reopen(disk)
    for _ in range(12):
        trade(opened, 40)
        assert opened.journal.spares_ready >= 2
    assert disk.list("data/journal")[-1] == "0000000006.seg"
    assert len(disk.file("data/journal/0000000006.seg")) == 24 * 1024


@pytest.mark.rule("DUR-051")
def test_a_spare_gets_its_name_only_when_it_is_whole_and_durable() -> None:
    for crash_at in range(1, 9):
        disk = FaultDisk()
        disk.crash_at = crash_at
        with pytest.raises(Crash):
            spares(disk).ensure(1)
        disk.reboot(random.Random(crash_at))
        name = "data/journal/0000000001.seg"
        assert not disk.exists(name) or bytes(disk.file(name)) == bytes(3 << 20)


@pytest.mark.rule("DUR-051")
def test_zeros_go_out_in_small_synced_pieces() -> None:
    disk = FaultDisk()
    made = Spares(disk, "data/journal", 9 << 20, 0, run_now)
    made.ensure(1)
    between = [line.split()[0] for line in disk.log if "pwrite" in line or "sync data/journal/" in line]
    assert between[:4] == ["pwrite", "sync", "pwrite", "pwrite"] and between.count("sync") >= 3
    assert made.made == 1


@pytest.mark.rule("DUR-024")
def test_a_disk_without_room_is_told_and_an_append_that_needs_it_stops() -> None:
    disk = FaultDisk()
    opened = reopen(disk)
    disk.full = True

    def trade_on() -> None:
        for _ in range(20):
            acked.append(trade(opened, 40))

    acked: list[int] = []
    with pytest.raises(JournalFailed, match="No space left") as failure:
        trade_on()
    assert failure.value.code == 73
    assert opened.journal.durable_sequence == acked[-1] and opened.journal.spares_ready == 0


def test_a_stopped_maker_leaves_no_half_spare() -> None:
    disk = FaultDisk()
    jobs: list[object] = []
    made = spares(disk, jobs.append)
    made.ensure_later(2)
    made.stop()
    jobs[0]()  # type: ignore[operator]
    assert (made.made, disk.list("data/journal")) == (0, [])
