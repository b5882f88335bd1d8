"""Market data requests of a connection: subscribe, unsubscribe, resync.

A subscription is served between two releases, when the engine's state is the released state. The client gets the reply,
then the snapshot, then the channel's messages without a gap.
"""

from exchange.gateway.connection import Connection
from exchange.wire.errors import ErrorCode
from exchange.wire.messages import OFFERED_CHANNELS, ChannelSpec, Ok, Resync, Subscribe, Unsubscribe

CHANNELS_PER_TOKEN = 5  # a row for a chip, or for all, costs a token for each so many channels
ORDERS_TOKENS = 25  # that a request with `orders` costs too: all orders of the engine are looked through for it


def subscribe(connection: Connection, message: Subscribe) -> None:
    """Grant or refuse each row (MDATA-004); refuse the whole request if no row names a channel of this venue, or if it
    has more rows for a chip or for all than a connection may have."""
    wide_rows, wide_max = (
        connection.gateway.port.market.wide.rows_among(message.channels),
        connection.gateway.profile.wide_max,
    )
    if wide_rows > wide_max:
        text = f"{wide_rows} rows for a chip or for all (field ch), a request has at most {wide_max} (max_wide)"
        connection.refuse(message.request_id, ErrorCode.TOO_MANY_CHANNELS, text)
        return
    wait = connection.subscribe_bucket.take(connection.now_ns, _cost(connection, message.channels))
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
        granted = _grant_rows(connection, message.channels)
        connection.gateway.slow.regroup(connection)
        why = missing or _why_refused(connection, message.channels, granted)
        connection.reply(Ok(message.request_id, channels=granted, message=why))
        wide = connection.gateway.wide
        for number, _ in granted:
            if number in wide.of(connection):
                wide.begin(connection, number)
            elif number:
                connection.gateway.slow.send_snapshot(connection, number)
        connection.note_answers(1)

    connection.expect_answer()
    connection.gateway.port.ask(serve)


def _cost(connection: Connection, specs: list[ChannelSpec]) -> int:
    """Tokens that rows take. The largest request fits into a full bucket, so no more than that is counted."""
    count_of = connection.gateway.port.market.wide.count_of
    cost = ORDERS_TOKENS * any(spec.name_of_channel == "orders" for spec in specs)
    most = max(connection.subscribe_bucket.rate.burst, len(specs))
    for spec in specs:
        cost += _tokens(count_of(spec))
        if cost >= most:
            return most
    return cost


def _tokens(instruments: int) -> int:
    """Tokens that a row about so many instruments takes."""
    return -(-instruments // CHANNELS_PER_TOKEN) or 1


def _not_offered(message: Subscribe) -> str:
    """Text that names the first channel that this venue does not have, and the channels that it has; or ""."""
    for index, spec in enumerate(message.channels):
        if spec.name_of_channel not in OFFERED_CHANNELS:
            name, there_are = spec.name_of_channel, ", ".join(OFFERED_CHANNELS)
            return f"channel {name} is not offered here (field ch[{index}].n), allowed: {there_are}"
    return ""


def _grant_rows(connection: Connection, specs: list[ChannelSpec]) -> list[tuple[int, int]]:
    """(channel number, 0) or (0, error code) for each row."""
    count = connection.gateway.wide.count(connection)
    rows = []
    for spec in specs:
        number, code, is_new = _grant(connection, spec, count)
        count += is_new
        rows.append((number, int(code)))
    return rows


def _grant(connection: Connection, spec: ChannelSpec, count: int) -> tuple[int, int, bool]:
    """Returns (channel number, error code, whether the connection did not have it). `count`: of its channels so far."""
    gateway = connection.gateway
    if _needs_logon(spec) and not connection.live:
        return 0, ErrorCode.NOT_LOGGED_ON, False
    if count >= gateway.profile.channels_max:
        return 0, ErrorCode.TOO_MANY_CHANNELS, False
    market, wide = gateway.port.market, gateway.wide
    number, code = market.subscribe(spec)
    if not number:
        return 0, code, False
    if market.wide.instruments_of(number) is None:
        is_new = number not in connection.channels
        connection.channels.add(number)
    elif number not in wide.of(connection) and len(wide.of(connection)) >= gateway.profile.wide_max:
        market.unsubscribe(number)
        return 0, ErrorCode.TOO_MANY_CHANNELS, False
    else:
        is_new = wide.add(connection, number)
    if not is_new:
        # The connection has this channel already: it stays one subscription, and the client gets a new snapshot.
        market.unsubscribe(number)
    return number, 0, is_new


def _needs_logon(spec: ChannelSpec) -> bool:
    name = spec.name_of_channel
    return name == "orders" or (name == "depth" and spec.cadence_ms == 0)


def _why_refused(connection: Connection, specs: list[ChannelSpec], granted: list[tuple[int, int]]) -> str:
    """Text about the first row that was refused for a logon or a limit; or ""."""
    profile = connection.gateway.profile
    for index, (_, code) in enumerate(granted):
        if code == ErrorCode.NOT_LOGGED_ON:
            return f"channel orders, and depth with ms 0, need a logon: auth first (field ch[{index}].n)"
        if code == ErrorCode.TOO_MANY_CHANNELS:
            return (
                f"field ch[{index}]: a connection has at most {profile.channels_max} channels (max_channels), a row for"
                f" a chip or for all counts as one, of those it has at most {profile.wide_max} (max_wide)"
            )
    return ""


def unsubscribe(connection: Connection, message: Unsubscribe) -> None:
    """Handle `unsub`: end the subscriptions of these channel numbers."""
    wide = connection.gateway.wide
    unknown = [n for n in message.channel if n not in connection.channels and n not in wide.of(connection)]
    if unknown:
        text = f"channel {unknown[0]} is not subscribed (field c)"
        connection.refuse(message.request_id, ErrorCode.UNKNOWN_CHANNEL, text)
        return
    for number in set(message.channel):
        if number in wide.of(connection):
            wide.drop(connection, number)
        elif number in connection.channels:  # a row that brought it may have ended just now
            connection.channels.discard(number)
            connection.gateway.port.market.unsubscribe(number)
    for number in connection.heartbeat_sequences.keys() - connection.channels:
        del connection.heartbeat_sequences[number]
    connection.gateway.slow.regroup(connection)
    connection.reply(Ok(message.request_id))


def resync(connection: Connection, message: Resync) -> None:
    """Send a new snapshot as part of the channel's stream (MDATA-015). It costs what a `sub` of its row costs."""
    number, wide, bucket = message.channel, connection.gateway.wide, connection.subscribe_bucket

    def is_subscribed() -> bool:
        return number in connection.channels or number in wide.of(connection)

    found = is_subscribed()
    tokens = _tokens(connection.gateway.port.market.wide.count_of_channel(number)) if found else 1
    wait = bucket.take(connection.now_ns, min(tokens, bucket.rate.burst))
    if wait:
        connection.refuse_rate(message.request_id, bucket, wait)
        return
    if not found:
        text = f"channel {number} is not subscribed (field c)"
        connection.refuse(message.request_id, ErrorCode.UNKNOWN_CHANNEL, text)
        return

    def serve() -> None:
        if connection.closed or not is_subscribed():
            return
        connection.gateway.slow.regroup(connection)
        connection.reply(Ok(message.request_id))
        if number in wide.of(connection):
            wide.begin(connection, number)
        else:
            connection.gateway.slow.send_snapshot(connection, number)
        connection.note_answers(1)

    connection.expect_answer()
    connection.gateway.port.ask(serve)
