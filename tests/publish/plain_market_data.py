"""Market data in plain Python: the twin of `exchange.publish.market_data`. It reads every event as a tuple."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Protocol, TypeVar

from exchange.codes import EventKind, Side
from exchange.engine.event_rows import (
    IMPLIED_LOTS,
    IMPLIED_TICK,
    INSTRUMENT,
    KIND,
    SEQUENCE,
    SIDE,
    TIME_NS,
    TRADE_ID,
    Row,
)
from exchange.publish.book_view import BookView, Level
from exchange.publish.channels import REPLAY_MESSAGES, Changes, DepthChannel, EventChannel, TopChannel
from exchange.publish.consumer import ReleasedBatch
from exchange.publish.instruments import InstrumentTable
from exchange.publish.phases import Phases
from exchange.publish.prints import Message as Print
from exchange.publish.prints import Prints, trades_message
from exchange.units import NS_PER_US
from exchange.wire.errors import ErrorCode
from exchange.wire.messages import OFFERED_CHANNELS, ChannelMessage, ChannelSpec, Instruments, Status
from tests.publish.level_changes import level_change

INSTRUMENTS_PAGE = 1_000  # definitions in one message: about 0.5 MiB of JSON
US_PER_MS = 1_000

_FILL = int(EventKind.FILL)
_STA = int(EventKind.STATE_CHANGED)
_IOP = int(EventKind.INDICATIVE_PRICE)
_LISTED = int(EventKind.INSTRUMENT_LISTED)
_IMP = int(EventKind.IMPLIED_PRICE)
_ENDED = int(EventKind.INSTRUMENT_ENDED)
_VENUE_KINDS = frozenset((_STA, _IOP, _LISTED, _ENDED))

Message = tuple[int, ChannelMessage]
Key = tuple[str, int, int, int]  # name, index, cadence_ms, levels
StateChannel = DepthChannel | TopChannel
Subject = TypeVar("Subject")


class Source(Protocol):
    """The engine as market data sees it."""

    @property
    def sequence(self) -> int:
        """Last command applied, released or not."""

    @property
    def time_ns(self) -> int:
        """Time of that command."""

    def depth(self, index: int) -> tuple[list[Level], list[Level]]:
        """(bids, asks) of a book after that command."""

    def implied(self, index: int) -> tuple[Level | None, Level | None]:
        """Implied bid and ask of a book after that command; None: there is none."""


class PlainRawDepth(DepthChannel):
    """All levels without a cadence: its view is the book itself, and it publishes all noted changes."""

    def __init__(self, number: int) -> None:
        super().__init__(number, 0, 0)

    def _load(self, book: BookView) -> None:
        super()._load(book)
        self._view = book

    def _changed(self, side: Side) -> list[Level]:
        return list(self._pending[side].items())


class _OpenBook:
    """A book with subscribers: its view, and the channels that show it."""

    def __init__(self, view: BookView) -> None:
        self.view = view
        self.channels: list[StateChannel] = []
        self.changes: Changes = ({}, {})  # by the command being read

    def take_changes(self) -> Changes:
        """Return the changes by this command, and start to collect those of the next."""
        changes, self.changes = self.changes, ({}, {})
        return changes


class PlainMarketData:
    """All channels of one feed, driven by `take` and `due`. It reads no clock and no socket."""

    def __init__(
        self, table: InstrumentTable, source: Source, numbers: Mapping[tuple[str, int], int] | None = None
    ) -> None:
        """`numbers`: last message number of each event channel at the source's `sequence`, by (name, index)."""
        self._table = table
        self._source = source
        self.sequence = source.sequence  # last command read
        self.time_us = source.time_ns // NS_PER_US
        self._numbers = dict(numbers or {})
        self.prints = Prints({index: last for (name, index), last in self._numbers.items() if name == "trades"})
        self._channels: dict[int, StateChannel | EventChannel] = {}
        self._subscribers: Counter[int] = Counter()
        self._keys: dict[int, Key] = {}
        self._by_key: dict[Key, int] = {}
        self._books: dict[int, _OpenBook] = {}
        self._phases = Phases()
        self._phases.add(row for row in table.rows if row is not None)
        self._trade_id = 0
        self._out: list[Message] = []
        self._dirty: dict[StateChannel, None] = {}
        # of the command being read
        self._touched: dict[int, _OpenBook] = {}
        self._prints: dict[int, list[Row]] = {}
        self._phased: dict[int, None] = {}
        self._listed: dict[int, None] = {}
        self._ended: list[int] = []

    # subscriptions

    def subscribe(self, spec: ChannelSpec) -> tuple[int, int]:
        """Add a subscriber to a channel; returns (channel number, 0), or (0, ErrorCode) if there is no such channel."""
        name = spec.name_of_channel
        index = self._table.index_of(spec.instrument) if spec.instrument else 0
        if name not in OFFERED_CHANNELS:
            return 0, ErrorCode.UNKNOWN_CHANNEL
        if (name != "instruments") != bool(index):
            return 0, ErrorCode.UNKNOWN_INSTRUMENT
        cadence = spec.cadence_ms if name in ("depth", "top") else 0
        key = (name, index, cadence, spec.levels if name == "depth" else 0)
        number = self._by_key.get(key) or self._create(key)
        channel = self._channels[number]
        self._subscribers[number] += 1
        if isinstance(channel, StateChannel) and self._subscribers[number] == 1:
            self._open(index, channel)
        return number, 0

    def _create(self, key: Key) -> int:
        name, index, cadence_ms, levels = key
        number = len(self._channels) + 1
        if name == "depth" and not cadence_ms and not levels:
            self._channels[number] = PlainRawDepth(number)
        elif name == "depth":
            self._channels[number] = DepthChannel(number, cadence_ms * US_PER_MS, levels)
        elif name == "top":
            self._channels[number] = TopChannel(number, cadence_ms * US_PER_MS)
        else:
            kept = 0 if name == "trades" else REPLAY_MESSAGES  # `prints` keeps the trades of all books
            self._channels[number] = EventChannel(number, self._numbers.get((name, index), 0), kept)
        self._keys[number] = key
        self._by_key[key] = number
        return number

    def _open(self, index: int, channel: StateChannel) -> None:
        book = self._books.get(index)
        if book is None:
            assert self._source.sequence == self.sequence, "a book is opened between two releases"
            view = BookView(*self._source.depth(index), self._source.implied(index))
            book = self._books[index] = _OpenBook(view)
        channel.open(book.view)
        book.channels.append(channel)

    def unsubscribe(self, number: int) -> None:
        """Remove a subscriber from a channel. A book without subscribers is no longer followed."""
        channel = self._channels[number]
        self._subscribers[number] -= 1
        assert self._subscribers[number] >= 0, f"channel {number} has no subscriber"
        if self._subscribers[number] or not isinstance(channel, StateChannel):
            return
        index = self._keys[number][1]
        self._books[index].channels.remove(channel)
        self._dirty.pop(channel, None)
        if not self._books[index].channels:
            del self._books[index]

    def knows(self, number: int) -> bool:
        return number in self._channels

    def is_event_channel(self, number: int) -> bool:
        """Whether the channel is an event channel: never conflated, can be replayed (MDATA-001)."""
        return isinstance(self._channels[number], EventChannel)

    def sequence_of(self, number: int) -> int:
        """Number of the channel's last message."""
        return self._channels[number].sequence

    # what subscribers get

    def snapshot(self, number: int) -> list[ChannelMessage]:
        """The state of the channel after its last message, in pages (MDATA-005, MDATA-006)."""
        channel = self._channels[number]
        name, index, _, _ = self._keys[number]
        if isinstance(channel, StateChannel):
            return channel.snapshot(self.sequence, self.time_us)
        if name == "trades":
            return []
        if name == "status":
            status = self._status(index)
            status.channel, status.sequence, status.snapshot = number, channel.sequence, True
            return [status]
        return self._instruments_snapshot(number, channel.sequence)

    def _instruments_snapshot(self, number: int, sequence: int) -> list[ChannelMessage]:
        rows = [self._table.definition(row.index, self._phases.phase(row.index)) for row in self._table.listed]
        starts = range(0, max(len(rows), 1), INSTRUMENTS_PAGE)
        return [
            Instruments(
                number,
                sequence,
                self.sequence,
                self.time_us,
                rows[start : start + INSTRUMENTS_PAGE],
                snapshot=True,
                more=start != starts[-1],
            )
            for start in starts
        ]

    def merged(self, number: int, since: int) -> list[ChannelMessage]:
        """Messages that bring a slow reader of a state channel up to date (RATE-006); [] if it has missed none.

        since   number of the last message that it has got
        """
        channel = self._channels[number]
        assert isinstance(channel, StateChannel), "event channels are never conflated"
        messages = channel.merged(since)
        if messages is None:
            return channel.snapshot(self.sequence, self.time_us)
        return messages

    def oldest(self, number: int) -> int:
        """The oldest message number of an event channel from which on `replay` is complete."""
        channel = self._channels[number]
        assert isinstance(channel, EventChannel)
        name, index, _, _ = self._keys[number]
        return self.prints.oldest(index) if name == "trades" else channel.oldest()

    def replay(self, number: int, first: int, last: int, reply_to: int) -> Iterator[ChannelMessage]:
        """Messages `first` to `last` of an event channel, as far as they are kept, marked `rp` and `re`.

        They are made one by one as they are read. Messages published later are not among them.
        """
        channel = self._channels[number]
        assert isinstance(channel, EventChannel)
        name, index, _, _ = self._keys[number]
        return (
            self._trades_again(number, reply_to, self.prints.messages_of(index, first, last))
            if name == "trades"
            else iter(channel.replay(first, last, reply_to))
        )

    def _trades_again(self, number: int, reply_to: int, prints: Iterator[Print]) -> Iterator[ChannelMessage]:
        for before, rows in prints:
            message = trades_message(rows)
            message.channel, message.sequence, message.previous = number, rows[-1][TRADE_ID], before
            message.replay, message.reply_to = True, reply_to
            yield message

    def due(self, now_us: int) -> list[Message]:
        """Messages to send now: of raw and event channels all since the last call, of others those that are due."""
        for channel in [channel for channel in self._dirty if channel.due_us <= now_us]:
            del self._dirty[channel]
            channel.postpone(now_us)
            self._send(channel)
        out, self._out = self._out, []
        return out

    # events

    def take(self, batch: ReleasedBatch) -> None:
        self.fold(batch.rows, batch.last, batch.time_ns)

    def fold(self, rows: list[Row], through: int, time_ns: int) -> None:
        """Read rows just released, of whole commands. `through`, `time_ns`: the last released command and its time."""
        books = self._books
        running = 0
        for row in rows:
            if row[SEQUENCE] != running:
                self._end_command()
                running = self.sequence = row[SEQUENCE]
                self.time_us = row[TIME_NS] // NS_PER_US
            index = row[INSTRUMENT]
            if index in books:
                self._follow(books[index], index, row)
            kind = row[KIND]
            if kind == _FILL:
                self._print(row, index)
            elif kind in _VENUE_KINDS:
                self._venue_event(row)
        self._end_command()
        assert through >= running, "rows lie beyond what is released"
        self.sequence = through
        self.time_us = time_ns // NS_PER_US

    def _follow(self, book: _OpenBook, index: int, row: Row) -> None:
        change = level_change(row)
        if change is not None:
            side, price, lots = change
            book.view.sides[side].set(price, lots)
            book.changes[side][price] = lots
            self._touched[index] = book
        elif row[KIND] == _IMP:
            book.view.implied[row[SIDE]] = (row[IMPLIED_TICK], row[IMPLIED_LOTS]) if row[IMPLIED_LOTS] else None
            self._touched[index] = book

    def _print(self, row: Row, index: int) -> None:
        """Note a print. Of a trade's two FILL rows only the first counts; in implied groups each trade has one row."""
        if row[TRADE_ID] == self._trade_id:
            return
        self._trade_id = row[TRADE_ID]
        self._prints.setdefault(index, []).append(row)

    def _venue_event(self, row: Row) -> None:
        if row[KIND] == _ENDED:
            self._ended.append(row[INSTRUMENT])
        if row[KIND] in (_LISTED, _ENDED):
            self._listed[row[INSTRUMENT]] = None
        else:
            self._phased.update(dict.fromkeys(self._phases.fold(row)))

    def _end_command(self) -> None:
        """Make the messages of the command just read: one for each raw channel (MDATA-013)."""
        if self._listed:
            self._table.refresh()
            self._phases.add(row for row in self._table.rows if row is not None)
            for index in self._ended:
                self._phases.end(index)
            self._event("instruments", 0, self.sequence, self._definitions, list(self._listed))
            self._listed, self._ended = {}, []
        if self._touched:
            for book in self._touched.values():
                self._publish_book(book)
            self._touched = {}
        if self._phased:
            for index in self._phased:
                self._settle_book(index)
                self._event("status", index, self.sequence, self._status, index)
            self._phased = {}
        if self._prints:
            for index, prints in self._prints.items():
                self._event("trades", index, prints[-1][TRADE_ID], trades_message, prints)
            self._prints = {}

    def _publish_book(self, book: _OpenBook) -> None:
        """Publish on the book's raw channels now; mark the others, which publish when they are due."""
        changes = book.take_changes()
        for channel in book.channels:
            channel.note(changes)
            if channel.cadence_us:
                self._dirty[channel] = None
            else:
                self._send(channel)

    def _settle_book(self, index: int) -> None:
        """Publish pending changes of a book before its new state: it must not look crossed while OPEN (MDATA-015)."""
        for channel in self._books[index].channels if index in self._books else ():
            if channel in self._dirty:
                del self._dirty[channel]
                self._send(channel)

    def _send(self, channel: StateChannel) -> None:
        message = channel.publish(self.sequence, self.time_us)
        if message is not None:
            self._out.append((channel.number, message))

    def _event(
        self, name: str, index: int, sequence: int, make: Callable[[Subject], ChannelMessage], subject: Subject
    ) -> None:
        """Publish a message on an event channel. If nobody has ever subscribed, only its number is noted."""
        self._numbers[name, index] = sequence
        number = self._by_key.get((name, index, 0, 0))
        if number is not None:
            channel = self._channels[number]
            assert isinstance(channel, EventChannel)
            self._out.append((number, channel.publish(make(subject), sequence)))

    def _status(self, index: int) -> Status:
        row = self._table.row(index)
        return Status(
            0,
            0,
            self.sequence,
            self.time_us,
            row.instrument_id,
            self._phases.phase(index),
            reason=self._phases.why(index),
            low_tick=row.low_tick,
            high_tick=row.high_tick,
            indicative=self._phases.indicative.get(index),
            until_us=self._phases.until_us(index),
        )

    def _definitions(self, indices: list[int]) -> Instruments:
        rows = [self._table.definition(index, self._phases.phase(index)) for index in indices]
        return Instruments(0, 0, self.sequence, self.time_us, rows)
