"""The lock of a data folder: one process at a time, whatever is done to names meanwhile (DUR-040)."""

from pathlib import Path

import pytest

from exchange.errors import UserError
from exchange.journal.errors import EXIT_LOCKED, JournalFailed, Refusal
from exchange.journal.folder_lock import FOLDERS, FolderLock, check_folders, make_data_folder
from exchange.seams import RealDisk


@pytest.mark.rule("DUR-040")
def test_a_folder_is_held_until_it_is_closed(tmp_path: Path) -> None:
    folder, disk = str(tmp_path / "data"), RealDisk()
    lock = FolderLock(disk, folder)
    with pytest.raises(Refusal, match="is in use by another process") as refused:
        FolderLock(RealDisk(), folder)
    assert refused.value.code == EXIT_LOCKED
    lock.close()
    FolderLock(RealDisk(), folder).close()


@pytest.mark.rule("DUR-040", "DUR-108")
@pytest.mark.parametrize("name", ["LOCK", "journal"])
def test_a_name_that_no_longer_leads_to_what_is_held_is_noticed(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "data"
    lock = FolderLock(RealDisk(), str(folder))
    lock.check("", -1)
    (folder / name).rename(folder / "moved")
    (folder / name).touch()
    with pytest.raises(OSError, match=f"{name} was removed or replaced while it was in use"):
        lock.check("", -1)
    lock.close()


def test_the_segment_in_use_is_looked_at_too(tmp_path: Path) -> None:
    disk = RealDisk()
    lock = FolderLock(disk, str(tmp_path / "data"))
    path = tmp_path / "data/journal/0000000001.seg"
    path.write_bytes(b"frames")
    handle = disk.open(str(path))
    lock.check(str(path), handle)
    path.unlink()
    with pytest.raises(OSError, match=r"0000000001\.seg was removed or replaced"):
        lock.check(str(path), handle)
    disk.close(handle)
    lock.close()


@pytest.mark.rule("DUR-040")
def test_folders_are_made_for_their_owner_alone_and_others_are_refused(tmp_path: Path) -> None:
    folder, disk = tmp_path / "data", RealDisk()
    check_folders(disk, str(folder))
    assert {path.name for path in folder.iterdir()} == set(FOLDERS)
    assert all(path.stat().st_mode & 0o077 == 0 for path in (folder, *folder.iterdir()))
    (folder / "snap").chmod(0o755)
    with pytest.raises(Refusal, match="snap has mode 755, not 700"):
        check_folders(disk, str(folder))


def test_what_cannot_be_a_data_folder_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    disk = RealDisk()
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path)
    with pytest.raises(UserError, match="needs a name"):
        make_data_folder(disk, "")
    with pytest.raises(UserError, match="cannot be a data folder"):
        make_data_folder(disk, str(tmp_path / "file"))
    with pytest.raises(Refusal, match="is a symbolic link"):
        make_data_folder(disk, str(tmp_path / "link"))
    make_data_folder(disk, str(tmp_path / "data"))
    (tmp_path / "data/journal").write_bytes(b"no folder")
    with pytest.raises(JournalFailed, match="journal cannot be read as a folder"):
        check_folders(disk, str(tmp_path / "data"))
