"""Rows of `sub` for a chip, or for all instruments: the channels that they bring to a connection (MDATA-023).

    wide = WideChannels(port, slow)
    wide.add(connection, number)          # a row was granted
    wide.begin(connection, number)        # after the reply: its first channels
    wide.check()                          # the server calls it every 10 ms
    wide.drop(connection, number)         # the row is unsubscribed
    wide.forget(connection)               # the connection has ended, and with it all its subscriptions

The channels of many instruments are brought in slices, so that no request holds up the event loop: all connections
together get SLICE of them in a step. Subscriptions end in steps as well. Instruments that are listed later follow in
the same way, and those that are no longer listed are taken off.
"""

from collections import deque
from collections.abc import Collection, Iterable, Sequence

from exchange.gateway.port import VenuePort
from exchange.gateway.slow_readers import ReadingConnection, SlowReaders
from exchange.wire.messages import Channels

SLICE = 16  # channels that all connections together get in a step: 1 to 5 ms of work (0.06 to 0.35 ms each)
PAGE = 500  # channels that a message names of those that a connection has already
PAGE_COST = 4  # of SLICE, for such a message
LOOKED_UP = 500  # instruments that may be compared with what a row has, for one of SLICE
END_SLICE = 100  # subscriptions that end in a step: 1 to 4 ms of work


class _Brought:
    """What one row has brought. `sequence`: of its last `channels` message, counted on its connection."""

    __slots__ = ("channels", "complete", "known", "listing", "missing", "sequence")

    def __init__(self) -> None:
        self.channels: dict[int, int] = {}  # by instrument
        self.listing = -1  # the revision that `missing` follows from
        self.missing: deque[int] = deque()  # instruments that are listed, and whose channels are not brought
        self.known: deque[tuple[int, int]] = deque()  # of `channels`: those that the snapshot has still to list
        self.sequence = 1
        self.complete = False  # the snapshot has been sent to its end


class WideChannels:
    """The rows of all connections, by connection and number of the row's channel."""

    def __init__(self, port: VenuePort, slow: SlowReaders) -> None:
        self._port, self._slow = port, slow
        self._rows: dict[ReadingConnection, dict[int, _Brought]] = {}
        self._waiting: dict[tuple[ReadingConnection, int], None] = {}  # rows that may lack channels, next one first
        self._listing = 0
        self._left = SLICE  # of this step
        self._ending: deque[int] = deque()  # channels whose subscriptions are to end, no longer those of a connection

    def of(self, connection: ReadingConnection) -> Collection[int]:
        """Numbers of the rows of a connection."""
        return self._rows.get(connection, {}).keys()

    def count(self, connection: ReadingConnection) -> int:
        """How many channels a connection has, those that a row has brought counted as one."""
        rows = self._rows.get(connection, {}).values()
        return len(rows) + len(connection.channels.difference(*(brought.channels.values() for brought in rows)))

    def add(self, connection: ReadingConnection, number: int) -> bool:
        """Note a row; returns whether the connection did not have it. Call `begin` after its reply."""
        rows = self._rows.setdefault(connection, {})
        is_new = number not in rows
        rows[number] = rows.get(number) or _Brought()
        return is_new

    def begin(self, connection: ReadingConnection, number: int) -> None:
        """Send the list of a row's channels from its beginning, a slice of them now, and their snapshots.

        The engine's state must be what has been released.
        """
        brought = self._rows[connection][number]
        brought.sequence, brought.complete = 1, False
        brought.known = deque(brought.channels.items())
        if self._left > 0:
            self._bring(connection, number)
        else:
            self._announce(connection, number, [], [], more=True)
            self._waiting[connection, number] = None

    def drop(self, connection: ReadingConnection, number: int) -> None:
        """End a row, and the channels that it has brought. Their subscriptions end in steps, as in `forget`."""
        brought = self._rows[connection].pop(number)
        self._waiting.pop((connection, number), None)
        self._ending.append(number)
        self._leave(connection, brought.channels.values())
        if not self._rows[connection]:
            del self._rows[connection]

    def forget(self, connection: ReadingConnection) -> None:
        """The connection has ended. Its subscriptions end too: a slice now, the rest in steps, as there may be
        thousands."""
        for number in self._rows.pop(connection, {}):
            self._waiting.pop((connection, number), None)
            self._ending.append(number)
        self._ending.extend(connection.channels)
        self._end_some()

    def _end_some(self) -> None:
        for _ in range(min(END_SLICE, len(self._ending))):
            self._port.market.unsubscribe(self._ending.popleft())

    def check(self) -> None:
        """Go on with rows that lack channels; look at all of them after a change of what is listed."""
        self._left = SLICE
        self._end_some()
        if not self._rows:
            return
        listing = self._port.market.wide.listing
        if listing != self._listing:
            self._listing = listing
            self._waiting.update(
                ((connection, number), None)
                for connection, rows in self._rows.items()
                for number, brought in rows.items()
                if brought.listing != listing
            )
        if self._waiting:
            self._port.ask(self._serve)

    def _serve(self) -> None:
        """Bring the next slice. A connection that reads too slowly waits."""
        for connection, number in list(self._waiting):
            if self._left <= 0:
                break
            if (connection, number) in self._waiting and not (connection.closed or connection.queue.is_behind):
                self._bring(connection, number)

    def _bring(self, connection: ReadingConnection, number: int) -> None:
        """Bring a row up to what is listed, as far as this step allows. It takes at least one of `_left`."""
        brought, market, before = self._rows[connection][number], self._port.market, self._left
        gone = self._look_up(brought, number)
        paged = self._list_known(connection, number)
        now = [brought.missing.popleft() for _ in range(min(len(brought.missing), max(self._left, 0)))]
        self._left = min(self._left - len(now), before - 1)
        added = list(zip(now, market.wide.subscribe(number, now), strict=True))
        for _, channel in added:
            if channel in connection.channels:
                market.unsubscribe(channel)  # it stays one subscription, and the client gets a new snapshot
            connection.channels.add(channel)
        brought.channels.update(added)
        more = bool(brought.missing or brought.known)
        if added or gone or not (brought.complete or (paged and more)):
            self._leave(connection, gone)
            self._slow.regroup(connection)
            self._announce(connection, number, added, gone, more)
            for _, channel in added:
                self._slow.send_snapshot(connection, channel)
        self._waiting.pop((connection, number), None)
        if more:
            self._waiting[connection, number] = None  # to the end of the line

    def _look_up(self, brought: _Brought, number: int) -> list[int]:
        """Find what a row lacks, once for each revision of what is listed. Returns channels that it has no longer."""
        wide = self._port.market.wide
        if brought.listing == wide.listing:
            return []
        brought.listing, listed = wide.listing, wide.instruments_of(number) or []
        self._left -= len(listed) // LOOKED_UP
        brought.missing = deque(instrument for instrument in listed if instrument not in brought.channels)
        gone = sorted(brought.channels.pop(instrument) for instrument in brought.channels.keys() - set(listed))
        if gone:
            brought.known = deque(pair for pair in brought.known if pair[0] in brought.channels)
        return gone

    def _list_known(self, connection: ReadingConnection, number: int) -> bool:
        """Send pages of a snapshot with channels that the connection has already. Returns whether there were any."""
        known, paged = self._rows[connection][number].known, False
        while known and self._left > 0:
            page = [known.popleft() for _ in range(min(PAGE, len(known)))]
            self._announce(connection, number, page, [], more=True)
            self._left -= PAGE_COST
            paged = True
        return paged

    def _announce(
        self, connection: ReadingConnection, number: int, added: Sequence[tuple[int, int]], gone: list[int], more: bool
    ) -> None:
        """Send a `channels` message: a page of the snapshot until all were listed once, then changes."""
        brought = self._rows[connection][number]
        message = Channels(
            number, brought.sequence, self._port.sequence, self._port.time_us, self._port.market.wide.name_of(number),
            [(channel, instrument) for instrument, channel in added], gone, more=more,
        )  # fmt: skip
        if brought.complete:
            brought.sequence += 1
            message.previous, message.sequence = brought.sequence - 1, brought.sequence
        else:
            message.snapshot, brought.complete = True, not more
        connection.queue.send(message)

    def _leave(self, connection: ReadingConnection, channels: Iterable[int]) -> None:
        """Take channels from a connection, as far as it still has them. Their subscriptions end in steps."""
        for channel in channels:
            if channel in connection.channels:
                connection.channels.discard(channel)
                self._ending.append(channel)
