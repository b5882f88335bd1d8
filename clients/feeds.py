"""Market data of a session: subscriptions, their channel numbers, gap detection, and the books.

There is no I/O here: `take` applies a channel message and returns events, and `resyncs` lists channels that need a
snapshot. Subscriptions last over connections: after each logon all of them are requested again.
"""

import time
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from clients.books.order_book import OrderBook
from clients.events import BookChanged, BookMismatch, ChannelData, Event, Gap, OrderBookChanged
from clients.local_book import LocalBook
from exchange.codes import Side
from exchange.wire.fields import Pair
from exchange.wire.messages import (
    ChannelMessage,
    Channels,
    ChannelSpec,
    DailyIndex,
    InstrumentDefinition,
    Instruments,
    Orders,
    Settlement,
    Stats,
    StatsOfAll,
    Status,
)

OPEN_PHASE = "OPEN"
ORDERS = "orders"  # the channel of all displayed orders (L3)
SNAPSHOTLESS = "trades"  # this channel has no snapshot: it starts with its first message (MDATA-005)
Key = tuple[str, int, str, int, int, str]


def key_of(spec: ChannelSpec) -> Key:
    """What distinguishes a channel from all others."""
    return (spec.name_of_channel, spec.instrument, spec.topic, spec.cadence_ms, spec.levels, spec.interval)


class Feed:
    """One subscription, and the last message applied to it."""

    def __init__(self, spec: ChannelSpec) -> None:
        self.spec = spec
        self.channel = 0  # channel number on this connection; 0: not subscribed
        self.code = 0  # error code if the venue refused it
        self.sequence = 0  # of the last message applied
        self.waiting = True  # waits for a snapshot and discards changes before it
        self.behind = 0
        self.message: ChannelMessage | None = None  # the last message applied
        self.book: LocalBook | None = None
        self.brought_by: Feed | None = None  # the subscription to a chip, or to all, that has brought it (MDATA-023)
        self.changed: BookChanged | None = None  # the event of the book: one object for all its changes
        self.order_book: OrderBook | None = None

    @property
    def name(self) -> str:
        return f"{self.spec.name_of_channel} {self.spec.instrument or self.spec.topic}".rstrip()


class Feeds:
    """All subscriptions of a session; the instruments, their phases, settlements and days so far; the indices."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock`: monotonic, in seconds; the age of books is measured with it."""
        self._clock, self._book_age_ms_max = clock, 0
        self.instruments: dict[int, InstrumentDefinition] = {}
        self.by_symbol: dict[str, InstrumentDefinition] = {}
        self.instruments_known = False
        self.phases: dict[int, str] = {}
        self.settlements: dict[int, Settlement] = {}  # the last one of each instrument
        self.settlements_known = False  # all of them
        self.indices: dict[str, dict[int, DailyIndex]] = {}  # the last day of each, by chip and quality tier
        self.indices_known: set[str] = set()  # chips of which all are
        self.stats: dict[int, Stats] = {}  # the day of each watched instrument so far
        self.resyncs: list[int] = []  # channels that need a snapshot
        self._feeds: dict[Key, Feed] = {}
        self._channels: dict[int, Feed] = {}
        self._books: dict[int, list[LocalBook]] = {}

    # -- subscriptions ------------------------------------------------------------------------------------------------

    def add(self, spec: ChannelSpec) -> tuple[Feed, bool]:
        """Find or make the feed of a subscription. Returns it, and whether it is new and must be requested."""
        feed = self._feeds.get(key_of(spec))
        if feed is not None and not feed.code:
            return feed, False
        feed = self._feeds[key_of(spec)] = Feed(spec)
        known = self.instruments.get(spec.instrument)
        symbol = known.symbol if known else ""
        if spec.name_of_channel == ORDERS and spec.instrument:
            feed.order_book = OrderBook(spec.instrument, symbol)
        if spec.name_of_channel == "depth" and spec.instrument:
            feed.book = LocalBook(spec.instrument, symbol, spec.levels, self._clock, self._book_age_ms_max)
            feed.book.open = self.phases.get(spec.instrument) == OPEN_PHASE
            feed.changed = BookChanged(feed.book)
            self._books.setdefault(spec.instrument, []).append(feed.book)
        return feed, True

    def remove(self, feed: Feed) -> None:
        for brought in [one for one in self._feeds.values() if one.brought_by is feed]:
            self.remove(brought)
        self._feeds.pop(key_of(feed.spec), None)
        self._channels.pop(feed.channel, None)
        if feed.book is not None:
            self._books[feed.spec.instrument].remove(feed.book)

    def limit_age(self, age_ms_max: int) -> None:
        """Set the age from which books are stale; 0: none."""
        self._book_age_ms_max = age_ms_max
        for book in self.books():
            book.age_ms_max = age_ms_max

    def books(self) -> list[LocalBook]:
        return [book for books in self._books.values() for book in books]

    def specs(self) -> list[ChannelSpec]:
        """What is requested after a logon. What a subscription to a chip, or to all, brings comes by itself."""
        return [feed.spec for feed in self._feeds.values() if feed.brought_by is None]

    def answered(self, specs: Iterable[ChannelSpec], pairs: Iterable[Pair]) -> None:
        """Apply the reply to a `sub`. `pairs`: (channel number, error code) for each of `specs` (MDATA-004)."""
        for spec, (channel, code) in zip(specs, pairs, strict=False):
            feed = self._feeds.get(key_of(spec))
            if feed is not None:
                feed.channel, feed.code = channel, code
                if channel:
                    self._channels[channel] = feed

    def disconnected(self) -> None:
        """Note a closed connection: channel numbers become invalid, and books stale until their next snapshot."""
        self._channels.clear()
        self.resyncs.clear()
        for feed in self._feeds.values():
            feed.channel, feed.waiting, feed.behind = 0, True, 0
            if feed.book is not None:
                feed.book.mark_stale("disconnected")
            if feed.order_book is not None:
                feed.order_book.mark_stale("disconnected")

    # -- messages -----------------------------------------------------------------------------------------------------

    def take(self, message: ChannelMessage) -> list[Event]:
        """Apply one channel message (MDATA-015); returns events."""
        feed = self._channels.get(message.channel)
        if feed is None:
            return []  # the channel was just unsubscribed
        if feed.book is not None:
            return self._take_depth(feed, feed.book, message)
        if feed.order_book is not None and isinstance(message, Orders):
            return self._take_orders(feed, feed.order_book, message)
        events: list[Event] = []
        snapshot = getattr(message, "snapshot", False)
        if not snapshot and not self._is_next(feed, message, events):
            return events
        feed.sequence, feed.waiting, feed.behind = message.sequence, False, 0
        feed.message = message
        if isinstance(message, Instruments):
            self._define(message)
        elif isinstance(message, Status):
            self._phase(message.instrument, message.phase)
        elif isinstance(message, Settlement):
            self._settle(feed, message)
        elif isinstance(message, DailyIndex):
            self._index(message)
        elif isinstance(message, Stats):
            self.stats[message.instrument] = message
        elif isinstance(message, StatsOfAll):
            head = (message.channel, message.sequence, message.engine_sequence, message.time_us)
            self.stats |= {row.instrument: Stats(*head, *msgspec.structs.astuple(row)) for row in message.rows}
        elif isinstance(message, Channels):
            self._bring(feed, message)
        events.append(ChannelData(feed.spec.instrument, message))
        return events

    def _is_next(self, feed: Feed, message: ChannelMessage, events: list[Event]) -> bool:
        """Whether a message can be applied: it follows the last one, or the channel has no snapshots.

        After a gap it adds a Gap to `events` and requests a snapshot.
        """
        previous = getattr(message, "previous", None)
        snapshotless = feed.spec.name_of_channel == SNAPSHOTLESS
        if feed.waiting and (not snapshotless or feed.sequence == 0):
            return snapshotless
        if message.sequence <= feed.sequence:
            return False
        if previous == feed.sequence:
            return True
        events.append(Gap(feed.name, feed.sequence, previous or 0))
        if snapshotless:
            return True
        self._request_snapshot(feed)
        return False

    def _take_orders(self, feed: Feed, book: OrderBook, message: Orders) -> list[Event]:
        """Apply a message of the channel `orders`."""
        rows = msgspec.to_builtins(message.rows)  # as they stand on the wire: ["a", order_id, side, price_tick, lots]
        if message.snapshot:
            feed.waiting = False
            fits = book.load(message.sequence, rows, message.more)
        elif feed.waiting or message.sequence <= book.sequence:
            return []
        else:
            before, expected = book.gaps, book.sequence
            fits = book.apply(message.sequence, message.previous or 0, rows)
            if book.gaps > before:
                self._request_snapshot(feed)
                return [Gap(feed.name, expected, message.previous or 0), OrderBookChanged(book)]
        book.note(message.engine_sequence, message.time_us)
        if fits:
            return [] if message.more else [OrderBookChanged(book)]
        self._request_snapshot(feed)
        return [BookMismatch(book, book.problem or ""), OrderBookChanged(book)]

    def _compare(self, feed: Feed, book: OrderBook) -> list[Event]:
        """Compare an order book with the depth of its instrument where both show the same command (MDATA-011)."""
        for other in self._books.get(book.instrument, ()):
            if not (book.synced and other.synced and book.engine_sequence == other.engine_sequence):
                continue
            count = other.levels_max or None
            for side in Side:
                problem = book.difference(other.side(side).levels(count), side, count)
                if problem:
                    book.mark_stale(problem)
                    book.mismatches += 1
                    self._request_snapshot(feed)
                    return [BookMismatch(book, problem), OrderBookChanged(book)]
        return []

    def _take_depth(self, feed: Feed, book: LocalBook, message: Any) -> list[Event]:
        expected, gaps = book.sequence, book.gaps
        if message.snapshot:
            book.load(message.sequence, message.bids, message.asks, message.checksum, message.more)
            feed.waiting = False
        elif feed.waiting or message.sequence <= expected:
            return []
        else:
            book.apply(message.sequence, message.previous or 0, message.bids, message.asks, message.checksum)
        book.engine_sequence, book.time_us = message.engine_sequence, message.time_us
        if message.implied_bid is not None:
            book.imply(Side.BUY, message.implied_bid)
        if message.implied_ask is not None:
            book.imply(Side.SELL, message.implied_ask)
        if message.more:
            return []
        if book.problem is None:
            return [feed.changed]
        self._request_snapshot(feed)
        if book.gaps > gaps:
            return [Gap(feed.name, expected, message.previous or 0), feed.changed]
        return [BookMismatch(book, book.problem or ""), feed.changed]

    def heartbeat(self, pairs: Iterable[Pair]) -> list[Event]:
        """Compare with the (channel, last sequence) pairs of a heartbeat.

        A feed that is behind in two consecutive heartbeats has a gap (MDATA-015).
        """
        events: list[Event] = []
        for channel, sequence in pairs:
            feed = self._channels.get(channel)
            if feed is None or feed.waiting:
                continue
            book = feed.book or feed.order_book
            last = book.sequence if book is not None else feed.sequence
            if book is not None:
                lost = not book.heartbeat(sequence)
            else:
                feed.behind = feed.behind + 1 if sequence > feed.sequence else 0
                lost = feed.behind > 1
            if lost:
                events.append(Gap(feed.name, last, sequence))
                if feed.spec.name_of_channel == SNAPSHOTLESS:
                    feed.sequence = sequence
                else:
                    self._request_snapshot(feed)
        return events + self._confirm()

    def _confirm(self) -> list[Event]:
        """After a heartbeat: books without a gap are as they should be, and both kinds of one instrument agree."""
        events: list[Event] = []
        for feed in self._channels.values():
            if feed.book is not None:
                feed.book.confirm()
            elif feed.order_book is not None:
                events += self._compare(feed, feed.order_book)
        return events

    def _request_snapshot(self, feed: Feed) -> None:
        feed.waiting, feed.behind = True, 0
        self.resyncs.append(feed.channel)

    def _bring(self, wide: Feed, message: Channels) -> None:
        """Note the channels that a subscription to a chip, or to all, has brought and ended."""
        for channel, instrument in message.rows:
            feed, is_new = self.add(msgspec.structs.replace(wide.spec, instrument=instrument, topic=""))
            feed.brought_by = wide if is_new else feed.brought_by
            feed.channel = channel
            self._channels[channel] = feed
        for channel in message.ended:
            ended = self._channels.get(channel)
            if ended is not None and ended.brought_by is wide:
                self.remove(ended)

    def _define(self, message: Instruments) -> None:
        for row in message.rows:
            self.instruments[row.instrument] = self.by_symbol[row.symbol] = row
            self._phase(row.instrument, row.phase)
        self.instruments_known = self.instruments_known or not message.more

    def _settle(self, feed: Feed, message: Settlement) -> None:
        self.settlements[message.instrument] = message
        if not feed.spec.instrument and not message.more:
            self.settlements_known = True

    def _index(self, message: DailyIndex) -> None:
        """Note the value of a day. A committee may give that of an earlier day later."""
        of_chip = self.indices.setdefault(message.topic, {})
        known = of_chip.get(message.floor_bp)
        if known is None or message.snapshot or known.day <= message.day:
            of_chip[message.floor_bp] = message
        if not message.more:
            self.indices_known.add(message.topic)

    def _phase(self, instrument: int, phase: str) -> None:
        """Note the phase of an instrument, because a crossed book is an error only while OPEN (MDATA-015, rule 5)."""
        self.phases[instrument] = phase
        for book in self._books.get(instrument, ()):
            book.open = phase == OPEN_PHASE
