"""Logon: what a client signs, how the signature is checked, and how key pairs are made.

The server stores public keys only. An unknown key costs the same work as a wrong signature and gets the same answer, so
that neither time nor bytes reveal which keys exist (SEC-010, SEC-025).
"""

import base64
import binascii
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from exchange.errors import UserError

LABEL = "gpux-auth-v1"
NONCE_BYTES = 32
NONCE_LIFE_US = 10_000_000
SEED_BYTES = 32
SIGNATURE_BYTES = 64
SCOPES = ("read", "trade", "cancel", "dc", "risk", "admin")

# RFC 8032: the field of the curve, and the y coordinates of its eight points of small order. A signature by such a key
# can be made without a secret, so these keys are refused at enrolment (SEC-024).
FIELD = 2**255 - 19
SMALL_ORDER_Y = frozenset(
    {
        0,
        1,
        FIELD - 1,
        int.from_bytes(bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little"),
        int.from_bytes(bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"), "little"),
    }
)


@dataclass(frozen=True)
class KeyPair:
    """A key as its owner holds it: the id that logs on, its account, and the private seed."""

    key: str
    account: int
    seed: bytes

    def public(self) -> bytes:
        return Ed25519PrivateKey.from_private_bytes(self.seed).public_key().public_bytes_raw()

    def pem(self) -> bytes:
        """The private key as a PEM file without a passphrase, as OpenSSL and the clients read it."""
        private = Ed25519PrivateKey.from_private_bytes(self.seed)
        return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def sign(self, text: bytes) -> str:
        return encode_bytes(Ed25519PrivateKey.from_private_bytes(self.seed).sign(text))


def encode_bytes(data: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def decode_bytes(text: str) -> bytes:
    """Bytes of base64url without padding. ValueError for any other text."""
    try:
        data = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise ValueError(f"{text!r} is not base64url without padding") from error
    if encode_bytes(data) != text:
        raise ValueError(f"{text!r} is not canonical base64url without padding")
    return data


def signed_text(host: str, path: str, nonce: str, key: str, sid: str) -> bytes:
    """The six lines that a client signs (SESS-001).

    Host, path, nonce and session id bind the signature to one venue, endpoint, connection and session.
    """
    return "\n".join((LABEL, host, path, nonce, key, sid)).encode("utf-8")


def check_public_key(public: bytes) -> None:
    """Raise UserError for a public key of wrong length, not canonical, or of small order (SEC-024)."""
    if len(public) != SEED_BYTES:
        raise UserError(f"public key has {len(public)} bytes, 32 are needed")
    y = int.from_bytes(public, "little") & (2**255 - 1)
    if y >= FIELD:
        raise UserError("public key is not canonical: its height is not below 2^255 - 19")
    if y in SMALL_ORDER_Y:
        raise UserError("public key is of small order: anybody could sign for it")


# Verifies signatures of unknown keys, so that they cost the same work. Its seed is public, so no client has this key.
_DUMMY = Ed25519PrivateKey.from_private_bytes(bytes(SEED_BYTES)).public_key()


def verify(public: bytes | None, text: bytes, signature: str) -> bool:
    """Whether `signature` (base64url) is a valid signature of `text` by the key `public`.

    public   32 bytes; None if the key is unknown: the result is False, after the same work
    """
    try:
        raw = decode_bytes(signature)
    except ValueError:
        raw = b""
    usable = len(raw) == SIGNATURE_BYTES
    key = Ed25519PublicKey.from_public_bytes(public) if public is not None else _DUMMY
    try:
        key.verify(raw if usable else bytes(SIGNATURE_BYTES), text)
    except InvalidSignature:
        return False
    return usable and public is not None
