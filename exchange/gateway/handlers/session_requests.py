"""Requests about the session itself: its terms of cancel on disconnect, and the logout."""

from exchange.engine.event_rows import Row
from exchange.gateway.connection import Connection
from exchange.gateway.handlers.rebuilt_replies import cancel_terms_of
from exchange.gateway.handlers.trading import answer_duplicate, send_answer
from exchange.gateway.keys import OFF
from exchange.gateway.session import Session, check_cancel_terms
from exchange.wire.errors import CloseCode, ErrorCode
from exchange.wire.messages import CancelOnDisconnect, Logout, Ok, full_terms

JOURNAL_SHORT = ErrorCode.BUSY, "the disk is full: terms cannot change until it has space again"


def set_cancel_terms(connection: Connection, session: Session, message: CancelOnDisconnect) -> None:
    """Handle `cod`: change the session's terms of cancel on disconnect, journalled as a SESSION row."""
    if message.request_id <= session.last_id:
        answer_duplicate(connection, session, message)
        return
    if connection.gateway.port.is_disk_full:
        connection.refuse(message.request_id, *JOURNAL_SHORT)
        return
    terms = cancel_terms_of(message)
    refusal = check_cancel_terms(terms, session.key, session)
    if refusal is not None:
        connection.refuse(message.request_id, *refusal)
        return
    session.set_terms(terms)
    session.note_request(message.request_id)
    connection.expect_answer()
    gateway = connection.gateway

    def durable(request_id: int, received_us: int, events: list[Row]) -> None:
        gateway.record_session(events[0][0], session, terms)
        reply = Ok(request_id, engine_sequence=events[0][0], cancel_terms=full_terms(terms))
        gateway.port.note_reply(session.number, request_id, events[0][0], received_us)
        send_answer(session, reply, received_us, is_sequenced=True)

    gateway.journal_session(session, message.request_id, durable)
    connection.note_queued(gateway.port.gathering.open_number)


def log_out(connection: Connection, session: Session, message: Logout) -> None:
    """Log out and close. Orders are cancelled if the message or the session's terms say so (SESS-020)."""
    gateway = connection.gateway
    if message.cancel and not session.may_cancel:
        connection.refuse(message.request_id, ErrorCode.SCOPE, "cancel: the key may not cancel")
        return
    connection.start_logout()
    if message.cancel or (session.terms.mode != "off" and session.terms.on in ("logout", "both")):
        gateway.cancel_on_disconnect(session)
    session.set_terms(OFF)

    def end() -> None:
        if gateway.replays.is_sending(connection):
            gateway.wheel.after(0, end)
        elif not connection.closed:
            connection.reply(Ok(message.request_id))
            connection.close(CloseCode.NORMAL, "logout")

    def durable(_request_id: int, _received_us: int, events: list[Row]) -> None:
        gateway.record_session(events[0][0], session, OFF)
        gateway.port.ask_after_release(end)

    # The logout is sequenced after all earlier requests, so their replies and the cancels are sent first (WIRE-015).
    gateway.journal_session(session, 0, durable)
