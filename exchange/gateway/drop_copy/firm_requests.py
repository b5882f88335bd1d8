"""Requests at `/v1/dc`: ranges of the drop copy, and queries about accounts that the firm has now (ACCT-010).

Whose an account is counts when a query is answered. What may be older than the account is with the firm is not answered
at all: fills, ended orders, statements, ranges of the account's own stream (SEC-015).
"""

from typing import Any

from exchange.engine import query
from exchange.gateway.connection import Connection
from exchange.gateway.replay_queue import not_kept
from exchange.wire.errors import ErrorCode, error
from exchange.wire.messages import (
    Err,
    Kill,
    LimitsQuery,
    Logout,
    Ok,
    Query,
    Replay,
    Resync,
    Subscribe,
    Unkill,
    Unsubscribe,
)
from exchange.wire.requests import PAST_QUERIES

SERVED = frozenset((Query, Replay, LimitsQuery, Logout, Kill, Unkill, Subscribe, Unsubscribe, Resync))
QUERIES = ("open", "positions", "margin", "time", *PAST_QUERIES)


def why_not_served(connection: Connection, message: Any) -> str:
    """Why a request is not served on this connection; empty: it is, or the connection has no drop copy."""
    if not connection.firm:
        return ""
    if isinstance(message, Query) and message.what not in QUERIES:
        return f"what {message.what} is not answered at /v1/dc: {', '.join(QUERIES)} are"
    if isinstance(message, Replay) and message.account:
        return f"acc {message.account}: at /v1/dc a replay is of acc 0, the drop copy, and a range of d"
    return "" if type(message) in SERVED else "not served at /v1/dc: send it at /v1/oe"


def refusal_of_query(connection: Connection, account: int, message: Query) -> Err | None:
    """The refusal of a query about an account of another firm; None: it is answered. Call it between releases."""
    if not connection.firm or query.firm_of(connection.gateway.port.states, account) == connection.firm:
        return None
    return error(message.request_id, ErrorCode.SCOPE, f"acc {account} is not of the key's firm")


def replay_firm(connection: Connection, message: Replay) -> None:
    """Send a closed range of the drop copy of the connection's firm (RECOV-014)."""
    firm, copies = connection.firm, connection.gateway.port.drop_copies
    first, last = max(1, message.first_sequence), min(message.last_sequence, copies.number(firm))
    found = copies.range_of(firm, first, last)
    if found is None:
        newest = copies.number(firm)
        how = "a logon without sid sends a snapshot of each account"
        connection.reply(not_kept(message.request_id, copies.oldest(firm) or newest + 1, newest, how))
        return
    granted = Ok(message.request_id, first_sequence=first, last_sequence=last)
    connection.gateway.replays.send(connection, granted, copies.messages(found, first, last))
