"""The logon signature against the protocol's own vector."""

from pathlib import Path

import pytest

from clients.credentials import Ed25519, Hmac, logon_text

SEED = bytes(range(32))
NONCE = "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8"
KEY = "k_5f2c9a"


@pytest.mark.rule("SESS-001")
def test_the_logon_signature_is_the_one_of_the_protocol_text() -> None:
    secret = Ed25519.from_seed(SEED)
    assert secret.public == "A6EHv_POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg"
    assert secret.sign(logon_text("localhost", "/v1/oe", NONCE, KEY, "")) == (
        "t51XbSHVboG6_Vg08KVf2BO9rf0DyDjD3vjuJo-mGOcTZdvasG7je207WXualVGvDgW_76T3cWtke3CDWlClDg"
    )


@pytest.mark.rule("SESS-001")
def test_a_resuming_logon_signs_the_session_it_resumes() -> None:
    secret = Ed25519.from_seed(SEED)
    assert secret.sign(logon_text("LOCALHOST", "/v1/oe", NONCE, KEY, "s_91c2d07e")) == (
        "oz4Dvznr8cRWwOQpvyyYocjMfQ9gy2LlCeDV3NV8r31-CM88WQxSwcbQK47R3svWntRRoZfqCtNkL_T4mhO2CQ"
    )


@pytest.mark.rule("SESS-003")
def test_the_shared_secret_signs_the_same_text() -> None:
    text = logon_text("localhost", "/v1/oe", NONCE, KEY, "")
    assert Hmac(SEED).sign(text) == "3UhWe0Kj73I2PvSxj3jakDB0LIqJ6TPrzwNxdQM3s3w"


def test_a_key_survives_its_file(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    secret = Ed25519.generate()
    path.write_bytes(secret.pem())
    assert Ed25519.load(path).public == secret.public


def test_a_file_without_a_key_is_named(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(b"not a key")
    with pytest.raises(ValueError, match=r"key\.pem"):
        Ed25519.load(path)


def test_no_secret_shows_when_it_is_printed() -> None:
    assert repr(Hmac(b"very-secret")) == "Hmac(...)"
    assert "PRIVATE" not in repr(Ed25519.from_seed(SEED))
