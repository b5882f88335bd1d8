"""Requests that stop trading: the dead-man timer of an account (SESS-022) and the kill switch (ACCT-011)."""

from exchange.codes import CommandKind, KillParty, Scope
from exchange.engine import query
from exchange.gateway.connection import Connection
from exchange.gateway.handlers.trading import admit_trade, answer_duplicate, submit
from exchange.gateway.session import Session
from exchange.gateway.translate import pack_kill, pack_timer
from exchange.wire.errors import ErrorCode
from exchange.wire.messages import Kill, Timer, Unkill
from exchange.wire.words import SCOPES, session_number

TIMER_MS = (1_000, 3_600_000)  # shortest and longest dead-man timer


def set_timer(connection: Connection, session: Session, message: Timer) -> None:
    """Handle `timer`: start or stop the dead-man timer of an account (SESS-022)."""
    account = admit_trade(connection, session, message, session.cancel_bucket, "cancel", session.may_cancel)
    if not account:
        return
    if message.ms and not TIMER_MS[0] <= message.ms <= TIMER_MS[1]:
        text = f"OUT_OF_RANGE: ms {message.ms} is not 0 or in {TIMER_MS[0]}..{TIMER_MS[1]}"
        connection.refuse(message.request_id, ErrorCode.BAD_MESSAGE, text)
        return
    port = connection.gateway.port
    pack_timer(port.gathering.open, message.ms, account, session.number, message.request_id)
    submit(connection, session, port, message.request_id)


def set_kill(connection: Connection, session: Session, message: Kill | Unkill) -> None:
    """Stop trading of an account, session or firm for its risk desk, or lift such a stop (KILL-004)."""
    request_id = message.request_id
    if request_id <= session.last_id:
        answer_duplicate(connection, session, message)
        return
    scope = Scope(SCOPES.index(message.scope))
    number = _number(session, message)
    if "risk" not in session.key.scopes or not _is_of_firm(connection, session, scope, number):
        connection.refuse(request_id, ErrorCode.SCOPE, "the key's scopes and firm do not allow this")
        return
    bucket = connection.gateway.buckets.of("cancel", session.key.accounts[0])
    wait = bucket.take(connection.now_ns)
    if wait:
        connection.refuse_rate(request_id, bucket, wait)
        return
    port = connection.gateway.port
    kind = CommandKind.KILL if isinstance(message, Kill) else CommandKind.UNKILL
    pack_kill(port.gathering.open, kind, scope, KillParty.RISK, number, session.number, request_id)
    submit(connection, session, port, message.request_id)


def _number(session: Session, message: Kill | Unkill) -> int:
    """Number of the account, session or firm that a message is about."""
    if message.scope == "session":
        return session_number(message.session_id)
    return message.account if message.scope == "account" else session.key.firm


def _is_of_firm(connection: Connection, session: Session, scope: Scope, number: int) -> bool:
    """Whether the account or session belongs to the firm of this session's key. A session does with its accounts."""
    gateway, firm = connection.gateway, session.key.firm
    states = gateway.port.states
    if scope == Scope.ACCOUNT:
        return firm != 0 and query.firm_of(states, number) == firm
    if scope == Scope.SESSION:
        record = gateway.keys.sessions.get(number)
        key = gateway.keys.keys.get(record.key) if record is not None else None
        return firm != 0 and key is not None and all(query.firm_of(states, one) == firm for one in key.accounts)
    return firm != 0
