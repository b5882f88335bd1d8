"""Logs refused logons for the venue's operator, at most ten lines a minute.

The client gets the same answer for every reason (SEC-025); the log names the reason. It never shows a secret, a
signature or a nonce (SEC-011).
"""

from collections.abc import Callable, Iterator
from typing import Protocol

from exchange.gateway import auth
from exchange.gateway.keys import Key
from exchange.gateway.throttle import Rate, RateBucket
from exchange.gateway.timers import TimerWheel
from exchange.units import NS_PER_S
from exchange.wire.messages import Auth

LINES_PER_MINUTE = 10
MINUTE_MS = 60_000
PATHS = ("/v1/oe", "/v1/md")


class DialledConnection(Protocol):
    """What a logon is judged by: where the client connected, and its nonce."""

    @property
    def address(self) -> str: ...

    @property
    def host(self) -> str: ...

    @property
    def path(self) -> str: ...

    @property
    def nonce_us(self) -> int:
        """When the nonce was made."""

    @property
    def now_us(self) -> int:
        """Wall clock at the last read."""

    @property
    def now_ns(self) -> int:
        """Monotonic clock at the last read."""


class RefusedLogons:
    """Logs a line for each refused logon. Beyond ten a minute it logs only their number."""

    def __init__(self, wheel: TimerWheel) -> None:
        self._wheel = wheel
        self._log: Callable[[str], None] = lambda line: None
        self._hosts: tuple[str, ...] = ()
        self._lines = RateBucket(Rate("log", LINES_PER_MINUTE, LINES_PER_MINUTE, "venue", 60 * NS_PER_S))
        self._not_logged = 0

    def log_to(self, log: Callable[[str], None]) -> None:
        """Set the function that is called with each line."""
        self._log = log

    def set_hosts(self, names: tuple[str, ...]) -> None:
        """Set the venue's host names, which a client may have signed instead of the one it dialled."""
        self._hosts = names

    def note(self, connection: DialledConnection, message: Auth, why: Callable[[], str]) -> None:
        """Log a refused logon. `why` gives the reason; it is called only if the line is logged."""
        if self._lines.take(connection.now_ns):
            if not self._not_logged:
                self._wheel.after(MINUTE_MS, self._sum_up)
            self._not_logged += 1
        else:
            self._log(f"logon of key {message.key} from {connection.address or 'somewhere'} refused: {why()}")

    def _sum_up(self) -> None:
        count, self._not_logged = self._not_logged, 0
        self._log(f"{count:,} more logons were refused within a minute")

    def reason(self, connection: DialledConnection, message: Auth, key: Key | None, nonce: str) -> str:
        """Why a logon was not accepted. A known key costs the same work as an unknown one (SEC-010).

        key     None: the venue does not know it
        nonce   that the logon had to sign; empty: it was used before
        """
        signed = self._signed_instead(connection, message, key, nonce)
        if key is None:
            return "the venue has no such key"
        if message.algorithm != "ed25519":
            return f"algorithm {message.algorithm} is not enabled, allowed: ed25519 (field alg)"
        if not nonce:
            return "the nonce of the connection was used before: each logon needs a new connection"
        age_us = connection.now_us - connection.nonce_us
        if age_us > auth.NONCE_LIFE_US:
            return f"its nonce was {age_us // 1_000_000} s old, a logon has {auth.NONCE_LIFE_US // 1_000_000} s"
        if signed:
            return f"it signed {signed}"
        if key.expires_us and connection.now_us >= key.expires_us:
            return "the key has expired or was revoked"
        return (
            f"wrong signature: made by another key, or over other text than host {connection.host}, "
            f"path {connection.path}, this connection's nonce, the key's id and {_session_text(message.session_id)}"
        )

    def _signed_instead(self, connection: DialledConnection, message: Auth, key: Key | None, nonce: str) -> str:
        """What the client signed instead: another host, path or session. Empty: the signature fits none of them."""
        public = key.public if key is not None else None
        for host, path, sid in self._similar(connection, message):
            text = auth.signed_text(host, path, nonce, message.key, sid)
            if auth.verify(public, text, message.signature):
                pairs = (
                    (f"host {host}", f"host {connection.host}", host != connection.host),
                    (f"path {path}", f"path {connection.path}", path != connection.path),
                    (_session_text(sid), _session_text(message.session_id), sid != message.session_id),
                )
                return "; ".join(f"{signed}, served as {served}" for signed, served, differs in pairs if differs)
        return ""

    def _similar(self, connection: DialledConnection, message: Auth) -> Iterator[tuple[str, str, str]]:
        """Triples (host, path, session id) that a client may have signed by mistake; one of the three differs."""
        for host in self._hosts:
            if host != connection.host:
                yield host, connection.path, message.session_id
        for path in PATHS:
            if path != connection.path:
                yield connection.host, path, message.session_id
        if message.session_id:
            yield connection.host, connection.path, ""


def _session_text(sid: str) -> str:
    return f"session {sid}" if sid else "no session"
