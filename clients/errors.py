"""Exceptions of requests and sessions. (`StaleBook` is in `clients.local_book`, the kinds of refusals in
`clients.refusals.kinds`.)
"""

from collections.abc import Sequence
from typing import ClassVar

from clients.orders import Order
from clients.refusals.found import allowed_in, field_of, value_of
from exchange.wire.errors import ErrorCode
from exchange.wire.messages import Err, Request


class ConnectFailed(Exception):
    """The first connection or logon failed; the text says why. `error`: the venue's refusal of the logon, if it came
    that far."""

    def __init__(self, text: str, error: Err | None = None) -> None:
        super().__init__(text)
        self.error = error


class SessionOver(Exception):
    """The session ended, without reconnecting, while the program waited."""


class NotLive(Exception):
    """The request was not sent: there is no live connection."""


class Throttled(Exception):
    """Too many requests. The request had no effect; try again after `wait_s` seconds.

    The client raises it instead of sending a request that the venue would refuse for its rate. `RateRefused` of
    `clients.refusals` is the venue's own refusal; `except Throttled` catches both.
    """

    bucket: str
    wait_s: float

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
    """The venue refused a request. Each remedy has a class of its own (`clients.refusals.kinds`).

    error     its reply
    order     the order of a refused `new`, if one was made
    request   what was refused, if known
    """

    remedy: ClassVar[str] = ""  # what to do, as the end of the text
    shows: ClassVar[tuple[str, ...]] = ()  # keys of the request whose values the text shows

    def __init__(
        self, error: Err, order: Order | None = None, request: Request | None = None, is_local: bool = False
    ) -> None:
        self.error, self.order, self.request, self.is_local = error, order, request, is_local
        Exception.__init__(self, self._text())  # not `super`: a RateRefused is a Throttled too

    def _text(self) -> str:
        found = [f"{key} {value}" for key in self.shows if (value := value_of(self.request, key))]
        parts = [*found, *self._details(), f"applied: {self.error.applied}"]
        end = f" {self.remedy}" if self.remedy else ""
        return f"{self.error.name}: {self.error.message} ({', '.join(parts)}).{end}"

    def _details(self) -> list[str]:
        """What the error has beside its message, for the text."""
        return []

    @property
    def code(self) -> int:
        return self.error.code

    @property
    def name(self) -> str:
        return self.error.name

    @property
    def applied(self) -> str:
        """Whether the request took effect nevertheless: no, yes or unknown (WIRE-020)."""
        return self.error.applied

    @property
    def field(self) -> str:
        """The key at fault on the wire (`px`, `q`, ...), if the venue names one."""
        return field_of(self.error.message)

    @property
    def allowed(self) -> tuple[str, ...]:
        """The words that the key may have, if it takes only certain words."""
        return allowed_in(self.error.message)

    @property
    def order_id(self) -> int | None:
        return self.error.order_id

    @property
    def client_order_id(self) -> str:
        return self.error.client_order_id
