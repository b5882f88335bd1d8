"""Raw state channels: kernels make their messages, as frames, after each command that changes what they show.

The log of a channel has these frames, and decodes them when a slow reader needs what it has missed.
"""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import Any

import msgspec

from exchange.publish.book_view import BookView, checksum
from exchange.publish.channels import LOG_MESSAGES, depth_pages, merged_depth, merged_top, top_message
from exchange.publish.fold.event_fold import Frames
from exchange.publish.fold.streams import STREAM_LEVELS, TOP
from exchange.wire.messages import ChannelMessage, Depth, Top

_DECODERS: dict[type[ChannelMessage], dict[str, Any]] = {
    message: {"json": msgspec.json.Decoder(message).decode, "msgpack": msgspec.msgpack.Decoder(message).decode}
    for message in (Depth, Top)
}


class RawChannel(ABC):
    """The common part of raw depth and top channels: their numbers and logs. What they show is the book itself."""

    def __init__(self, number: int, kind: int, message: type[ChannelMessage]) -> None:
        """`kind`: which of the raw channels of its book it is, see `fold.streams`."""
        self.number = number
        self.kind = kind
        self.sequence = 0
        self._book = BookView()
        self._opened = 0  # number at which it began to follow the book
        self._sent: deque[Frames] = deque()
        self._decoders = _DECODERS[message]

    def open(self, book: BookView) -> None:
        """Begin to follow a book. Subscribers need a snapshot: older messages do not lead to this state."""
        self.sequence += 1
        self._opened = self.sequence
        self._sent.clear()
        self._book = book

    def close(self) -> None:
        """End following the book, as nobody watches any more. Only the number goes on."""
        self._opened = self.sequence
        self._sent.clear()
        self._book = BookView()

    def sent(self, frames: Frames) -> None:
        """Note messages that kernels have made."""
        self.sequence = frames.sequence
        self._sent.append(frames)
        while self._sent[0].sequence <= self.sequence - LOG_MESSAGES:
            self._sent.popleft()

    @abstractmethod
    def snapshot(self, e: int, time_us: int) -> list[ChannelMessage]:
        """What the channel shows. The book has to be as of command `e`, the last one read."""

    def merged(self, since: int) -> list[ChannelMessage] | None:
        """One message with all changes after message `since` (RATE-006); [] if there are none; None if a snapshot is
        needed, because the log does not reach back so far. The book has to be as of the last command read."""
        if since == self.sequence:
            return []
        if not max(self._opened, self.sequence - LOG_MESSAGES) <= since < self.sequence:
            return None
        return [self._merge(since)]

    @abstractmethod
    def _merge(self, since: int) -> ChannelMessage:
        """The message with all changes after message `since`, which the log still has."""

    def _last(self, count: int) -> list[Any]:
        """The last `count` messages. No others are decoded: the log is long, and most readers have missed little."""
        found: deque[tuple[str, bytes]] = deque()
        for frames in reversed(self._sent):
            if len(found) >= count:
                break
            name, data = next(iter(frames.encoded.items()))
            found.extendleft((name, payload) for payload in reversed(list(payloads(data))))
        return [self._decoders[name](payload) for name, payload in islice(found, len(found) - count, None)]


class RawDepthChannel(RawChannel):
    """Lots by price of the best `levels` levels of each side; 0: of all levels (MDATA-002, MDATA-010)."""

    def __init__(self, number: int, levels: int) -> None:
        super().__init__(number, STREAM_LEVELS.index(levels), Depth)
        self._levels = levels

    def snapshot(self, e: int, time_us: int) -> list[ChannelMessage]:
        levels, implied = self._book.levels(self._levels), self._book.implied
        return depth_pages(Depth(self.number, self.sequence, e, time_us, *levels, snapshot=True), implied)

    def _merge(self, since: int) -> ChannelMessage:
        return merged_depth(self._last(self.sequence - since), since, checksum(*self._book.levels(self._levels)))


class RawTopChannel(RawChannel):
    """Best bid and ask (MDATA-010)."""

    def __init__(self, number: int) -> None:
        super().__init__(number, int(TOP), Top)

    def snapshot(self, e: int, time_us: int) -> list[ChannelMessage]:
        message = top_message(self.number, self.sequence, e, time_us, self._book.best())
        message.snapshot = True
        return [message]

    def _merge(self, since: int) -> ChannelMessage:
        return merged_top(self._last(1), since)


def payloads(frames: bytes) -> Iterator[bytes]:
    """The payloads of frames behind one another, as the server writes them (RFC 6455, section 5.2)."""
    at = 0
    while at < len(frames):
        length, at = frames[at + 1], at + 2
        if length >= 126:
            size = 2 if length == 126 else 8
            length, at = int.from_bytes(frames[at : at + size], "big"), at + size
        yield frames[at : at + length]
        at += length
