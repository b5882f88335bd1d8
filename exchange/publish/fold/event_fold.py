"""Reads released EVENT rows through the kernels of `fold_rows`, and holds the tables and buffers that they use.

    fold = EventFold(numbers)                 # last trade id of each book
    fold.watch(index, FOLLOWS, BITS)          # what is read of a book
    fold.start(index, kind, channel, sequence, view)   # the book's raw channel gets its messages
    fold.read(events, at)                     # until it returns DONE, see `fold_rows`
    fold.runs()                               # messages that are made
    fold.drain()                              # changes of books since the last call

Changes of followed books wait in a log until somebody needs the books. A level that changes often is in it only once
when it is read.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from exchange.engine.event_rows import Row
from exchange.kernel import bind
from exchange.publish.book_view import BookView
from exchange.publish.fold.checksums import crc_table
from exchange.publish.fold.fold_rows import (
    BOOKS,
    CHANGE,
    FOLD,
    FOLD_FIELDS,
    FOLLOWED,
    PRINTED,
    RUN,
    RUN_FIELDS,
    fold_rows,
    squeeze,
)
from exchange.publish.fold.frames import ITEM_BYTES, MESSAGE_BYTES
from exchange.publish.fold.literals import market_literals
from exchange.publish.fold.raw_books import RawBooks
from exchange.publish.fold.streams import SHOWN_CHANGES
from exchange.records import EVENT, EVENT_STRUCT, ROW_BYTES

ROOM = 4_096  # rows of each buffer at first; they grow if a command needs more

Change = tuple[int, bool, int, int, int]  # book, whether it is its implied price, side, price_tick, lots now

_PLACE = {name: place for place, name in enumerate(FOLD_FIELDS)}


class Frames(NamedTuple):
    """Messages of one channel behind one another, as frames."""

    messages: int  # how many
    sequence: int  # number of the last
    encoded: dict[str, bytes]  # by name of the encoding


class EventFold:
    """The log of changes, the frames of raw channels, and the last trade of each book."""

    def __init__(self, trade_ids: Mapping[int, int] | None = None) -> None:
        """`trade_ids`: last trade id of each book."""
        self._fold = np.zeros(1, FOLD)
        self._numbers = self._fold.view("<i8").data  # a memoryview gives an int in a quarter of the time of an array
        self._books, self._raw, self._shown = np.zeros(1, FOLLOWED), RawBooks(), np.zeros(1, SHOWN_CHANGES)
        self._constants = market_literals(), crc_table()
        self._make_buffers(ROOM)
        self._read = bind(fold_rows, np.zeros(0, EVENT), 0, *self._arguments())
        self._squeeze = bind(squeeze, self._fold, self._changes, self._slots)
        for index, trade_id in (trade_ids or {}).items():
            self._book(index)["trade_id"] = trade_id

    def _make_buffers(self, room: int) -> None:
        self._room = room
        size = room * int(ITEM_BYTES) + int(MESSAGE_BYTES)
        self._changes_raw = np.zeros((room, len(CHANGE.names or ())), "<i8")
        self._changes = self._changes_raw.reshape(-1).view(CHANGE)
        self._slots = np.zeros(1 << (2 * room - 1).bit_length(), np.int64)
        self._runs_raw = np.zeros((room, len(RUN_FIELDS)), "<i8")
        self._runs, self._places = self._runs_raw.reshape(-1).view(RUN), np.zeros(room, np.int64)
        self._text, self._packed = np.zeros(size, np.uint8), np.zeros(size, np.uint8)
        self._touched: np.ndarray = np.zeros(len(self._books), np.int64)

    def _arguments(self) -> tuple[np.ndarray, ...]:
        return (
            self._fold, self._books, self._changes, self._slots, self._places, self._touched, self._raw.ladders,
            self._raw.streams, self._shown, self._runs, self._text, self._packed, *self._constants,
        )  # fmt: skip

    def _number(self, name: str) -> int:
        return self._numbers[_PLACE[name]]

    # what is read

    def read(self, events: np.ndarray, at: int) -> int:
        """Read EVENT rows from place `at` on, to `next_row`. Returns what `fold_rows` does.

        The caller takes what there is and calls again until all is read; after FULL it calls `grow` if there was
        nothing, after SHORT `load` for the books that the command has changed.
        """
        result: int = self._read(events, at, *self._arguments())
        if result == BOOKS:
            self._add_books(2 * len(self._books))
        return result

    def grow(self) -> None:
        """Double the buffers, which must be empty."""
        assert not self._number("changes") and not self._number("runs")
        self._make_buffers(2 * self._room)

    @property
    def next_row(self) -> int:
        """Where the last call stopped."""
        return self._number("next_row")

    @property
    def sequence(self) -> int:
        """The last command read."""
        return self._number("sequence")

    @property
    def time_us(self) -> int:
        """Time of that command."""
        return self._number("time_us")

    def runs(self) -> list[tuple[int, Frames]]:
        """What the last call has made, in order, each with its channel."""
        count = self._number("runs")
        if not count:
            return []
        made: list[tuple[int, Frames]] = []
        text_bytes, packed_bytes = self._text.data, self._packed.data
        for channel, messages, last, text, text_end, packed, packed_end in self._runs_raw[:count].tolist():
            encoded = {}
            if text_end > text:
                encoded["json"] = bytes(text_bytes[text:text_end])
            if packed_end > packed:
                encoded["msgpack"] = bytes(packed_bytes[packed:packed_end])
            made.append((channel, Frames(messages, last, encoded)))
        return made

    def touched(self) -> list[int]:
        """Books with a cadence that the last call found changed, in order."""
        count = self._number("touched")
        return self._touched[:count].tolist() if count else []

    def rows(self, events: np.ndarray) -> list[Row]:
        """The rows of the last command that are for Python: prints and events of the venue."""
        count = self._number("places")
        if not count:
            return []
        data, places = events.view(np.uint8).data, self._places[:count].tolist()
        return [EVENT_STRUCT.unpack_from(data, place * ROW_BYTES) for place in places]

    def command_changes(self) -> list[Change]:
        """The changes by the last command."""
        return self._changes_between(self._number("begin"), self._number("changes"))

    def log(self) -> list[Change]:
        """All changes since the last call of `drain`, in order. Leaves them in the log."""
        return self._changes_between(0, self._number("changes"))

    def drain(self) -> list[Change]:
        """The newest change of each level since the last call, in the order of the first ones. Empties the log."""
        if not self._number("changes"):
            return []
        self._squeeze(self._fold, self._changes, self._slots)
        changes = self.log()
        self._numbers[_PLACE["changes"]] = self._numbers[_PLACE["begin"]] = 0
        return changes

    def _changes_between(self, start: int, stop: int) -> list[Change]:
        return [
            (key >> 2, bool(key & 2), key & 1, tick, lots)
            for key, _, tick, lots, _ in self._changes_raw[start:stop].tolist()
        ]

    # books

    def _book(self, index: int) -> np.ndarray:
        if index >= len(self._books):
            self._add_books(index + 1)
        book: np.ndarray = self._books[index]
        return book

    def _add_books(self, count: int) -> None:
        more = np.zeros(count - len(self._books), FOLLOWED)
        self._books = np.concatenate([self._books, more])
        self._touched = np.concatenate([self._touched, np.zeros(len(more), np.int64)])

    def trade_id(self, index: int) -> int:
        """The last trade id of a book."""
        return int(self._book(index)["trade_id"])

    def watch(self, index: int, bits: int, which: int) -> None:
        """Set what is read of a book, among the bits `which`."""
        book = self._book(index)
        book["watch"] = int(book["watch"]) & ~which | bits

    def start(self, index: int, kind: int, channel: int, sequence: int, view: BookView) -> None:
        """Send frames on a book's raw channel after message `sequence`, at which it shows the view.

        kind   which of the book's raw channels it is, see `streams`
        """
        self._raw.start(self._book(index), kind, channel, sequence, view)
        self._numbers[_PLACE["streams"]] += 1

    def stop(self, index: int, kind: int) -> None:
        """Send nothing more on a book's raw channel."""
        self._raw.stop(self._book(index), kind)
        self._numbers[_PLACE["streams"]] -= 1

    def load(self, index: int, view: BookView) -> None:
        """Load the ladder of a book, if it has raw channels, from its view as of the last command read."""
        book = self._book(index)
        if book["raw"]:
            self._raw.load(book, view)

    def encode_for(self, index: int, kind: int, encodings: int) -> None:
        """Choose the encodings of a book's raw channel, as bits."""
        self._raw.stream(self._book(index), kind)["encodings"] = encodings

    def note_snapshot(self, index: int, kind: int, time_us: int) -> None:
        """Note the first snapshot of a raw channel: it has a checksum. Others are not sent to all subscribers."""
        stream = self._raw.stream(self._book(index), kind)
        stream["checksum_us"] = stream["checksum_us"] or time_us

    def stream_trades(self, index: int, channel: int) -> None:
        """Send frames on a book's `trades` channel from now on. `channel` 0: no longer."""
        book = self._book(index)
        self._numbers[_PLACE["streams"]] += bool(channel) - bool(book["trade_channel"])
        book["trade_channel"], book["printed"] = channel, book["trade_id"]
        self.watch(index, int(PRINTED) if channel else 0, int(PRINTED))

    def encode_trades_for(self, index: int, encodings: int) -> None:
        """As `encode_for`, of its `trades` channel."""
        self._book(index)["trade_encodings"] = encodings
