"""Packages and output files are checked before any work begins; a missing one is one line."""

import os
from pathlib import Path

import pytest

from bench.extras import check_file, check_folder, check_package, is_folder, mode_of, whole_file
from exchange.errors import UserError


def test_an_installed_package_passes_and_a_missing_one_names_its_extra() -> None:
    check_package("--plot", "json", "plot")
    with pytest.raises(UserError) as refused:
        check_package("--plot", "no_such_package", "plot")
    assert all(part in str(refused.value) for part in ("--plot", "no_such_package", "gpux[plot]"))


def test_a_file_that_can_be_written_passes_whatever_the_case_of_its_ending(tmp_path: Path) -> None:
    check_file("--plot", tmp_path / "day.PNG", (".png", ".svg"))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("day.csv", "'.csv', allowed: .png, .svg"),
        ("day", "'', allowed: .png, .svg"),
        ("folder.png", "folder.png: this is a folder"),
        ("none/day.png", "no folder"),
        ("file/day.png", "no folder"),
    ],
)
def test_a_file_that_cannot_be_written_is_refused_by_its_option(tmp_path: Path, name: str, expected: str) -> None:
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(UserError) as refused:
        check_file("--plot", tmp_path / name, (".png", ".svg"))
    assert str(refused.value).startswith(f"--plot {tmp_path / name}") and expected in str(refused.value)


def test_a_folder_that_the_user_may_not_write_in_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(UserError, match=str(tmp_path)):
        check_file("--plot", tmp_path / "day.png", (".png",))


@pytest.mark.parametrize("name", ["none", "x" * 5_000, "a\0b"])
def test_a_name_that_leads_nowhere_has_no_mode(tmp_path: Path, name: str) -> None:
    assert mode_of(tmp_path / name) == 0 and not is_folder(tmp_path / name)
    assert is_folder(tmp_path)


def test_a_folder_must_be_there_and_writable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check_folder("OUT", tmp_path)
    with pytest.raises(UserError, match=r"OUT .*none: no such folder"):
        check_folder("OUT", tmp_path / "none")
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(UserError, match=r"OUT .*: this user may not write in it"):
        check_folder("OUT", tmp_path)


def fill_half(path: Path) -> None:
    """Write a part of a file, and find the disk full."""
    with whole_file(path) as part:
        part.write_text("half")
        raise OSError(28, os.strerror(28))


def test_a_file_is_written_completely_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with whole_file(path) as part:
        part.write_text("all")
        assert not path.exists()
    assert path.read_text() == "all"
    with pytest.raises(UserError, match="a: cannot be written: No space left on device"):
        fill_half(path)
    with pytest.raises(UserError, match="b: cannot be written: No such file"):
        fill_half(tmp_path / "none" / "b")
    assert path.read_text() == "all" and list(tmp_path.iterdir()) == [path]
