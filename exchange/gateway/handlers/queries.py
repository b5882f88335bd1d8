"""Queries and limits: requests about the present state, which change nothing."""

from collections.abc import Callable
from typing import Any

from exchange.codes import EventKind
from exchange.engine import query
from exchange.gateway.connection import Connection
from exchange.gateway.drop_copy.firm_requests import refusal_of_query
from exchange.gateway.replay_queue import not_kept
from exchange.gateway.session import Session
from exchange.gateway.throttle import RateBucket
from exchange.wire.errors import CloseCode, ErrorCode, error
from exchange.wire.messages import Err, Fill, LimitsQuery, LimitUse, Ok, Query, Replay
from exchange.wire.requests import PAST_QUERIES

FILLS_MAX = 2_000  # events of a stream that one `fills` query may cover, so that the reply fits into a frame (WIRE-003)
_OF_FILLS = (int(EventKind.FILL), int(EventKind.LEG_FILLED))


def query_limits(connection: Connection, session: Session, message: LimitsQuery) -> None:
    """Reply with the tokens in every bucket (RATE-001), and the state of the dead-man timer, of an account of the key:
    the first if the message names none."""
    account: int = message.account or session.key.accounts[0]
    if account not in session.accounts:
        connection.refuse(message.request_id, ErrorCode.SCOPE, f"acc {account} is not of this key")
    else:
        _ask(connection, lambda: _limits(connection, account, message))


def _limits(connection: Connection, account: int, message: LimitsQuery) -> Ok:
    until_us = connection.gateway.port.questions.timer_until_us(account) or None
    return Ok(message.request_id, limits=_uses(connection, account), until_us=until_us)


def _uses(connection: Connection, account: int) -> list[LimitUse]:
    """The tokens in the buckets of an account and of a connection."""
    uses = []
    for rate in connection.gateway.profile.rates:
        if rate.per == "account":
            bucket = connection.gateway.buckets.of(rate.name, account)
        else:
            bucket = connection.frame_bucket if rate.name == "frame" else connection.subscribe_bucket
        uses.append(LimitUse(rate.name, bucket.left(connection.now_ns), rate.burst, rate.rate))
    return uses


def answer_query(connection: Connection, session: Session, message: Query) -> None:
    """Answer a query from the released state: at once, or when the commit that is being written is durable."""
    if _mixes_keys(connection, message):
        return
    if message.what in PAST_QUERIES:
        if not _is_over(connection, connection.gateway.buckets.of("query", session.key.accounts[0]), message):
            _ask(connection, lambda: connection.gateway.port.past.answer(message))
        return
    account = readable_account(connection, session, message, "query")
    if account:
        _ask(connection, lambda: _of_account(connection, account, message))


def query_without_logon(connection: Connection, message: Query) -> None:
    """As `answer_query`, for `/v1/md`: without a logon a client may ask for past trades and candles."""
    if connection.live and connection.session is not None:
        answer_query(connection, connection.session, message)
    elif message.what not in PAST_QUERIES:
        connection.refuse(message.request_id, ErrorCode.NOT_LOGGED_ON, f"log on first: auth, for what {message.what}")
        connection.close(CloseCode.LOGON_FAILED, "not logged on")
    elif not _mixes_keys(connection, message):
        bucket = connection.gateway.replays.open_bucket(connection.address, "query")
        if not _is_over(connection, bucket, message):
            _ask(connection, lambda: connection.gateway.port.past.answer(message))


def _mixes_keys(connection: Connection, message: Query) -> bool:
    """Refuse keys that another `what` has."""
    text = ""
    if message.what != "margin" and (message.orders or message.positions):
        text = f"orders and pos do not belong to what {message.what}: margin has them"
    elif message.what not in PAST_QUERIES and (message.instrument or message.from_us or message.to_us or message.limit):
        text = f"i, from_us, to_us and limit do not belong to what {message.what}: trades and candles have them"
    elif message.what == "candles" and (message.first_sequence or message.last_sequence):
        text = "from and to do not belong to what candles: from_us and to_us do"
    if text:
        connection.refuse(message.request_id, ErrorCode.NOT_ALLOWED_TOGETHER, text)
    return bool(text)


def _is_over(connection: Connection, bucket: RateBucket, message: Query) -> bool:
    """Take a token of a bucket, or refuse the request."""
    if wait := bucket.take(connection.now_ns):
        connection.refuse_rate(message.request_id, bucket, wait)
    return bool(wait)


def _ask(connection: Connection, make: Callable[[], Ok | Err]) -> None:
    """Reply with what `make` returns, when the engine's state is the released state."""

    def answer() -> None:
        if not connection.closed:
            reply = make()
            reply.engine_sequence = connection.gateway.port.sequence
            connection.reply(reply)
            connection.note_answers(1)

    connection.expect_answer()
    connection.gateway.port.ask(answer)


def _of_account(connection: Connection, account: int, message: Query) -> Ok | Err:
    refusal = refusal_of_query(connection, account, message)
    reply: Ok | Err = refusal or _answer(connection, account, message)
    return reply


def _answer(connection: Connection, account: int, message: Query) -> Any:
    port = connection.gateway.port
    request_id = message.request_id
    if message.what == "time":
        return Ok(request_id, time_us=connection.gateway.clock.wall_us())
    if message.what == "margin":
        found = port.questions.what_if(account, message)
        return found if isinstance(found, Err) else Ok(request_id, margin=found)
    if message.what == "statement":
        last, today = port.questions.statements(account)
        return Ok(request_id, statement=last, today=today)
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


def _fills(connection: Connection, account: int, message: Query) -> Any:
    port = connection.gateway.port
    last = min(message.last_sequence, query.account_sequence(port.states, account))
    first = max(1, message.first_sequence)
    if message.first_sequence > message.last_sequence:
        return error(message.request_id, ErrorCode.REPLAY_RANGE, inverted(message))
    if last - first >= FILLS_MAX:
        text = f"to - from is at most {FILLS_MAX - 1}"
        return error(message.request_id, ErrorCode.REPLAY_RANGE, text)
    rows = port.history.of_account(account, first, last)
    if rows is None:
        return too_old(connection, account, message.request_id)
    reports = port.questions.messages_of([row for row in rows if row[2] in _OF_FILLS])
    return Ok(message.request_id, fills=[report for _, _, report in reports if isinstance(report, Fill)])


def inverted(message: Query | Replay) -> str:
    return f"from {message.first_sequence} is above to {message.last_sequence}"


def too_old(connection: Connection, account: int, request_id: int) -> Err:
    """Refuse a range of an account's stream that begins before what is kept (RECOV-014)."""
    port = connection.gateway.port
    newest = query.account_sequence(port.states, account)
    oldest = port.history.oldest(account) or newest + 1
    return not_kept(request_id, oldest, newest, "a logon without sid sends a snapshot of the account")


def readable_account(connection: Connection, session: Session, message: Any, bucket_name: str) -> int:
    """The account of a query or replay. 0: the request was refused here, for scope or rate.

    At `/v1/dc` the tokens are of the key's own account, and `refusal_of_query` decides about the account.
    """
    own: int = session.key.accounts[0]
    account: int = message.account or own
    if not connection.firm and ("read" not in session.key.scopes or account not in session.accounts):
        connection.refuse(message.request_id, ErrorCode.SCOPE, f"acc {account} may not be read with this key")
        return 0
    bucket = connection.gateway.buckets.of(bucket_name, own if connection.firm else account)
    wait = bucket.take(connection.now_ns)
    if wait:
        connection.refuse_rate(message.request_id, bucket, wait)
        return 0
    return account
