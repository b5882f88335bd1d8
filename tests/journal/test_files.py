"""Whole writes and replaced files."""

import random

import pytest

from exchange.journal.files import is_zero, replace_file, write_all
from tests.journal.fault_disk import Crash, FaultDisk


@pytest.mark.rule("DUR-081")
def test_a_short_write_is_continued_until_all_bytes_are_taken() -> None:
    disk = FaultDisk()
    disk.short = 7
    handle = disk.open("data/file", create=True)
    write_all(disk, handle, bytes(range(100)), 5)
    assert disk.file("data/file")[5:] == bytes(range(100))


@pytest.mark.rule("DUR-081")
def test_a_write_that_takes_nothing_is_an_error() -> None:
    class Full(FaultDisk):
        def pwrite(self, handle: int, data: bytes, offset: int) -> int:
            return 0

    disk = Full()
    with pytest.raises(OSError, match="wrote 0 bytes"):
        write_all(disk, disk.open("data/file", create=True), b"1", 0)


@pytest.mark.rule("DUR-091")
def test_a_crash_leaves_the_old_file_or_the_new_one() -> None:
    for crash_at in range(1, 20):
        for seed in range(8):
            disk = FaultDisk()
            replace_file(disk, "data", "file", b"old" * 500)
            disk.calls, disk.crash_at = 0, crash_at
            try:
                replace_file(disk, "data", "file", b"new" * 600)
            except Crash:
                disk.reboot(random.Random(seed))
                assert bytes(disk.file("data/file")) in (b"old" * 500, b"new" * 600)
            else:
                disk.reboot(random.Random(seed))
                assert bytes(disk.file("data/file")) == b"new" * 600


def test_zeros_are_told_from_the_rest() -> None:
    assert is_zero(b"") and is_zero(bytes(3 << 20))
    assert not is_zero(bytes(1 << 20) + b"\1")
