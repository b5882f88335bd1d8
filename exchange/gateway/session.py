"""A session: what outlives its connections (SESS-007, SESS-008), with the replies it may ask for again (RECOV-011).

The word on the wire is session (`sid`). In the gateway `session.Session` is one connection's conversation and a seat
is the named, resumable thing that at most one connection holds.
"""

from typing import TYPE_CHECKING, Any

from exchange.codes import EventFlag, EventKind, RejectReason
from exchange.engine import query
from exchange.engine.event_rows import FLAGS, KIND, REASON, Row
from exchange.gateway.keys import Key
from exchange.gateway.stored_replies import StoredReplies
from exchange.gateway.throttle import Bucket
from exchange.gateway.timers import Timer
from exchange.wire.errors import ErrorCode, error
from exchange.wire.messages import CancelTerms
from exchange.wire.words import session_id

if TYPE_CHECKING:
    from exchange.gateway.connection import Session
    from exchange.gateway.gateway import Hub

WHOLE_REPLIES_MAX = 64
# At most the memory of a session apart from its stored replies, of a reply that is kept whole, and of each result in
# one: measured were 1,040, 910 and 200 to 540 bytes.
SEAT_BYTES = 1_536
REPLY_BYTES = 1_024
RESULT_BYTES = 600
_REJ = int(EventKind.ORDER_REJECTED)
_DUP_ID = int(RejectReason.DUP_ID)
_SAME = int(EventFlag.SAME)


def tells_its_moment(event: Row) -> bool:
    """Whether the answer that begins with this event depends on the state when it is made up: a `new` of other content
    than the live order of its client order id, which it shows (ENTRY-003). It cannot be made up again later."""
    return event[KIND] == _REJ and event[REASON] == _DUP_ID and not event[FLAGS] & _SAME


def covers_drop(terms: CancelTerms) -> bool:
    """Whether orders leave when the connection ends without a logout (SESS-021)."""
    return terms.mode != "off" and terms.on in ("drop", "both")


def refusal_of_terms(terms: CancelTerms, key: Key, seat: "Seat | None") -> tuple[ErrorCode, str] | None:
    """Why a session of this key may not have these terms of cancel on disconnect; None: it may. `seat`: if it is not
    a new one."""
    if terms.mode != "off" and not key.may_cancel:
        return ErrorCode.SCOPE, "cod: a key that may not cancel has mode off"
    if seat is not None and not covers_drop(terms) and seat.has_quotes():
        return ErrorCode.QUOTE_NEEDS_COD, "cod: the session has quotes, which need to leave when it drops"
    return None


class Seat:
    """A session by number: its key, its terms, its last request, its connection if there is one."""

    __slots__ = (
        "account",
        "accounts",
        "cancel_bucket",
        "grace",
        "hub",
        "key",
        "last_id",
        "left_ns",
        "low",
        "may_cancel",
        "may_trade",
        "number",
        "order_bucket",
        "quoted_id",
        "replies",
        "session",
        "terms",
        "whole_replies",
    )

    def __init__(self, hub: "Hub", number: int, key: Key, terms: CancelTerms, last_id: int) -> None:
        self.hub = hub
        self.number = number
        self.key = key
        self.accounts = frozenset(key.accounts)
        self.account = key.accounts[0] if len(key.accounts) == 1 else 0
        self.may_trade = "trade" in key.scopes
        self.may_cancel = key.may_cancel
        self.terms = terms
        self.last_id = last_id
        self.quoted_id = 0  # its last quote
        self.replies = StoredReplies(hub.profile.dedup)
        self.whole_replies: dict[int, Any] = {}
        self.session: Session | None = None
        self.left_ns = 0  # when its connection of this run ended
        self.grace: Timer | None = None
        # Of the account, shared by all its sessions; None: there are several accounts.
        self.order_bucket: Bucket | None = hub.bucket("order", self.account) if self.account else None
        self.cancel_bucket: Bucket | None = hub.bucket("cancel", self.account) if self.account else None
        self.low: Bucket | None = None  # nearly used up: the next reply says so (RATE-004)

    @property
    def name(self) -> str:
        return session_id(self.number)

    @property
    def kept_bytes(self) -> int:
        """Memory that the session takes."""
        results = sum(len(getattr(reply, "results", None) or ()) for reply in self.whole_replies.values())
        whole = REPLY_BYTES * len(self.whole_replies) + RESULT_BYTES * results
        return SEAT_BYTES + self.replies.kept_bytes + whole

    def has_quotes(self) -> bool:
        """Whether a quote of this session is live, or on its way."""
        if self.quoted_id > self.replies.newest:
            return True
        states = self.hub.room.states
        return any(query.has_quote(states, account, self.number) for account in self.accounts)

    def answer(self, request_id: int, received_us: int, events: list[Row]) -> None:
        """The command of a request is released: keep its reply, and send it if the session has a connection."""
        session, room, reply = self.session, self.hub.room, None
        if events:
            self.replies.add(request_id, events[0][0], received_us, room.release)
            if tells_its_moment(events[0]):
                reply = room.reply_to(request_id, events)
                self.keep_whole(request_id, reply)
            if session is None:
                self.hub.roster.weigh(self)
        elif request_id == self.quoted_id:
            self.quoted_id = 0
        if session is None or not session.live:
            return
        if events:
            reply = reply or room.reply_to(request_id, events)
        else:
            reply = error(request_id, *room.not_sequenced)
            reply.time_us = room.time_us
            reply.sent_us = self.hub.clock.wall_us()
        reply.received_us = received_us
        room.release.replies.append(reply)
        if self.low is not None:
            reply.limit_left = (self.low.rate.name, self.low.left(session.now_ns))
            self.low = None
        session.line.send(reply)
        session.got_answer()

    def keep_whole(self, request_id: int, reply: Any) -> None:
        """A reply that cannot be told from events again: to a batch, to a `new` that another order's id refused."""
        self.whole_replies[request_id] = reply
        while len(self.whole_replies) > WHOLE_REPLIES_MAX:
            del self.whole_replies[next(iter(self.whole_replies))]
