"""Keys that sign the logon (SESS-001): Ed25519 by default, HMAC where the operator allows it."""

import base64
import hashlib
import hmac
from pathlib import Path
from typing import Literal, Protocol

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

PROTOCOL_LABEL = "gpux-auth-v1"
SEED_BYTES = 32


def base64url(data: bytes) -> str:
    """Base64url without padding, as everywhere on the wire."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def logon_text(host: str, path: str, nonce: str, key: str, session_id: str) -> bytes:
    """The text that a logon signs. It has host and path, so that a signature is valid at one venue only."""
    return "\n".join((PROTOCOL_LABEL, host.lower(), path, nonce, key, session_id)).encode()


class Secret(Protocol):
    """Signs a logon."""

    algorithm: Literal["ed25519", "hmac-sha256"]

    def sign(self, text: bytes) -> str: ...


class Ed25519:
    """A private key; the venue knows only the public key."""

    algorithm: Literal["ed25519", "hmac-sha256"] = "ed25519"

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private

    @classmethod
    def generate(cls) -> "Ed25519":
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def from_seed(cls, seed: bytes) -> "Ed25519":
        """The key of a seed of 32 bytes. ValueError: another length."""
        return cls(Ed25519PrivateKey.from_private_bytes(seed))

    @classmethod
    def load(cls, path: str | Path) -> "Ed25519":
        """The key in a PEM file without a passphrase. ValueError: the file has no such key."""
        try:
            private = serialization.load_pem_private_key(Path(path).read_bytes(), password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise ValueError(f"{path} holds no readable Ed25519 private key in PEM form") from None
        if not isinstance(private, Ed25519PrivateKey):
            raise ValueError(f"{path} holds a private key of another kind, not Ed25519")
        return cls(private)

    @property
    def public(self) -> str:
        """The public key as the venue stores it, base64url."""
        return base64url(self._private.public_key().public_bytes_raw())

    def pem(self) -> bytes:
        """The private key as PEM; store it in a file that only its owner may read."""
        return self._private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    def sign(self, text: bytes) -> str:
        return base64url(self._private.sign(text))

    def __repr__(self) -> str:
        return f"Ed25519(public={self.public!r})"


class Hmac:
    """A secret shared with the venue (SESS-003)."""

    algorithm: Literal["ed25519", "hmac-sha256"] = "hmac-sha256"

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def sign(self, text: bytes) -> str:
        return base64url(hmac.new(self._secret, text, hashlib.sha256).digest())

    def __repr__(self) -> str:
        return "Hmac(...)"
