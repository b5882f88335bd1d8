"""The books that market data follows, and the state channels that show them.

    books = OpenBooks(source, fold)
    books.open(index, channel)           # the channel begins to follow the book
    books.catch_up()                     # before anything reads a view: the books as of the last command read
    books.mark()                         # after each call of the kernels: channels that have to publish
    books.refill()                       # after a call that says SHORT
    books.close(index, channel)

Views follow the log of changes only when somebody reads them, so that an event costs no Python work.
"""

from typing import Protocol

from exchange.publish.book_view import BookView, Level
from exchange.publish.channels import Changes, DepthChannel, TopChannel
from exchange.publish.fold.event_fold import Change, EventFold
from exchange.publish.fold.fold_rows import CADENCED, FOLLOWS
from exchange.publish.raw_channels import RawChannel

CadencedChannel = DepthChannel | TopChannel
StateChannel = CadencedChannel | RawChannel

_BITS = int(FOLLOWS | CADENCED)


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
        self.channels: list[CadencedChannel] = []
        self.raw: set[RawChannel] = set()  # those that kernels write for


class OpenBooks:
    """Opens books when they are first watched, and follows them."""

    def __init__(self, source: Source, fold: EventFold) -> None:
        self._source = source
        self._fold = fold
        self._books: dict[int, OpenBook] = {}
        self.dirty: dict[CadencedChannel, None] = {}  # those that have something to publish

    def channels(self, index: int) -> list[CadencedChannel]:
        """The channels with a cadence that show a book, first opened first."""
        book = self._books.get(index)
        return book.channels if book else []

    def open(self, index: int, channel: StateChannel, sequence: int) -> None:
        """Let a channel follow a book. `sequence`: the last command read."""
        self.catch_up()
        book = self._books.get(index)
        if book is None:
            assert self._source.sequence == sequence, "a book is opened between two releases"
            view = BookView(*self._source.depth(index), self._source.implied(index))
            book = self._books[index] = OpenBook(view)
        channel.open(book.view)
        if isinstance(channel, RawChannel):
            book.raw.add(channel)
            self._fold.start(index, channel.kind, channel.number, channel.sequence, book.view)
        else:
            book.channels.append(channel)
        self._watch(index, book)

    def close(self, index: int, channel: StateChannel) -> None:
        """End a channel. A book without channels is no longer followed."""
        book = self._books[index]
        if isinstance(channel, RawChannel):
            book.raw.remove(channel)
            self._fold.stop(index, channel.kind)
        else:
            book.channels.remove(channel)
            self.dirty.pop(channel, None)
        channel.close()
        if not book.channels and not book.raw:
            del self._books[index]
        self._watch(index, book)

    def _watch(self, index: int, book: OpenBook) -> None:
        follows = int(FOLLOWS) if book.channels or book.raw else 0
        self._fold.watch(index, follows | (int(CADENCED) if book.channels else 0), _BITS)

    def mark(self) -> None:
        """Mark the channels with a cadence whose books the last call of the kernels found changed."""
        for index in self._fold.touched():
            self.dirty.update(dict.fromkeys(self._books[index].channels))

    def refill(self) -> None:
        """Load the ladders of the books that the command just read has changed, for kernels to make its messages."""
        for change in self._fold.log():
            self._apply(change)
        for index in dict.fromkeys(change[0] for change in self._fold.command_changes()):
            self._fold.load(index, self._books[index].view)

    def _apply(self, change: Change) -> bool:
        """Bring a view up to a change; returns whether somebody follows its book."""
        index, is_implied, side, tick, lots = change
        book = self._books.get(index)
        if book is None:
            return False
        if is_implied:
            book.view.implied[side] = (tick, lots) if lots else None
        else:
            book.view.sides[side].set(tick, lots)
        return True

    def catch_up(self) -> bool:
        """Bring all views up to the last command read, and note what has changed for the channels.

        returns   whether anything was in the log
        """
        changed: dict[int, Changes] = {}
        log = self._fold.drain()
        for change in log:
            index, is_implied, side, tick, lots = change
            if self._apply(change) and not is_implied:
                changed.setdefault(index, ({}, {}))[side][tick] = lots
        for index, changes in changed.items():
            for channel in self._books[index].channels:
                channel.note(changes)
        return bool(log)
