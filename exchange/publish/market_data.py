"""Market data: turns released events into channel messages. Each is made once for all subscribers.

    market = MarketData(table, source)            # table: instruments.InstrumentTable; source: the engine, see Source
    number, code = market.subscribe(spec)         # spec: wire ChannelSpec; code: 0 or an ErrorCode (MDATA-004)
    pages = market.snapshot(number)               # first messages for a new subscriber; `trades` has none
    market.prints.take(batch)                     # every released batch, for replays of trades
    market.take(batch)                            # every released batch, also one without rows
    for number, message in market.due(now_us):    # messages or Frames to send now to all subscribers, in order
    market.merged(number, since)                  # for a slow reader: one message, or a new snapshot (RATE-006)
    market.replay(number, first, last, request)   # event channel messages again (RECOV-014); market.oldest(number)
    market.sequence_of(number)                    # for heartbeats
    market.unsubscribe(number)                    # once for each subscriber
    market.wide                                   # rows for a chip, or for all: subscriptions.wide_subscriptions

Call `due` after each `take`, and at least every 10 ms while channels have a cadence. Subscribe only between two
releases: a book is opened from the engine's state, which must be what has been released. A subscriber gets the
snapshot of its channel, then the messages that later calls of `due` return.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Protocol, TypeVar

import numpy as np

from exchange.codes import EventKind
from exchange.engine.event_rows import INSTRUMENT, KIND, TRADE_ID, Row
from exchange.publish.channel_kinds import ChannelKey, PolledChannel, event_key, key_of, made_channel
from exchange.publish.channels import EventChannel
from exchange.publish.consumer import ReleasedBatch
from exchange.publish.daily.daily_channels import DailyChannels, DailySource
from exchange.publish.daily.stats import StatsSource
from exchange.publish.event_messages import EndsUs, EventMessages, no_schedule
from exchange.publish.fold.audience import Audience, Everyone, encoding_bits
from exchange.publish.fold.event_fold import EventFold, Frames
from exchange.publish.fold.fold_rows import COMMAND, FULL, SHORT
from exchange.publish.fold.frames import MSGPACK
from exchange.publish.instruments import InstrumentTable
from exchange.publish.open_books import CadencedChannel, OpenBooks, Source, StateChannel
from exchange.publish.orders.order_channels import FollowedOrders, OrdersChannel, OrdersSource
from exchange.publish.past.candles import KeptCandles
from exchange.publish.past.past import PastReader
from exchange.publish.phases import Phases
from exchange.publish.prints import Prints, trades_again, trades_message
from exchange.publish.raw_channels import RawChannel
from exchange.publish.subscriptions.channel_table import ChannelTable
from exchange.publish.subscriptions.polled_boards import PolledBoards
from exchange.publish.subscriptions.wide_channels import WideChannel
from exchange.publish.subscriptions.wide_subscriptions import WideSubscriptions
from exchange.units import NS_PER_US
from exchange.wire.errors import ErrorCode
from exchange.wire.messages import ChannelMessage, ChannelSpec

_FILL = int(EventKind.FILL)
_ENDED = int(EventKind.INSTRUMENT_ENDED)
_LISTINGS = (int(EventKind.INSTRUMENT_LISTED), _ENDED)

Message = tuple[int, ChannelMessage | Frames]
Subject = TypeVar("Subject")


class MarketSource(Source, DailySource, StatsSource, OrdersSource, Protocol):
    """The engine as all channels see it."""


class MarketData:
    """All channels of one feed, driven by `take` and `due`. It reads no clock and no socket."""

    def __init__(
        self,
        table: InstrumentTable,
        source: MarketSource,
        numbers: Mapping[tuple[str, int], int] | None = None,
        audience: Audience | None = None,
        ends_us: EndsUs = no_schedule,
    ) -> None:
        """`numbers`: last message number of each event channel at the source's `sequence`, by (name, index)."""
        self._table, self._source = table, source
        self.sequence = source.sequence  # last command read
        self.time_us = source.time_ns // NS_PER_US
        self._numbers = dict(numbers or {})
        trade_ids = {index: last for (name, index), last in self._numbers.items() if name == "trades"}
        self.prints = Prints(trade_ids, source.time_ns, KeptCandles(table.since, table.id_of))
        self.past = PastReader(table, self.prints)
        self._fold = EventFold(trade_ids)
        self._books = OpenBooks(source, self._fold)
        self._audience = audience or Everyone()
        self._channels = ChannelTable()
        self.wide = WideSubscriptions(self._channels, table, self._join)
        self._ids = list(table.ids)  # by book: of the instrument that it is known to have
        self._phases = Phases()
        self._phases.add(row for row in table.rows if row is not None)
        self._messages = EventMessages(table, self._phases, ends_us)
        self.daily, self._polled = DailyChannels(table, source), PolledBoards(source)
        self._orders = FollowedOrders(source)
        self._out: list[Message] = []

    # subscriptions

    def subscribe(self, spec: ChannelSpec) -> tuple[int, int]:
        """Add a subscriber to a channel; returns (channel number, 0), or (0, ErrorCode) if there is no such channel."""
        key = key_of(spec, self._table, self.daily.indices.group_of)
        return (0, key) if isinstance(key, ErrorCode) else (self._join([key])[0], 0)

    def _join(self, keys: Sequence[ChannelKey]) -> list[int]:
        """Add a subscriber to each of these channels. Returns their numbers."""
        numbers, followed = [], []
        for key in keys:
            number = self._channels.number_of(key) or self._create(key)
            numbers.append(number)
            if self._channels.join(number):
                channel = self._channels[number]
                if isinstance(channel, OrdersChannel):
                    followed.append(channel)  # all their books are read at once
                else:
                    self._open(key, number)
        if followed:
            assert self._source.sequence == self.sequence, "a book is opened between two releases"
            self._orders.open(followed)
        return numbers

    def _create(self, key: ChannelKey) -> int:
        number, last = self._channels.next_number, self._last_number(key.name, key.place)
        self._channels.add(key, made_channel(key, number, last, self._table, self.prints))
        return number

    def _last_number(self, name: str, place: int) -> int:
        """Number of the last message of an event channel, 0: none."""
        daily = self.daily.last_number(name, place)
        return self._numbers.get((name, place), 0) if daily is None else daily

    def _open(self, key: ChannelKey, number: int) -> None:
        """Begin to make the messages of a channel: it has its first subscriber."""
        channel, index = self._channels[number], key.book
        if isinstance(channel, StateChannel):
            self._books.open(index, channel, self.sequence)
        elif isinstance(channel, PolledChannel):
            self._polled.open(channel)
        elif key.name == "trades" and isinstance(channel, EventChannel):
            channel.resume(self._fold.trade_id(index))
            self._fold.stream_trades(index, number)
        self._choose_encodings(number)

    def _choose_encodings(self, number: int) -> None:
        """Encode a channel as its subscribers need it. A raw one has always one encoding, for its log (RATE-006)."""
        key, channel = self._channels.keys[number], self._channels[number]
        if isinstance(channel, RawChannel):
            bits = encoding_bits(self._audience, number)
            self._fold.encode_for(key.book, channel.kind, bits or int(MSGPACK))
        elif key.name == "trades" and key.book:
            self._fold.encode_trades_for(key.book, encoding_bits(self._audience, number))

    def unsubscribe(self, number: int) -> None:
        """Remove a subscriber from a channel. What nobody subscribes to is no longer followed."""
        if self._channels.leave(number):
            self._close(number)

    def _close(self, number: int) -> None:
        channel, key = self._channels[number], self._channels.keys[number]
        if isinstance(channel, StateChannel):
            self._books.close(key.book, channel)
        elif isinstance(channel, OrdersChannel):
            self._orders.close(channel)
        elif isinstance(channel, PolledChannel):
            self._polled.close(channel)
        elif key.name == "trades" and key.book:
            self._fold.stream_trades(key.book, 0)

    def knows(self, number: int) -> bool:
        return number in self._channels

    def is_event_channel(self, number: int) -> bool:
        """Whether the channel is an event channel: never conflated, can be replayed (MDATA-001)."""
        return isinstance(self._channels[number], EventChannel)

    def sequence_of(self, number: int) -> int:
        """Number of the channel's last message; of trades also while nobody subscribes."""
        key = self._channels.keys[number]
        counted = key.name == "trades" and key.book and not self._channels.has_ended(number)
        return self._fold.trade_id(key.book) if counted else self._channels[number].sequence

    # what subscribers get

    def snapshot(self, number: int) -> list[ChannelMessage]:
        """The state of the channel after its last message, in pages (MDATA-005, MDATA-006)."""
        channel = self._channels[number]
        key = self._channels.keys[number]
        if self._channels.has_ended(number) or isinstance(channel, WideChannel):
            return []
        if isinstance(channel, StateChannel):
            return self._snapshot(key.book, channel)
        if isinstance(channel, PolledChannel | OrdersChannel):
            return channel.snapshot(self.sequence, self.time_us)
        pages = self._pages(key.name, key.place)
        for page in pages:
            page.channel, page.sequence, page.snapshot = number, channel.sequence, True  # type: ignore[attr-defined]
        return pages

    def _pages(self, name: str, place: int) -> list[ChannelMessage]:
        """What the snapshot of an event channel says."""
        if name == "trades":
            return []
        if name == "status":
            return [self._messages.status(place, self.sequence, self.time_us)]
        if name == "instruments":
            return self._messages.all_definitions(self.sequence, self.time_us)
        return self.daily.pages(name, place, self.sequence, self.time_us)

    def _snapshot(self, index: int, channel: StateChannel) -> list[ChannelMessage]:
        self._books.catch_up()
        if isinstance(channel, RawChannel):
            self._fold.note_snapshot(index, channel.kind, self.time_us)
        return channel.snapshot(self.sequence, self.time_us)

    def merged(self, number: int, since: int) -> list[ChannelMessage]:
        """Messages that bring a slow reader of a state channel up to date (RATE-006); [] if it has missed none.

        since   number of the last message that it has got
        """
        channel = self._channels[number]
        if self._channels.has_ended(number):
            return []
        if isinstance(channel, PolledChannel | OrdersChannel):
            merged = channel.merged(since, self.sequence, self.time_us)
            return channel.snapshot(self.sequence, self.time_us) if merged is None else merged
        assert isinstance(channel, StateChannel), "event channels are never conflated"
        index = self._channels.keys[number].book
        self._books.catch_up()
        messages = channel.merged(since)
        return self._snapshot(index, channel) if messages is None else messages

    def oldest(self, number: int) -> int:
        """The oldest message number of an event channel from which on `replay` is complete."""
        channel = self._channels[number]
        assert isinstance(channel, EventChannel)
        name, index = self._channels.keys[number].name, self._channels.keys[number].book
        return self.prints.oldest(index) if name == "trades" else channel.oldest()

    def replay(self, number: int, first: int, last: int, reply_to: int) -> Iterator[ChannelMessage]:
        """Messages `first` to `last` of an event channel, as far as they are kept, marked `rp` and `re`.

        They are made one by one as they are read. Messages published later are not among them.
        """
        channel = self._channels[number]
        assert isinstance(channel, EventChannel)
        name, index = self._channels.keys[number].name, self._channels.keys[number].book
        last = min(last, channel.sequence) if self._channels.has_ended(number) else last
        return (
            trades_again(self.prints.messages_of(index, first, last), number, reply_to)
            if name == "trades"
            else iter(channel.replay(first, last, reply_to))
        )

    def due(self, now_us: int) -> list[Message]:
        """Messages to send now: of raw and event channels all since the last call, of others those that are due."""
        dirty = self._books.dirty
        due = [channel for channel in dirty if channel.due_us <= now_us] if dirty else ()
        if due:
            self._books.catch_up()
        for channel in due:
            del dirty[channel]
            channel.postpone(now_us)
            self._send(channel)
        if self._source.sequence == self.sequence:
            self._out += self._polled.due(now_us, self.sequence, self.time_us)
        out, self._out = self._out, []
        return out

    # events

    def take(self, batch: ReleasedBatch) -> None:
        self.fold(batch.events, batch.last, batch.time_ns)
        for name, place, number, make, row in self.daily.take(batch):
            self._event(name, place, number, make, row)

    def fold(self, events: np.ndarray, through: int, time_ns: int) -> None:
        """Read EVENT rows just released, of whole commands.

        through, time_ns   the last released command and its time
        """
        self._note_audience()
        at = 0
        while at < len(events):
            before, result = at, self._fold.read(events, at)
            at = self._fold.next_row
            runs = self._fold.runs()
            rows = self._fold.rows(events) if result == COMMAND else []
            phased = self._read_phases(rows)
            for number, frames in runs:
                self._send_frames(number, frames)
            if self._orders.channels:
                self._out += self._orders.take(events[before:at])
            self._books.mark()
            if result == COMMAND:
                self._end_command(phased, rows)
            elif result == FULL:
                self._make_room(bool(runs))
            elif result == SHORT:
                self._books.refill()
        assert not len(events) or through >= self._fold.sequence, "rows lie beyond what is released"
        self.sequence = through
        self.time_us = time_ns // NS_PER_US

    def _note_audience(self) -> None:
        for number in self._audience.take_changed():
            if self._channels.has_subscribers(number):
                self._choose_encodings(number)

    def _make_room(self, sent: bool) -> None:
        """Empty the log. If it is empty, and no frames were in the way, a command needs more than there is."""
        if not self._books.catch_up() and not sent:
            self._fold.grow()

    def _send_frames(self, number: int, frames: Frames) -> None:
        channel = self._channels[number]
        assert isinstance(channel, EventChannel | RawChannel)
        channel.sent(frames)
        self._out.append((number, frames))

    def _read_phases(self, rows: list[Row]) -> list[int]:
        """Read the events of the venue of a command, and publish the instruments that it lists.

        rows      what the command has for Python: prints in watched books, and events of the venue
        returns   books with a new state or indicative price, in order
        """
        if not rows:
            return []
        self.sequence, self.time_us = self._fold.sequence, self._fold.time_us
        listed = dict.fromkeys(row[INSTRUMENT] for row in rows if row[KIND] in _LISTINGS)
        phased: dict[int, None] = {}
        for row in rows:
            if row[KIND] != _FILL and row[KIND] not in _LISTINGS:
                phased.update(dict.fromkeys(self._phases.fold(row)))
        if listed:
            if self._table.sequence < self.sequence:  # nobody has updated it before
                self._table.refresh()
            self._follow_listed(listed)
            self._phases.add(row for row in self._table.rows if row is not None)
            for row in rows:
                if row[KIND] == _ENDED:
                    self._phases.end(row[INSTRUMENT])
            self._event("instruments", 0, self.sequence, self._definitions, list(listed))
        return list(phased)

    def _follow_listed(self, indices: Iterable[int]) -> None:
        """End the channels of books that have another instrument now."""
        ids = self._table.ids
        for index in indices:
            if index < len(self._ids) and self._ids[index] != ids[index]:
                self._phases.remove(index)
                self.daily.settlements.forget(index)
                self._end_channels(index)
        self._ids = list(ids)

    def _end_channels(self, index: int) -> None:
        """End all channels of a book. Nothing is sent on them any more; subscribers may still name them."""
        for number in self._channels.end(index):
            self._close(number)

    def _end_command(self, phased: list[int], rows: list[Row]) -> None:
        """Make the messages of a command that follow those of its books: states, then trades (MDATA-015)."""
        prints: dict[int, list[Row]] = {}
        for row in rows:
            if row[KIND] == _FILL:
                prints.setdefault(row[INSTRUMENT], []).append(row)
        for index in phased:
            self._settle_book(index)
            self._event("status", index, self.sequence, self._status, index)
        for index, of_book in prints.items():
            self._event("trades", index, of_book[-1][TRADE_ID], trades_message, of_book)

    def _settle_book(self, index: int) -> None:
        """Publish pending changes of a book before its new state: it must not look crossed while OPEN (MDATA-015)."""
        dirty = self._books.dirty
        for channel in self._books.channels(index):
            if channel in dirty:
                self._books.catch_up()
                del dirty[channel]
                self._send(channel)

    def _send(self, channel: CadencedChannel) -> None:
        message = channel.publish(self.sequence, self.time_us)
        if message is not None:
            self._out.append((channel.number, message))

    def _event(
        self, name: str, place: int, sequence: int, make: Callable[[Subject], ChannelMessage], subject: Subject
    ) -> None:
        """Publish a message on an event channel. If nobody has ever subscribed, only its number is noted."""
        self._numbers[name, place] = sequence
        number = self._channels.number_of(event_key(self._table, name, place))
        if number:
            channel = self._channels[number]
            assert isinstance(channel, EventChannel)
            self._out.append((number, channel.publish(make(subject), sequence)))

    def _status(self, index: int) -> ChannelMessage:
        return self._messages.status(index, self.sequence, self.time_us)

    def _definitions(self, indices: list[int]) -> ChannelMessage:
        return self._messages.definitions(indices, self.sequence, self.time_us)
