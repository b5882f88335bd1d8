"""Requests that become commands: new, replace, cancel, cancel_all, cod.

Each is admitted in one order of checks: resend, scope, account, throttle, then what the message alone shows. The row
goes into the batch of this loop tick; the answer comes when its command is released.
"""

from typing import TYPE_CHECKING, Any

from exchange.engine.event_rows import Row
from exchange.gateway.gateway import CANCEL_BATCHES, Room
from exchange.gateway.repeats import made_again, terms_of
from exchange.gateway.session import Seat, refusal_of_terms
from exchange.gateway.throttle import Bucket
from exchange.gateway.translate import (
    Answer,
    pack_cancel,
    pack_cancel_all,
    pack_new,
    pack_replace,
    refusal_of_cancel,
    refusal_of_new,
    refusal_of_replace,
)
from exchange.wire.errors import ErrorCode
from exchange.wire.messages import (
    Cancel,
    CancelAll,
    CancelOnDisconnect,
    Err,
    New,
    Ok,
    Replace,
    echoed,
)

if TYPE_CHECKING:
    from exchange.gateway.connection import Session


NO_ROOM = ErrorCode.BUSY, "the journal has no room for more: other terms are taken when it has"


def new(session: "Session", seat: Seat, message: New) -> None:
    account = admit_trade(session, seat, message, seat.order_bucket, "order", seat.may_trade)
    if not account:
        return
    room = session.hub.room
    listed = room.instruments.get(message.instrument)
    refusal = refusal_of_new(message, listed)
    if refusal is not None or listed is None:
        session.reply(refusal)  # type: ignore[arg-type]  # an unlisted instrument has its refusal
        return
    pack_new(room.batch, message, listed.index, account, seat.number, message.request_id)
    submit(session, seat, room, message)


def replace(session: "Session", seat: Seat, message: Replace) -> None:
    account = admit_trade(session, seat, message, seat.order_bucket, "order", seat.may_trade)
    if not account:
        return
    refusal = refusal_of_replace(message)
    if refusal is not None:
        session.reply(refusal)
        return
    room = session.hub.room
    pack_replace(room.batch, message, account, seat.number, message.request_id)
    submit(session, seat, room, message)


def cancel(session: "Session", seat: Seat, message: Cancel) -> None:
    account = admit_trade(session, seat, message, seat.cancel_bucket, "cancel", seat.may_cancel)
    if not account:
        return
    refusal = refusal_of_cancel(message)
    if refusal is not None:
        session.reply(refusal)
        return
    room = session.hub.room
    pack_cancel(room.batch, message, account, seat.number, message.request_id)
    submit(session, seat, room, message)


def cancel_all(session: "Session", seat: Seat, message: CancelAll) -> None:
    account = admit_trade(session, seat, message, seat.cancel_bucket, "cancel", seat.may_cancel)
    if not account:
        return
    room = session.hub.room
    book = room.instruments.get(message.instrument)
    group = room.groups.get(message.chip, 0)
    if message.instrument and book is None:
        text = f"no instrument {message.instrument} is listed (field i)"
        session.refuse(message.request_id, ErrorCode.UNKNOWN_INSTRUMENT, text)
    elif message.chip and not group:
        text = f"no chip {message.chip} is listed (field chip)"
        session.refuse(message.request_id, ErrorCode.UNKNOWN_INSTRUMENT, text)
    else:
        index = book.index if book is not None else 0
        pack_cancel_all(room.batch, message, index, group, account, seat.number, message.request_id)
        submit(session, seat, room, message)


def cod(session: "Session", seat: Seat, message: CancelOnDisconnect) -> None:
    """Other terms for this session, journalled with its SESSION row."""
    if message.request_id <= seat.last_id:
        repeat(session, seat, message)
        return
    if session.hub.room.short_of_room:
        session.refuse(message.request_id, *NO_ROOM)
        return
    terms = terms_of(message)
    refusal = refusal_of_terms(terms, seat.key, seat)
    if refusal is not None:
        session.refuse(message.request_id, *refusal)
        return
    seat.terms = terms
    seat.last_id = message.request_id
    session.expect_answer()
    hub = session.hub

    def durable(request_id: int, received_us: int, events: list[Row]) -> None:
        hub.note_session(events[0][0], seat, terms)
        reply = Ok(request_id, engine_sequence=events[0][0], cancel_terms=echoed(terms))
        seat.replies.add(request_id, events[0][0], received_us, hub.room.release)
        send_answer(seat, reply, received_us)

    hub.journal_session(seat, message.request_id, durable)


# What all of them share.


def admit_trade(
    session: "Session", seat: Seat, message: Any, bucket: Bucket | None, name: str, allowed: bool, tokens: int = 1
) -> int:
    """The account a request is for, 0 if it was answered here: resent, not allowed, too fast, or no room.

    bucket   of the session's one account; None: it has several, `name` finds the right one
    """
    request_id: int = message.request_id
    if request_id <= seat.last_id:
        repeat(session, seat, message)
        return 0
    account: int = getattr(message, "account", 0) or seat.account
    if account not in seat.accounts or not allowed:
        _refuse_scope(session, request_id, account, allowed)
        return 0
    bucket = bucket or session.hub.bucket(name, account)
    wait = bucket.take(session.now_ns, tokens)
    if wait:
        session.refuse_rate(request_id, bucket, wait)
        return 0
    if bucket.low:
        seat.low = bucket
    waiting = session.hub.room.full_batches
    if waiting and waiting >= session.hub.profile.queue_batches + (CANCEL_BATCHES if name == "cancel" else 0):
        session.refuse(request_id, ErrorCode.BUSY, "the venue is behind: nothing was accepted")
        return 0
    return account


def submit(session: "Session", seat: Seat, room: Room, message: Any) -> None:
    """The row just packed waits for its group commit."""
    if message.expires_us:
        room.batch.expires.append((len(room.batch.tickets), message.expires_us))
    submit_lasting(session, seat, room, message.request_id)


def submit_lasting(session: "Session", seat: Seat, room: Room, request_id: int, answer: Answer | None = None) -> None:
    """As `submit`, for a request that has no `exp`. `answer`: in place of the seat's own."""
    room.batch.tickets.append((answer or seat.answer, request_id, session.now_us))
    seat.last_id = request_id
    session.expect_answer()
    room.wake()


def send_answer(seat: Seat, reply: Ok | Err, received_us: int) -> None:
    """A released reply goes to the session's present connection; none: it is kept for a resend."""
    session = seat.session
    if session is None:
        seat.hub.roster.weigh(seat)
    if session is None or not session.live:
        return
    reply.received_us = received_us
    reply.sent_us = session.hub.clock.wall_us()
    session.hub.room.release.replies.append(reply)
    session.line.send(reply)
    session.got_answer()


def repeat(session: "Session", seat: Seat, message: Any) -> None:
    """A request that was sequenced before: its stored reply again (RECOV-011)."""
    room, request_id = session.hub.room, message.request_id
    reply = seat.whole_replies.get(request_id)
    stored = seat.replies.find(request_id)
    if reply is not None:
        reply.duplicate = True
        session.line.send(reply)
    elif stored is not None:
        reply = made_again(room, seat, message, stored)
        if reply is None:
            session.refuse(request_id, ErrorCode.DUP_ID, "processed before, its reply is no longer kept: query")
            return
        reply.duplicate = True
        reply.received_us, reply.sent_us = stored.received_us or None, stored.sent_us or None
        session.line.send(reply)
    elif request_id > seat.replies.newest and session.unanswered:
        # The first copy still waits at the gate: one answer, twice.
        room.ask_later(lambda: repeat(session, seat, message))
    elif seat.replies.may_have_had(request_id):
        session.refuse(request_id, ErrorCode.DUP_ID, "processed before, its reply is no longer kept: query")
    else:
        session.refuse(request_id, ErrorCode.ID_ORDER, f"id {request_id} is not above {seat.last_id}")


def _refuse_scope(session: "Session", request_id: int, account: int, allowed: bool) -> None:
    if not allowed:
        session.refuse(request_id, ErrorCode.SCOPE, "the key's scopes do not allow this")
    elif account == 0:
        session.refuse(request_id, ErrorCode.UNKNOWN_ACCOUNT, "acc is needed: the key has several accounts")
    else:
        session.refuse(request_id, ErrorCode.SCOPE, f"acc {account} is not of this key")
