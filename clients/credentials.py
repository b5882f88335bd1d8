"""Keys that sign the logon (SESS-001): Ed25519 by default, HMAC where the operator allows it."""

import base64
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from nacl.signing import SigningKey

PROTOCOL_LABEL = "gpux-auth-v1"
SEED_BYTES = 32
# An Ed25519 key has one form in PKCS #8 but for its version, 0 or 1; with 1 the public key may follow (RFC 8410).
_PKCS8_HEAD = bytes.fromhex("302e020100300506032b657004220420")
_PKCS8 = re.compile(rb"\x30.\x02\x01[\x00\x01]\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20(?P<seed>.{32})", re.DOTALL)
_PEM = re.compile(rb"-----BEGIN (?P<kind>[A-Z ]+)-----\s(?P<body>[^-]*)-----END (?P=kind)-----")


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

    def __init__(self, seed: bytes) -> None:
        """`seed`: the 32 private bytes of RFC 8032."""
        if len(seed) != SEED_BYTES:
            raise ValueError(f"seed of {len(seed)} bytes: an Ed25519 key has {SEED_BYTES}")
        self._seed = seed

    @classmethod
    def generate(cls) -> "Ed25519":
        return cls(os.urandom(SEED_BYTES))

    @classmethod
    def from_seed(cls, seed: bytes) -> "Ed25519":
        """The key of a seed of 32 bytes. ValueError: another length."""
        return cls(seed)

    @classmethod
    def load(cls, path: str | Path) -> "Ed25519":
        """The key in a PEM file without a passphrase. ValueError: the file has no such key."""
        found = _PEM.search(Path(path).read_bytes())
        try:
            der = base64.b64decode(b"".join(found["body"].split()), validate=True) if found else b""
        except ValueError:
            der = b""
        if not found or found["kind"] != b"PRIVATE KEY" or not der.startswith(b"\x30"):
            raise ValueError(f"{path} holds no readable Ed25519 private key in PEM form")
        key = _PKCS8.match(der)
        if key is None:
            raise ValueError(f"{path} holds a private key of another kind, not Ed25519")
        return cls(key["seed"])

    @property
    def public(self) -> str:
        """The public key as the venue stores it, base64url."""
        return base64url(bytes(self._signing_key().verify_key))

    def pem(self) -> bytes:
        """The private key as PEM; store it in a file that only its owner may read."""
        body = base64.b64encode(_PKCS8_HEAD + self._seed)
        return b"-----BEGIN PRIVATE KEY-----\n" + body + b"\n-----END PRIVATE KEY-----\n"

    def sign(self, text: bytes) -> str:
        return base64url(self._signing_key().sign(text).signature)

    def _signing_key(self) -> "SigningKey":
        from nacl.signing import SigningKey  # a fifth of the time that an import of `clients` may take

        return SigningKey(self._seed)

    def __repr__(self) -> str:
        return f"Ed25519(public={self.public!r})"


class Hmac:
    """A secret shared with the venue (SESS-003)."""

    algorithm: Literal["ed25519", "hmac-sha256"] = "hmac-sha256"

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def sign(self, text: bytes) -> str:
        import hashlib
        import hmac

        return base64url(hmac.new(self._secret, text, hashlib.sha256).digest())

    def __repr__(self) -> str:
        return "Hmac(...)"
