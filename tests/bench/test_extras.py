"""Packages and output files are checked before any work begins; a missing one is one line."""

import os
from pathlib import Path

import pytest

from bench.extras import check_file, check_folder, check_package, is_folder, mode_of
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


def test_a_folder_for_results_must_be_there_and_writable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check_folder(tmp_path)
    with pytest.raises(UserError, match="none: no such folder"):
        check_folder(tmp_path / "none")
    monkeypatch.setattr(os, "access", lambda path, mode: path != tmp_path)
    with pytest.raises(UserError, match="this user may not write in it"):
        check_folder(tmp_path)
