"""The books that market data follows, and the state channels that show them.

    books = OpenBooks(source, fold)
    books.open(index, channel)           # the channel begins to follow the book
    books.catch_up()                     # before anything reads a view: the books as of the last command read
    books.mark()                         # after each call of the kernels: channels that have to publish
    books.close(index, channel)

Views follow the log of changes only when somebody reads them, so that an event costs no Python work.
"""

from typing import Protocol

from exchange.publish.book_view import BookView, Level
from exchange.publish.channels import Changes, DepthChannel, RawDepthChannel, TopChannel
from exchange.publish.fold.event_fold import Change, EventFold
from exchange.publish.fold.fold_rows import CADENCED, EACH, FOLLOWS

StateChannel = DepthChannel | TopChannel

_BITS = int(FOLLOWS | CADENCED | EACH)


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


class OpenBook:
    """A book with subscribers: its view, and the channels that show it."""

    def __init__(self, view: BookView) -> None:
        self.view = view
        self.channels: list[StateChannel] = []
        self.raw: RawDepthChannel | None = None  # among them, the one that kernels write for
        self.each: list[StateChannel] = []  # among them, those that Python publishes after each command


class OpenBooks:
    """Opens books when they are first watched, and follows them."""

    def __init__(self, source: Source, fold: EventFold) -> None:
        self._source = source
        self._fold = fold
        self._books: dict[int, OpenBook] = {}
        self.dirty: dict[StateChannel, None] = {}  # channels with a cadence that have something to publish

    def channels(self, index: int) -> list[StateChannel]:
        """The channels that show a book, first opened first."""
        book = self._books.get(index)
        return book.channels if book else []

    def raw(self, index: int) -> RawDepthChannel:
        """The channel of a book that kernels write for."""
        raw = self._books[index].raw
        assert raw is not None, f"book {index} has no raw channel"
        return raw

    def open(self, index: int, channel: StateChannel, sequence: int) -> None:
        """Let a channel follow a book. `sequence`: the last command read."""
        self.catch_up()
        book = self._books.get(index)
        if book is None:
            assert self._source.sequence == sequence, "a book is opened between two releases"
            view = BookView(*self._source.depth(index), self._source.implied(index))
            book = self._books[index] = OpenBook(view)
        channel.open(book.view)
        book.channels.append(channel)
        if isinstance(channel, RawDepthChannel):
            book.raw = channel
            self.hand_over(index, channel)
        self._watch(index)

    def close(self, index: int, channel: StateChannel) -> None:
        """End a channel. A book without channels is no longer followed."""
        book = self._books[index]
        book.channels.remove(channel)
        self.dirty.pop(channel, None)
        if book.raw is channel:
            book.raw = None
            self._fold.stream(index, 0, 0, 0)
        if not book.channels:
            del self._books[index]
        self._watch(index)

    def _watch(self, index: int) -> None:
        book = self._books.get(index)
        channels = book.channels if book else []
        bits = int(FOLLOWS) if channels else 0
        if book:
            book.each = [channel for channel in channels if not channel.cadence_us and channel is not book.raw]
            bits |= int(EACH) if book.each else 0
        bits |= int(CADENCED) if any(channel.cadence_us for channel in channels) else 0
        self._fold.watch(index, bits, _BITS)

    def hand_over(self, index: int, channel: RawDepthChannel) -> None:
        """Let kernels write the next messages of a raw channel, which has published its book as it is now."""
        self._fold.set_implied(index, self._books[index].view.implied)
        self._fold.stream(index, channel.number, channel.sequence, channel.checksum_us)

    def mark(self) -> None:
        """Mark the channels with a cadence whose books the last call of the kernels found changed."""
        for index in self._fold.touched():
            for channel in self._books[index].channels:
                if channel.cadence_us:
                    self.dirty[channel] = None

    def catch_up(self) -> bool:
        """Bring all views up to the last command read, and note what has changed for the channels.

        returns   whether anything was in the log
        """
        changed: dict[int, Changes] = {}
        log = self._fold.drain()
        for index, is_implied, side, tick, lots in log:
            book = self._books.get(index)
            if book is None:
                continue
            if is_implied:
                book.view.implied[side] = (tick, lots) if lots else None
            else:
                book.view.sides[side].set(tick, lots)
                changed.setdefault(index, ({}, {}))[side][tick] = lots
        for index, changes in changed.items():
            book = self._books[index]
            for channel in book.channels:
                if channel is not book.raw:
                    channel.note(changes)
        return bool(log)

    def changed(self) -> dict[int, Changes]:
        """The books that the last command has changed, in order, each with its levels."""
        changes: dict[int, Changes] = {}
        for index, is_implied, side, tick, lots in self._fold.command_changes():
            levels = changes.setdefault(index, ({}, {}))
            if not is_implied:
                levels[side][tick] = lots
        return changes

    def step(self, changes: list[Change]) -> list[StateChannel]:
        """Bring views up to one command, for channels that Python publishes after each; returns these channels.

        Other channels do not see it: `catch_up` sets the same levels again.
        """
        found: dict[OpenBook, Changes] = {}
        for index, is_implied, side, tick, lots in changes:
            book = self._books[index]
            if not book.each:
                continue
            levels = found.setdefault(book, ({}, {}))
            if is_implied:
                book.view.implied[side] = (tick, lots) if lots else None
            else:
                book.view.sides[side].set(tick, lots)
                levels[side][tick] = lots
        for book, levels in found.items():
            for channel in book.each:
                channel.note(levels)
        return [channel for book in found for channel in book.each]
