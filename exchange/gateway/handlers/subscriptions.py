"""Market data requests of a connection: subscribe, unsubscribe, resync.

A subscription is served between two releases, when the engine's state is the released state. The client gets the reply,
then the snapshot, then the channel's messages without a gap.
"""

from exchange.gateway.connection import Connection
from exchange.wire.errors import ErrorCode
from exchange.wire.messages import OFFERED_CHANNELS, ChannelSpec, Ok, Resync, Subscribe, Unsubscribe


def subscribe(connection: Connection, message: Subscribe) -> None:
    """Grant or refuse each row (MDATA-004); refuse the whole request if no row names a channel of this venue."""
    wait = connection.subscribe_bucket.take(connection.now_ns, len(message.channels))
    if wait:
        connection.refuse_rate(message.request_id, connection.subscribe_bucket, wait)
        return
    missing = _not_offered(message)
    if missing and all(spec.name_of_channel not in OFFERED_CHANNELS for spec in message.channels):
        connection.refuse(message.request_id, ErrorCode.UNKNOWN_CHANNEL, missing)
        return

    def serve() -> None:
        if connection.closed:
            return
        rows, added = [], []
        for spec in message.channels:
            number, code = _grant(connection, spec)
            rows.append((number, int(code)))
            if number:
                connection.channels.add(number)
                added.append(number)
        connection.gateway.slow.regroup(connection)
        connection.reply(Ok(message.request_id, channels=rows, message=missing))
        for number in added:
            _send_snapshot(connection, number)
        connection.note_answers(1)

    connection.expect_answer()
    connection.gateway.port.ask(serve)


def _not_offered(message: Subscribe) -> str:
    """Text that names the first channel that this venue does not have, and the channels that it has; or ""."""
    for index, spec in enumerate(message.channels):
        if spec.name_of_channel not in OFFERED_CHANNELS:
            name, there_are = spec.name_of_channel, ", ".join(OFFERED_CHANNELS)
            return f"channel {name} is not offered here (field ch[{index}].n), allowed: {there_are}"
    return ""


def _grant(connection: Connection, spec: ChannelSpec) -> tuple[int, int]:
    if spec.name_of_channel == "depth" and spec.cadence_ms == 0 and not connection.live:
        return 0, ErrorCode.NOT_LOGGED_ON
    if len(connection.channels) >= connection.gateway.profile.channels_max:
        return 0, ErrorCode.TOO_MANY_CHANNELS
    market = connection.gateway.port.market
    number, code = market.subscribe(spec)
    if number in connection.channels:
        # The connection has this channel already: it stays one subscription, and the client gets a new snapshot.
        market.unsubscribe(number)
    return number, code


def unsubscribe(connection: Connection, message: Unsubscribe) -> None:
    """Handle `unsub`: end the subscriptions of these channel numbers."""
    unknown = [number for number in message.channel if number not in connection.channels]
    if unknown:
        text = f"channel {unknown[0]} is not subscribed (field c)"
        connection.refuse(message.request_id, ErrorCode.UNKNOWN_CHANNEL, text)
        return
    for number in set(message.channel):
        connection.channels.discard(number)
        connection.heartbeat_sequences.pop(number, None)
        connection.gateway.port.market.unsubscribe(number)
    connection.gateway.slow.regroup(connection)
    connection.reply(Ok(message.request_id))


def resync(connection: Connection, message: Resync) -> None:
    """Send a new snapshot as part of the channel's stream (MDATA-015)."""
    wait = connection.subscribe_bucket.take(connection.now_ns)
    if wait:
        connection.refuse_rate(message.request_id, connection.subscribe_bucket, wait)
        return
    number = message.channel
    if number not in connection.channels:
        text = f"channel {number} is not subscribed (field c)"
        connection.refuse(message.request_id, ErrorCode.UNKNOWN_CHANNEL, text)
        return

    def serve() -> None:
        if connection.closed or number not in connection.channels:
            return
        connection.gateway.slow.regroup(connection)
        connection.reply(Ok(message.request_id))
        _send_snapshot(connection, number)
        connection.note_answers(1)

    connection.expect_answer()
    connection.gateway.port.ask(serve)


def _send_snapshot(connection: Connection, number: int) -> None:
    for page in connection.gateway.port.market.snapshot(number):
        connection.queue.send(page)
    connection.gateway.slow.note_snapshot(connection, number)
