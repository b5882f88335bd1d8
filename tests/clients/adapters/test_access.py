"""How another library's configuration names a key."""

from pathlib import Path

import pytest

from clients.adapters.access import depth_cadence, new_session, secret_of
from clients.credentials import Ed25519, Hmac

URL = "ws://127.0.0.1:1"


def test_a_path_names_a_pem_file(tmp_path: Path) -> None:
    key = Ed25519.generate()
    (tmp_path / "mm1.pem").write_bytes(key.pem())
    for path in (tmp_path / "mm1.pem", str(tmp_path / "mm1.pem")):
        found = secret_of(path)
        assert isinstance(found, Ed25519) and found.public == key.public


def test_a_secret_that_signs_is_itself_and_nothing_is_no_secret() -> None:
    secret = Hmac(b"shared")
    assert secret_of(secret) is secret
    assert secret_of("") is None and secret_of(None) is None


def test_a_file_without_a_key_is_named(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(ValueError, match=r"notes\.txt holds no readable Ed25519 private key"):
        secret_of(tmp_path / "notes.txt")


def test_without_a_key_the_session_reads_market_data() -> None:
    without = new_session(URL, "", None, cancel_on_disconnect=True)
    keyed = new_session(URL, "k_mm1", Ed25519.generate(), cancel_on_disconnect=False)
    assert (without.core.dial.path, depth_cadence(without)) == ("/v1/md", 10)
    assert (keyed.core.dial.path, depth_cadence(keyed)) == ("/v1/oe", 0)
