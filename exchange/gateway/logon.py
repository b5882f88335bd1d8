"""From a durable logon to `live`: find the session, tell what was missed, or send a snapshot (SESS-006, RECOV-010)."""

from typing import TYPE_CHECKING

from exchange.engine import query
from exchange.gateway.hub import Hub
from exchange.gateway.keys import Key
from exchange.gateway.seats import Seat
from exchange.wire.messages import Live, Welcome, echoed
from exchange.wire.words import session_number

if TYPE_CHECKING:
    from exchange.gateway.session import Session

LOGIN_LIFE_US = 24 * 3_600 * 1_000_000


def find_seat(hub: Hub, name: str, key: Key) -> Seat | None:
    """The session a logon wants to resume, if it is known and of this key."""
    number = session_number(name)
    if number > query.sessions_max(hub.room.states):
        return None  # its requests were not remembered, so none may be sent again
    seat = hub.seats.get(number)
    if seat is not None:
        return seat if seat.key.key == key.key else None
    record = hub.keys.sessions.get(number)
    if record is None or record.key != key.key:
        return None
    return hub.restored_seat(record, key)


def admit(session: "Session", request_id: int, received_us: int) -> None:
    """The SESSION row is durable and released: welcome, then what was missed or a snapshot, then live."""
    hub, seat, key = session.hub, session.seat, session.key
    if session.closed or seat is None or key is None:
        return
    room = hub.room
    missed = _missed(session) if session.resume_from is not None else None
    now_us = hub.clock.wall_us()
    numbers = [(account, query.account_sequence(room.states, account)) for account in key.accounts]
    session.line.send(
        Welcome(
            request_id, seat.name, list(key.accounts), sorted(key.scopes), missed is not None, numbers, seat.last_id,
            echoed(seat.terms), now_us + LOGIN_LIFE_US, received_us, now_us,
        )
    )  # fmt: skip
    for account, number in numbers:
        if missed is not None:
            for message in missed[account]:
                session.line.send(message)
        elif key.may_read:
            for page in room.account_pages(account):
                session.line.send(page)
        session.line.send(Live(account, number))
        room.released[account] = number
        if key.may_read:
            room.listen(account, session.line)
    session.go_live()


def _missed(session: "Session") -> dict[int, list[object]] | None:
    """Events above what the client applied last, per account; None if one of them is no longer kept (RECOV-013)."""
    room = session.hub.room
    assert session.key is not None and session.resume_from is not None
    if not session.key.may_read:
        return {account: [] for account in session.key.accounts}
    missed: dict[int, list[object]] = {}
    for account in session.key.accounts:
        applied = session.resume_from.get(account)
        last = query.account_sequence(room.states, account)
        if applied is None or applied > last:
            return None
        rows = room.history.of_account(account, applied + 1, last)
        if rows is None:
            return None
        reports = room.messages_of(rows)
        missed[account] = [message for _, number, message in reports if applied < number <= last]
    return missed
