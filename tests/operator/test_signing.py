"""What an operator signs: each part of it counts, and a key file is what `gpux key make` writes."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from exchange.errors import UserError
from exchange.gateway.auth import KeyPair, encode_bytes, verify
from exchange.operator.signing import load_private, sign, signed_text

PAIR = KeyPair("k_op", 1, bytes(range(32)))
PARTS = ("h_1", "nonce", "public", '{"do":"stop"}')


@pytest.mark.rule("SEC-063")
def test_the_text_is_five_lines_and_each_of_them_counts() -> None:
    text = signed_text(*PARTS)
    assert text.split(b"\n") == [b"gpux-operator-v1", *(part.encode() for part in PARTS)]
    others = {signed_text(*(part + "x" * (place == at) for at, part in enumerate(PARTS))) for place in range(4)}
    assert len(others | {text}) == 5


@pytest.mark.rule("SEC-061")
def test_a_signed_request_holds_for_its_own_words_alone() -> None:
    signed = sign(PAIR, "h_1", "n", '{"do":"stop"}')
    assert signed.public == encode_bytes(PAIR.public()) and (signed.nonce, signed.line) == ("n", '{"do":"stop"}')
    text = signed_text("h_1", "n", signed.public, signed.line)
    assert verify(PAIR.public(), text, signed.signature)
    assert not verify(PAIR.public(), signed_text("h_1", "n", signed.public, signed.line + " "), signed.signature)


def test_a_private_key_is_read_back_from_its_file(tmp_path: Path) -> None:
    (tmp_path / "op.pem").write_bytes(PAIR.pem())
    assert load_private(str(tmp_path / "op.pem")).seed == PAIR.seed


def test_what_is_no_ed25519_key_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "op.pem"
    with pytest.raises(UserError, match="has no private key"):
        load_private(str(path))
    path.write_bytes(b"no key")
    with pytest.raises(UserError, match="has no private key"):
        load_private(str(path))
    other = generate_private_key(SECP256R1())
    path.write_bytes(other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with pytest.raises(UserError, match="has no Ed25519 key"):
        load_private(str(path))
