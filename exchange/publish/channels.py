"""One market data channel each: what it shows, its numbers, what it keeps for slow readers and replays.

State channels (depth, top) follow a book and number their messages by counting; event channels (trades, status,
instruments) take their numbers from the journal: the last trade id, or `e`. A channel never knows who listens.
"""

from collections import deque

import msgspec

from exchange.codes import Side
from exchange.publish import book_view
from exchange.publish.book_view import BookView, Level, difference
from exchange.wire.messages import ChannelMessage, Depth, Top

LOG_MESSAGES = 1_024  # kept for subscribers that come back
REPLAY_MESSAGES = 5_000  # RECOV-014
PAGE_LEVELS = 4_000  # of a snapshot: well below a frame of 1 MiB (MDATA-006)
CHECKSUM_US = 500_000  # at most a second between checksums while the book changes (MDATA-016)

Changes = tuple[dict[int, int], dict[int, int]]  # lots by price, of each side


class _StateChannel:
    """What depth and top share: cadence, counting, the log for conflation."""

    def __init__(self, number: int, cadence_us: int) -> None:
        self.number = number
        self.cadence_us = cadence_us
        self.sequence = 0
        self.due_us = 0
        self._log: deque[ChannelMessage] = deque(maxlen=LOG_MESSAGES)

    def postpone(self, now_us: int) -> None:
        """It publishes now: next when its cadence has passed."""
        self.due_us = now_us + self.cadence_us

    def open(self, book: BookView) -> None:
        """Begin to show a book: the next message is a snapshot, and older ones do not lead to it."""
        self.sequence += 1
        self._log.clear()
        self._load(book)

    def _load(self, book: BookView) -> None:
        raise NotImplementedError

    def _numbered(self, message: Depth | Top) -> Depth | Top:
        """Give a change its place in the stream."""
        message.previous = self.sequence
        self.sequence += 1
        message.sequence = self.sequence
        self._log.append(message)
        return message

    def _since(self, sequence: int) -> list[ChannelMessage] | None:
        """Messages after `sequence`, None when the log does not reach back to it."""
        if sequence == self.sequence:
            return []
        if not self._log or self._log[0].sequence - 1 > sequence or sequence > self.sequence:
            return None
        return [message for message in self._log if message.sequence > sequence]


class DepthChannel(_StateChannel):
    """Lots per price, to a number of levels a side, 0 all (MDATA-002, MDATA-010)."""

    def __init__(self, number: int, cadence_us: int, levels: int) -> None:
        super().__init__(number, cadence_us)
        self.levels = levels
        self._view = BookView()  # as published, at `sequence`
        self._book = self._view  # as it is now
        self._implied: list[Level | None] = [None, None]  # as published
        self._pending: Changes = ({}, {})
        self._checksum_us = 0  # time of the last checksum sent

    def _load(self, book: BookView) -> None:
        self._book = book
        raw = not self.cadence_us and not self.levels
        self._view = book if raw else BookView(*book.levels(self.levels))
        self._implied = list(book.implied)
        self._pending = ({}, {})

    def note(self, changes: Changes) -> None:
        """Levels of the book that have changed."""
        self._pending[0].update(changes[0])
        self._pending[1].update(changes[1])

    def publish(self, e: int, time_us: int) -> ChannelMessage | None:
        """The change since the last message, None if what the channel shows is the same."""
        bids, asks = self._changed(Side.BUY), self._changed(Side.SELL)
        self._pending = ({}, {})
        implied = [self._changed_implied(side) for side in Side]
        if not bids and not asks and implied == [None, None]:
            return None
        if self._view is not self._book:
            self._view.apply(bids, asks)
        self._implied = list(self._book.implied)
        message = Depth(self.number, 0, e, time_us, bids, asks)
        message.implied_bid, message.implied_ask = implied
        if time_us - self._checksum_us >= CHECKSUM_US:
            self._checksum_us = time_us
            message.checksum = self._view.checksum()
        return self._numbered(message)

    def _changed_implied(self, side: Side) -> Level | None:
        """The implied level to publish: the new one, the old one without lots if it is gone, None if unchanged."""
        now, before = self._book.implied[side], self._implied[side]
        if now == before:
            return None
        return now or (before and (before[0], 0))

    def _changed(self, side: Side) -> list[Level]:
        """What to say of a side. A raw channel of all levels shows the book itself: all that was noted has changed."""
        if self._view is self._book or not self._pending[side]:
            return list(self._pending[side].items())
        shown = self._view.sides[side]
        if self.levels:
            return difference(shown, self._book.sides[side].levels(self.levels))
        return [(price, lots) for price, lots in self._pending[side].items() if shown.lots.get(price, 0) != lots]

    def snapshot(self, e: int, time_us: int) -> list[ChannelMessage]:
        """All levels at `sequence`, in pages; the last one has the checksum (MDATA-005, MDATA-006)."""
        bids, asks = self._view.levels()
        starts = range(0, max(len(bids), len(asks), 1), PAGE_LEVELS)
        pages: list[Depth] = []
        for start in starts:
            stop = start + PAGE_LEVELS
            page = Depth(self.number, self.sequence, e, time_us, bids[start:stop], asks[start:stop], snapshot=True)
            page.more = start != starts[-1]
            pages.append(page)
        pages[-1].checksum = self._view.checksum()
        pages[-1].implied_bid, pages[-1].implied_ask = self._implied
        self._checksum_us = max(self._checksum_us, time_us)
        return list(pages)

    def merged(self, since: int) -> list[ChannelMessage] | None:
        """One message for all changes after `since`, [] if there are none, None if only a snapshot helps (RATE-006)."""
        messages = self._since(since)
        if not messages:
            return messages
        last = messages[-1]
        lots: Changes = ({}, {})
        implied: list[Level | None] = [None, None]
        for message in messages:
            assert isinstance(message, Depth)
            lots[Side.BUY].update(message.bids)
            lots[Side.SELL].update(message.asks)
            implied = [new or old for new, old in zip((message.implied_bid, message.implied_ask), implied, strict=True)]
        return [
            Depth(
                self.number,
                last.sequence,
                last.engine_sequence,
                last.time_us,
                list(lots[Side.BUY].items()),
                list(lots[Side.SELL].items()),
                previous=since,
                conflated=True,
                checksum=self._view.checksum(),
                implied_bid=implied[Side.BUY],
                implied_ask=implied[Side.SELL],
            )
        ]


class TopChannel(_StateChannel):
    """Best bid and ask. Every message is the whole top, so a merged one is the newest."""

    def __init__(self, number: int, cadence_us: int) -> None:
        super().__init__(number, cadence_us)
        self._book = BookView()
        self._shown: tuple[book_view.Top | None, book_view.Top | None] = (None, None)

    def _load(self, book: BookView) -> None:
        self._book = book
        self._shown = self._best()

    def _best(self) -> tuple[book_view.Top | None, book_view.Top | None]:
        return self._book.top(Side.BUY), self._book.top(Side.SELL)

    def note(self, changes: Changes) -> None:
        """The book itself is looked at when the channel publishes."""

    def publish(self, e: int, time_us: int) -> ChannelMessage | None:
        """The top, None if it is as before."""
        best = self._best()
        if best == self._shown:
            return None
        self._shown = best
        return self._numbered(self._message(e, time_us))

    def _message(self, e: int, time_us: int) -> Top:
        message = Top(self.number, self.sequence, e, time_us)
        bid, ask = self._shown
        if bid is not None:
            message.bid_tick, message.bid_lots, message.bid_implied_lots = bid
        if ask is not None:
            message.ask_tick, message.ask_lots, message.ask_implied_lots = ask
        return message

    def snapshot(self, e: int, time_us: int) -> list[ChannelMessage]:
        message = self._message(e, time_us)
        message.snapshot = True
        return [message]

    def merged(self, since: int) -> list[ChannelMessage] | None:
        """The newest top for a reader that is at `since`."""
        messages = self._since(since)
        if not messages:
            return messages
        return [msgspec.structs.replace(messages[-1], previous=since, conflated=True)]


class EventChannel:
    """Messages numbered by the journal, never conflated, kept for replays (MDATA-001, RECOV-014)."""

    def __init__(self, number: int, sequence: int, kept: int = REPLAY_MESSAGES) -> None:
        """`sequence`: number of the channel's last message before now, 0 none; `kept`: messages for replays."""
        self.number = number
        self.sequence = sequence
        self._kept: deque[ChannelMessage] = deque(maxlen=kept)

    def publish(self, message: ChannelMessage, sequence: int) -> ChannelMessage:
        """Give a message its place: `sequence` from the journal."""
        message.channel = self.number
        message.previous = self.sequence  # type: ignore[attr-defined]  # every channel message has it
        self.sequence = message.sequence = sequence
        self._kept.append(message)
        return message

    def oldest(self) -> int:
        """Number of the oldest message kept; one past the last if none is."""
        return self._kept[0].sequence if self._kept else self.sequence + 1

    def replay(self, first: int, last: int, reply_to: int) -> list[ChannelMessage]:
        """Messages of a closed range, marked as replayed for a request."""
        return [
            msgspec.structs.replace(message, replay=True, reply_to=reply_to)
            for message in self._kept
            if first <= message.sequence <= last
        ]
