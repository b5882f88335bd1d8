"""Keeps every print of the last day or more, for replays of the `trades` channels (MDATA-001, RECOV-014).

    prints = Prints(numbers, time_ns)     # last trade id of each book at the start, and when that is
    prints.load(history.newest_first())   # once: the prints of earlier runs, as far as events are kept
    prints.take(batch)                    # every released batch
    prints.oldest(index)                  # from this number on every message of the book is kept
    prints.messages_of(index, first, last)    # yields (number of the message before, rows of one command)
    prints.newest_first(index, first, last)   # yields (trade ids, PRINT rows) of all books, for pages of a book
    prints.candles                        # the candles of all that is kept

Trade ids count the prints of all books without gaps. So an id gives the place of a print, and a missing one is
detected: nothing before the gap is replayed. A print takes 32 bytes. Appended rows wait and are read many at a time:
one by one they would cost the venue's loop ten times as much.
"""

from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from exchange.codes import EventFlag, EventKind, Liquidity
from exchange.engine.event_rows import (
    FLAGS,
    LIQUIDITY,
    LOTS,
    SEQUENCE,
    SIDE,
    TIME_NS,
    TRADE_ID,
    TRADE_TICK,
    Row,
    read_rows,
)
from exchange.engine.trade_rows import trade_places
from exchange.publish.consumer import ReleasedBatch
from exchange.publish.past.candles import KeptCandles
from exchange.records import EVENT, column
from exchange.units import NS_PER_US
from exchange.wire.messages import Trades

PRINTS_MAX = 1 << 22  # 128 MiB; the kept events cannot have more prints
BLOCK = 1 << 14  # prints in one array
NEW_ROWS = 4_096  # EVENT rows that may wait
READ_MESSAGES = 256  # messages of a replay made at once
_NAMES = ("sequence", "time_ns", "instrument", "trade_tick", "lots", "side", "liquidity", "flags")
_WHOLE = np.dtype(("V", EVENT.itemsize))
PRINT = np.dtype([*((name, column(np.zeros(0, EVENT), name).dtype.str) for name in _NAMES), ("pad", "u1")])
Message = tuple[int | None, list[Row]]
_AUCTION = int(Liquidity.AUCTION)
_TAKER = int(Liquidity.TAKER)
_IMPLIED = int(EventFlag.IMPLIED)
_SIDES = ("b", "s")


class _Block:
    """PRINT rows of BLOCK consecutive ids, and which books have some of them."""

    def __init__(self) -> None:
        self.rows = np.zeros(BLOCK, PRINT)
        self._has_book = np.zeros(0, bool)  # by book; no longer than needed

    def put(self, place: int, rows: np.ndarray) -> None:
        """Copy rows, at least one, to a place."""
        self.rows[place : place + len(rows)] = rows
        books = rows["instrument"]
        more = int(books.max()) + 1 - len(self._has_book)
        if more > 0:
            self._has_book = np.concatenate([self._has_book, np.zeros(more, bool)])
        self._has_book[books] = True

    def has(self, book: int) -> bool:
        """Whether a book has a print here."""
        return book < len(self._has_book) and bool(self._has_book[book])


class Prints:
    """All prints with trade ids from `first_id` to `last_id`."""

    def __init__(
        self, numbers: Mapping[int, int] | None = None, time_ns: int = 0, candles: KeptCandles | None = None
    ) -> None:
        """`numbers`: last trade id of each book at `time_ns`. `candles`: to be made of the prints."""
        self._before = dict(numbers or {})  # book -> its last id below `first_id`, if it is known
        self._last = max(self._before.values(), default=0)
        self._first = self._last + 1
        self._blocks: dict[int, _Block] = {}  # by id // BLOCK
        self._new: list[bytes] = []
        self._new_rows = 0
        self._candles = candles or KeptCandles()
        self._begin(time_ns if self._last else 0)

    def _begin(self, time_ns: int) -> None:
        """Every print after this time will be kept; 0: every print there has been."""
        self.complete_us = time_ns // NS_PER_US + 1 if time_ns else 0
        self._candles.restart(self.complete_us)

    @property
    def candles(self) -> KeptCandles:
        """The candles of all prints so far."""
        self._take_new()
        return self._candles

    @property
    def first_id(self) -> int:
        self._take_new()
        return self._first

    @property
    def last_id(self) -> int:
        self._take_new()
        return self._last

    def load(self, pieces: Iterable[np.ndarray]) -> None:
        """Add older prints, up to the first gap. `pieces`: EVENT rows, the newest piece first, each in order."""
        self._take_new()
        whole, oldest_ns = True, 0
        books: set[int] = set()
        for rows in pieces:
            if not len(rows):  # of commands without events
                continue
            oldest_ns = int(rows["time_ns"][0])
            fills = _prints_of(rows)
            fills = fills[column(fills, "trade_id") < self._first]
            due = np.arange(self._first - len(fills), self._first)
            gaps = np.flatnonzero(column(fills, "trade_id") != due)
            whole = not len(gaps) and self._last - self._first < PRINTS_MAX
            fills = fills[gaps[-1] + 1 if len(gaps) else 0 :]
            books.update(np.unique(fills["instrument"]).tolist())
            self._store_older(fills)
            if not whole:
                break
        for index in books:
            self._before.pop(index, None)
        if not whole and self._blocks:
            self._forget_before(self._last_of(self._first) + 1)  # the first command's prints may be incomplete
        if not whole:
            oldest_ns = self._time_of_first_ns()
        if oldest_ns:
            self._make_candles(oldest_ns)

    def _make_candles(self, oldest_ns: int) -> None:
        """Make the candles of all kept prints. `oldest_ns`: time from which on every print is kept."""
        self._begin(oldest_ns if self._first > 1 else 0)
        for number in sorted(self._blocks):
            start = max(self._first, number * BLOCK)
            self._candles.take(self._rows_between(start, min(self._last, number * BLOCK + BLOCK - 1)))

    def _time_of_first_ns(self) -> int:
        kept = self._first <= self._last
        return int(self._rows_between(self._first, self._first)["time_ns"][0]) if kept else 0

    def take(self, batch: ReleasedBatch) -> None:
        if len(batch.events):
            self.append(batch.events)

    def append(self, events: np.ndarray) -> None:
        """Add EVENT rows just released, shape (n,), of whole commands."""
        self._new.append(events.tobytes())
        self._new_rows += len(events)
        if self._new_rows >= NEW_ROWS:
            self._take_new()

    def oldest(self, index: int) -> int:
        """The number from which on every message of a book is kept."""
        self._take_new()
        before = self._number_before(index)
        return self._first if before is None else before + 1

    def messages_of(self, index: int, first: int, last: int) -> Iterator[Message]:
        """Yield the kept messages of a book with numbers from `first` to `last`.

        A message is the prints of one command; its number is the id of its last print. Later prints do not change
        the result, however late it is read.

        returns   (number of the message before, None if it is not known; FILL rows as tuples)
        """
        self._take_new()
        first, last = max(first, self._first), min(last, self._last)
        if first > last:
            return iter(())
        start, stop = self._first_of(first), self._last_of(last)
        part = self._rows_between(start, stop)
        places = np.flatnonzero(part["instrument"] == index)
        return _messages(part[places], start + places, first, last, self._latest(index, start))

    def newest_first(self, index: int, first: int, last: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield the kept prints with ids from `first` to `last` in pieces, the newest piece first, each in order:
        (ids, PRINT rows). Pieces without a print of the book are left out; the others have those of all books."""
        self._take_new()
        first, last = max(first, self._first), min(last, self._last)
        for number in range(last // BLOCK, first // BLOCK - 1, -1) if first <= last else ():
            block = self._blocks[number]
            if block.has(index):
                start, stop = max(first, number * BLOCK), min(last, number * BLOCK + BLOCK - 1)
                rows = block.rows[start - number * BLOCK : stop + 1 - number * BLOCK]
                yield np.arange(start, stop + 1), rows

    def _take_new(self) -> None:
        """Store the prints among the waiting rows. A gap in their ids drops everything before it."""
        if not self._new:
            return
        fills = _prints_of(np.frombuffer(b"".join(self._new), EVENT))
        self._new, self._new_rows = [], 0
        gaps = np.flatnonzero(np.diff(column(fills, "trade_id"), prepend=self._last) != 1)
        if len(gaps):
            fills = fills[gaps[-1] :]
            self._first = int(column(fills, "trade_id")[0])
            self._blocks, self._before, self._last = {}, {}, self._first - 1
            self._begin(int(fills["time_ns"][0]))
        rows, first, last = _print_rows(fills), self._last + 1, self._last + len(fills)
        while self._last < last:
            number = (self._last + 1) // BLOCK
            if number not in self._blocks and len(self._blocks) > PRINTS_MAX // BLOCK:
                self._forget_before(self._last_of((min(self._blocks) + 1) * BLOCK) + 1)
            self._last += self._copy(rows, first, self._last + 1)
        self._candles.take(rows)

    def _store_older(self, fills: np.ndarray) -> None:
        """Store older prints before the first one."""
        rows, first = _print_rows(fills), self._first - len(fills)
        at = first
        while at < self._first:
            at += self._copy(rows, first, at)
        self._first = first

    def _copy(self, rows: np.ndarray, first: int, low: int) -> int:
        """Copy prints into the block that id `low` belongs to, from `low` up to the end of the block.

        rows     PRINT rows with consecutive ids
        first    id of the first of them
        returns  how many were copied
        """
        number = low // BLOCK
        high = min(first + len(rows), (number + 1) * BLOCK)
        if number not in self._blocks:
            self._blocks[number] = _Block()
        self._blocks[number].put(low - number * BLOCK, rows[low - first : high - first])
        return high - low

    def _rows_between(self, first: int, last: int) -> np.ndarray:
        """PRINT rows with ids `first` to `last`, which must all be kept."""
        parts: list[np.ndarray] = [np.zeros(0, PRINT)]
        for number in range(first // BLOCK, last // BLOCK + 1) if first <= last else ():
            start = number * BLOCK
            parts.append(self._blocks[number].rows[max(0, first - start) : last + 1 - start])
        return np.concatenate(parts)

    def _number_before(self, index: int) -> int | None:
        """A book's last id before the kept prints, 0 if there is none; None: it is not known."""
        return self._before.get(index, 0 if self._first == 1 else None)

    def _latest(self, index: int, before: int) -> int | None:
        """A book's last id below `before`; None: it is not known."""
        while before > self._first:
            number = (before - 1) // BLOCK
            start = max(self._first, number * BLOCK)
            block = self._blocks[number]
            if block.has(index):
                books = block.rows["instrument"][start - number * BLOCK : before - number * BLOCK]
                found = np.flatnonzero(books == index)
                if len(found):
                    return start + int(found[-1])
            before = start
        return self._number_before(index)

    def _sequence(self, number: int) -> int:
        return int(self._blocks[number // BLOCK].rows[number % BLOCK]["sequence"])

    def _first_of(self, number: int) -> int:
        """Id of the first print by the same command as print `number`."""
        sequence = self._sequence(number)
        while number > self._first and self._sequence(number - 1) == sequence:
            start = max(self._first, (number - 1) // BLOCK * BLOCK)
            number = start + int(np.searchsorted(self._rows_between(start, number - 1)["sequence"], sequence))
        return number

    def _last_of(self, number: int) -> int:
        """Id of the last print by the same command as print `number`."""
        sequence = self._sequence(number)
        while number < self._last and self._sequence(number + 1) == sequence:
            stop = min(self._last, (number + 1) // BLOCK * BLOCK + BLOCK - 1)
            number += int(np.searchsorted(self._rows_between(number + 1, stop)["sequence"], sequence, side="right"))
        return number

    def _forget_before(self, first: int) -> None:
        left = self._rows_between(self._first, first - 1)["instrument"]
        self._before.update(zip(left.tolist(), range(self._first, first), strict=True))  # the last id of a book wins
        self._first = first
        self.complete_us = self._time_of_first_ns() // NS_PER_US + 1
        for number in [number for number in self._blocks if number < first // BLOCK]:
            del self._blocks[number]


def _prints_of(rows: np.ndarray) -> np.ndarray:
    """The prints among EVENT rows of whole commands: the rows that begin a trade."""
    prints: np.ndarray = rows.view(_WHOLE)[trade_places(rows)].view(EVENT)  # copies whole rows, not field by field
    return prints


def _print_rows(fills: np.ndarray) -> np.ndarray:
    """PRINT rows of EVENT rows."""
    rows = np.zeros(len(fills), PRINT)
    for name in _NAMES:
        rows[name] = column(fills, name)
    return rows


def _messages(prints: np.ndarray, numbers: np.ndarray, first: int, last: int, before: int | None) -> Iterator[Message]:
    """Yield the messages of one book with numbers from `first` to `last`, see `Prints.messages_of`.

    prints    PRINT rows of the book, of whole commands
    numbers   their trade ids
    before    number of the message before them
    """
    ends = np.flatnonzero(np.diff(prints["sequence"], append=-1)) + 1
    end = 0
    for at in range(0, len(ends), READ_MESSAGES):
        some, start = ends[at : at + READ_MESSAGES].tolist(), end
        rows = read_rows(_fills(prints[start : some[-1]], numbers[start : some[-1]]))
        for stop in some:
            message = rows[end - start : stop - start]
            end, number = stop, message[-1][TRADE_ID]
            if first <= number <= last:
                yield before, message
            before = number


def _fills(prints: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """FILL rows of prints, with only the fields that a message needs."""
    rows = np.zeros(len(prints), EVENT)
    rows["kind"], column(rows, "trade_id")[:] = EventKind.FILL, numbers
    for name in _NAMES:
        column(rows, name)[:] = prints[name]
    return rows


def trades_message(prints: list[Row]) -> Trades:
    """The `trades` message of one command's prints in one book, its channel and numbers not set."""
    first = prints[0]
    rows = [(row[TRADE_ID], row[TRADE_TICK], row[LOTS], _aggressor(row)) for row in prints]
    return Trades(0, 0, first[SEQUENCE], first[TIME_NS] // NS_PER_US, rows, auction=first[LIQUIDITY] == _AUCTION)


def trades_again(messages: Iterable[Message], channel: int, reply_to: int) -> Iterator[Trades]:
    """Messages of `Prints.messages_of` as a replay sends them on a channel, for a request."""
    for before, rows in messages:
        message = trades_message(rows)
        message.channel, message.sequence, message.previous = channel, rows[-1][TRADE_ID], before
        message.replay, message.reply_to = True, reply_to
        yield message


def _aggressor(row: Row) -> str:
    return aggressor(row[LIQUIDITY], row[FLAGS], row[SIDE])


def aggressor(liquidity: int, flags: int, side: int) -> str:
    """Side of the aggressor (MDATA-012); `n`: there is none, in an uncross or for a leg of an implied group.

    The arguments are those of the row that begins the trade.
    """
    if liquidity == _AUCTION:
        return "n"
    if flags & _IMPLIED:
        return _SIDES[side] if liquidity == _TAKER else "n"
    return _SIDES[1 - side]
