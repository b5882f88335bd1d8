"""The real clock, disk, network and random bytes: they do as little as possible, and that right."""

import errno
import os
import threading
from pathlib import Path

import pytest

from exchange.seams import (
    LOG_WRITE_BYTES,
    NoSyncDisk,
    NotAFile,
    RealClock,
    RealDisk,
    RealNet,
    RealRng,
    start_thread,
    zero_pages,
)


@pytest.fixture
def disk() -> RealDisk:
    return RealDisk()


def test_the_clocks_agree_on_the_time_and_the_monotonic_one_never_goes_back() -> None:
    clock = RealClock()
    assert abs(clock.now_ns() // 1_000 - clock.wall_us()) < 60 * 10**6
    assert clock.mono_ns() <= clock.mono_ns()


def test_a_file_is_made_only_when_asked_for_and_is_its_owners(disk: RealDisk, tmp_path: Path) -> None:
    path = str(tmp_path / "file")
    with pytest.raises(FileNotFoundError):
        disk.open(path)
    handle = disk.open(path, create=True)
    assert disk.pwrite(handle, b"abc", 0) == 3 and disk.size(handle) == 3
    assert disk.pread(handle, 10, 1) == b"bc" and disk.mode(path) == 0o600
    disk.truncate(handle, 1)
    assert disk.size(handle) == 1 and disk.leads_to(path, handle)
    os.replace(tmp_path / "file", tmp_path / "moved")
    assert not disk.leads_to(path, handle)
    disk.close(handle)
    assert disk.list(str(tmp_path)) == ["moved"] and disk.exists(str(tmp_path / "moved"))


@pytest.mark.parametrize(("form", "said"), [("fifo", "a FIFO"), ("link", "a symbolic link"), ("folder", "a folder")])
def test_what_is_no_file_is_refused_at_once(disk: RealDisk, tmp_path: Path, form: str, said: str) -> None:
    path = tmp_path / "file"
    if form == "fifo":
        os.mkfifo(path)
    elif form == "link":
        path.symlink_to(tmp_path / "elsewhere")
    else:
        path.mkdir()
    with pytest.raises(NotAFile, match=f"it is {said}"):
        disk.open(str(path), write=False)


@pytest.mark.rule("DUR-081")
def test_a_log_is_written_in_whole_sectors_of_any_number(disk: RealDisk, tmp_path: Path) -> None:
    path, size = tmp_path / "log", LOG_WRITE_BYTES + 4_096
    path.write_bytes(bytes(2 * size))
    handle = disk.open_log(str(path))
    for length in (4_096, 3 * 4_096, LOG_WRITE_BYTES, size):
        part = os.urandom(length)
        disk.write_log(handle, part, 4_096)
        written = path.read_bytes()
        assert written[4_096 : 4_096 + length] == part and len(written) == 2 * size and not any(written[:4_096])
    disk.close(handle)


@pytest.mark.rule("DUR-083")
def test_a_write_that_the_system_refuses_is_an_error_with_its_number(disk: RealDisk, tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(bytes(4_096))
    handle = disk.open(str(path), write=False)
    with pytest.raises(OSError) as refused:
        disk.write_log(handle, bytes(4_096), 0)
    assert refused.value.errno == errno.EBADF
    disk.close(handle)


@pytest.mark.rule("DUR-040")
def test_a_lock_is_held_by_one_handle(disk: RealDisk, tmp_path: Path) -> None:
    first, second = (disk.open_folder(str(tmp_path)) for _ in range(2))
    assert disk.lock(first) and not disk.lock(second)
    disk.close(first)
    assert disk.lock(second)
    disk.close(second)


def test_descriptors_that_are_kept_free_serve_files_when_there_are_no_more(
    disk: RealDisk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"abc")
    disk.keep_free(2)
    kept, real = len(disk._kept), os.open

    def short(path: str, flags: int, *mode: int) -> int:
        if len(disk._kept) == kept:
            raise OSError(errno.EMFILE, "Too many open files")
        return real(path, flags, *mode)

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", short)
        handle = disk.open(str(tmp_path / "file"))
    assert disk.pread(handle, 3, 0) == b"abc"
    disk.close(handle)
    assert len(disk._kept) == 2
    disk.keep_free(0)
    assert disk._kept == []


def test_random_bytes_differ_and_have_their_length() -> None:
    rng = RealRng()
    assert len(rng.bytes(16)) == 16 and rng.bytes(16) != rng.bytes(16)


def test_a_limit_of_open_files_is_never_lowered() -> None:
    net = RealNet()
    assert net.open_files() > 0
    before = net.allow_files(1)
    assert net.allow_files(1) == before >= net.open_files()


def test_a_job_runs_beside_the_caller() -> None:
    done, threads = threading.Event(), list[int]()
    start_thread(lambda: (threads.append(threading.get_ident()), done.set()))  # type: ignore[func-returns-value]
    assert done.wait(10) and threads != [threading.get_ident()]


def test_fresh_memory_is_zero() -> None:
    memory = zero_pages(1 << 21)
    assert len(memory) == 1 << 21 and not any(memory[:4_096])
    memory.close()


@pytest.mark.rule("DUR-148")
def test_a_disk_that_does_not_wait_writes_and_never_syncs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("fsync", "fdatasync"):
        monkeypatch.setattr(os, name, lambda _handle: pytest.fail("it waits"))
    disk = NoSyncDisk()
    (tmp_path / "log").write_bytes(bytes(4_096))
    handle = disk.open_log(str(tmp_path / "log"))
    disk.write_log(handle, b"a" * 512, 0)
    disk.fdatasync(handle)
    disk.fsync(handle)
    assert disk.pread(handle, 512, 0) == b"a" * 512
    disk.close(handle)
