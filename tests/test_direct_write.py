"""The real disk's log: whole sectors, durable in one call, or while the caller works."""

import errno
from pathlib import Path

import pytest

from exchange.direct_write import DirectWrite
from exchange.seams import LOG_WRITE_BYTES, RealDisk

SECTOR = 4_096
ROOM = 4 * LOG_WRITE_BYTES


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "log"
    path.write_bytes(bytes(ROOM))
    return path


def pattern(length: int) -> bytes:
    return bytes(range(1, 251)) * (length // 250 + 1)


@pytest.mark.rule("DUR-081")
@pytest.mark.parametrize("length", [SECTOR, 3 * SECTOR, LOG_WRITE_BYTES, LOG_WRITE_BYTES + SECTOR])
@pytest.mark.parametrize("begun", [False, True])
def test_what_is_written_to_the_log_stands_where_it_belongs(log: Path, length: int, begun: bool) -> None:
    disk, data = RealDisk(), pattern(length)[:length]
    handle = disk.open_log(str(log))
    if begun:
        disk.begin_log(handle, data, 2 * SECTOR)
        disk.finish_log()
    else:
        disk.write_log(handle, data, 2 * SECTOR)
    disk.close(handle)
    assert log.read_bytes() == bytes(2 * SECTOR) + data + bytes(ROOM - 2 * SECTOR - length)


def test_writes_follow_each_other_in_any_form(log: Path) -> None:
    disk = RealDisk()
    handle = disk.open_log(str(log))
    for place in range(8):
        data = bytes([place + 1]) * SECTOR
        if place % 2:
            disk.begin_log(handle, data, place * SECTOR)
            disk.finish_log()
            disk.finish_log()  # nothing is under way: nothing to wait for
        else:
            disk.write_log(handle, data, place * SECTOR)
    disk.close(handle)
    assert log.read_bytes()[: 8 * SECTOR] == b"".join(bytes([place + 1]) * SECTOR for place in range(8))


def test_a_file_that_was_not_opened_as_a_log_is_written_all_the_same(log: Path) -> None:
    disk = RealDisk()
    handle = disk.open(str(log))
    disk.begin_log(handle, b"abc", 5)
    disk.finish_log()
    disk.close(handle)
    assert log.read_bytes()[:9] == bytes(5) + b"abc" + bytes(1)


@pytest.mark.rule("DUR-083")
def test_what_the_system_refuses_is_an_error_with_its_number(log: Path) -> None:
    disk = RealDisk()
    handle = disk.open(str(log), write=False)
    with pytest.raises(OSError) as refused:
        disk.write_log(handle, bytes(SECTOR), 0)
    assert refused.value.errno == errno.EBADF
    writer = DirectWrite(SECTOR)
    if writer.available:
        with pytest.raises(OSError) as refused:
            writer.begin(handle, SECTOR, 0)
        assert refused.value.errno == errno.EBADF
    disk.close(handle)
