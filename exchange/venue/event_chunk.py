"""A chunk of released events: the newest have their rows in memory, the rest in a file each (DUR-154)."""

from collections.abc import Callable

import numpy as np

from exchange.records import EVENT
from exchange.venue.event_blocks import BlockLink
from exchange.venue.event_files import SUFFIX, Summary

START = BlockLink()  # nothing was written yet


class EventChunk:
    """Consecutive released rows, in memory or in a file."""

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
        self.end = end  # behind its last block on disk
        self.ended_ns = ended_ns  # time of the last row, once it is full
        self._parts: list[bytes] | None = [] if in_memory else None
        self._firsts: dict[int, int] | None = None

    def append(self, data: bytes, count: int) -> None:
        """Add rows as bytes, so many, to those in memory."""
        assert self._parts is not None
        self._parts.append(data)
        self.count += count

    @property
    def rows(self) -> np.ndarray | None:
        """Its rows, EVENT, shape (n,); None if they are not in memory."""
        if self._parts is None:
            return None
        if len(self._parts) != 1:
            self._parts = [b"".join(self._parts)]
        return np.frombuffer(self._parts[0], EVENT)

    def hold(self, rows: np.ndarray) -> None:
        """Keep rows that were read from the file in memory."""
        self._parts = [rows.tobytes()]

    def drop_rows(self) -> None:
        """They are read from the file from now on."""
        self._parts = None

    def finish(self, rows: np.ndarray) -> None:
        """No row comes behind these, which are all of it."""
        self.ended_ns = int(rows[-1]["time_ns"])
        self._firsts = firsts_of(rows)

    def set_end(self, link: BlockLink) -> None:
        """A block was written to its file."""
        self.end = link

    def firsts(self, load: Callable[[], np.ndarray]) -> dict[int, int]:
        """By account its first number in a chunk that is full. `load` is called the first time, for the rows: a long
        search reads few files."""
        if self._firsts is None:
            self._firsts = firsts_of(load())
        return self._firsts


def chunk_of_file(file: Summary) -> EventChunk:
    """A file of the run before: its rows are read when they are asked for."""
    return EventChunk(file.number, file.start.first, file.rows, file.end, file.end.time_ns, in_memory=False)


def firsts_of(rows: np.ndarray) -> dict[int, int]:
    """By account the first number of its stream in these rows."""
    accounts, numbers = rows["account"][::-1].astype(np.int64), rows["account_sequence"][::-1].copy()
    in_stream = numbers > 0
    firsts = np.zeros(int(accounts.max(initial=0)) + 1, np.int64)
    firsts[accounts[in_stream]] = numbers[in_stream]  # of several the one set last stays: the first row
    found = np.flatnonzero(firsts)
    return dict(zip(found.tolist(), firsts[found].tolist(), strict=True))
