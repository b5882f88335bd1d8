"""From a durable logon to `live`: find the session, tell what was missed, or send a snapshot (SESS-006, RECOV-010)."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from exchange.engine import query
from exchange.engine.event_rows import Row
from exchange.gateway import auth
from exchange.gateway.gateway import Hub
from exchange.gateway.keys import Key
from exchange.gateway.session import Seat
from exchange.gateway.session_registry import LOGIN_LIFE_US
from exchange.wire.errors import CloseCode, ErrorCode
from exchange.wire.messages import AccountSnapshot, Auth, Live, Welcome, echoed
from exchange.wire.words import session_number

if TYPE_CHECKING:
    from exchange.gateway.connection import Session

SLICE_EVENTS = 1_000  # or orders, at a time: about 0.25 MiB and 10 ms
STEP_MS = 10


def log_on(session: "Session", message: Auth) -> None:
    """Check a logon; the session opens once its SESSION row is durable."""
    hub = session.hub
    key = hub.keys.keys.get(message.key)
    wait = hub.logon_bucket(message.key).take(session.now_ns) if key is not None else 0
    if wait:
        fail(session, message, ErrorCode.BUSY, "too many logons of this key", CloseCode.FLOODING)
        return
    nonce, session.nonce = session.nonce, ""
    text = auth.signed_text(session.host, session.path, nonce, message.key, message.session_id)
    right = auth.verify(key.public if key is not None else None, text, message.signature)
    fresh = bool(nonce) and session.now_us - session.nonce_us <= auth.NONCE_LIFE_US
    usable = key is not None and (not key.expires_us or session.now_us < key.expires_us)
    if not (right and fresh and usable) or key is None or message.algorithm != "ed25519":
        hub.note_failure(session.address)
        why = partial(hub.refused_logons.reason, session, message, key, nonce)
        fail(session, message, ErrorCode.BAD_AUTH, "logon refused", why=why)
    elif key.addresses and session.address not in key.addresses:
        fail(session, message, ErrorCode.ADDRESS_NOT_ALLOWED, "the key may not be used from this address")
    elif "admin" in key.scopes:
        fail(session, message, ErrorCode.SCOPE, "an operator's key acts at the operator's socket only")
    elif hub.per_key.get(key.key, 0) >= hub.profile.connections_per_key:
        text_of_cap = f"{hub.profile.connections_per_key} connections of this key"
        fail(session, message, ErrorCode.TOO_MANY_CONNECTIONS, text_of_cap, CloseCode.FLOODING)
    else:
        session.take_seat(message, key)


def fail(
    session: "Session",
    message: Auth,
    code: ErrorCode,
    text: str,
    close: CloseCode = CloseCode.LOGON_FAILED,
    why: Callable[[], str] | None = None,
) -> None:
    """Refuse a logon and close. `why`: what the venue's log is told beyond `text`, which the client is told."""
    session.hub.refused_logons.note(session, message, why or (lambda: text))
    session.refuse(message.request_id, code, text)
    session.close(close, code.name)


def find_seat(hub: Hub, name: str, key: Key) -> Seat | None:
    """The session a logon wants to resume, if it is known and of this key."""
    number = session_number(name)
    seat, record = hub.seats.get(number), hub.keys.sessions.get(number)
    if record is not None and hub.roster.is_forgotten(record):
        return None
    if seat is not None:
        return seat if seat.key.key == key.key else None
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
    pages = {}
    if missed is None and key.may_read:
        pages = {account: room.account_pages(account) for account in key.accounts}
    applied = session.resume_from if missed and key.may_read else dict(numbers)
    assert applied is not None
    _CatchUp(session, pages, applied, missed or {}).send()


def _missed(session: "Session") -> dict[int, list[Row]] | None:
    """Events above what the client applied last, per account; None if one of them is no longer kept (RECOV-013)."""
    room = session.hub.room
    assert session.key is not None and session.resume_from is not None
    if not session.key.may_read:
        return {}
    missed: dict[int, list[Row]] = {}
    for account in session.key.accounts:
        applied = session.resume_from.get(account)
        last = query.account_sequence(room.states, account)
        if applied is None or applied > last:
            return None
        rows = room.history.of_account(account, applied + 1, last)
        if rows is None:
            return None
        missed[account] = rows
    return missed


class _CatchUp:
    """The snapshot or events that a logon brings, in slices as fast as the reader takes them, however many they are;
    what happens meanwhile is the end of what was missed. A reader that stops is cut as any other (RATE-007)."""

    def __init__(
        self,
        session: "Session",
        pages: dict[int, list[AccountSnapshot]],
        sent: dict[int, int],
        missed: dict[int, list[Row]],
    ) -> None:
        """Of each account, `pages`: of its snapshot if it gets one; `sent`: the number in its stream that the client
        has, then; `missed`: what follows it."""
        assert session.key is not None
        self._session = session
        self._accounts = list(session.key.accounts)
        self._reads = session.key.may_read
        self._pages = pages
        self._sent = sent
        self._missed = missed

    def send(self) -> None:
        """A slice, between two releases; with the last one an account is live."""
        session, room, left = self._session, self._session.hub.room, SLICE_EVENTS
        while self._accounts and not session.closed:
            account = self._accounts[0]
            pages = self._pages.get(account, [])
            while pages and left:
                session.line.send(pages[0])
                left = max(0, left - 1 - len(pages.pop(0).orders))
            if pages:
                session.hub.wheel.after(STEP_MS, self._go_on)
                return
            last = query.account_sequence(room.states, account)
            known = self._missed.pop(account, None)
            rows = known or room.history.of_account(account, self._sent[account] + 1, last)
            if rows is None:
                session.close(CloseCode.SLOW_CONSUMER, "what was missed is no longer kept")
                return
            for _, number, message in room.messages_of(rows[:left]):
                if self._sent[account] < number <= last:
                    self._sent[account] = number
                    session.line.send(message)
            if len(rows) > left:
                self._missed[account] = rows[left:]
                session.hub.wheel.after(STEP_MS, self._go_on)
                return
            left -= len(rows)
            if known:
                continue  # with what has happened since
            session.line.send(Live(account, last))
            room.released[account] = last
            if self._reads:
                room.listen(account, session.line)
            self._accounts.pop(0)
        if not session.closed:
            session.go_live()

    def _go_on(self) -> None:
        session, hub = self._session, self._session.hub
        if session.closed:
            return
        if session.line.transport.pending() > hub.outbox.soft_bytes:
            hub.wheel.after(STEP_MS, self._go_on)
        else:
            hub.room.ask(self.send)
