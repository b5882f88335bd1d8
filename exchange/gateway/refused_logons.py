"""What the venue's log says of logons that it refused, in a bounded number of lines.

A peer that failed is told one thing whatever the reason (SEC-025), who runs the venue is told which it was. Never a
secret, a signature or a nonce (SEC-011).
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from exchange.gateway import auth
from exchange.gateway.keys import Key
from exchange.gateway.throttle import Bucket, Rate
from exchange.units import NS_PER_S
from exchange.wire.messages import Auth

if TYPE_CHECKING:
    from exchange.gateway.connection import Session

LINES_PER_MINUTE = 10
MINUTE_MS = 60_000
PATHS = ("/v1/oe", "/v1/md")


class RefusedLogons:
    """Tells of each refused logon in a line, of more than ten a minute only how many they were."""

    def __init__(self) -> None:
        self.tell: Callable[[str], None] = lambda line: None
        self.names: tuple[str, ...] = ()  # of the venue: hosts that a client may have signed
        self._lines = Bucket(Rate("log", LINES_PER_MINUTE, LINES_PER_MINUTE, "venue", 60 * NS_PER_S))
        self._untold = 0

    def note(self, session: "Session", message: Auth, why: Callable[[], str]) -> None:
        """A logon was refused. `why` is worked out only if it is told."""
        if self._lines.take(session.now_ns):
            if not self._untold:
                session.hub.wheel.after(MINUTE_MS, self._sum_up)
            self._untold += 1
        else:
            self.tell(f"logon of key {message.key} from {session.address or 'somewhere'} refused: {why()}")

    def _sum_up(self) -> None:
        count, self._untold = self._untold, 0
        self.tell(f"{count:,} more logons were refused within a minute")

    def reason(self, session: "Session", message: Auth, key: Key | None, nonce: str) -> str:
        """Why a signature was not accepted. A known key costs as much as an unknown one (SEC-010)."""
        signed = self._signed_instead(session, message, key, nonce)
        if key is None:
            return "the venue has no such key"
        if message.algorithm != "ed25519":
            return f"algorithm {message.algorithm} is off, ed25519 is served (field alg)"
        if not nonce:
            return "the nonce of the connection was used before: each logon needs a new connection"
        age_us = session.now_us - session.nonce_us
        if age_us > auth.NONCE_LIFE_US:
            return f"its nonce was {age_us // 1_000_000} s old, a logon has {auth.NONCE_LIFE_US // 1_000_000} s"
        if signed:
            return f"it signed {signed}"
        if key.expires_us and session.now_us >= key.expires_us:
            return "the key has expired or was revoked"
        return (
            f"wrong signature: made by another key, or over other text than host {session.host}, path {session.path}, "
            f"this connection's nonce, the key's id and {_session_text(message.session_id)}"
        )

    def _signed_instead(self, session: "Session", message: Auth, key: Key | None, nonce: str) -> str:
        """What a right signature was made over in place of what was served; empty: it is over nothing near."""
        public = key.public if key is not None else None
        for host, path, sid in self._near(session, message):
            text = auth.signed_text(host, path, nonce, message.key, sid)
            if auth.verify(public, text, message.signature):
                pairs = (
                    (f"host {host}", f"host {session.host}", host != session.host),
                    (f"path {path}", f"path {session.path}", path != session.path),
                    (_session_text(sid), _session_text(message.session_id), sid != message.session_id),
                )
                return "; ".join(f"{signed}, served as {served}" for signed, served, differs in pairs if differs)
        return ""

    def _near(self, session: "Session", message: Auth) -> Iterator[tuple[str, str, str]]:
        """(host, path, session) that a client may have signed by mistake: one of them is another."""
        for host in self.names:
            if host != session.host:
                yield host, session.path, message.session_id
        for path in PATHS:
            if path != session.path:
                yield session.host, path, message.session_id
        if message.session_id:
            yield session.host, session.path, ""


def _session_text(sid: str) -> str:
    return f"session {sid}" if sid else "no session"
