"""A session (FIX sense) outlives its connections, and can answer a request that is sent again.

A client names a session by its `sid` (SESS-007, SESS-008). At most one connection has it at a time. The session keeps
its terms of cancel on disconnect, the id of its last request, and the data to rebuild replies (RECOV-011).
"""

from collections.abc import Sequence
from typing import Any, Protocol

from exchange.codes import EventFlag, EventKind, RejectReason
from exchange.engine import query
from exchange.engine.event_rows import FLAGS, KIND, REASON, Row
from exchange.gateway.keys import Key
from exchange.gateway.outbox import SendQueue
from exchange.gateway.port import VenuePort
from exchange.gateway.stored_replies import StoredReplies
from exchange.gateway.throttle import Profile, RateBucket, RateBuckets
from exchange.gateway.timers import WheelTimer
from exchange.seams import Clock
from exchange.wire.errors import ErrorCode, error
from exchange.wire.messages import CancelTerms
from exchange.wire.words import session_id

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
    """Whether a reply must be stored because events cannot rebuild it. `event`: the first one of its command.

    This is so when a `new` is refused because another live order has its client order id. The reply shows the present
    state of that order (ENTRY-003).
    """
    return event[KIND] == _REJ and event[REASON] == _DUP_ID and not event[FLAGS] & _SAME


def cancels_on_drop(terms: CancelTerms) -> bool:
    """Whether orders are cancelled when the connection ends without a logout (SESS-021)."""
    return terms.mode != "off" and terms.on in ("drop", "both")


def check_cancel_terms(terms: CancelTerms, key: Key, session: "Session | None") -> tuple[ErrorCode, str] | None:
    """Why these terms of cancel on disconnect are refused, as error code and text. None: they are accepted.

    session   None for a new session
    """
    if terms.mode != "off" and not key.may_cancel:
        return ErrorCode.SCOPE, "cod: a key that may not cancel has mode off"
    if session is not None and not cancels_on_drop(terms) and session.has_quotes():
        text = "cod: the session has quotes, which must be cancelled when the connection drops"
        return ErrorCode.QUOTE_NEEDS_COD, text
    return None


class AttachedConnection(Protocol):
    """What a session needs of its connection."""

    @property
    def live(self) -> bool:
        """Whether it is logged on and served."""

    @property
    def now_ns(self) -> int:
        """Monotonic clock at the last read."""

    @property
    def queue(self) -> SendQueue: ...

    def note_answers(self, count: int) -> None:
        """Count replies to waiting requests."""

    def close(self, code: int, reason: str) -> None: ...


class SessionKeeper(Protocol):
    """What a session needs of the registry that keeps it."""

    @property
    def port(self) -> VenuePort: ...

    @property
    def clock(self) -> Clock: ...

    @property
    def profile(self) -> Profile: ...

    @property
    def buckets(self) -> RateBuckets: ...

    def update_kept_bytes(self, session: "Session") -> None:
        """Measure an idle session again, after a request of it was answered."""


class Session:
    """One session, with its connection while it has one. `account` is 0 if the key has several."""

    __slots__ = (
        "account", "accounts", "cancel_bucket", "connection", "detached_ns", "grace_timer", "keeper", "key", "last_id",
        "last_quote_id", "low_bucket", "may_cancel", "may_trade", "number", "order_bucket", "port", "protection",
        "quote_bucket", "replies", "terms", "whole_replies",
    )  # fmt: skip

    def __init__(
        self,
        keeper: SessionKeeper,
        number: int,
        key: Key,
        terms: CancelTerms,
        last_id: int = 0,
        replies: StoredReplies | None = None,
    ) -> None:
        """`last_id` and `replies`: last request id and stored replies from before this run."""
        self.keeper = keeper
        self.port = keeper.port
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
        self.replies.set_capacity(keeper.profile.dedup)
        self.whole_replies: dict[int, Any] = {}
        self.connection: AttachedConnection | None = None
        self.detached_ns = 0  # when the last connection of this run ended; 0: never
        self.grace_timer: WheelTimer | None = None
        # Token buckets of the account, which all its sessions share; None if the key has several accounts.
        self.order_bucket: RateBucket | None = keeper.buckets.of("order", self.account) if self.account else None
        self.cancel_bucket: RateBucket | None = keeper.buckets.of("cancel", self.account) if self.account else None
        self.quote_bucket: RateBucket | None = keeper.buckets.of("quote", self.account) if self.account else None
        self.protection = 0
        self.low_bucket: RateBucket | None = None  # a bucket that is nearly empty; the next reply names it (RATE-004)

    @property
    def name(self) -> str:
        return session_id(self.number)

    @property
    def kept_bytes(self) -> int:
        """Upper bound of the memory of the session, in bytes."""
        results = sum(len(getattr(reply, "results", None) or ()) for reply in self.whole_replies.values())
        whole = REPLY_BYTES * len(self.whole_replies) + RESULT_BYTES * results
        return SESSION_BYTES + self.replies.kept_bytes + whole

    # Connections.

    def attach(self, connection: AttachedConnection, terms: CancelTerms) -> None:
        """Attach a connection that has logged on with these terms; a running grace period ends."""
        self.cancel_grace()
        self.set_terms(terms)
        self.connection = connection

    def detach(self, now_ns: int) -> None:
        """Detach the connection, which has ended."""
        self.connection = None
        self.detached_ns = now_ns

    def set_terms(self, terms: CancelTerms) -> None:
        self.terms = terms
        self.protection = 0

    def start_grace(self, timer: WheelTimer) -> None:
        """Keep the timer that cancels the session's orders unless it is resumed within the grace period (SESS-021)."""
        self.grace_timer = timer

    def cancel_grace(self) -> None:
        if self.grace_timer is not None:
            self.grace_timer.cancel()
            self.grace_timer = None

    # Requests.

    def note_request(self, request_id: int) -> None:
        """Note the id of a request that was submitted to the venue."""
        self.last_id = request_id

    def note_requests(self, newest_id: int, newest_quote: int) -> None:
        """Note the ids of the last of several requests, and of the last mass quote among them; 0: there was none."""
        self.last_id = newest_id
        if newest_quote:
            self.last_quote_id = newest_quote

    def allow_quotes(self, group: int) -> None:
        """Note a protection group with which quotes of this session need no further check; 0: none."""
        self.protection = group

    def tokens(self, now_ns: int) -> tuple[int, int, int, int]:
        """Tokens for orders, cancels and quotes that may be taken before a bucket is low, and the protection group.

        A key that may not trade or cancel has none.
        """
        assert self.order_bucket is not None and self.cancel_bucket is not None and self.quote_bucket is not None
        return (
            self.order_bucket.left_above_low(now_ns) if self.may_trade else 0,
            self.cancel_bucket.left_above_low(now_ns) if self.may_cancel else 0,
            self.quote_bucket.left_above_low(now_ns) if self.may_trade else 0,
            self.protection,
        )

    def spend(self, now_ns: int, orders: int, cancels: int, quotes: int) -> None:
        """Take tokens, of which there are enough."""
        for bucket, tokens in ((self.order_bucket, orders), (self.cancel_bucket, cancels), (self.quote_bucket, quotes)):
            if tokens and bucket is not None:
                bucket.take(now_ns, tokens)

    def note_quote(self, request_id: int) -> None:
        """Note the id of a mass quote that was submitted to the venue."""
        self.last_id = self.last_quote_id = request_id

    def note_low(self, bucket: RateBucket) -> None:
        """Note a bucket that is nearly empty."""
        self.low_bucket = bucket
        self.port.ask_python(self, True)

    def has_quotes(self) -> bool:
        """Whether a quote of this session is live, or submitted and not yet answered."""
        if self.last_quote_id > self.replies.newest:
            return True
        return any(query.has_quote(self.port.states, account, self.number) for account in self.accounts)

    def answer(self, request_id: int, received_us: int, events: list[Row]) -> None:
        """Answer a request whose command is released: store what a resend needs, and send the reply if connected.

        received_us   when the request was read
        events        of the command; empty: it was not sequenced
        """
        connection, port, reply = self.connection, self.port, None
        if events:
            port.note_reply(self.number, request_id, events[0][0], received_us)
            if must_store_whole(events[0]):
                reply = port.reply_to(request_id, events)
                self.store_whole_reply(request_id, reply)
        elif request_id == self.last_quote_id:
            self.last_quote_id = 0
        if connection is None or not connection.live:
            return
        if events:
            reply = reply or port.reply_to(request_id, events)
            reply.sent_us = port.sent_us
        else:
            reply = error(request_id, *port.refusal)
            reply.time_us = port.time_us
            reply.sent_us = self.keeper.clock.wall_us()
        reply.received_us = received_us
        if self.low_bucket is not None:
            reply.limit_left = (self.low_bucket.rate.name, self.low_bucket.left(connection.now_ns))
            self.low_bucket = None
            port.ask_python(self, False)
        connection.queue.send(reply)
        if not events:
            connection.note_answers(1)

    def take_answers(
        self, request_ids: bytes, sequences: bytes, received_us: bytes, operations: Sequence[int], sent_us: int
    ) -> None:
        """Store which commands of a release answered which requests, and count the answers.

        The columns are int64; `operations`: as in `stored_replies.StoredReply`.
        """
        self.replies.extend(request_ids, sequences, received_us, operations, sent_us)
        if self.connection is None:
            self.keeper.update_kept_bytes(self)
        elif self.connection.live:
            self.connection.note_answers(len(operations))

    def store_whole_reply(self, request_id: int, reply: Any) -> None:
        """Store a reply that cannot be rebuilt from events. Only the last 64 are kept."""
        self.whole_replies[request_id] = reply
        while len(self.whole_replies) > WHOLE_REPLIES_MAX:
            del self.whole_replies[next(iter(self.whole_replies))]
