"""The text that an operator signs, and signing it with a private key (SEC-061, SEC-063).

The text has the name of the venue's history, a nonce that is valid once, and the request itself. So a signature fits
one request only, and it can be checked with the journal alone.
"""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from exchange.errors import UserError
from exchange.gateway.auth import KeyPair, encode_bytes
from exchange.operator.requests import Signed
from exchange.seams import RealDisk

LABEL = "gpux-operator-v1"


def signed_text(history: str, nonce: str, public: str, line: str) -> bytes:
    """The five lines that are signed: label, history, nonce, public key, request."""
    return "\n".join((LABEL, history, nonce, public, line)).encode("utf-8")


def load_private(path: str) -> KeyPair:
    """Read an operator's private key from a file of `gpux key make`. UserError: the file has no such key."""
    disk = RealDisk()
    try:
        handle = disk.open(path, write=False)
        try:
            private = load_pem_private_key(disk.pread(handle, disk.size(handle), 0), None)
        finally:
            disk.close(handle)
    except (OSError, ValueError, TypeError) as error:
        raise UserError(f"{path} has no private key: {error}") from None
    if not isinstance(private, Ed25519PrivateKey):
        raise UserError(f"{path} has no Ed25519 key")
    return KeyPair("", 0, private.private_bytes_raw())


def sign(pair: KeyPair, history: str, nonce: str, line: str) -> Signed:
    """Sign the request in `line`, which is JSON."""
    public = encode_bytes(pair.public())
    return Signed(public=public, nonce=nonce, signature=pair.sign(signed_text(history, nonce, public, line)), line=line)
