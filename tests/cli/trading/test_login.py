"""`gpux login` makes every later command short."""

from pathlib import Path

import pytest

from tests.cli.mistakes import mistake
from tests.cli.trading.conftest import RunningVenue
from tests.cli.trading.typed import rows, typed


@pytest.mark.rule("SEC-070")
def test_after_a_login_commands_need_neither_venue_nor_key(
    venue: RunningVenue, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GPUX_VENUE")
    monkeypatch.delenv("GPUX_KEY")
    pem = venue.keys / "bob.pem"
    text = typed(capsys, "login", "--venue", venue.url, "--key", pem)
    assert text.startswith(f"k_bob at {venue.url}, account 2, scopes read, trade; noted in ")
    noted = Path(text.split()[-1]).read_text()
    assert str(pem) in noted and pem.read_text().splitlines()[1] not in noted, "the key itself is not there"
    assert "not of key k_bob, which has 2" in mistake(capsys, "positions --account 1")


def test_a_login_that_fails_notes_nothing(
    venue: RunningVenue, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    mistake(capsys, f"login --key {venue.keys}/stranger.pem", 1)
    assert not (tmp_path / "config").exists()


def test_without_a_check_it_is_noted_as_it_is(venue: RunningVenue, capsys: pytest.CaptureFixture[str]) -> None:
    (found,) = rows(capsys, "login", "--no-check", "--venue", "ws://127.0.0.1:1", "--profile", "far")
    assert (found["key"], found["acc"]) == ("k_alice", []) and found["profile"].endswith("far.toml")
    mistake(capsys, "positions --profile far --venue ws://127.0.0.1:1", 69)
