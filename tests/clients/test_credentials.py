"""The logon signature against the protocol's own vector."""

import base64
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

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


def test_a_key_file_is_the_one_that_other_programs_write_and_read(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    private = Ed25519PrivateKey.from_private_bytes(SEED)
    written = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    assert Ed25519.from_seed(SEED).pem() == written
    path.write_bytes(b"a line before\r\n" + written.replace(b"\n", b"\r\n"))
    assert Ed25519.load(path).public == Ed25519.from_seed(SEED).public
    with_public = bytes.fromhex("3053020101300506032b657004220420") + SEED + bytes.fromhex("a123032100") + SEED
    path.write_bytes(
        b"-----BEGIN PRIVATE KEY-----\n" + base64.b64encode(with_public) + b"\n-----END PRIVATE KEY-----\n"
    )
    assert Ed25519.load(path).public == Ed25519.from_seed(SEED).public


def other_key() -> bytes:
    return generate_private_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def locked_key() -> bytes:
    private, lock = Ed25519PrivateKey.from_private_bytes(SEED), BestAvailableEncryption(b"secret")
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"not a key", r"key\.pem holds no readable"),
        (b"", "holds no readable"),
        (b"-----BEGIN PRIVATE KEY-----\nMC4*\n-----END PRIVATE KEY-----\n", "holds no readable"),
        (b"-----BEGIN PRIVATE KEY-----\n\n-----END PRIVATE KEY-----\n", "holds no readable"),
        (Ed25519.from_seed(SEED).pem()[:60], "holds no readable"),
        (locked_key(), "holds no readable"),
        (other_key(), "of another kind, not Ed25519"),
    ],
)
def test_a_file_without_a_key_is_named(tmp_path: Path, content: bytes, why: str) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=why):
        Ed25519.load(path)


def test_a_seed_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="seed of 31 bytes: an Ed25519 key has 32"):
        Ed25519.from_seed(SEED[:31])


def test_no_secret_shows_when_it_is_printed() -> None:
    assert repr(Hmac(b"very-secret")) == "Hmac(...)"
    assert "PRIVATE" not in repr(Ed25519.from_seed(SEED))
