"""Checks a logon, finds its session, and sends the missed events or a snapshot until the connection is live.

Rules SESS-001, SESS-006, RECOV-010.
"""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from exchange.engine import query
from exchange.engine.event_rows import Row
from exchange.gateway import auth
from exchange.gateway.gateway import Gateway
from exchange.gateway.keys import Key
from exchange.gateway.session import Session
from exchange.gateway.session_registry import LOGIN_LIFE_US
from exchange.wire.errors import CloseCode, ErrorCode
from exchange.wire.messages import AccountSnapshot, Auth, Live, Welcome, echoed
from exchange.wire.words import session_number

if TYPE_CHECKING:
    from exchange.gateway.connection import Connection

SLICE_EVENTS = 1_000  # events or orders that are sent at a time: about 0.25 MiB and 10 ms
STEP_MS = 10


def log_on(connection: "Connection", message: Auth) -> None:
    """Check a logon and attach its session; when the SESSION row is durable, `admit` continues."""
    gateway = connection.gateway
    key = gateway.keys.keys.get(message.key)
    wait = gateway.logon_bucket(message.key).take(connection.now_ns) if key is not None else 0
    if wait:
        fail(connection, message, ErrorCode.BUSY, "too many logons of this key", CloseCode.FLOODING)
        return
    nonce = connection.take_nonce()
    text = auth.signed_text(connection.host, connection.path, nonce, message.key, message.session_id)
    right = auth.verify(key.public if key is not None else None, text, message.signature)
    fresh = bool(nonce) and connection.now_us - connection.nonce_us <= auth.NONCE_LIFE_US
    usable = key is not None and (not key.expires_us or connection.now_us < key.expires_us)
    if not (right and fresh and usable) or key is None or message.algorithm != "ed25519":
        gateway.note_failed_logon(connection.address)
        why = partial(gateway.refused_logons.reason, connection, message, key, nonce)
        fail(connection, message, ErrorCode.BAD_AUTH, "logon refused", why=why)
    elif key.addresses and connection.address not in key.addresses:
        fail(connection, message, ErrorCode.ADDRESS_NOT_ALLOWED, "the key may not be used from this address")
    elif "admin" in key.scopes:
        fail(connection, message, ErrorCode.SCOPE, "an operator's key acts at the operator's socket only")
    elif gateway.connections_of_key[key.key] >= gateway.profile.connections_per_key:
        text_of_cap = f"{gateway.profile.connections_per_key} connections of this key"
        fail(connection, message, ErrorCode.TOO_MANY_CONNECTIONS, text_of_cap, CloseCode.FLOODING)
    else:
        connection.attach_session(message, key)


def fail(
    connection: "Connection",
    message: Auth,
    code: ErrorCode,
    text: str,
    close: CloseCode = CloseCode.LOGON_FAILED,
    why: Callable[[], str] | None = None,
) -> None:
    """Refuse a logon and close the connection. The client gets `text`; the venue's log gets `why()` or also `text`."""
    connection.gateway.refused_logons.note(connection, message, why or (lambda: text))
    connection.refuse(message.request_id, code, text)
    connection.close(close, code.name)


def find_session(gateway: Gateway, name: str, key: Key) -> Session | None:
    """The session that a logon names; None unless it belongs to this key and may be resumed."""
    number = session_number(name)
    session, record = gateway.sessions.get(number), gateway.keys.sessions.get(number)
    if record is not None and gateway.registry.is_expired(record):
        return None
    if session is not None:
        return session if session.key.key == key.key else None
    if record is None or record.key != key.key:
        return None
    return gateway.restore_session(record, key)


def admit(connection: "Connection", request_id: int, received_us: int) -> None:
    """Send `welcome`, then the missed events or a snapshot, then `live`. Called when the SESSION row is durable."""
    gateway, session, key = connection.gateway, connection.session, connection.key
    if connection.closed or session is None or key is None:
        return
    port = gateway.port
    missed = _missed(connection) if connection.resume_from is not None else None
    now_us = gateway.clock.wall_us()
    numbers = [(account, query.account_sequence(port.states, account)) for account in key.accounts]
    connection.queue.send(
        Welcome(
            request_id, session.name, list(key.accounts), sorted(key.scopes), missed is not None, numbers,
            session.last_id, echoed(session.terms), now_us + LOGIN_LIFE_US, received_us, now_us,
        )
    )  # fmt: skip
    pages = {}
    if missed is None and key.may_read:
        pages = {account: port.questions.account_pages(account) for account in key.accounts}
    applied = connection.resume_from if missed and key.may_read else dict(numbers)
    assert applied is not None
    _CatchUp(connection, pages, applied, missed or {}).send()


def _missed(connection: "Connection") -> dict[int, list[Row]] | None:
    """By account, the events after the last one that the client has; None if one is no longer kept (RECOV-013)."""
    port = connection.gateway.port
    assert connection.key is not None and connection.resume_from is not None
    if not connection.key.may_read:
        return {}
    missed: dict[int, list[Row]] = {}
    for account in connection.key.accounts:
        applied = connection.resume_from.get(account)
        last = query.account_sequence(port.states, account)
        if applied is None or applied > last:
            return None
        rows = port.history.of_account(account, applied + 1, last)
        if rows is None:
            return None
        missed[account] = rows
    return missed


class _CatchUp:
    """Sends the snapshot or the missed events of a logon, in slices, as fast as the client reads them.

    Events that are released meanwhile are sent too, before `live`. A client that stops reading is closed (RATE-007).
    """

    def __init__(
        self,
        connection: "Connection",
        pages: dict[int, list[AccountSnapshot]],
        sent: dict[int, int],
        missed: dict[int, list[Row]],
    ) -> None:
        """All three are by account.

        pages    of the snapshot, if the client gets one
        sent     last stream number that the client has after these pages
        missed   events after that number
        """
        assert connection.key is not None
        self._connection = connection
        self._accounts = list(connection.key.accounts)
        self._reads = connection.key.may_read
        self._pages = pages
        self._sent = sent
        self._missed = missed

    def send(self) -> None:
        """Send a slice, between two releases. After the last slice of an account it sends `live`."""
        connection, port, left = self._connection, self._connection.gateway.port, SLICE_EVENTS
        while self._accounts and not connection.closed:
            account = self._accounts[0]
            pages = self._pages.get(account, [])
            while pages and left:
                connection.queue.send(pages[0])
                left = max(0, left - 1 - len(pages.pop(0).orders))
            if pages:
                connection.gateway.wheel.after(STEP_MS, self._go_on)
                return
            last = query.account_sequence(port.states, account)
            known = self._missed.pop(account, None)
            rows = known or port.history.of_account(account, self._sent[account] + 1, last)
            if rows is None:
                connection.close(CloseCode.SLOW_CONSUMER, "what was missed is no longer kept")
                return
            for _, number, message in port.questions.messages_of(rows[:left]):
                if self._sent[account] < number <= last:
                    self._sent[account] = number
                    connection.queue.send(message)
            if len(rows) > left:
                self._missed[account] = rows[left:]
                connection.gateway.wheel.after(STEP_MS, self._go_on)
                return
            left -= len(rows)
            if known:
                continue  # the next round sends the events released meanwhile
            connection.queue.send(Live(account, last))
            port.released[account] = last
            if self._reads:
                port.listen(account, connection.queue)
            self._accounts.pop(0)
        if not connection.closed:
            connection.go_live()

    def _go_on(self) -> None:
        connection, gateway = self._connection, self._connection.gateway
        if connection.closed:
            return
        if connection.queue.transport.pending() > gateway.outbox.soft_bytes:
            gateway.wheel.after(STEP_MS, self._go_on)
        else:
            gateway.port.ask(self.send)
