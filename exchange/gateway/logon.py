"""Checks a logon, finds its session, and sends the missed events or a snapshot until the connection is live.

Rules SESS-001, SESS-006, RECOV-010.
"""

from collections.abc import Callable
from functools import partial

from exchange.engine import query
from exchange.engine.event_rows import Row
from exchange.gateway import auth
from exchange.gateway.connection import DROP_COPY_PATH, Connection
from exchange.gateway.drop_copy import firm_logon
from exchange.gateway.drop_copy.firm_logon import SLICE_EVENTS
from exchange.gateway.gateway import Gateway
from exchange.gateway.keys import OFF, Key
from exchange.gateway.session import Session, check_cancel_terms
from exchange.gateway.session_registry import LOGIN_LIFE_US
from exchange.wire.errors import CloseCode, ErrorCode
from exchange.wire.messages import AccountSnapshot, Auth, CancelTerms, Live, Shutdown, Welcome, full_terms
from exchange.wire.words import session_number

LOGIN_LIFE_MS = LOGIN_LIFE_US // 1_000
NOTICE_MS = 60_000
# One text for every failure (SEC-025): which of them it was is in the venue's log.
REFUSED = (
    "the key is unknown, or the signature is not its own for this host, path, nonce and session, or the nonce is old: "
    "check the key's name and file, and dial the host that is signed"
)


def log_on(connection: Connection, message: Auth) -> None:
    """Check a logon and attach its session; when the SESSION row is durable, `_admit` continues."""
    gateway = connection.gateway
    key = gateway.keys.keys.get(message.key)
    wait = gateway.buckets.of_logons(message.key).take(connection.now_ns) if key is not None else 0
    if wait:
        _fail(connection, message, ErrorCode.BUSY, "too many logons of this key", CloseCode.FLOODING)
        return
    nonce = connection.take_nonce()
    text = auth.signed_text(connection.host, connection.path, nonce, message.key, message.session_id)
    right = auth.verify(key.public if key is not None else None, text, message.signature)
    fresh = bool(nonce) and connection.now_us - connection.nonce_us <= auth.NONCE_LIFE_US
    usable = key is not None and (not key.expires_us or connection.now_us < key.expires_us)
    if not (right and fresh and usable) or key is None or message.algorithm != "ed25519":
        gateway.note_failed_logon(connection.address)
        why = partial(gateway.refused_logons.reason, connection, message, key, nonce)
        _fail(connection, message, ErrorCode.BAD_AUTH, REFUSED, why=why)
    elif key.addresses and connection.address not in key.addresses:
        _fail(connection, message, ErrorCode.ADDRESS_NOT_ALLOWED, "the key may not be used from this address")
    elif message.margin and not key.may_read:
        _fail(connection, message, ErrorCode.SCOPE, "margin: a key that may not read has no account stream")
    elif "admin" in key.scopes:
        _fail(connection, message, ErrorCode.SCOPE, "an operator's key acts at the operator's socket only")
    elif connection.path == DROP_COPY_PATH and (refused := firm_logon.why_refused(message, key)):
        _fail(connection, message, ErrorCode.SCOPE, refused)
    elif gateway.connections_of_key[key.key] >= gateway.profile.connections_per_key:
        text_of_cap = f"{gateway.profile.connections_per_key} connections of this key"
        _fail(connection, message, ErrorCode.TOO_MANY_CONNECTIONS, text_of_cap, CloseCode.FLOODING)
    else:
        _attach_session(connection, message, key)


def _fail(
    connection: Connection,
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


def _attach_session(connection: Connection, message: Auth, key: Key) -> None:
    """Find or make the session of a logon, close its older connection if asked to, and sequence the logon."""
    gateway = connection.gateway
    terms = message.cancel_terms or (CancelTerms() if key.may_cancel else OFF)
    session = _find_session(gateway, message.session_id, key)
    resume_from = dict(message.last_applied) if session is not None else None
    refusal = check_cancel_terms(terms, key, session)
    if refusal is not None:
        _fail(connection, message, *refusal)
        return
    if session is None:
        if message.session_id and _is_of_other_key(gateway, message.session_id, key):
            why = "its session is another key's"
            _fail(connection, message, ErrorCode.BAD_AUTH, REFUSED, why=lambda: why)
            return
        session = gateway.registry.new_session(key, terms)
        if session is None:
            _fail(connection, message, ErrorCode.BUSY, "no session is free: resume one of the key's sessions")
            return
    if session.connection is not None:
        if not message.take:
            text = "the session has a connection: set take to close it"
            _fail(connection, message, ErrorCode.SESSION_TAKEN, text)
            return
        session.connection.close(CloseCode.SESSION_TAKEN, "taken over")
    session.attach(connection, terms)
    gateway.registry.attach(session)
    gateway.count_logon(key)
    connection.attach(session, key)
    received_us = connection.now_us

    def durable(_request_id: int, _received_us: int, events: list[Row]) -> None:
        gateway.record_session(events[0][0] if events else gateway.port.sequence, session, terms)
        # `ask` runs `_admit` after this release, so that there is no gap or overlap between snapshot and stream.
        gateway.port.ask(lambda: _admit(connection, message, received_us, resume_from))

    gateway.journal_session(session, 0, durable)
    connection.schedule(LOGIN_LIFE_MS - NOTICE_MS, lambda: announce_end(connection))


def announce_end(connection: Connection) -> None:
    """Warn the client 60 s before its login ends, and close the connection then. A login lasts 24 h (SEC-026)."""
    at_us = connection.gateway.clock.wall_us() + NOTICE_MS * 1_000
    connection.queue.send(Shutdown(at_us, "age", (0, 1_000)))
    connection.schedule(NOTICE_MS, lambda: connection.close(CloseCode.TOO_OLD, "connection older than 24 h"))


def _find_session(gateway: Gateway, name: str, key: Key) -> Session | None:
    """The session that a logon names; None unless it belongs to this key and may be resumed."""
    number = session_number(name)
    session, record = gateway.registry.sessions.get(number), gateway.keys.sessions.get(number)
    if record is not None and gateway.registry.is_expired(record):
        return None
    if session is not None:
        return session if session.key.key == key.key else None
    if record is None or record.key != key.key:
        return None
    return gateway.registry.restore_session(record, key)


def _is_of_other_key(gateway: Gateway, name: str, key: Key) -> bool:
    """Whether a `sid` belongs to another key. A logon with it is an attack, not a resume."""
    record = gateway.keys.sessions.get(session_number(name))
    return record is not None and record.key != key.key


def _admit(connection: Connection, message: Auth, received_us: int, resume_from: dict[int, int] | None) -> None:
    """Send `welcome`, then the missed events or a snapshot, then `live`. Called when the SESSION row is durable.

    resume_from   by account, the last event that the client has; None: it resumes no session
    """
    gateway, session, key = connection.gateway, connection.session, connection.key
    if connection.closed or session is None or key is None:
        return
    if connection.firm:
        firm_logon.admit(connection, message, received_us, resume_from)
        return
    port = gateway.port
    missed = _missed(connection, resume_from) if resume_from is not None else None
    now_us = gateway.clock.wall_us()
    numbers = [(account, query.account_sequence(port.states, account)) for account in key.accounts]
    connection.queue.send(
        Welcome(
            message.request_id, session.name, list(key.accounts), sorted(key.scopes), missed is not None, numbers,
            session.last_id, full_terms(session.terms), now_us + LOGIN_LIFE_US, received_us, now_us,
        )
    )  # fmt: skip
    pages = {}
    if missed is None and key.may_read:
        pages = {account: port.questions.account_pages(account) for account in key.accounts}
    applied = resume_from if missed and key.may_read else dict(numbers)
    assert applied is not None
    _CatchUp(connection, pages, applied, missed or {}, message.margin).send()


def _missed(connection: Connection, resume_from: dict[int, int]) -> dict[int, list[Row]] | None:
    """By account, the events after the last one that the client has; None if one is no longer kept (RECOV-013)."""
    port = connection.gateway.port
    assert connection.key is not None
    if not connection.key.may_read:
        return {}
    missed: dict[int, list[Row]] = {}
    for account in connection.key.accounts:
        applied = resume_from.get(account)
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
        connection: Connection,
        pages: dict[int, list[AccountSnapshot]],
        sent: dict[int, int],
        missed: dict[int, list[Row]],
        margin: bool,
    ) -> None:
        """The first three are by account.

        pages    of the snapshot, if the client gets one
        sent     last stream number that the client has after these pages
        missed   events after that number
        margin   whether its session gets `margin` without `s`, from `live` on (MARGIN-017)
        """
        assert connection.key is not None
        self._connection = connection
        self._accounts = list(connection.key.accounts)
        self._reads = connection.key.may_read
        self._pages = pages
        self._sent = sent
        self._missed = missed
        self._margin = margin

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
                connection.send_more(self.send)
                return
            last = query.account_sequence(port.states, account)
            known = self._missed.pop(account, None)
            rows = known or port.history.of_account(account, self._sent[account] + 1, last)
            if rows is None:
                connection.close(CloseCode.SLOW_CONSUMER, "missed events are no longer kept")
                return
            for _, number, message in port.questions.messages_of(rows[:left]):
                if self._sent[account] < number <= last:
                    self._sent[account] = number
                    connection.queue.send(message)
            if len(rows) > left:
                self._missed[account] = rows[left:]
                connection.send_more(self.send)
                return
            left -= len(rows)
            if known:
                continue  # the next round sends the events released meanwhile
            connection.queue.send(Live(account, last))
            port.note_stream_number(account, last)
            if self._reads:
                if not port.has_space_to_listen:
                    connection.close(CloseCode.FLOODING, "too many connections listen to accounts")
                    return
                port.listen(account, connection.queue)
                if self._margin:
                    connection.gateway.margin_updates.add(account, connection.queue)
            self._accounts.pop(0)
        if not connection.closed:
            connection.go_live()
