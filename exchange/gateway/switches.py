"""Requests that stop things: the dead-man timer of an account (SESS-022) and the kill switch (ACCT-011)."""

from typing import TYPE_CHECKING

from exchange.codes import CommandKind, KillParty, Scope
from exchange.engine import query
from exchange.gateway.session import Seat
from exchange.gateway.trading import admit_trade, repeat, submit_lasting
from exchange.gateway.translate import pack_kill, pack_timer
from exchange.wire.errors import ErrorCode
from exchange.wire.messages import Kill, Timer, Unkill
from exchange.wire.words import SCOPES, session_number

if TYPE_CHECKING:
    from exchange.gateway.connection import Session

TIMER_MS = (1_000, 3_600_000)


def timer(session: "Session", seat: Seat, message: Timer) -> None:
    account = admit_trade(session, seat, message, seat.cancel_bucket, "cancel", seat.may_cancel)
    if not account:
        return
    if message.ms and not TIMER_MS[0] <= message.ms <= TIMER_MS[1]:
        text = f"OUT_OF_RANGE: ms {message.ms} is not 0 or in {TIMER_MS[0]}..{TIMER_MS[1]}"
        session.refuse(message.request_id, ErrorCode.BAD_MESSAGE, text)
        return
    room = session.hub.room
    pack_timer(room.batch, message.ms, account, seat.number, message.request_id)
    submit_lasting(session, seat, room, message.request_id)


def kill(session: "Session", seat: Seat, message: Kill | Unkill) -> None:
    """The risk desk stops what is of its firm, and lifts what it has set (KILL-004)."""
    request_id = message.request_id
    if request_id <= seat.last_id:
        repeat(session, seat, message)
        return
    scope = Scope(SCOPES.index(message.scope))
    number = _number(session, seat, message)
    if "risk" not in seat.key.scopes or not _is_theirs(session, seat, scope, number):
        session.refuse(request_id, ErrorCode.SCOPE, "the key's scopes and firm do not allow this")
        return
    bucket = session.hub.bucket("cancel", seat.key.accounts[0])
    wait = bucket.take(session.now_ns)
    if wait:
        session.refuse_rate(request_id, bucket, wait)
        return
    room = session.hub.room
    kind = CommandKind.KILL if isinstance(message, Kill) else CommandKind.UNKILL
    pack_kill(room.batch, kind, scope, KillParty.RISK, number, seat.number, request_id)
    submit_lasting(session, seat, room, message.request_id)


def _number(session: "Session", seat: Seat, message: Kill | Unkill) -> int:
    """The account, session or firm that a scope names."""
    if message.scope == "session":
        return session_number(message.session_id)
    return message.account if message.scope == "account" else seat.key.firm


def _is_theirs(session: "Session", seat: Seat, scope: Scope, number: int) -> bool:
    """Whether this is of the firm of a risk desk's key."""
    hub, firm = session.hub, seat.key.firm
    if scope == Scope.ACCOUNT:
        return firm != 0 and query.firm_of(hub.room.states, number) == firm
    if scope == Scope.SESSION:
        record = hub.keys.sessions.get(number)
        key = hub.keys.keys.get(record.key) if record is not None else None
        return firm != 0 and key is not None and key.firm == firm
    return firm != 0
