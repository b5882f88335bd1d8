"""How the configuration of another library names a key: its id, and the PEM file of the private half."""

from pathlib import Path

from msgspec import UNSET

from clients.client import Cadence, Session, connect
from clients.credentials import Ed25519, Secret
from exchange.wire.messages import CancelTerms


def secret_of(secret: str | Path | Secret | None) -> Secret | None:
    """The secret of a key. A text or path names a PEM file; anything else signs by itself.

    None, or an empty text: there is no key, so only public market data is available.
    ValueError: the file has no Ed25519 key. OSError: it cannot be read.
    """
    if not secret:
        return None
    return Ed25519.load(secret) if isinstance(secret, str | Path) else secret


def new_session(url: str, key: str, secret: str | Path | Secret | None, cancel_on_disconnect: bool) -> Session:
    """A session that has not connected yet. With a key it follows the margin of the account.

    cancel_on_disconnect   False: orders stay when the connection is lost; True: the venue's own terms (SESS-020)
    """
    found = secret_of(secret) if key else None
    if found is None:
        return connect(url)
    terms = UNSET if cancel_on_disconnect else CancelTerms(mode="off")
    return connect(url, key, found, cancel_terms=terms, margin=True)


def depth_cadence(session: Session) -> Cadence:
    """The fastest depth that a session may have: every change needs a key."""
    return 0 if session.core.key else 10
