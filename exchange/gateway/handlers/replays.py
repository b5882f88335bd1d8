"""Replays: closed ranges of a stream of account messages or of an event channel, from kept events (RECOV-014)."""

from exchange.engine import query
from exchange.gateway.connection import Connection
from exchange.gateway.drop_copy.firm_requests import replay_firm
from exchange.gateway.handlers.queries import inverted, readable_account, too_old
from exchange.gateway.replay_queue import SLICE_MESSAGES, not_kept
from exchange.gateway.session import Session
from exchange.wire.errors import ErrorCode
from exchange.wire.messages import Ok, Replay

REPLAY_MAX = 5_000  # RECOV-014


def replay(connection: Connection, session: Session, message: Replay) -> None:
    """Send a closed range of an account's stream or of an event channel (RECOV-014)."""
    account = readable_account(connection, session, message, "replay")
    if account:
        _replay(connection, account, message)


def replay_without_logon(connection: Connection, message: Replay) -> None:
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


def _replay(connection: Connection, account: int, message: Replay) -> None:
    """Check the range and send it. `account`: whose stream is meant if the message names no channel."""
    if message.last_sequence - message.first_sequence >= REPLAY_MAX:
        text = f"at most {REPLAY_MAX} messages a request (from, to)"
        connection.refuse(message.request_id, ErrorCode.REPLAY_RANGE, text)
        return
    if message.first_sequence > message.last_sequence:
        connection.refuse(message.request_id, ErrorCode.REPLAY_RANGE, inverted(message))
        return

    def answer() -> None:
        if connection.closed:
            return
        if message.channel:
            _replay_channel(connection, message)
        elif connection.firm:
            replay_firm(connection, message)
        else:
            _replay_account(connection, account, message)
        connection.note_answers(1)

    connection.expect_answer()
    connection.gateway.port.ask(answer)


def _replay_account(connection: Connection, account: int, message: Replay) -> None:
    port = connection.gateway.port
    first, last = max(1, message.first_sequence), message.last_sequence
    last = min(last, query.account_sequence(port.states, account))
    rows = port.history.of_account(account, first, last)
    if rows is None:
        connection.reply(too_old(connection, account, message.request_id))
        return
    reports = (
        report
        for start in range(0, len(rows), SLICE_MESSAGES)
        for _, number, report in port.questions.messages_of(rows[start : start + SLICE_MESSAGES])
        if first <= number <= last
    )
    granted = Ok(message.request_id, first_sequence=first, last_sequence=last)
    connection.gateway.replays.send(connection, granted, reports)


def _replay_channel(connection: Connection, message: Replay) -> None:
    """Send a closed range of an event channel (RECOV-014, RECOV-015)."""
    market, number = connection.gateway.port.market, message.channel
    if not market.knows(number) or not market.is_event_channel(number):
        text = f"channel {number} is not an event channel of this feed (field c)"
        connection.refuse(message.request_id, ErrorCode.UNKNOWN_CHANNEL, text)
        return
    oldest, newest = market.oldest(number), market.sequence_of(number)
    if message.first_sequence < oldest:
        how = "" if market.wide.name_of(number) == "trades" else f"sub or resync channel {number} sends a snapshot"
        connection.reply(not_kept(message.request_id, oldest, newest, how))
        return
    last = min(message.last_sequence, newest)
    granted = Ok(message.request_id, first_sequence=message.first_sequence, last_sequence=last)
    messages = market.replay(number, message.first_sequence, last, message.request_id)
    connection.gateway.replays.send(connection, granted, messages)
