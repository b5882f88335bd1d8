"""The kinds of market data channels: what a channel shows, how it numbers messages, what it keeps for replays.

State channels (depth, top) follow a book and count their messages; here are those with a cadence, `raw_channels` has
the others. Event channels (trades, status, instruments) take their numbers from the journal: the last trade id, or `e`.
A channel does not know its subscribers.
"""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Sequence
from typing import Any

import msgspec

from exchange.codes import Side
from exchange.publish import book_view
from exchange.publish.book_view import BookView, Level, checksum, difference
from exchange.publish.fold.checksums import CHECKSUM_US as _CHECKSUM_US
from exchange.publish.fold.event_fold import Frames
from exchange.wire.messages import ChannelMessage, Depth, Top

LOG_MESSAGES = 1_024  # kept by a state channel, to merge them for slow subscribers
REPLAY_MESSAGES = 5_000  # kept by an event channel (RECOV-014)
PAGE_LEVELS = 4_000  # a side in one page of a snapshot: well below a frame of 1 MiB (MDATA-006)
CHECKSUM_US = int(_CHECKSUM_US)

Tops = tuple[book_view.Top | None, book_view.Top | None]  # of the bids and of the asks
Changes = tuple[dict[int, int], dict[int, int]]  # (bids, asks): price -> lots now


class _StateChannel(ABC):
    """The common part of depth and top channels: cadence, numbering, the log of messages for conflation."""

    def __init__(self, number: int, cadence_us: int) -> None:
        self.number = number
        self.cadence_us = cadence_us
        self.sequence = 0
        self.due_us = 0
        self._log: deque[Any] = deque(maxlen=LOG_MESSAGES)

    def postpone(self, now_us: int) -> None:
        """Note that the channel publishes now; it is due again after its cadence."""
        self.due_us = now_us + self.cadence_us

    def open(self, book: BookView) -> None:
        """Begin to follow a book. Subscribers need a snapshot: older messages do not lead to this state."""
        self.sequence += 1
        self._log.clear()
        self._load(book)

    def close(self) -> None:
        """End following the book, as nobody watches any more. Only the number goes on."""
        self._log.clear()
        self._load(BookView())

    @abstractmethod
    def _load(self, book: BookView) -> None:
        """Follow a book from what it shows now."""

    def _numbered(self, message: Depth | Top) -> Depth | Top:
        """Write the next number into a message, in place, and add it to the log."""
        message.previous = self.sequence
        self.sequence += 1
        message.sequence = self.sequence
        self._log.append(message)
        return message

    def _since(self, sequence: int) -> list[Any] | None:
        """Messages after `sequence`; None if the log does not reach back so far."""
        if sequence == self.sequence:
            return []
        if not self._log or self._log[0].sequence - 1 > sequence or sequence > self.sequence:
            return None
        return [message for message in self._log if message.sequence > sequence]


class DepthChannel(_StateChannel):
    """Lots by price of the best `levels` levels of each side; 0: of all levels (MDATA-002, MDATA-010)."""

    def __init__(self, number: int, cadence_us: int, levels: int) -> None:
        super().__init__(number, cadence_us)
        self.levels = levels
        self._view = BookView()  # the book as published, at `sequence`
        self._book = self._view  # the book now
        self._implied: list[Level | None] = [None, None]  # implied prices as published
        self._pending: Changes = ({}, {})
        self._checksum_us = 0  # time of the last checksum sent

    def _load(self, book: BookView) -> None:
        self._book = book
        self._view = BookView(*book.levels(self.levels))
        self._implied = list(book.implied)
        self._pending = ({}, {})

    def note(self, changes: Changes) -> None:
        """Note levels of the book that have changed since the last message."""
        self._pending[0].update(changes[0])
        self._pending[1].update(changes[1])

    def publish(self, e: int, time_us: int) -> ChannelMessage | None:
        """The message with all changes since the last one; None if nothing changed that the channel shows.

        e   sequence of the last command that it reflects
        """
        bids, asks = self._changed(Side.BUY), self._changed(Side.SELL)
        self._pending = ({}, {})
        implied = [self._changed_implied(side) for side in Side]
        if not bids and not asks and implied == [None, None]:
            return None
        self._view.apply(bids, asks)
        self._implied = list(self._book.implied)
        message = Depth(self.number, 0, e, time_us, bids, asks)
        message.implied_bid, message.implied_ask = implied
        if time_us - self._checksum_us >= CHECKSUM_US:
            self._checksum_us = time_us
            message.checksum = self._view.checksum()
        return self._numbered(message)

    def _changed_implied(self, side: Side) -> Level | None:
        """The implied level to publish: the new one; the old price with 0 lots if it is gone; None if unchanged."""
        now, before = self._book.implied[side], self._implied[side]
        if now == before:
            return None
        return now or (before and (before[0], 0))

    def _changed(self, side: Side) -> list[Level]:
        """The levels of a side to publish."""
        if not self._pending[side]:
            return []
        shown = self._view.sides[side]
        if self.levels:
            return difference(shown, self._book.sides[side].levels(self.levels))
        return [(price, lots) for price, lots in self._pending[side].items() if shown.lots.get(price, 0) != lots]

    def snapshot(self, e: int, time_us: int) -> list[ChannelMessage]:
        """All published levels, in pages; the last page has the checksum (MDATA-005, MDATA-006)."""
        self._checksum_us = self._checksum_us or time_us  # later snapshots are not sent to every subscriber
        snapshot = Depth(self.number, self.sequence, e, time_us, *self._view.levels(), snapshot=True)
        return depth_pages(snapshot, self._implied)

    def merged(self, since: int) -> list[ChannelMessage] | None:
        """One message with all changes after message `since` (RATE-006); [] if there are none; None if a snapshot is
        needed, because the log does not reach back so far."""
        messages = self._since(since)
        return [merged_depth(messages, since, self._view.checksum())] if messages else messages


def depth_pages(snapshot: Depth, implied: Sequence[Level | None]) -> list[ChannelMessage]:
    """A snapshot of a whole book in pages; the last page has the checksum and the implied prices (MDATA-006)."""
    starts = range(0, max(len(snapshot.bids), len(snapshot.asks), 1), PAGE_LEVELS)
    pages: list[Depth] = []
    for start in starts:
        places = slice(start, start + PAGE_LEVELS)
        page = msgspec.structs.replace(snapshot, bids=snapshot.bids[places], asks=snapshot.asks[places])
        page.more = start != starts[-1]
        pages.append(page)
    pages[-1].checksum = checksum(snapshot.bids, snapshot.asks)
    pages[-1].implied_bid, pages[-1].implied_ask = implied
    return list(pages)


def merged_depth(messages: Sequence[Depth], since: int, checksum: int) -> Depth:
    """One message with all changes of the messages after message `since`."""
    last = messages[-1]
    lots: Changes = ({}, {})
    implied: list[Level | None] = [None, None]
    for message in messages:
        lots[Side.BUY].update(message.bids)
        lots[Side.SELL].update(message.asks)
        implied = [new or old for new, old in zip((message.implied_bid, message.implied_ask), implied, strict=True)]
    return Depth(
        last.channel,
        last.sequence,
        last.engine_sequence,
        last.time_us,
        list(lots[Side.BUY].items()),
        list(lots[Side.SELL].items()),
        previous=since,
        conflated=True,
        checksum=checksum,
        implied_bid=implied[Side.BUY],
        implied_ask=implied[Side.SELL],
    )


class TopChannel(_StateChannel):
    """Best bid and ask. Every message has both, so merging messages means sending the newest."""

    def __init__(self, number: int, cadence_us: int) -> None:
        super().__init__(number, cadence_us)
        self._book = BookView()
        self._shown: Tops = (None, None)

    def _load(self, book: BookView) -> None:
        self._book = book
        self._shown = book.best()

    def note(self, changes: Changes) -> None:
        """Nothing to note: `publish` looks at the book itself."""

    def publish(self, e: int, time_us: int) -> ChannelMessage | None:
        """The message with the top; None if it has not changed."""
        best = self._book.best()
        if best == self._shown:
            return None
        self._shown = best
        return self._numbered(top_message(self.number, 0, e, time_us, best))

    def snapshot(self, e: int, time_us: int) -> list[ChannelMessage]:
        message = top_message(self.number, self.sequence, e, time_us, self._shown)
        message.snapshot = True
        return [message]

    def merged(self, since: int) -> list[ChannelMessage] | None:
        """As `DepthChannel.merged`: the newest top for a reader whose last message was `since`."""
        messages = self._since(since)
        return [merged_top(messages, since)] if messages else messages


def top_message(number: int, sequence: int, e: int, time_us: int, best: Tops) -> Top:
    """The message of a channel with the best price of each side."""
    message = Top(number, sequence, e, time_us)
    bid, ask = best
    if bid is not None:
        message.bid_tick, message.bid_lots, message.bid_implied_lots = bid
    if ask is not None:
        message.ask_tick, message.ask_lots, message.ask_implied_lots = ask
    return message


def merged_top(messages: Sequence[Top], since: int) -> Top:
    """The newest top, for a reader whose last message was `since`."""
    return msgspec.structs.replace(messages[-1], previous=since, conflated=True)


class EventChannel:
    """Messages numbered by the journal, never conflated, kept for replays (MDATA-001, RECOV-014)."""

    def __init__(self, number: int, sequence: int, kept: int = REPLAY_MESSAGES) -> None:
        """`sequence`: number of the last message so far, 0: none. `kept`: how many messages are kept for replays."""
        self.number = number
        self.sequence = sequence
        self._kept: deque[ChannelMessage] = deque(maxlen=kept)

    def resume(self, sequence: int) -> None:
        """Go on after message `sequence`: those before it were not made, as nobody listened."""
        self.sequence = sequence

    def sent(self, frames: Frames) -> None:
        """Note messages that were made as frames. They are not kept here."""
        self.sequence = frames.sequence

    def publish(self, message: ChannelMessage, sequence: int) -> ChannelMessage:
        """Write channel, number and previous number into a message, in place, and keep it for replays."""
        message.channel = self.number
        message.previous = self.sequence  # type: ignore[attr-defined]  # every channel message has it
        self.sequence = message.sequence = sequence
        self._kept.append(message)
        return message

    def oldest(self) -> int:
        """Number of the oldest kept message; one above the last number if none is kept."""
        return self._kept[0].sequence if self._kept else self.sequence + 1

    def replay(self, first: int, last: int, reply_to: int) -> list[ChannelMessage]:
        """Copies of the kept messages with numbers from `first` to `last`, marked as replayed for a request."""
        return [
            msgspec.structs.replace(message, replay=True, reply_to=reply_to)
            for message in self._kept
            if first <= message.sequence <= last
        ]
