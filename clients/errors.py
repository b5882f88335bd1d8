"""Exceptions of requests and sessions. (`StaleBook` is in `clients.local_book`.)"""

from collections.abc import Sequence

from clients.orders import Order
from exchange.wire.errors import ErrorCode
from exchange.wire.messages import Err


class ConnectFailed(Exception):
    """The first connection or logon failed; the text says why."""


class SessionOver(Exception):
    """The session ended, without reconnecting, while the program waited."""


class NotLive(Exception):
    """The request was not sent: there is no live connection."""


class Throttled(Exception):
    """The request was not sent, because the venue would refuse it for its rate. Try again after `wait_s` seconds."""

    def __init__(self, bucket: str, wait_s: float) -> None:
        super().__init__(f"{bucket}: wait {wait_s:.3f} s")
        self.bucket, self.wait_s = bucket, wait_s


class UnknownSymbol(Exception):
    """The venue lists no such instrument."""


class ChannelRefused(Exception):
    """The venue does not serve a channel. `code`: the reason; `offered`: the channels that it serves."""

    def __init__(self, name: str, code: int, offered: Sequence[str] = ()) -> None:
        known = f" {ErrorCode(code).name}" if code in ErrorCode.__members__.values() else ""
        there_are = f"; the venue has {', '.join(offered)}" if code == ErrorCode.UNKNOWN_CHANNEL and offered else ""
        super().__init__(f"channel {name}: refused with code {code}{known}{there_are}")
        self.code = code


class Refused(Exception):
    """The venue refused a request. `error`: its reply; `order`: the order of a refused `new`."""

    def __init__(self, error: Err, order: Order | None = None) -> None:
        super().__init__(f"{error.name}: {error.message} (applied: {error.applied})")
        self.error, self.order = error, order
