"""Keys of members: made once, kept, used again."""

import stat
from pathlib import Path

import pytest

from exchange.demo.market.keys import Enrolment, enrol, enrol_at, load
from exchange.errors import UserError
from exchange.main import prepare
from tests.clients.scenes import settings


def enrolment(folder: Path, accounts: int = 2) -> Enrolment:
    return Enrolment(str(folder / "keys"), 41, accounts, 1_000_000)


@pytest.mark.rule("SEC-001")
def test_keys_are_made_once_and_found_again(tmp_path: Path) -> None:
    data = str(tmp_path / "data")
    with prepare(data, settings()) as setup:
        first = enrol(setup, enrolment(tmp_path))
    with prepare(data, settings()) as setup:
        again = enrol(setup, enrolment(tmp_path, 3))
        cash = setup.engine.states["accounts"]["cash_mills"][0]
        assert [int(cash[account]) for account in (41, 42, 43)] == [1_000_000] * 3, "one deposit each"
    assert again[:2] == first and load(enrolment(tmp_path, 9)) == again
    assert [key.key for key in again] == ["k_market41", "k_market42", "k_market43"]
    mode = (tmp_path / "keys" / "market41.pem").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


def test_a_folder_without_keys_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=f"no key in {tmp_path}/keys, like {tmp_path}/keys/market41.pem"):
        load(enrolment(tmp_path))


def test_a_key_that_the_venue_does_not_take_is_not_kept(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    with pytest.raises(UserError):
        enrol_at(str(tmp_path / "nobody"), enrolment(tmp_path))
    assert list((tmp_path / "keys").iterdir()) == []
