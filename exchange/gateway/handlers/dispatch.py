"""The table of handlers by message type, and the handlers of queries, limits, replays and logout."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from exchange.codes import EventKind
from exchange.engine import query
from exchange.engine.event_rows import Row
from exchange.gateway.handlers import batches, quoting, subscriptions, switches, trading
from exchange.gateway.handlers.replays import SLICE_MESSAGES
from exchange.gateway.keys import OFF
from exchange.gateway.session import Session
from exchange.wire.errors import CloseCode, ErrorCode, error
from exchange.wire.messages import (
    Batch,
    Cancel,
    CancelAll,
    CancelOnDisconnect,
    Fill,
    Kill,
    LimitsQuery,
    LimitUse,
    Logout,
    New,
    Ok,
    ProtectionReset,
    ProtectionSet,
    Query,
    Quote,
    Replace,
    Replay,
    Resync,
    Subscribe,
    Timer,
    Unkill,
    Unsubscribe,
)

if TYPE_CHECKING:
    from exchange.gateway.connection import Connection

REPLAY_MAX = 5_000  # RECOV-014
FILLS_MAX = 2_000  # events of a stream that one `fills` query may cover, so that the reply fits into a frame (WIRE-003)
_FILL = int(EventKind.FILL)


def query_limits(connection: "Connection", session: Session, message: LimitsQuery) -> None:
    """Reply with the tokens in every bucket (RATE-001). A key with several accounts sees those of the first."""
    uses = []
    for rate in connection.gateway.profile.rates:
        if rate.per == "account":
            bucket = connection.gateway.bucket(rate.name, session.key.accounts[0])
        else:
            bucket = connection.frame_bucket if rate.name == "frame" else connection.subscribe_bucket
        uses.append(LimitUse(rate.name, bucket.left(connection.now_ns), rate.burst, rate.rate))
    connection.reply(Ok(message.request_id, limits=uses))


def log_out(connection: "Connection", session: Session, message: Logout) -> None:
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


def answer_query(connection: "Connection", session: Session, message: Query) -> None:
    """Answer a query from the released state: at once, or when the commit that is being written is durable."""
    account = _readable(connection, session, message, "query")
    if not account:
        return

    def answer() -> None:
        if not connection.closed:
            reply = _answer(connection, account, message)
            reply.engine_sequence = connection.gateway.port.sequence
            connection.reply(reply)
            connection.note_answer()

    connection.expect_answer()
    connection.gateway.port.ask(answer)


def _answer(connection: "Connection", account: int, message: Query) -> Any:
    port = connection.gateway.port
    request_id = message.request_id
    if message.what == "time":
        return Ok(request_id, time_us=connection.gateway.clock.wall_us())
    if message.what == "margin":
        return Ok(request_id, margin=port.questions.margin_view(account))
    if message.what == "positions":
        return Ok(request_id, positions=port.questions.position_views(account))
    if message.what == "open":
        orders, more = port.questions.open_page(account, message.order_id)
        return Ok(request_id, orders=orders, more=more)
    if message.what == "fills":
        return _fills(connection, account, message)
    if not message.order_id and not message.client_order_id:
        return error(request_id, ErrorCode.BAD_MESSAGE, "MISSING_FIELD: oid or coid is needed")
    live = query.find_order(port.states, account, message.order_id, message.client_order_id)
    if live is not None:
        return Ok(request_id, order=port.questions.order_view(live))
    done = port.done_order(account, message.order_id, message.client_order_id)
    if done is not None:
        return Ok(request_id, order=done)
    return error(request_id, ErrorCode.UNKNOWN_ORDER, "no such order, or it ended too long ago")


def _fills(connection: "Connection", account: int, message: Query) -> Any:
    port = connection.gateway.port
    last = min(message.last_sequence, query.account_sequence(port.states, account))
    first = max(1, message.first_sequence)
    if message.first_sequence > message.last_sequence:
        return error(message.request_id, ErrorCode.REPLAY_RANGE, _inverted(message))
    if last - first >= FILLS_MAX:
        text = f"to - from is at most {FILLS_MAX - 1}"
        return error(message.request_id, ErrorCode.REPLAY_RANGE, text)
    rows = port.history.of_account(account, first, last)
    if rows is None:
        return _too_old(connection, account, message.request_id)
    reports = port.questions.messages_of([row for row in rows if row[2] == _FILL])
    return Ok(message.request_id, fills=[report for _, _, report in reports if isinstance(report, Fill)])


def replay(connection: "Connection", session: Session, message: Replay) -> None:
    """Send a closed range of an account's stream or of an event channel (RECOV-014)."""
    account = _readable(connection, session, message, "replay")
    if account:
        _replay(connection, account, message)


def replay_without_logon(connection: "Connection", message: Replay) -> None:
    """As `replay`, for `/v1/md`: without a logon a client gets event channels, but no account's stream."""
    if connection.live and connection.session is not None:
        replay(connection, connection.session, message)
        return
    if not message.channel:
        text = "an account is replayed after a logon: auth first, or name an event channel (field c)"
        connection.refuse(message.request_id, ErrorCode.NOT_LOGGED_ON, text)
        return
    bucket = connection.gateway.replays.open_bucket(connection.address)
    if wait := bucket.take(connection.now_ns):
        connection.refuse_rate(message.request_id, bucket, wait)
    else:
        _replay(connection, 0, message)


def _replay(connection: "Connection", account: int, message: Replay) -> None:
    """Check the range and send it. `account`: whose stream is meant if the message names no channel."""
    if message.last_sequence - message.first_sequence >= REPLAY_MAX:
        text = f"at most {REPLAY_MAX} messages a request (from, to)"
        connection.refuse(message.request_id, ErrorCode.REPLAY_RANGE, text)
        return
    if message.first_sequence > message.last_sequence:
        connection.refuse(message.request_id, ErrorCode.REPLAY_RANGE, _inverted(message))
        return

    def answer() -> None:
        if connection.closed:
            return
        if message.channel:
            subscriptions.replay_channel(connection, message)
        else:
            _replay_account(connection, account, message)
        connection.note_answer()

    connection.expect_answer()
    connection.gateway.port.ask(answer)


def _replay_account(connection: "Connection", account: int, message: Replay) -> None:
    port = connection.gateway.port
    first, last = max(1, message.first_sequence), message.last_sequence
    last = min(last, query.account_sequence(port.states, account))
    rows = port.history.of_account(account, first, last)
    if rows is None:
        connection.reply(_too_old(connection, account, message.request_id))
        return
    reports = (
        report
        for start in range(0, len(rows), SLICE_MESSAGES)
        for _, number, report in port.questions.messages_of(rows[start : start + SLICE_MESSAGES])
        if first <= number <= last
    )
    granted = Ok(message.request_id, first_sequence=first, last_sequence=last)
    connection.gateway.replays.send(connection, granted, reports)


def _inverted(message: Query | Replay) -> str:
    return f"from {message.first_sequence} is above to {message.last_sequence}"


def _too_old(connection: "Connection", account: int, request_id: int) -> Any:
    oldest = connection.gateway.port.history.oldest(account)
    refusal = error(request_id, ErrorCode.REPLAY_RANGE, f"oldest retained is {oldest}")
    refusal.oldest = oldest
    return refusal


def _readable(connection: "Connection", session: Session, message: Any, bucket_name: str) -> int:
    """The account of a query or replay. 0: the request was refused here, for scope or rate."""
    account: int = message.account or session.key.accounts[0]
    if "read" not in session.key.scopes or account not in session.accounts:
        connection.refuse(message.request_id, ErrorCode.SCOPE, f"acc {account} may not be read with this key")
        return 0
    bucket = connection.gateway.bucket(bucket_name, account)
    wait = bucket.take(connection.now_ns)
    if wait:
        connection.refuse_rate(message.request_id, bucket, wait)
        return 0
    return account


def count_refused(connection: "Connection", session: Session, message: Any) -> None:
    """Count a request in the buckets of its account, after the frame bucket of its connection has refused it.

    Otherwise a flood on the account would stay unseen behind the connection's bucket (RATE-002).
    """
    account = getattr(message, "account", 0) or session.key.accounts[0]
    if account not in session.accounts:
        return
    for name, tokens in _costs(message):
        bucket = connection.gateway.bucket(name, account)
        bucket.count_refused(connection.now_ns, tokens)
        connection.close_if_flooding(bucket)


def _costs(message: Any) -> list[tuple[str, int]]:
    """(bucket, tokens) that a command takes from buckets of its account (RATE-001)."""
    if isinstance(message, Batch):
        orders = batches.count_orders(message)
        return [("order", orders), ("cancel", len(message.operations) - orders)]
    if isinstance(message, Quote):
        return [quoting.cost_of(message)]
    if isinstance(message, New | Replace | ProtectionSet | ProtectionReset):
        return [("order", 1)]
    return [("cancel", 1)] if isinstance(message, Cancel | CancelAll | Timer | Kill | Unkill) else []


Private = Callable[["Connection", Session, Any], None]
PRIVATE: dict[type, Private] = {
    New: trading.new_order,
    Replace: trading.replace_order,
    Cancel: trading.cancel_order,
    CancelAll: trading.cancel_all,
    Batch: batches.run_batch,
    CancelOnDisconnect: trading.set_cancel_terms,
    Query: answer_query,
    LimitsQuery: query_limits,
    Replay: replay,
    Logout: log_out,
    Timer: switches.set_timer,
    Kill: switches.set_kill,
    Unkill: switches.set_kill,
    Quote: quoting.quote,
    ProtectionSet: quoting.set_protection,
    ProtectionReset: quoting.reset_protection,
}
# These messages are served on /v1/md without a logon too (SESS-004).
PUBLIC: dict[type, Callable[["Connection", Any], None]] = {
    Subscribe: subscriptions.subscribe,
    Unsubscribe: subscriptions.unsubscribe,
    Resync: subscriptions.resync,
    Replay: replay_without_logon,
}
