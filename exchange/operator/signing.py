"""What an operator signs, and how the program of one signs it (SEC-061, SEC-063).

The text binds an act to the venue's history, to a nonce that works once, and to the words of the request itself; so a
signature is of use for nothing else, and can be checked with the journal alone.
"""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from exchange.errors import UserError
from exchange.gateway.auth import KeyPair, encode_bytes
from exchange.operator.requests import Signed
from exchange.seams import RealDisk

LABEL = "gpux-operator-v1"


def signed_text(history: str, nonce: str, public: str, line: str) -> bytes:
    """The five lines that are signed."""
    return "\n".join((LABEL, history, nonce, public, line)).encode("utf-8")


def load_private(path: str) -> KeyPair:
    """An operator's private key from the file that `gpux key make` wrote. UserError: there is none."""
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
    """The request of `line`, signed."""
    public = encode_bytes(pair.public())
    return Signed(public=public, nonce=nonce, signature=pair.sign(signed_text(history, nonce, public, line)), line=line)
