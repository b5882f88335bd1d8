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

Call `due` after each `take`, and at least every 10 ms while channels have a cadence. Subscribe only between two
releases: a book is opened from the engine's state, which must be what has been released. A subscriber gets the
snapshot of its channel, then the messages that later calls of `due` return.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

import numpy as np

from exchange.codes import EventKind
from exchange.engine.event_rows import INSTRUMENT, KIND, TRADE_ID, Row
from exchange.publish.channels import REPLAY_MESSAGES, DepthChannel, EventChannel, TopChannel
from exchange.publish.consumer import ReleasedBatch
from exchange.publish.fold.audience import Audience, Everyone, encoding_bits
from exchange.publish.fold.event_fold import EventFold, Frames
from exchange.publish.fold.fold_rows import COMMAND, FULL, SHORT
from exchange.publish.fold.frames import MSGPACK
from exchange.publish.instruments import InstrumentTable
from exchange.publish.open_books import CadencedChannel, OpenBooks, Source, StateChannel
from exchange.publish.phases import Phases
from exchange.publish.prints import Message as Print
from exchange.publish.prints import Prints, trades_message
from exchange.publish.raw_channels import RawChannel, RawDepthChannel, RawTopChannel
from exchange.units import NS_PER_US
from exchange.wire.errors import ErrorCode
from exchange.wire.messages import OFFERED_CHANNELS, ChannelMessage, ChannelSpec, Instruments, Status

INSTRUMENTS_PAGE = 1_000  # definitions in one message: about 0.5 MiB of JSON
US_PER_MS = 1_000

_FILL = int(EventKind.FILL)
_LISTED = int(EventKind.INSTRUMENT_LISTED)

Message = tuple[int, ChannelMessage | Frames]
Key = tuple[str, int, int, int]  # name, index, cadence_ms, levels
Subject = TypeVar("Subject")


class MarketData:
    """All channels of one feed, driven by `take` and `due`. It reads no clock and no socket."""

    def __init__(
        self,
        table: InstrumentTable,
        source: Source,
        numbers: Mapping[tuple[str, int], int] | None = None,
        audience: Audience | None = None,
    ) -> None:
        """`numbers`: last message number of each event channel at the source's `sequence`, by (name, index)."""
        self._table = table
        self.sequence = source.sequence  # last command read
        self.time_us = source.time_ns // NS_PER_US
        self._numbers = dict(numbers or {})
        trade_ids = {index: last for (name, index), last in self._numbers.items() if name == "trades"}
        self.prints = Prints(trade_ids)
        self._fold = EventFold(trade_ids)
        self._books = OpenBooks(source, self._fold)
        self._audience = audience or Everyone()
        self._revision = self._audience.revision
        self._channels: dict[int, StateChannel | EventChannel] = {}
        self._subscribers: Counter[int] = Counter()
        self._keys: dict[int, Key] = {}
        self._by_key: dict[Key, int] = {}
        self._phases = Phases()
        self._phases.add(row for row in table.rows if row is not None)
        self._out: list[Message] = []

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
        self._subscribers[number] += 1
        if self._subscribers[number] == 1:
            self._open(name, index, number)
        return number, 0

    def _create(self, key: Key) -> int:
        name, index, cadence_ms, levels = key
        number = len(self._channels) + 1
        if name == "depth":
            self._channels[number] = (
                DepthChannel(number, cadence_ms * US_PER_MS, levels) if cadence_ms else RawDepthChannel(number, levels)
            )
        elif name == "top":
            self._channels[number] = TopChannel(number, cadence_ms * US_PER_MS) if cadence_ms else RawTopChannel(number)
        else:
            kept = 0 if name == "trades" else REPLAY_MESSAGES  # `prints` keeps the trades of all books
            self._channels[number] = EventChannel(number, self._numbers.get((name, index), 0), kept)
        self._keys[number] = key
        self._by_key[key] = number
        return number

    def _open(self, name: str, index: int, number: int) -> None:
        """Begin to make the messages of a channel: it has its first subscriber."""
        channel = self._channels[number]
        if isinstance(channel, StateChannel):
            self._books.open(index, channel, self.sequence)
        elif name == "trades":
            channel.resume(self._fold.trade_id(index))
            self._fold.stream_trades(index, number)
        self._choose_encodings(number)

    def _choose_encodings(self, number: int) -> None:
        """Encode a channel as its subscribers need it. A raw one has always one encoding, for its log (RATE-006)."""
        name, index, _, _ = self._keys[number]
        bits = encoding_bits(self._audience, number)
        channel = self._channels[number]
        if name == "trades":
            self._fold.encode_trades_for(index, bits)
        elif isinstance(channel, RawChannel):
            self._fold.encode_for(index, channel.kind, bits or int(MSGPACK))

    def unsubscribe(self, number: int) -> None:
        """Remove a subscriber from a channel. What nobody subscribes to is no longer followed."""
        channel = self._channels[number]
        name, index, _, _ = self._keys[number]
        self._subscribers[number] -= 1
        assert self._subscribers[number] >= 0, f"channel {number} has no subscriber"
        if self._subscribers[number]:
            return
        if isinstance(channel, StateChannel):
            self._books.close(index, channel)
        elif name == "trades":
            self._fold.stream_trades(index, 0)

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
            return self._snapshot(index, channel)
        if name == "trades":
            return []
        if name == "status":
            status = self._status(index)
            status.channel, status.sequence, status.snapshot = number, channel.sequence, True
            return [status]
        return self._instruments_snapshot(number, channel.sequence)

    def _snapshot(self, index: int, channel: StateChannel) -> list[ChannelMessage]:
        self._books.catch_up()
        if isinstance(channel, RawChannel):
            self._fold.note_snapshot(index, channel.kind, self.time_us)
        return channel.snapshot(self.sequence, self.time_us)

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
        """Messages that bring a slow reader of a state channel up to date (RATE-006); [] if it has missed none.

        since   number of the last message that it has got
        """
        channel = self._channels[number]
        assert isinstance(channel, StateChannel), "event channels are never conflated"
        index = self._keys[number][1]
        self._books.catch_up()
        messages = channel.merged(since)
        return self._snapshot(index, channel) if messages is None else messages

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
        dirty = self._books.dirty
        due = [channel for channel in dirty if channel.due_us <= now_us] if dirty else ()
        if due:
            self._books.catch_up()
        for channel in due:
            del dirty[channel]
            channel.postpone(now_us)
            self._send(channel)
        out, self._out = self._out, []
        return out

    # events

    def take(self, batch: ReleasedBatch) -> None:
        self.fold(batch.events, batch.last, batch.time_ns)

    def fold(self, events: np.ndarray, through: int, time_ns: int) -> None:
        """Read EVENT rows just released, of whole commands.

        through, time_ns   the last released command and its time
        """
        self._note_audience()
        at = 0
        while at < len(events):
            result = self._fold.read(events, at)
            at = self._fold.next_row
            runs = self._fold.runs()
            rows = self._fold.rows(events) if result == COMMAND else []
            phased = self._read_phases(rows)
            for number, frames in runs:
                self._send_frames(number, frames)
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
        if self._audience.revision == self._revision:
            return
        self._revision = self._audience.revision
        for number, subscribers in self._subscribers.items():
            if subscribers:
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
        listed = dict.fromkeys(row[INSTRUMENT] for row in rows if row[KIND] == _LISTED)
        phased: dict[int, None] = {}
        for row in rows:
            if row[KIND] not in (_FILL, _LISTED):
                phased.update(dict.fromkeys(self._phases.fold(row)))
        if listed:
            self._table.refresh()
            self._phases.add(row for row in self._table.rows if row is not None)
            self._event("instruments", 0, self.sequence, self._definitions, list(listed))
        return list(phased)

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
