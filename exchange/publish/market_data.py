"""Market data: released events to channel messages, each made once for all subscribers.

    market = MarketData(table, source)            # table: instruments.InstrumentTable; source: the engine, see Source
    number, code = market.subscribe(spec)         # spec: wire ChannelSpec; code 0, or an error of that row (MDATA-004)
    pages = market.snapshot(number)               # first messages of a new subscriber; `trades` has none
    market.take(batch)                            # every released batch, also one without rows
    for number, message in market.due(now_us):    # what all subscribers of a channel get now, in order
    market.merged(number, since)                  # RATE-006: for a slow reader, one message or a fresh snapshot
    market.prints.take(batch)                     # the same, for replays of trades
    market.replay(number, first, last, request)   # RECOV-014: of event channels; market.oldest(number)
    market.sequence_of(number)                    # for heartbeats
    market.unsubscribe(number)                    # once per subscriber

Call `due` after each `take` and, while channels have a cadence, at least every 10 ms. Subscribe only between two
releases, when the engine's state is what has been released: a book is opened from that state. A subscriber gets the
snapshot of its channel, then what later calls of `due` return.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Protocol, TypeVar

from exchange.codes import EventKind
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
from exchange.publish.book_view import BookView, Level, level_change
from exchange.publish.channels import REPLAY_MESSAGES, Changes, DepthChannel, EventChannel, TopChannel
from exchange.publish.consumer import ReleasedBatch
from exchange.publish.instruments import InstrumentTable
from exchange.publish.phases import Phases
from exchange.publish.prints import Message as Print
from exchange.publish.prints import Prints, trades_message
from exchange.units import NS_PER_US
from exchange.wire.errors import ErrorCode
from exchange.wire.messages import OFFERED_CHANNELS, ChannelMessage, ChannelSpec, Instruments, Status

INSTRUMENTS_PAGE = 1_000  # definitions in a message: about 0.5 MiB of JSON
US_PER_MS = 1_000

_FILL = int(EventKind.FILL)
_STA = int(EventKind.STATE_CHANGED)
_IOP = int(EventKind.INDICATIVE_PRICE)
_LISTED = int(EventKind.INSTRUMENT_LISTED)
_IMP = int(EventKind.IMPLIED_PRICE)
_VENUE_KINDS = frozenset((_STA, _IOP, _LISTED))

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
        """Its time."""

    def depth(self, index: int) -> tuple[list[Level], list[Level]]:
        """(bids, asks) of a book after that command."""

    def implied(self, index: int) -> tuple[Level | None, Level | None]:
        """Its implied bid and ask as they are shown."""


class _OpenBook:
    """A book that is looked at: its view, and the channels that show it."""

    def __init__(self, view: BookView) -> None:
        self.view = view
        self.channels: list[StateChannel] = []
        self.changes: Changes = ({}, {})  # of the running `e`

    def take_changes(self) -> Changes:
        """The changes so far; those of the next `e` begin."""
        changes, self.changes = self.changes, ({}, {})
        return changes


class MarketData:
    """All channels of one feed. Driven by `take` and `due`; it reads no clock and no socket."""

    def __init__(
        self, table: InstrumentTable, source: Source, numbers: Mapping[tuple[str, int], int] | None = None
    ) -> None:
        """`numbers`: last sequence of event channels, by (name, index), at the source's present `sequence`."""
        self._table = table
        self._source = source
        self.sequence = source.sequence  # released up to here
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
        # of the running command
        self._touched: dict[int, _OpenBook] = {}
        self._prints: dict[int, list[Row]] = {}
        self._phased: dict[int, None] = {}
        self._listed: dict[int, None] = {}

    # subscriptions

    def subscribe(self, spec: ChannelSpec) -> tuple[int, int]:
        """(channel number, 0) with one subscriber more, or (0, error code)."""
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
        if name == "depth":
            self._channels[number] = DepthChannel(number, cadence_ms * US_PER_MS, levels)
        elif name == "top":
            self._channels[number] = TopChannel(number, cadence_ms * US_PER_MS)
        else:
            kept = 0 if name == "trades" else REPLAY_MESSAGES  # prints are kept for all books, subscribed or not
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
        """One subscriber less. A book without subscribers is no longer followed."""
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
        """Whether the channel is never conflated, and replayable (MDATA-001)."""
        return isinstance(self._channels[number], EventChannel)

    def sequence_of(self, number: int) -> int:
        """Number of the channel's last message."""
        return self._channels[number].sequence

    # what subscribers get

    def snapshot(self, number: int) -> list[ChannelMessage]:
        """The channel as of its last message, in pages (MDATA-005, MDATA-006)."""
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
        rows = [self._table.definition(index, self._phases.phase(index)) for index in range(1, len(self._table.rows))]
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
        """For a slow reader of a state channel whose last message was `since` (RATE-006); [] if it misses none."""
        channel = self._channels[number]
        assert isinstance(channel, StateChannel), "event channels are never conflated"
        messages = channel.merged(since)
        if messages is None:
            return channel.snapshot(self.sequence, self.time_us)
        return messages

    def oldest(self, number: int) -> int:
        """From this number on `replay` can give every message of an event channel."""
        channel = self._channels[number]
        assert isinstance(channel, EventChannel)
        name, index, _, _ = self._keys[number]
        return self.prints.oldest(index) if name == "trades" else channel.oldest()

    def replay(self, number: int, first: int, last: int, reply_to: int) -> Iterator[ChannelMessage]:
        """Messages of an event channel as of now, marked `rp` and `re`, made one by one as they are read."""
        channel = self._channels[number]
        assert isinstance(channel, EventChannel)
        name, index, _, _ = self._keys[number]
        return (
            self._trades_again(number, reply_to, self.prints.of_book(index, first, last))
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
        """Messages to send now: all of raw and event channels since the last call, and those whose cadence is due."""
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
        """Rows just released, of whole commands; the last command released, with or without rows, and its time."""
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
        """The first row of a pair is the print, the second only names the same trade. Implied groups have no pairs."""
        if row[TRADE_ID] == self._trade_id:
            return
        self._trade_id = row[TRADE_ID]
        self._prints.setdefault(index, []).append(row)

    def _venue_event(self, row: Row) -> None:
        if row[KIND] == _LISTED:
            self._listed[row[INSTRUMENT]] = None
        else:
            self._phased.update(dict.fromkeys(self._phases.fold(row)))

    def _end_command(self) -> None:
        """All messages of one `e` on one raw channel are one message (MDATA-013)."""
        if self._listed:
            self._table.refresh()
            self._phases.add(row for row in self._table.rows if row is not None)
            self._event("instruments", 0, self.sequence, self._definitions, list(self._listed))
            self._listed = {}
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
        """Raw channels now, the others when they are due."""
        changes = book.take_changes()
        for channel in book.channels:
            channel.note(changes)
            if channel.cadence_us:
                self._dirty[channel] = None
            else:
                self._send(channel)

    def _settle_book(self, index: int) -> None:
        """A book shows its uncross before its new phase: crossed while OPEN would be a mismatch (MDATA-015)."""
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
        """A message of an event channel; of one without subscribers so far only the number is kept."""
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
