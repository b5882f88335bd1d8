"""The phases of a connection, and the signed request that opens or resumes its session."""

from enum import IntEnum

from msgspec import Struct, UnsetType

from clients.credentials import Secret, logon_text
from clients.errors import NotLive
from clients.refusals.choice import refusal
from clients.requests import serves_without_key
from exchange.wire.errors import CloseCode, ErrorCode, error
from exchange.wire.fields import Pair
from exchange.wire.messages import (
    Auth,
    CancelTerms,
    FullCancelTerms,
    Request,
)
from exchange.wire.version import RELEASE

PROTOCOL_MAJOR, MARGIN_MINOR = "1", 9  # version of the protocol, and the first minor one with `margin` of `auth`
AGENT = f"gpux-py/{RELEASE}"
FINAL_CLOSES = (CloseCode.LOGON_FAILED, CloseCode.SESSION_TAKEN, CloseCode.KEY_REVOKED)
RETRIED_LOGONS = (ErrorCode.BUSY, ErrorCode.THROTTLED, ErrorCode.TOO_MANY_CONNECTIONS, ErrorCode.READ_ONLY)


class ClientPhase(IntEnum):
    """Phases of a connection, in order."""

    CLOSED = 0
    OPENED = 1  # the client waits for `hello`
    LOGON = 2  # the client waits for `welcome`
    CATCHING_UP = 3  # the venue sends a snapshot or the missed events
    LIVE = 4


class Dial(Struct, frozen=True):
    """The parts of the address that the logon signs: host without port, and path."""

    host: str
    path: str


def check_credentials(key: str, secret: Secret | None, margin: bool) -> None:
    """ValueError unless key and secret are both given or both absent, and the secret can sign. `margin` needs a key."""
    if margin and not key:
        raise ValueError("margin=True follows the margin of a key's accounts: connect(url, key=ID, secret=...)")
    if key and secret is None:
        raise ValueError(f"key {key} needs its secret: connect(url, key={key!r}, secret=Ed25519.load(FILE))")
    if secret is not None and not key:
        raise ValueError("a secret needs the id of its key: connect(url, key=ID, secret=...)")
    if secret is not None and not callable(getattr(secret, "sign", None)):
        raise ValueError(f"secret is a {type(secret).__name__}, not an Ed25519 or Hmac of clients.credentials")


def check_sendable(request: Request, live: bool, has_key: bool) -> None:
    """Raise NotLive if there is no live connection, or Refused if the request needs a key and there is none."""
    if not live:
        raise NotLive("no live connection: the request was not sent")
    if not has_key and not serves_without_key(request):
        text = "this session has no key, it reads market data: connect with key and secret for all else"
        raise refusal(error(0, ErrorCode.NOT_LOGGED_ON, text), request=request, is_local=True)


def why_unusable(version: str, margin: bool) -> str:
    """Why the client cannot talk to a venue of this version of the protocol; empty: it can. `margin`: as of `logon`."""
    major, _, minor = version.partition(".")
    if major != PROTOCOL_MAJOR:
        return f"the venue speaks version {version}, not {PROTOCOL_MAJOR}"
    if margin and int(minor) < MARGIN_MINOR:
        return f"the venue speaks version {version}, margin=True needs {PROTOCOL_MAJOR}.{MARGIN_MINOR}"
    return ""


def logon(
    secret: Secret,
    dial: Dial,
    nonce: str,
    key: str,
    session_id: str,
    applied: list[Pair],
    terms: CancelTerms | UnsetType,
    margin: bool,
) -> Auth:
    """Build the `auth` that answers a `hello`.

    margin        ask for `margin` without `s` (MARGIN-017)

    session_id   session to resume, whose older connection is closed; empty: open a new session
    applied      (account, sequence) of the last events applied; the venue sends the events after these
    """
    return Auth(
        request_id=1,
        key=key,
        algorithm=secret.algorithm,
        signature=secret.sign(logon_text(dial.host, dial.path, nonce, key, session_id)),
        session_id=session_id,
        take=bool(session_id),
        last_applied=applied if session_id else [],
        cancel_terms=terms,
        margin=margin,
        agent=AGENT,
    )


def grace_s(terms: FullCancelTerms) -> float:
    """Seconds for which the orders of a session stay after its connection is lost (SESS-020).

    0: they are not cancelled, or are cancelled at once
    """
    return terms.grace_ms / 1000 if terms.mode != "off" and terms.on != "logout" else 0.0
