"""Venue and key come from options, then from the environment, then from the profile; a secret from none of them."""

from pathlib import Path

import pytest

from exchange.cli.trading import profile
from exchange.cli.trading.place import DEFAULT_VENUE, Access, At, check_url, place_of, public_place, with_key
from exchange.cli.trading.profile import SavedProfile
from exchange.errors import UserError


@pytest.fixture(autouse=True)
def _nothing_is_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    for name in ("GPUX_VENUE", "GPUX_KEY", "GPUX_PROFILE"):
        monkeypatch.delenv(name, raising=False)


def test_without_anything_it_is_the_venue_of_this_machine_without_a_key() -> None:
    assert place_of(At()) == Access(DEFAULT_VENUE)


def test_options_go_before_the_environment_and_that_before_the_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    profile.write("", SavedProfile("ws://profile:1", "k_p", "/p.pem"))
    assert place_of(At()) == Access("ws://profile:1", "k_p", "/p.pem")
    monkeypatch.setenv("GPUX_VENUE", "ws://env:1")
    monkeypatch.setenv("GPUX_KEY", "/keys/env.pem")
    assert place_of(At()) == Access("ws://env:1", "k_env", "/keys/env.pem")
    assert place_of(At("ws://option:1", "own.pem")) == Access("ws://option:1", "k_own", "own.pem")
    assert place_of(At(key="own.pem", key_id="k_other")).key == "k_other"


def test_a_public_command_uses_the_saved_venue_and_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    profile.write("", SavedProfile("ws://profile:1", "k_p", "/missing.pem"))
    assert public_place("") == Access("ws://profile:1")
    monkeypatch.setenv("GPUX_KEY", "/keys/env.pem")
    assert public_place("ws://option:1") == Access("ws://option:1")


def test_a_named_profile_is_chosen_by_option_or_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    profile.write("desk", SavedProfile("ws://desk:1", "k_d", "/d.pem"))
    assert place_of(At(profile="desk")).key == "k_d"
    monkeypatch.setenv("GPUX_PROFILE", "desk")
    assert place_of(At()).url == "ws://desk:1"


@pytest.mark.rule("SEC-070")
@pytest.mark.parametrize("text", ["-----BEGIN PRIVATE KEY-----", "MC4C\nAQAw"])
@pytest.mark.parametrize("from_environment", [False, True])
def test_a_key_that_is_given_itself_is_refused_and_not_repeated(
    text: str, from_environment: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GPUX_KEY", text if from_environment else "")
    with pytest.raises(UserError, match="holds a key itself") as refused:
        place_of(At(key="" if from_environment else text))
    assert text not in str(refused.value)


@pytest.mark.parametrize("url", ["127.0.0.1:8443", "http://127.0.0.1", "ws://", "ws://host:port", "ws://host:0", ""])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(UserError, match="is no address like"):
        check_url(url)


def test_an_id_without_its_file_is_refused() -> None:
    with pytest.raises(UserError, match="--key-id k_a needs the file"):
        place_of(At(key_id="k_a"))
    with pytest.raises(UserError, match="this needs your key"):
        with_key(At())
