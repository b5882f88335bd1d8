"""The profile holds the whole path of the key file, so that commands work from every folder."""

from pathlib import Path

import pytest

from exchange.cli.trading import profile
from exchange.cli.trading.logging_on import login
from exchange.cli.trading.place import Access
from exchange.errors import UserError
from exchange.gateway.auth import KeyPair


@pytest.fixture(autouse=True)
def _place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)


def test_a_short_path_becomes_a_whole_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.pem").write_bytes(KeyPair("k_a", 1, bytes(32)).pem())
    login(Access("ws://127.0.0.1:1", "k_a", "a.pem"), "", check=False, json=False)
    assert profile.read("").key_file == str(tmp_path / "a.pem")
    assert "not checked" in capsys.readouterr().out


def test_a_file_without_a_key_is_refused_also_without_a_check() -> None:
    Path("a.pem").touch()
    with pytest.raises(UserError, match="holds no readable"):
        login(Access("ws://127.0.0.1:1", "k_a", "a.pem"), "", check=False, json=False)
