"""A session (FIX sense): what outlives its connections, and the replies that may be asked for again.

A client names it by `sid` (SESS-007, SESS-008). At most one connection holds it at a time. It keeps its terms of cancel
on disconnect, the id of its last request, and what is needed to answer a request that is sent again (RECOV-011).
"""

from typing import TYPE_CHECKING, Any

from exchange.codes import EventFlag, EventKind, RejectReason
from exchange.engine import query
from exchange.engine.event_rows import FLAGS, KIND, REASON, Row
from exchange.gateway.keys import Key
from exchange.gateway.stored_replies import StoredReplies
from exchange.gateway.throttle import RateBucket
from exchange.gateway.timers import WheelTimer
from exchange.wire.errors import ErrorCode, error
from exchange.wire.messages import CancelTerms
from exchange.wire.words import session_id

if TYPE_CHECKING:
    from exchange.gateway.connection import Connection
    from exchange.gateway.gateway import Gateway

WHOLE_REPLIES_MAX = 64
# Upper bounds of the memory of a session without its stored replies, of a reply that is stored whole, and of each
# result in one: 1,040, 910 and 200 to 540 bytes were measured.
SESSION_BYTES = 1_536
REPLY_BYTES = 1_024
RESULT_BYTES = 600
_REJ = int(EventKind.ORDER_REJECTED)
_DUP_ID = int(RejectReason.DUP_ID)
_SAME = int(EventFlag.SAME)


def must_store_whole(event: Row) -> bool:
    """Whether the reply that begins with this event cannot be rebuilt from events later.

    So it is where a `new` is refused because another live order has its client order id: the reply shows that order
    as it is now (ENTRY-003).
    """
    return event[KIND] == _REJ and event[REASON] == _DUP_ID and not event[FLAGS] & _SAME


def cancels_on_drop(terms: CancelTerms) -> bool:
    """Whether orders are cancelled when the connection ends without a logout (SESS-021)."""
    return terms.mode != "off" and terms.on in ("drop", "both")


def check_cancel_terms(terms: CancelTerms, key: Key, session: "Session | None") -> tuple[ErrorCode, str] | None:
    """Why these terms of cancel on disconnect are refused, None if they are accepted. `session`: None for a new one."""
    if terms.mode != "off" and not key.may_cancel:
        return ErrorCode.SCOPE, "cod: a key that may not cancel has mode off"
    if session is not None and not cancels_on_drop(terms) and session.has_quotes():
        return ErrorCode.QUOTE_NEEDS_COD, "cod: the session has quotes, which need to leave when it drops"
    return None


class Session:
    """A session by number, with its connection while it has one."""

    __slots__ = (
        "account",
        "accounts",
        "cancel_bucket",
        "connection",
        "detached_ns",
        "gateway",
        "grace_timer",
        "key",
        "last_id",
        "last_quote_id",
        "low_bucket",
        "may_cancel",
        "may_trade",
        "number",
        "order_bucket",
        "replies",
        "terms",
        "whole_replies",
    )

    def __init__(
        self,
        gateway: "Gateway",
        number: int,
        key: Key,
        terms: CancelTerms,
        last_id: int = 0,
        replies: StoredReplies | None = None,
    ) -> None:
        """`last_id`, `replies`: of the session's requests before this run."""
        self.gateway = gateway
        self.number = number
        self.key = key
        self.accounts = frozenset(key.accounts)
        self.account = key.accounts[0] if len(key.accounts) == 1 else 0
        self.may_trade = "trade" in key.scopes
        self.may_cancel = key.may_cancel
        self.terms = terms
        self.last_id = last_id
        self.last_quote_id = 0
        self.replies = replies if replies is not None else StoredReplies()
        self.replies.set_capacity(gateway.profile.dedup)
        self.whole_replies: dict[int, Any] = {}
        self.connection: Connection | None = None
        self.detached_ns = 0  # when its last connection of this run ended
        self.grace_timer: WheelTimer | None = None
        # Those of its account, which all its sessions share; None if there are several accounts.
        self.order_bucket: RateBucket | None = gateway.bucket("order", self.account) if self.account else None
        self.cancel_bucket: RateBucket | None = gateway.bucket("cancel", self.account) if self.account else None
        self.low_bucket: RateBucket | None = None  # nearly empty: the next reply says so (RATE-004)

    @property
    def name(self) -> str:
        return session_id(self.number)

    @property
    def kept_bytes(self) -> int:
        """Memory that the session takes."""
        results = sum(len(getattr(reply, "results", None) or ()) for reply in self.whole_replies.values())
        whole = REPLY_BYTES * len(self.whole_replies) + RESULT_BYTES * results
        return SESSION_BYTES + self.replies.kept_bytes + whole

    # Connections.

    def attach(self, connection: "Connection", terms: CancelTerms) -> None:
        """A connection has logged on to this session, with these terms."""
        self.cancel_grace()
        self.terms, self.connection = terms, connection

    def detach(self, now_ns: int) -> None:
        """Its connection has ended."""
        self.connection = None
        self.detached_ns = now_ns

    def set_terms(self, terms: CancelTerms) -> None:
        self.terms = terms

    def start_grace(self, timer: WheelTimer) -> None:
        """`timer`: cancels its orders when the grace ends without a resume (SESS-021)."""
        self.grace_timer = timer

    def cancel_grace(self) -> None:
        if self.grace_timer is not None:
            self.grace_timer.cancel()
            self.grace_timer = None

    # Requests.

    def note_request(self, request_id: int) -> None:
        """A request has been submitted to the venue."""
        self.last_id = request_id

    def note_quote(self, request_id: int) -> None:
        """A mass quote has been submitted to the venue."""
        self.last_id = self.last_quote_id = request_id

    def note_low(self, bucket: RateBucket) -> None:
        """A bucket is nearly empty."""
        self.low_bucket = bucket

    def has_quotes(self) -> bool:
        """Whether a quote of this session is live, or submitted."""
        if self.last_quote_id > self.replies.newest:
            return True
        states = self.gateway.port.states
        return any(query.has_quote(states, account, self.number) for account in self.accounts)

    def answer(self, request_id: int, received_us: int, events: list[Row]) -> None:
        """The command of a request is released: store its reply, and send it if the session has a connection."""
        connection, port, reply = self.connection, self.gateway.port, None
        if events:
            self.replies.add(request_id, events[0][0], received_us, port.release)
            if must_store_whole(events[0]):
                reply = port.reply_to(request_id, events)
                self.store_whole_reply(request_id, reply)
            if connection is None:
                self.gateway.registry.update_kept_bytes(self)
        elif request_id == self.last_quote_id:
            self.last_quote_id = 0
        if connection is None or not connection.live:
            return
        if events:
            reply = reply or port.reply_to(request_id, events)
        else:
            reply = error(request_id, *port.not_sequenced)
            reply.time_us = port.time_us
            reply.sent_us = self.gateway.clock.wall_us()
        reply.received_us = received_us
        port.release.replies.append(reply)
        if self.low_bucket is not None:
            reply.limit_left = (self.low_bucket.rate.name, self.low_bucket.left(connection.now_ns))
            self.low_bucket = None
        connection.queue.send(reply)
        connection.note_answer()

    def store_whole_reply(self, request_id: int, reply: Any) -> None:
        """Store a reply that cannot be rebuilt from events: to a batch, or to a `new` with the id of a live order."""
        self.whole_replies[request_id] = reply
        while len(self.whole_replies) > WHOLE_REPLIES_MAX:
            del self.whole_replies[next(iter(self.whole_replies))]
