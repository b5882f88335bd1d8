"""`verify`: offline and read only."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from exchange.journal.errors import JournalFailed, Refusal
from exchange.journal.replay import read_frames
from exchange.journal.verify import summary, verify
from exchange.seams import RealDisk
from tests.journal.fault_disk import FaultDisk
from tests.journal.helpers import FOLDER, FakeEngine, closed_folder, folder_of_older_layout, reopen, steer, trade


@pytest.mark.rule("DUR-120")
def test_a_sound_folder_is_counted_and_not_changed() -> None:
    disk = closed_folder([5, 70, 80], snapshot_after=2)
    calls = disk.calls
    report = verify(FOLDER, deep=True, make_engine=FakeEngine, disk=disk)
    assert disk.calls == calls
    assert (report.records, report.first_sequence, report.last_sequence) == (155, 1, 155)
    assert (report.segments, report.spares, report.snapshots, report.marks) == (2, 2, 1, 1)
    assert report.state_hash == reopen(disk).engine.state_hash().hex()
    assert "valid" in summary(report) and report.last_hash in summary(report) and not report.notes


def test_a_running_folder_can_be_verified() -> None:
    disk = FaultDisk()
    opened = reopen(disk)
    trade(opened, 2)
    steer(opened, b"{}")
    report = verify(FOLDER, disk=disk)
    assert (report.last_sequence, report.controls) == (3, 1)


@pytest.mark.rule("DUR-120")
def test_a_torn_tail_is_told_and_a_start_would_survive_it() -> None:
    disk = closed_folder([5])
    data = disk.file("data/journal/0000000001.seg")
    end = len(bytes(data).rstrip(b"\0"))
    data[end - 3 : end] = bytes(3)
    report = verify(FOLDER, disk=disk)
    assert "torn tail: segment 1" in report.notes[0] and "note: torn tail" in summary(report)


@pytest.mark.rule("DUR-120")
@pytest.mark.parametrize("deep", [False, True])
def test_damage_is_refused_with_exit_code_65(deep: bool) -> None:
    disk = closed_folder([5, 70])
    disk.file("data/journal/0000000001.seg")[4_096 + 512 + 100] ^= 8
    with pytest.raises(Refusal, match="segment 1 offset 4608 sequence 1") as refused:
        verify(FOLDER, deep, FakeEngine, disk)
    assert refused.value.code == 65


@pytest.mark.rule("DUR-120")
def test_a_snapshot_of_another_history_is_refused() -> None:
    disk, other = closed_folder([5], snapshot_after=1), closed_folder([1, 4], snapshot_after=2)
    name = f"data/snap/{5:020d}.snap"
    disk.names[name] = other.names[name]
    with pytest.raises(Refusal, match="snapshot"):
        verify(FOLDER, disk=disk)


@pytest.mark.rule("DUR-120")
def test_deep_refuses_a_state_that_replay_does_not_give() -> None:
    class Other(FakeEngine):
        def state_hash(self) -> bytes:
            return bytes(32)

    with pytest.raises(Refusal, match="another state") as refused:
        verify(FOLDER, True, Other, closed_folder([5], snapshot_after=1))
    assert refused.value.code == 70
    assert verify(FOLDER, False, Other, closed_folder([5], snapshot_after=1)).records == 5


@pytest.mark.rule("DUR-111")
def test_deep_does_not_compare_a_snapshot_of_another_layout_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    class NewLayout(FakeEngine):
        def state_hash(self) -> bytes:
            return bytes(32)

    report = verify(FOLDER, True, NewLayout, folder_of_older_layout(monkeypatch))
    assert report.records == 4 and report.state_hash == bytes(32).hex()
    (note,) = report.notes
    assert note.startswith("snapshot at 4 has layout") and note.endswith("not compared")


@pytest.mark.rule("DUR-100")
def test_a_journal_without_head_is_refused() -> None:
    disk = closed_folder([5])
    disk.file("data/HEAD")[:] = bytes(8_192)
    with pytest.raises(Refusal, match="HEAD is missing"):
        verify(FOLDER, disk=disk)


def put_file(path: Path) -> None:
    shutil.rmtree(path)
    path.touch()


def put_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def put_link(path: Path) -> None:
    path.rename(f"{path}.away")
    path.symlink_to(f"{path.name}.away")


def read_all(folder: str) -> None:
    for _ in read_frames(folder):
        pass


@pytest.fixture
def real_folder(tmp_path: Path) -> Path:
    """A sound data folder on the real disk, with one snapshot."""
    opened = reopen(RealDisk(), folder=str(tmp_path / "venue"))
    trade(opened, 5)
    opened.journal.snapshot(opened.engine)
    opened.journal.close()
    return tmp_path / "venue"


SNAPSHOT = f"snap/{5:020d}.snap"
SEGMENT = "journal/0000000001.seg"


@pytest.mark.rule("DUR-120", "DUR-108")
@pytest.mark.parametrize(
    ("read", "place", "change", "form"),
    [
        (read, place, change, form)
        for read in (verify, read_all)
        for place, change, form in (
            ("journal", put_file, "a folder"),
            (SEGMENT, put_folder, "a file"),
            (SEGMENT, put_link, "a file"),
            ("HEAD", put_folder, "a file"),
            ("snap", put_file, "a folder"),
            (SNAPSHOT, put_folder, "a file"),
        )
        if read is verify or not place.startswith("snap")
    ],
)
def test_what_cannot_be_read_is_named_with_exit_code_74(
    real_folder: Path, read: Callable[[str], object], place: str, change: Callable[[Path], None], form: str
) -> None:
    change(real_folder / place)
    with pytest.raises(JournalFailed, match=f"{real_folder}/{place} cannot be read as {form}: ") as refused:
        read(str(real_folder))
    assert refused.value.code == 74


@pytest.mark.rule("DUR-108")
@pytest.mark.parametrize(
    ("place", "change", "form"),
    [
        ("HEAD", put_folder, "a file"),
        (SEGMENT, put_folder, "a file"),
        (SNAPSHOT, put_folder, "a file"),
        ("journal", put_file, "a folder"),
        ("snap", put_file, "a folder"),
        ("quarantine", put_file, "a folder"),
    ],
)
def test_a_start_names_what_it_cannot_read(
    real_folder: Path, place: str, change: Callable[[Path], None], form: str
) -> None:
    change(real_folder / place)
    with pytest.raises(JournalFailed, match=f"{real_folder}/{place} cannot be read as {form}: ") as refused:
        reopen(RealDisk(), folder=str(real_folder))
    assert refused.value.code == 74
