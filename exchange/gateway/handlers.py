"""Which function serves which message, and the requests that only read: queries, limits, replay, logout."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from exchange.codes import EventKind
from exchange.engine import query
from exchange.engine.event_rows import Row
from exchange.gateway import batches, quoting, subscriptions, switches, trading
from exchange.gateway.keys import OFF
from exchange.gateway.replays import SLICE_MESSAGES
from exchange.gateway.session import Seat
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
    from exchange.gateway.connection import Session

REPLAY_MAX = 5_000  # RECOV-014
FILLS_MAX = 2_000  # numbers of a stream that one `fills` answer looks at: it stays below the frame of WIRE-003
_FILL = int(EventKind.FILL)


def limits(session: "Session", seat: Seat, message: LimitsQuery) -> None:
    """Every bucket as it stands (RATE-001); with several accounts those of the first."""
    uses = []
    for rate in session.hub.profile.rates:
        if rate.per == "account":
            bucket = session.hub.bucket(rate.name, seat.key.accounts[0])
        else:
            bucket = session.frames if rate.name == "frame" else session.subs
        uses.append(LimitUse(rate.name, bucket.left(session.now_ns), rate.burst, rate.rate))
    session.reply(Ok(message.request_id, limits=uses))


def logout(session: "Session", seat: Seat, message: Logout) -> None:
    """End the session's connection on purpose: the terms say whether its orders go too (SESS-020)."""
    hub = session.hub
    if message.cancel and not seat.may_cancel:
        session.refuse(message.request_id, ErrorCode.SCOPE, "cancel: the key may not cancel")
        return
    session.logging_out = True
    session.block()  # what comes after it is not served
    if message.cancel or (seat.terms.mode != "off" and seat.terms.on in ("logout", "both")):
        hub.fire_cancel(seat)
    seat.terms = OFF

    def end() -> None:
        if hub.replays.is_sending(session):
            hub.wheel.after(0, end)
        elif not session.closed:
            session.reply(Ok(message.request_id))
            session.close(CloseCode.NORMAL, "logout")

    def durable(_request_id: int, _received_us: int, events: list[Row]) -> None:
        hub.note_session(events[0][0], seat, OFF)
        hub.room.ask_later(end)

    # Released behind all that was asked before: so its answers, and what was cancelled, are told first (WIRE-015).
    hub.journal_session(seat, 0, durable)


def ask(session: "Session", seat: Seat, message: Query) -> None:
    """A question to the released state: answered at once, or when the running commit is durable."""
    account = _readable(session, seat, message, "query")
    if not account:
        return

    def answer() -> None:
        if not session.closed:
            reply = _answer(session, account, message)
            reply.engine_sequence = session.hub.room.sequence
            session.reply(reply)
            session.got_answer()

    session.expect_answer()
    session.hub.room.ask(answer)


def _answer(session: "Session", account: int, message: Query) -> Any:
    room = session.hub.room
    request_id = message.request_id
    if message.what == "time":
        return Ok(request_id, time_us=session.hub.clock.wall_us())
    if message.what == "margin":
        return Ok(request_id, margin=room.margin_view(account))
    if message.what == "positions":
        return Ok(request_id, positions=room.position_views(account))
    if message.what == "open":
        orders, more = room.open_page(account, message.order_id)
        return Ok(request_id, orders=orders, more=more)
    if message.what == "fills":
        return _fills(session, account, message)
    if not message.order_id and not message.client_order_id:
        return error(request_id, ErrorCode.BAD_MESSAGE, "MISSING_FIELD: oid or coid is needed")
    live = query.find_order(room.states, account, message.order_id, message.client_order_id)
    if live is not None:
        return Ok(request_id, order=room.order_view(live))
    done = room.done_order(account, message.order_id, message.client_order_id)
    if done is not None:
        return Ok(request_id, order=done)
    return error(request_id, ErrorCode.UNKNOWN_ORDER, "no such order, or it ended too long ago")


def _fills(session: "Session", account: int, message: Query) -> Any:
    room = session.hub.room
    last = min(message.last_sequence, query.account_sequence(room.states, account))
    first = max(1, message.first_sequence)
    if message.first_sequence > message.last_sequence:
        return error(message.request_id, ErrorCode.REPLAY_RANGE, _inverted(message))
    if last - first >= FILLS_MAX:
        text = f"to - from is at most {FILLS_MAX - 1}"
        return error(message.request_id, ErrorCode.REPLAY_RANGE, text)
    rows = room.history.of_account(account, first, last)
    if rows is None:
        return _too_old(session, account, message.request_id)
    reports = room.messages_of([row for row in rows if row[2] == _FILL])
    return Ok(message.request_id, fills=[report for _, _, report in reports if isinstance(report, Fill)])


def replay(session: "Session", seat: Seat, message: Replay) -> None:
    """A closed range of an account's stream or of an event channel (RECOV-014)."""
    account = _readable(session, seat, message, "replay")
    if account:
        _replay(session, account, message)


def replay_openly(session: "Session", message: Replay) -> None:
    """The same on `/v1/md`, where nobody need log on: market data is for all, an account's stream for its sessions."""
    if session.live and session.seat is not None:
        replay(session, session.seat, message)
        return
    if not message.channel:
        text = "an account is replayed after a logon: auth first, or name an event channel (field c)"
        session.refuse(message.request_id, ErrorCode.NOT_LOGGED_ON, text)
        return
    bucket = session.hub.replays.open_bucket(session.address)
    if wait := bucket.take(session.now_ns):
        session.refuse_rate(message.request_id, bucket, wait)
    else:
        _replay(session, 0, message)


def _replay(session: "Session", account: int, message: Replay) -> None:
    """`account`: that of the stream, if no channel is named."""
    if message.last_sequence - message.first_sequence >= REPLAY_MAX:
        text = f"at most {REPLAY_MAX} messages a request (from, to)"
        session.refuse(message.request_id, ErrorCode.REPLAY_RANGE, text)
        return
    if message.first_sequence > message.last_sequence:
        session.refuse(message.request_id, ErrorCode.REPLAY_RANGE, _inverted(message))
        return

    def answer() -> None:
        if session.closed:
            return
        if message.channel:
            subscriptions.replay_channel(session, message)
        else:
            _replay_account(session, account, message)
        session.got_answer()

    session.expect_answer()
    session.hub.room.ask(answer)


def _replay_account(session: "Session", account: int, message: Replay) -> None:
    room = session.hub.room
    first, last = max(1, message.first_sequence), message.last_sequence
    last = min(last, query.account_sequence(room.states, account))
    rows = room.history.of_account(account, first, last)
    if rows is None:
        session.reply(_too_old(session, account, message.request_id))
        return
    reports = (
        report
        for start in range(0, len(rows), SLICE_MESSAGES)
        for _, number, report in room.messages_of(rows[start : start + SLICE_MESSAGES])
        if first <= number <= last
    )
    granted = Ok(message.request_id, first_sequence=first, last_sequence=last)
    session.hub.replays.send(session, granted, reports)


def _inverted(message: Query | Replay) -> str:
    return f"from {message.first_sequence} is above to {message.last_sequence}"


def _too_old(session: "Session", account: int, request_id: int) -> Any:
    oldest = session.hub.room.history.oldest(account)
    refusal = error(request_id, ErrorCode.REPLAY_RANGE, f"oldest retained is {oldest}")
    refusal.oldest = oldest
    return refusal


def _readable(session: "Session", seat: Seat, message: Any, bucket_name: str) -> int:
    """The account a question is about, 0 if it was refused here."""
    account: int = message.account or seat.key.accounts[0]
    if "read" not in seat.key.scopes or account not in seat.accounts:
        session.refuse(message.request_id, ErrorCode.SCOPE, f"acc {account} may not be read with this key")
        return 0
    bucket = session.hub.bucket(bucket_name, account)
    wait = bucket.take(session.now_ns)
    if wait:
        session.refuse_rate(message.request_id, bucket, wait)
        return 0
    return account


def count_refused(session: "Session", seat: Seat, message: Any) -> None:
    """A request whose frame was one too many was refused unseen: its own bucket hears of it all the same, or the
    connection's would hide a flood of the account's (RATE-002)."""
    account = getattr(message, "account", 0) or seat.key.accounts[0]
    if account not in seat.accounts:
        return
    for name, tokens in _costs(message):
        bucket = session.hub.bucket(name, account)
        bucket.count_refused(session.now_ns, tokens)
        session.end_flood(bucket)


def _costs(message: Any) -> list[tuple[str, int]]:
    """What a command would take from the buckets of its account (RATE-001)."""
    if isinstance(message, Batch):
        orders = batches.orders_in(message)
        return [("order", orders), ("cancel", len(message.operations) - orders)]
    if isinstance(message, Quote):
        return [quoting.cost(message)]
    if isinstance(message, New | Replace | ProtectionSet | ProtectionReset):
        return [("order", 1)]
    return [("cancel", 1)] if isinstance(message, Cancel | CancelAll | Timer | Kill | Unkill) else []


Private = Callable[["Session", Seat, Any], None]
PRIVATE: dict[type, Private] = {
    New: trading.new,
    Replace: trading.replace,
    Cancel: trading.cancel,
    CancelAll: trading.cancel_all,
    Batch: batches.batch,
    CancelOnDisconnect: trading.cod,
    Query: ask,
    LimitsQuery: limits,
    Replay: replay,
    Logout: logout,
    Timer: switches.timer,
    Kill: switches.kill,
    Unkill: switches.kill,
    Quote: quoting.quote,
    ProtectionSet: quoting.set_protection,
    ProtectionReset: quoting.reset_protection,
}
# Also served without logon on /v1/md (SESS-004).
PUBLIC: dict[type, Callable[["Session", Any], None]] = {
    Subscribe: subscriptions.subscribe,
    Unsubscribe: subscriptions.unsubscribe,
    Resync: subscriptions.resync,
    Replay: replay_openly,
}
