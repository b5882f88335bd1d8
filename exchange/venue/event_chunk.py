"""One chunk of the event history. The newest chunks keep their rows in memory, each older one in a file (DUR-154)."""

from bisect import bisect_right
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from exchange.codes import EventFlag
from exchange.engine.event_rows import ACCOUNT_SEQUENCE, FLAGS, Row
from exchange.records import EVENT
from exchange.venue.event_blocks import BlockLink
from exchange.venue.event_files import SUFFIX, Summary

START = BlockLink()  # of a chunk without a block on disk


class KeptChunk(NamedTuple):
    """What a reader of the history gets of a chunk.

    first_sequence   of its commands
    first_numbers    first stream number of each account in it, by account
    rows             EVENT, shape (n,), in order; read when called
    """

    first_sequence: int
    first_numbers: Callable[[], dict[int, int]]
    rows: Callable[[], np.ndarray]


class EventChunk:
    """Consecutive released EVENT rows, in memory or in a file."""

    def __init__(
        self,
        number: int,
        first_sequence: int,
        count: int = 0,
        end: BlockLink = START,
        ended_ns: int = 0,
        in_memory: bool = True,
    ) -> None:
        self.number = number
        self.name = f"{number:010d}{SUFFIX}"
        self.first_sequence = first_sequence
        self.count = count  # rows
        self.end = end  # link after its last block on disk
        self.ended_ns = ended_ns  # time of the last row
        self._parts: list[bytes] | None = [] if in_memory else None
        self._unwritten = 0  # rows that are not in the file
        self._written_numbers: dict[int, int] | None = {} if in_memory else None  # None: not known of all rows
        self._first_numbers: dict[int, int] | None = None

    def append(self, data: bytes, count: int, time_ns: int) -> None:
        """Add `count` rows, given as bytes, to those in memory. `time_ns`: of the last of them."""
        assert self._parts is not None
        self._parts.append(data)
        self.count += count
        self._unwritten += count
        self.ended_ns = time_ns

    @property
    def is_written(self) -> bool:
        """Whether all rows are in the file."""
        return not self._unwritten

    @property
    def rows(self) -> np.ndarray | None:
        """The rows, EVENT, shape (n,); None if they are not in memory."""
        if self._parts is None:
            return None
        if len(self._parts) != 1:
            self._parts = [b"".join(self._parts)]
        return np.frombuffer(self._parts[0], EVENT)

    def rows_around(self, sequence: int) -> np.ndarray | None:
        """Some of the rows, those of one command among them, EVENT, shape (n,); None if they are not in memory.

        The rows of a command came in one piece. To join all pieces for one question would take 1 ms at 65,536 rows.
        """
        if self._parts is None:
            return None
        at = bisect_right(self._parts, sequence, key=_first_sequence) - 1
        return np.frombuffer(self._parts[at] if at >= 0 else b"", EVENT)

    def keep_rows(self, rows: np.ndarray) -> None:
        """Keep rows that were read from the file in memory."""
        self._parts = [rows.tobytes()]

    def drop_rows(self) -> None:
        """Free the memory; the rows are read from the file from now on."""
        self._parts = None

    def note_block(self, link: BlockLink, rows: int) -> None:
        """Note that a block of so many rows was written to the file; `link` is the place after it."""
        self.end = link
        self._unwritten -= rows

    def note_numbers(self, rows: np.ndarray) -> None:
        """Note the stream numbers of rows that are being written, EVENT, shape (n,), in order; for the writer's thread.

        Until the chunk is written nobody else reads them.
        """
        if self._written_numbers is not None:
            for account, number in first_numbers_of(rows).items():
                self._written_numbers.setdefault(account, number)

    def first_numbers(self, load: Callable[[], np.ndarray]) -> dict[int, int]:
        """First stream number of each account in this chunk, which must be full.

        It is known of rows that were written in this run. Otherwise `load`, which returns the rows, is called once.
        """
        if self._first_numbers is None:
            known = self._written_numbers if self.is_written else None
            self._first_numbers = first_numbers_of(load()) if known is None else known
        return self._first_numbers


def _first_sequence(rows: bytes) -> int:
    """Sequence of the first of EVENT rows."""
    return int.from_bytes(rows[:8], "little")


def chunk_of_file(file: Summary) -> EventChunk:
    """The chunk of a file from an earlier run, without its rows in memory."""
    return EventChunk(file.number, file.start.first, file.rows, file.end, file.end.time_ns, in_memory=False)


def first_numbers_of(rows: np.ndarray) -> dict[int, int]:
    """First stream number of each account in these EVENT rows, shape (n,)."""
    accounts, numbers = rows["account"][::-1].astype(np.int64), rows["account_sequence"][::-1].copy()
    in_stream = numbers > 0
    first_numbers = np.zeros(int(accounts.max(initial=0)) + 1, np.int64)
    first_numbers[accounts[in_stream]] = numbers[in_stream]  # rows are reversed: the first row is set last and stays
    found = np.flatnonzero(first_numbers)
    return dict(zip(found.tolist(), first_numbers[found].tolist(), strict=True))


def covers(events: list[Row], first: int, last: int) -> bool:
    """Whether the events have every stream number from `first` to `last`."""
    due = first
    for event in events:
        number = event[ACCOUNT_SEQUENCE]
        numbers = 2 if event[FLAGS] & EventFlag.MARGIN else 1
        if number > due:
            return False
        due = max(due, number + numbers)
    return due > last
