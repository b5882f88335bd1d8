"""Requests that become commands: new, replace, cancel, cancel_all.

Each request passes the same checks in this order: sent before, scope, account, rate, then the fields of the message.
Its row goes into the batch of this loop tick. The reply is sent when the command is released.
"""

from typing import Any

from exchange.gateway.command_batch import Answer
from exchange.gateway.connection import Connection
from exchange.gateway.handlers.rebuilt_replies import rebuild_reply
from exchange.gateway.port import VenuePort
from exchange.gateway.session import Session
from exchange.gateway.throttle import RateBucket
from exchange.gateway.translate import pack_cancel, pack_cancel_all, pack_new, pack_replace
from exchange.wire.errors import ErrorCode
from exchange.wire.messages import Cancel, CancelAll, Err, New, Ok, Replace
from exchange.wire.request_checks import check_cancel, check_new, check_replace, scope_fault

CANCEL_BATCHES = 1  # when the queue is full for orders, cancels may fill so many more batches (SEC-048)


def new_order(connection: Connection, session: Session, message: New) -> None:
    """Handle `new`: check an order, and submit it."""
    account = admit_trade(connection, session, message, session.order_bucket, "order", session.may_trade)
    if not account:
        return
    port = connection.gateway.port
    listed = port.instruments.get(message.instrument)
    refusal = check_new(message, listed)
    if refusal is not None or listed is None:
        connection.reply(refusal)  # type: ignore[arg-type]  # check_new refuses an unlisted instrument
        return
    pack_new(port.gathering.open, message, listed.index, account, session.number, message.request_id)
    submit(connection, session, port, message.request_id, message.expires_us)


def replace_order(connection: Connection, session: Session, message: Replace) -> None:
    """Handle `replace`: check the change of an order, and submit it."""
    account = admit_trade(connection, session, message, session.order_bucket, "order", session.may_trade)
    if not account:
        return
    refusal = check_replace(message)
    if refusal is not None:
        connection.reply(refusal)
        return
    port = connection.gateway.port
    pack_replace(port.gathering.open, message, account, session.number, message.request_id)
    submit(connection, session, port, message.request_id, message.expires_us)


def cancel_order(connection: Connection, session: Session, message: Cancel) -> None:
    """Handle `cancel`: check that it names an order, and submit it."""
    account = admit_trade(connection, session, message, session.cancel_bucket, "cancel", session.may_cancel)
    if not account:
        return
    refusal = check_cancel(message)
    if refusal is not None:
        connection.reply(refusal)
        return
    port = connection.gateway.port
    pack_cancel(port.gathering.open, message, account, session.number, message.request_id)
    submit(connection, session, port, message.request_id, message.expires_us, goes_first=not message.expires_us)


def cancel_all(connection: Connection, session: Session, message: CancelAll) -> None:
    """Handle `cancel_all`: check that its instrument or chip is listed, and submit it."""
    account = admit_trade(connection, session, message, session.cancel_bucket, "cancel", session.may_cancel)
    if not account:
        return
    port = connection.gateway.port
    book = port.instruments.get(message.instrument)
    group = port.groups.get(message.chip, 0)
    if message.instrument and book is None:
        text = f"no instrument {message.instrument} is listed (field i): channel instruments lists them"
        connection.refuse(message.request_id, ErrorCode.UNKNOWN_INSTRUMENT, text)
    elif message.chip and not group:
        text = f"no chip {message.chip} is listed (field chip)"
        connection.refuse(message.request_id, ErrorCode.UNKNOWN_INSTRUMENT, text)
    else:
        index = book.index if book is not None else 0
        pack_cancel_all(port.gathering.open, message, index, group, account, session.number, message.request_id)
        submit(connection, session, port, message.request_id, message.expires_us)


# Shared by all requests.


def admit_trade(
    connection: Connection,
    session: Session,
    message: Any,
    bucket: RateBucket | None,
    name: str,
    allowed: bool,
    tokens: int = 1,
) -> int:
    """Check a request before it becomes a command, and take its tokens. Returns its account.

    0: the request was answered here, because it was sent before, is not allowed, comes too fast, or the venue is busy.

    bucket    of the account, if the session has only one; None: the bucket `name` is looked up
    name      of the bucket
    allowed   whether the key's scopes allow the request
    tokens    that the request costs
    """
    request_id: int = message.request_id
    if request_id <= session.last_id:
        answer_duplicate(connection, session, message)
        return 0
    account: int = getattr(message, "account", 0) or session.account
    if account not in session.accounts or not allowed:
        assert connection.key is not None
        connection.refuse(request_id, *scope_fault(account, allowed, connection.key.scopes))
        return 0
    bucket = bucket or connection.gateway.buckets.of(name, account)
    wait = bucket.take(connection.now_ns, tokens)
    if wait:
        connection.refuse_rate(request_id, bucket, wait)
        return 0
    if bucket.low:
        session.note_low(bucket)
    waiting = connection.gateway.port.gathering.full_batches
    if waiting and waiting >= connection.gateway.profile.queue_batches + (CANCEL_BATCHES if name == "cancel" else 0):
        connection.refuse(request_id, ErrorCode.BUSY, "the venue is busy: nothing was accepted")
        return 0
    return account


def submit(
    connection: Connection,
    session: Session,
    port: VenuePort,
    request_id: int,
    expires_us: int | None = None,
    answer: Answer | None = None,
    goes_first: bool = False,
) -> None:
    """Submit the row that was just packed: add its ticket, and its expiry if it has one.

    expires_us   time after which the request is not journalled
    answer       called on release; None: the session's own
    goes_first   whether it may go before commands of other connections that wait: a cancel
    """
    batch = port.gathering.open
    if expires_us:
        batch.expires.append((batch.count, expires_us))
    if answer is None:
        batch.add_request(connection.now_us)
    else:
        batch.add_ticket(answer, request_id, connection.now_us)
    session.note_request(request_id)
    if not goes_first or not port.gathering.prefer(1, connection.queued_in):
        connection.note_queued(port.gathering.open_number)
    connection.expect_answer()
    port.wake()


def send_answer(session: Session, reply: Ok | Err, received_us: int, is_sequenced: bool) -> None:
    """Send a reply on the session's connection, if it has a live one. The stored reply serves a later resend.

    is_sequenced   the request became a command: the session counts its answer with all of the release
    """
    connection = session.connection
    if connection is None:
        session.keeper.update_kept_bytes(session)
    if connection is None or not connection.live:
        return
    reply.received_us = received_us
    reply.sent_us = session.port.sent_us if is_sequenced else session.keeper.clock.wall_us()
    connection.queue.send(reply)
    if not is_sequenced:
        connection.note_answers(1)


def answer_duplicate(connection: Connection, session: Session, message: Any) -> None:
    """Send the reply to a request whose id was used before (RECOV-011)."""
    port, request_id = connection.gateway.port, message.request_id
    reply = session.whole_replies.get(request_id)
    stored = session.replies.find(request_id)
    if reply is not None:
        reply.duplicate = True
        connection.queue.send(reply)
    elif stored is not None:
        reply = rebuild_reply(port, session, message, stored)
        if reply is None:
            connection.refuse(request_id, ErrorCode.DUP_ID, "processed before, its reply is no longer kept: query")
            return
        reply.duplicate = True
        reply.received_us, reply.sent_us = stored.received_us or None, stored.sent_us or None
        connection.queue.send(reply)
    elif request_id > session.replies.newest and connection.unanswered:
        # The first copy of this request is not answered yet: wait, then send both the same reply.
        port.ask_after_release(lambda: answer_duplicate(connection, session, message))
    elif session.replies.may_have_had(request_id):
        connection.refuse(request_id, ErrorCode.DUP_ID, "processed before, its reply is no longer kept: query")
    else:
        connection.refuse(request_id, ErrorCode.ID_ORDER, f"id {request_id} is not above {session.last_id}")
