"""How a connection comes to be live, and the signed request that opens or resumes its session."""

from enum import IntEnum

from msgspec import Struct, UnsetType

from clients.credentials import Secret, logon_text
from exchange.wire.fields import Pair
from exchange.wire.messages import Auth, CancelTerms, FullCancelTerms
from exchange.wire.version import RELEASE

AGENT = f"gpux-py/{RELEASE}"


class ConnectionPhase(IntEnum):
    """How far a connection has come."""

    CLOSED = 0
    OPENED = 1  # waits for `hello`
    LOGON = 2  # waits for `welcome`
    CATCHING_UP = 3  # snapshot or missed events
    LIVE = 4


class Dial(Struct, frozen=True):
    """What the logon signs of the address: host as dialled without port, and path."""

    host: str
    path: str


def check_credentials(key: str, secret: Secret | None) -> None:
    """ValueError unless there are both or neither, and the secret can sign."""
    if key and secret is None:
        raise ValueError(f"key {key} needs its secret: connect(url, key={key!r}, secret=Ed25519.load(FILE))")
    if secret is not None and not key:
        raise ValueError("a secret needs the id of its key: connect(url, key=ID, secret=...)")
    if secret is not None and not callable(getattr(secret, "sign", None)):
        raise ValueError(f"secret is a {type(secret).__name__}, not an Ed25519 or Hmac of clients.credentials")


def logon(
    secret: Secret,
    dial: Dial,
    nonce: str,
    key: str,
    session_id: str,
    applied: list[Pair],
    terms: CancelTerms | UnsetType,
) -> Auth:
    """The `auth` that answers a `hello`: with a `session_id` that session goes on after the events `applied`
    (account, sequence), and an older connection of it ends; without one a new session begins."""
    return Auth(
        request_id=1,
        key=key,
        algorithm=secret.algorithm,
        signature=secret.sign(logon_text(dial.host, dial.path, nonce, key, session_id)),
        session_id=session_id,
        take=bool(session_id),
        last_applied=applied if session_id else [],
        cancel_terms=terms,
        agent=AGENT,
    )


def grace_s(terms: FullCancelTerms) -> float:
    """How long the orders of a session outlive its connection; 0: they stay, or leave at once (SESS-020)."""
    return terms.grace_ms / 1000 if terms.mode != "off" and terms.on != "logout" else 0.0
