"""Market data requests of a connection, and connections that read too slowly (RATE-006).

A subscription is served between two releases, when the engine's state is the released state. The client gets the reply,
then the snapshot, then the channel's messages without a gap.
"""

from typing import TYPE_CHECKING, Any

from exchange.units import NS_PER_MS
from exchange.wire.errors import CloseCode, ErrorCode, error
from exchange.wire.messages import (
    OFFERED_CHANNELS,
    ChannelSpec,
    Lag,
    Ok,
    Replay,
    Resync,
    Subscribe,
    Unsubscribe,
)

if TYPE_CHECKING:
    from exchange.gateway.connection import Connection
    from exchange.gateway.gateway import Gateway


def subscribe(connection: "Connection", message: Subscribe) -> None:
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
        _regroup(connection)
        connection.reply(Ok(message.request_id, channels=rows, message=missing))
        for number in added:
            _send_snapshot(connection, number)
        connection.note_answer()

    connection.expect_answer()
    connection.gateway.port.ask(serve)


def _not_offered(message: Subscribe) -> str:
    """Text that names the first channel that this venue does not have, and the channels that it has; or ""."""
    for place, spec in enumerate(message.channels):
        if spec.name_of_channel not in OFFERED_CHANNELS:
            name, there_are = spec.name_of_channel, ", ".join(OFFERED_CHANNELS)
            return f"channel {name} is not offered here (field ch[{place}].n), allowed: {there_are}"
    return ""


def _grant(connection: "Connection", spec: ChannelSpec) -> tuple[int, int]:
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


def unsubscribe(connection: "Connection", message: Unsubscribe) -> None:
    unknown = [number for number in message.channel if number not in connection.channels]
    if unknown:
        text = f"channel {unknown[0]} is not subscribed (field c)"
        connection.refuse(message.request_id, ErrorCode.UNKNOWN_CHANNEL, text)
        return
    for number in set(message.channel):
        connection.channels.discard(number)
        connection.heartbeat_sequences.pop(number, None)
        connection.gateway.port.market.unsubscribe(number)
    _regroup(connection)
    connection.reply(Ok(message.request_id))


def resync(connection: "Connection", message: Resync) -> None:
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
        _regroup(connection)
        connection.reply(Ok(message.request_id))
        _send_snapshot(connection, number)
        connection.note_answer()

    connection.expect_answer()
    connection.gateway.port.ask(serve)


def replay_channel(connection: "Connection", message: Replay) -> None:
    """Send a closed range of an event channel (RECOV-014, RECOV-015)."""
    market, number = connection.gateway.port.market, message.channel
    if not market.knows(number) or not market.is_event_channel(number):
        text = f"channel {number} is not an event channel of this feed (field c)"
        connection.refuse(message.request_id, ErrorCode.UNKNOWN_CHANNEL, text)
        return
    oldest = market.oldest(number)
    if message.first_sequence < oldest:
        refusal = error(message.request_id, ErrorCode.REPLAY_RANGE, f"oldest retained is {oldest}")
        refusal.oldest = oldest
        connection.reply(refusal)
        return
    last = message.last_sequence
    granted = Ok(message.request_id, first_sequence=message.first_sequence, last_sequence=last)
    messages = market.replay(number, message.first_sequence, last, message.request_id)
    connection.gateway.replays.send(connection, granted, messages)


def leave_all(connection: "Connection") -> None:
    """Unsubscribe a connection that has ended from all its channels."""
    market = connection.gateway.port.market
    for number in connection.channels:
        market.unsubscribe(number)
    connection.channels.clear()
    connection.gateway.outbox.subscribe(connection.queue, frozenset())


def _send_snapshot(connection: "Connection", number: int) -> None:
    for page in connection.gateway.port.market.snapshot(number):
        connection.queue.send(page)
    connection.gateway.slow.note_snapshot(connection, number)


def _regroup(connection: "Connection") -> None:
    """Give the outbox the present channels of a connection; a lagging one gets no state channels.

    Messages that wait to be written are written before later ones.
    """
    channels = connection.channels
    if connection.lagging:
        market = connection.gateway.port.market
        channels = {number for number in channels if market.is_event_channel(number)}
    connection.gateway.outbox.subscribe(connection.queue, frozenset(channels))


class SlowReaders:
    """Connections that read too slowly (RATE-006, RATE-007).

    Above the soft limit of unsent bytes a connection is conflated: it gets no state channels until it catches up. Above
    the hard limit, or without progress, it is closed.
    """

    def __init__(self, gateway: "Gateway") -> None:
        self._gateway = gateway
        # By connection and state channel: the last sequence that the connection was sent before it was conflated.
        self._since: dict[Connection, dict[int, int]] = {}
        self._progress: dict[Connection, tuple[int, int]] = {}  # (least number of unsent bytes, time of it in ns)

    def notice(self, connection: "Connection", pending: int) -> None:
        """Conflate or close a connection with more unsent bytes than the soft limit. `pending`: their number."""
        profile = self._gateway.profile
        hard_kb = profile.private_kb if connection.session is not None else profile.hard_kb
        if pending > hard_kb * 1_024:
            self._close(connection, f"{pending} bytes wait")
        elif not connection.lagging and not connection.closed:
            connection.set_lagging(True)
            market = self._gateway.port.market
            self._since[connection] = {
                number: market.sequence_of(number)
                for number in connection.channels
                if not market.is_event_channel(number)
            }
            self._progress[connection] = (pending, self._gateway.clock.mono_ns())
            _regroup(connection)
            if self._since[connection]:
                connection.queue.send(Lag(1, pending, 0, "conflate"))

    def note_snapshot(self, connection: "Connection", number: int) -> None:
        """Note that a connection was sent a snapshot: a lagging one misses only what comes after it."""
        since, market = self._since.get(connection), self._gateway.port.market
        if since is None or market.is_event_channel(number):
            return
        if not since:
            connection.queue.send(Lag(1, connection.queue.transport.pending(), 0, "conflate"))
        since[number] = market.sequence_of(number)

    def check(self) -> None:
        """Restore connections that have caught up, close those without progress. The server calls it every 10 ms."""
        for connection in list(self._progress):
            if connection.closed:
                self.drop(connection)
                continue
            pending = connection.queue.transport.pending()
            least, since_ns = self._progress[connection]
            now_ns = self._gateway.clock.mono_ns()
            if pending < self._gateway.profile.soft_kb * 512:
                self._gateway.port.ask(self._catching_up(connection, pending))
            elif pending < least:
                self._progress[connection] = (pending, now_ns)
            elif now_ns - since_ns > self._gateway.profile.hard_ms * NS_PER_MS:
                self._close(connection, f"no progress for {self._gateway.profile.hard_ms} ms")

    def drop(self, connection: "Connection") -> None:
        self._since.pop(connection, None)
        self._progress.pop(connection, None)

    def _catching_up(self, connection: "Connection", pending: int) -> Any:
        def serve() -> None:
            since = self._since.get(connection)
            if since is None or connection.closed:
                return
            self.drop(connection)
            connection.set_lagging(False)
            market = self._gateway.port.market
            _regroup(connection)
            for number in sorted(connection.channels & set(since)):
                for page in market.merged(number, since[number]):
                    connection.queue.send(page)
            if since:
                connection.queue.send(Lag(0, pending, 0, "normal"))

        return serve

    def _close(self, connection: "Connection", why: str) -> None:
        self.drop(connection)
        connection.close(CloseCode.SLOW_CONSUMER, why)
