"""Every print of the last day or more, for replays of the `trades` channels (MDATA-001, RECOV-014).

    prints = Prints(numbers)              # last trade id of each book at the start
    prints.load(history.newest_first())   # once: those of before the start, as far as events are kept
    prints.add(row)                       # a released FILL row that is a print
    prints.oldest(index)                  # from here on every message of the book can be told
    prints.of_book(index, first, last)    # [(number of the message before, rows of one command), ...]

Trade ids count the prints of all books without gaps, so an id says where a print lies, and one that is missing is
noticed: nothing older is told then. 32 bytes a print.
"""

from collections.abc import Iterable, Mapping

import numpy as np

from exchange.codes import EventFlag, EventKind, Liquidity
from exchange.publish.rows import (
    FLAGS,
    INSTRUMENT,
    LIQUIDITY,
    LOTS,
    PRICE,
    REFERENCE,
    SEQUENCE,
    SIDE,
    TIME_NS,
    Row,
    read_rows,
)
from exchange.records import EVENT
from exchange.units import NS_PER_US
from exchange.wire.messages import Trades

PRINTS_MAX = 1 << 22  # as many as the events that are kept can tell: 128 MiB
BLOCK = 1 << 14
_PLACES = (SEQUENCE, TIME_NS, INSTRUMENT, PRICE, LOTS, SIDE, LIQUIDITY, FLAGS)
_NAMES = ("sequence", "time_ns", "instrument", "price", "lots", "side", "liquidity", "flags")
PRINT = np.dtype([*((name, EVENT[name].str) for name in _NAMES), ("pad", "u1")])
Message = tuple[int | None, list[Row]]
_AUCTION = int(Liquidity.AUCTION)
_TAKER = int(Liquidity.TAKER)
_IMPLIED = int(EventFlag.IMPLIED)
_SIDES = ("b", "s")


class Prints:
    """The prints with ids from `first_id` to `last_id`."""

    def __init__(self, numbers: Mapping[int, int] | None = None) -> None:
        """`numbers`: last trade id by book."""
        self._before = dict(numbers or {})  # of a book, its last id before `first_id`, where that is known
        self.last_id = max(self._before.values(), default=0)
        self.first_id = self.last_id + 1
        self._blocks: dict[int, np.ndarray] = {}  # by id // BLOCK

    def load(self, pieces: Iterable[np.ndarray]) -> None:
        """Prints of before: EVENT rows, the newest piece first, each in order. A gap ends it."""
        whole = True
        books: set[int] = set()
        for rows in pieces:
            fills = rows[rows["kind"] == EventKind.FILL]
            fills = fills[(np.diff(fills["reference"], prepend=-1) != 0) & (fills["reference"] < self.first_id)]
            due = np.arange(self.first_id - len(fills), self.first_id)
            gaps = np.flatnonzero(fills["reference"] != due)
            whole = not len(gaps) and self.last_id - self.first_id < PRINTS_MAX
            fills = fills[gaps[-1] + 1 if len(gaps) else 0 :]
            books.update(np.unique(fills["instrument"]).tolist())
            self._put(fills)
            if not whole:
                break
        for index in books:
            self._before.pop(index, None)
        if not whole and self._blocks:
            self._forget_before(self._last_of(self.first_id) + 1)  # of that command prints may be missing

    def add(self, row: Row) -> None:
        """A print that has just been released."""
        number = row[REFERENCE]
        if number != self.last_id + 1:
            self._blocks, self._before, self.first_id = {}, {}, number
        block = self._blocks.get(number // BLOCK)
        if block is None:
            if len(self._blocks) > PRINTS_MAX // BLOCK:
                self._forget_before(self._last_of((min(self._blocks) + 1) * BLOCK) + 1)
            block = self._blocks[number // BLOCK] = np.zeros(BLOCK, PRINT)
        block[number % BLOCK] = (*(row[place] for place in _PLACES), 0)
        self.last_id = number

    def oldest(self, index: int) -> int:
        """From this number on every message of a book is kept."""
        before = self._number_before(index)
        return self.first_id if before is None else before + 1

    def of_book(self, index: int, first: int, last: int) -> list[Message]:
        """Messages of a book with numbers from `first` to `last`, each the prints of one command as FILL rows with the
        number of the message before; None if that is no longer known. A message has the number of its last print."""
        first, last = max(first, self.first_id), min(last, self.last_id)
        if first > last:
            return []
        start, stop = self._first_of(first), self._last_of(last)
        part = self._part(start, stop)
        places = np.flatnonzero(part["instrument"] == index)
        ends = np.flatnonzero(np.diff(part["sequence"][places], append=-1)) + 1
        before = self._latest(index, start)
        messages: list[Message] = []
        for rows in np.split(places, ends[:-1]) if len(places) else ():
            number = start + int(rows[-1])
            if first <= number <= last:
                messages.append((before, read_rows(_fills(part[rows], start + rows))))
            before = number
        return messages

    def _put(self, fills: np.ndarray) -> None:
        """In front of what is there."""
        if not len(fills):
            return
        first = self.first_id - len(fills)
        for number in range(first // BLOCK, (self.first_id - 1) // BLOCK + 1):
            block = self._blocks.setdefault(number, np.zeros(BLOCK, PRINT))
            low, high = max(first, number * BLOCK), min(self.first_id, (number + 1) * BLOCK)
            for name in _NAMES:
                block[name][low - number * BLOCK : high - number * BLOCK] = fills[name][low - first : high - first]
        self.first_id = first

    def _part(self, first: int, last: int) -> np.ndarray:
        """PRINT rows of these ids, all of which are kept."""
        parts: list[np.ndarray] = [np.zeros(0, PRINT)]
        for number in range(first // BLOCK, last // BLOCK + 1) if first <= last else ():
            start = number * BLOCK
            parts.append(self._blocks[number][max(0, first - start) : last + 1 - start])
        return np.concatenate(parts)

    def _number_before(self, index: int) -> int | None:
        """A book's last id before those that are kept; None: it is not known."""
        return self._before.get(index, 0 if self.first_id == 1 else None)

    def _latest(self, index: int, before: int) -> int | None:
        """A book's last id below `before`."""
        while before > self.first_id:
            start = max(self.first_id, (before - 1) // BLOCK * BLOCK)
            found = np.flatnonzero(self._part(start, before - 1)["instrument"] == index)
            if len(found):
                return start + int(found[-1])
            before = start
        return self._number_before(index)

    def _sequence(self, number: int) -> int:
        return int(self._blocks[number // BLOCK][number % BLOCK]["sequence"])

    def _first_of(self, number: int) -> int:
        """Id of the first print of the command that printed `number`."""
        sequence = self._sequence(number)
        while number > self.first_id and self._sequence(number - 1) == sequence:
            start = max(self.first_id, (number - 1) // BLOCK * BLOCK)
            number = start + int(np.searchsorted(self._part(start, number - 1)["sequence"], sequence))
        return number

    def _last_of(self, number: int) -> int:
        """Id of its last print."""
        sequence = self._sequence(number)
        while number < self.last_id and self._sequence(number + 1) == sequence:
            stop = min(self.last_id, (number + 1) // BLOCK * BLOCK + BLOCK - 1)
            number += int(np.searchsorted(self._part(number + 1, stop)["sequence"], sequence, side="right"))
        return number

    def _forget_before(self, first: int) -> None:
        left = self._part(self.first_id, first - 1)["instrument"]
        self._before.update(zip(left.tolist(), range(self.first_id, first), strict=True))  # the last of a book stays
        self.first_id = first
        for number in [number for number in self._blocks if number < first // BLOCK]:
            del self._blocks[number]


def _fills(prints: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """FILL rows of prints, as far as a message tells them."""
    rows = np.zeros(len(prints), EVENT)
    rows["kind"], rows["reference"] = EventKind.FILL, numbers
    for name in _NAMES:
        rows[name] = prints[name]
    return rows


def trades_message(prints: list[Row]) -> Trades:
    """The prints of one command in one book, without the message's place in its channel."""
    first = prints[0]
    rows = [(row[REFERENCE], row[PRICE], row[LOTS], _aggressor(row)) for row in prints]
    return Trades(0, 0, first[SEQUENCE], first[TIME_NS] // NS_PER_US, rows, auction=first[LIQUIDITY] == _AUCTION)


def _aggressor(row: Row) -> str:
    """MDATA-012: `n` has no aggressor, it traded in an uncross or as the leg of an implied group."""
    if row[LIQUIDITY] == _AUCTION:
        return "n"
    if row[FLAGS] & _IMPLIED:
        return _SIDES[row[SIDE]] if row[LIQUIDITY] == _TAKER else "n"
    return _SIDES[1 - row[SIDE]]
