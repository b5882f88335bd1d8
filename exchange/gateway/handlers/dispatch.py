"""The table of handlers by message type: which function serves a message, in each phase of its connection."""

from collections.abc import Callable
from typing import Any

from exchange.gateway.connection import Connection, Handler, Handlers
from exchange.gateway.drop_copy.firm_requests import why_not_served
from exchange.gateway.handlers import (
    batches,
    queries,
    quoting,
    replays,
    session_requests,
    subscriptions,
    switches,
    trading,
)
from exchange.gateway.logon import log_on
from exchange.gateway.session import Session
from exchange.wire.codec import BadMessage
from exchange.wire.errors import CloseCode, ErrorCode
from exchange.wire.messages import (
    Auth,
    Batch,
    Cancel,
    CancelAll,
    CancelOnDisconnect,
    Kill,
    LimitsQuery,
    Logout,
    New,
    Ok,
    Ping,
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

PRIVATE: dict[type, Handler] = {
    New: trading.new_order,
    Replace: trading.replace_order,
    Cancel: trading.cancel_order,
    CancelAll: trading.cancel_all,
    Batch: batches.run_batch,
    CancelOnDisconnect: session_requests.set_cancel_terms,
    LimitsQuery: queries.query_limits,
    Replay: replays.replay,
    Logout: session_requests.log_out,
    Timer: switches.set_timer,
    Kill: switches.set_kill,
    Unkill: switches.set_kill,
    Quote: quoting.quote,
    ProtectionSet: quoting.set_protection,
    ProtectionReset: quoting.reset_protection,
}
# These messages are served on /v1/md without a logon too (SESS-004).
PUBLIC: dict[type, Callable[[Connection, Any], None]] = {
    Subscribe: subscriptions.subscribe,
    Unsubscribe: subscriptions.unsubscribe,
    Resync: subscriptions.resync,
    Replay: replays.replay_without_logon,
    Query: queries.query_without_logon,
}


def serve(connection: Connection, message: Any) -> None:
    """Serve a message of any type, in any phase of its connection."""
    kind = type(message)
    if connection.closed or connection.logging_out:
        return
    if kind is BadMessage:
        connection.reply(message.reply())
        connection.count_before_logon()
    elif kind is Ping:
        connection.reply(Ok(message.request_id))
        connection.count_before_logon()
    elif kind is Auth:
        log_on(connection, message)
    elif connection.live and (why := why_not_served(connection, message)):
        connection.refuse(message.request_id, ErrorCode.SCOPE, why)
    elif kind in PUBLIC and (connection.live or connection.path == "/v1/md"):
        PUBLIC[kind](connection, message)
    elif connection.live and connection.session is not None:
        PRIVATE[kind](connection, connection.session, message)
    else:
        connection.refuse(message.request_id, ErrorCode.NOT_LOGGED_ON, "log on first: send auth, and wait for live")
        connection.close(CloseCode.LOGON_FAILED, "not logged on")


def count_refused(connection: Connection, session: Session, message: Any) -> None:
    """Count a request in the buckets of its account, after the frame bucket of its connection has refused it.

    Otherwise a flood on the account would stay unseen behind the connection's bucket (RATE-002).
    """
    account = getattr(message, "account", 0) or session.key.accounts[0]
    if account not in session.accounts:
        return
    for name, tokens in _costs(message):
        bucket = connection.gateway.buckets.of(name, account)
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


HANDLERS = Handlers(serve, count_refused)
