"""Connections that read too slowly, and the channels of each connection's group (RATE-006, RATE-007)."""

from typing import Any, Protocol

from exchange.gateway.outbox import Outbox, SendQueue
from exchange.gateway.port import VenuePort
from exchange.gateway.throttle import Profile
from exchange.seams import Clock
from exchange.units import NS_PER_MS
from exchange.wire.errors import CloseCode
from exchange.wire.messages import Lag


class ReadingConnection(Protocol):
    """What is needed of a connection that may read too slowly."""

    @property
    def queue(self) -> SendQueue: ...

    @property
    def channels(self) -> set[int]:
        """Numbers of the channels that it has subscribed to."""

    @property
    def session(self) -> object | None: ...

    @property
    def closed(self) -> bool: ...

    @property
    def lagging(self) -> bool: ...

    def set_lagging(self, lagging: bool) -> None:
        """Note whether the client reads too slowly for state channels."""

    def close(self, code: int, reason: str) -> None: ...


class SlowReaders:
    """Connections that read too slowly (RATE-006, RATE-007).

    Above the soft limit of unsent bytes a connection is conflated: it gets no state channels until it catches up. Above
    the hard limit, or without progress, it is closed.
    """

    def __init__(self, port: VenuePort, outbox: Outbox, profile: Profile, clock: Clock) -> None:
        self._port = port
        self._outbox = outbox
        self._profile = profile
        self._clock = clock
        # By connection and state channel: the last sequence that the connection was sent before it was conflated.
        self._since: dict[ReadingConnection, dict[int, int]] = {}
        # By connection: the least number of unsent bytes, and the time of it in ns.
        self._progress: dict[ReadingConnection, tuple[int, int]] = {}

    def regroup(self, connection: ReadingConnection) -> None:
        """Give the outbox the present channels of a connection; a lagging one gets no state channels.

        Messages that wait to be written are written before later ones.
        """
        channels = connection.channels
        if connection.lagging:
            market = self._port.market
            channels = {number for number in channels if market.is_event_channel(number)}
        self._outbox.subscribe(connection.queue, frozenset(channels))

    def note_pending(self, connection: ReadingConnection, pending: int) -> None:
        """Conflate or close a connection with more unsent bytes than the soft limit. `pending`: their number."""
        hard_kb = self._profile.private_kb if connection.session is not None else self._profile.hard_kb
        if pending > hard_kb * 1_024:
            self._close(connection, f"{pending} bytes wait")
        elif not connection.lagging and not connection.closed:
            connection.set_lagging(True)
            market = self._port.market
            self._since[connection] = {
                number: market.sequence_of(number)
                for number in connection.channels
                if not market.is_event_channel(number)
            }
            self._progress[connection] = (pending, self._clock.mono_ns())
            self.regroup(connection)
            if self._since[connection]:
                connection.queue.send(Lag(1, pending, 0, "conflate"))

    def send_snapshot(self, connection: ReadingConnection, number: int) -> None:
        """Send the snapshot of a channel, between two releases."""
        for page in self._port.market.snapshot(number):
            connection.queue.send(page)
        self.note_snapshot(connection, number)

    def note_snapshot(self, connection: ReadingConnection, number: int) -> None:
        """Note that a connection was sent a snapshot: a lagging one misses only what comes after it."""
        since, market = self._since.get(connection), self._port.market
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
            now_ns = self._clock.mono_ns()
            if pending < self._profile.soft_kb * 512:
                self._port.ask(self._catching_up(connection, pending))
            elif pending < least:
                self._progress[connection] = (pending, now_ns)
            elif now_ns - since_ns > self._profile.hard_ms * NS_PER_MS:
                self._close(connection, f"no progress for {self._profile.hard_ms} ms")

    def drop(self, connection: ReadingConnection) -> None:
        self._since.pop(connection, None)
        self._progress.pop(connection, None)

    def _catching_up(self, connection: ReadingConnection, pending: int) -> Any:
        def serve() -> None:
            since = self._since.get(connection)
            if since is None or connection.closed:
                return
            self.drop(connection)
            connection.set_lagging(False)
            market = self._port.market
            self.regroup(connection)
            for number in sorted(connection.channels & set(since)):
                for page in market.merged(number, since[number]):
                    connection.queue.send(page)
            if since:
                connection.queue.send(Lag(0, pending, 0, "normal"))

        return serve

    def _close(self, connection: ReadingConnection, why: str) -> None:
        self.drop(connection)
        connection.close(CloseCode.SLOW_CONSUMER, why)
