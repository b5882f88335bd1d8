"""A profile is a small file that only its owner can read, and that names a key file."""

import stat
from pathlib import Path

import pytest

from exchange.cli.trading import profile
from exchange.cli.trading.profile import SavedProfile
from exchange.errors import UserError

DESK = SavedProfile("ws://127.0.0.1:8443", "k_alice", '/a "folder"/alice.pem')


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


def test_what_was_written_is_read_and_only_the_owner_reads_it() -> None:
    path = profile.write("", DESK)
    assert path == profile.path_of("default") and profile.read("") == profile.read("default") == DESK
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [name.name for name in path.parent.iterdir()] == ["default.toml"]
    profile.write("", DESK._replace(key="k_bob"))
    assert profile.read("").key == "k_bob"


def test_a_missing_default_profile_is_empty_and_a_missing_named_one_a_mistake() -> None:
    assert profile.read("") == SavedProfile()
    with pytest.raises(UserError, match="no profile desk"):
        profile.read("desk")


@pytest.mark.parametrize("name", ["../evil", "a/b", "a" * 33, "ü"])
def test_a_name_stays_in_the_folder(name: str) -> None:
    with pytest.raises(UserError, match="is not 1 to 32 characters"):
        profile.path_of(name)


@pytest.mark.parametrize("text", ["venue", 'venue = "a"\nsecret = "b"', "key = 7", "\x00"])
def test_a_broken_file_is_a_mistake_that_names_it(text: str) -> None:
    path = profile.write("", DESK)
    path.write_text(text)
    with pytest.raises(UserError, match=r"profile .*default\.toml"):
        profile.read("")


def test_a_folder_that_cannot_be_written_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("a file")
    with pytest.raises(UserError, match="cannot be written"):
        profile.write("", DESK)


def test_without_xdg_it_stands_in_the_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("XDG_CONFIG_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert profile.path_of("") == tmp_path / ".config" / "gpux" / "default.toml"
