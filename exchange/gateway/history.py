"""Released events, kept for resume, replay and repeated replies (DUR-154).

The newest 65,536 rows stay in memory, older ones in files of one chunk each under `events/`, appended without sync. A
chunk is kept for a day, unless there are more than `ROWS_MAX` rows. Derived: nothing here is ahead of the gate; a file
that does not continue without a gap is dropped at start, and a question about something older than what is kept is
answered with None, never with a part of the truth. A disk that takes no more ends the files of this run: the newest
rows stay in memory, older ones are gone.
"""

import contextlib
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator

import numpy as np

from exchange.codes import EventFlag, EventKind
from exchange.errors import Trouble
from exchange.journal.files import write_all
from exchange.records import EVENT, EVENT_FIELDS, EVENT_STRUCT, ROW_BYTES, ROW_VERSION
from exchange.seams import Disk

FILE = re.compile(r"\d{10}\.rows\d*")
SUFFIX = ".rows" if ROW_VERSION == 1 else f".rows{ROW_VERSION}"
CHUNK_ROWS = 65_536
ROWS_MAX = 128 * CHUNK_ROWS  # 1 GiB
KEPT_HOURS = 24
NAMES = [name for name, _, _ in EVENT_FIELDS]
KIND = NAMES.index("kind")
REASON = NAMES.index("reason")
ACCOUNT_SEQUENCE = NAMES.index("account_sequence")
FLAGS = NAMES.index("flags")
EventTuple = tuple[int, ...]
_KINDS = np.isin(np.arange(256), [int(kind) for kind in EventKind])
_HOUR_NS = 3_600 * 10**9


class _Chunk:
    """Consecutive released rows: the newest in memory, the rest read back when asked for."""

    def __init__(self, number: int, first_sequence: int) -> None:
        self.number = number
        self.name = f"{number:010d}{SUFFIX}"
        self.first_sequence = first_sequence
        self.rows = 0
        self.ended_ns = 0  # time of the last row, once it is full
        self.parts: list[bytes] | None = []
        self.firsts: dict[int, int] | None = None


class History:
    """Rows in order of release, found by command or by account and its stream number."""

    def __init__(self, disk: Disk, folder: str = "", trouble: Trouble | None = None) -> None:
        """`folder` "" keeps the memory part only."""
        self._disk = disk
        self._trouble = trouble or Trouble()
        self._folder = folder
        self._chunks: list[_Chunk] = []
        self._handle = -1
        self._offset = 0
        self._unwritten: list[bytes] = []
        self._full = True  # the next row begins a chunk
        self._perhaps_part = 0  # command at the end of the files, of which rows may be missing
        self.last_sequence = 0
        self._writes = bool(folder)
        if folder:
            try:
                disk.make_folder(folder)
            except OSError as error:
                self._folder = ""
                self.give_up(error)

    def load(self, last_sequence: int, replayed_from: int = 0) -> None:
        """Take up the files of the run before and go on in the last of them. What does not link, is ahead of
        `last_sequence` or has rows of another version is removed; so are the rows of commands from `replayed_from` on
        (0: none), which the replay of the journal has whole, where a file may end within a command."""
        if not self._folder:
            return
        files = sorted(filter(FILE.fullmatch, self._disk.list(self._folder)))
        kept: list[_Chunk] = []
        for name in reversed([name for name in files if name.endswith(SUFFIX)]):
            rows = self._sound(name) if len(kept) < 2 else self._ends(name)
            number, before = int(name[:10]), kept[-1] if kept else None
            if before is None and rows is not None and rows[-1]["sequence"] > last_sequence:
                break
            if before is None and rows is not None and replayed_from:
                rows = rows[: np.searchsorted(rows["sequence"], replayed_from)]
            if rows is None or not len(rows):
                if before is None:
                    continue
                break
            if before and (before.number != number + 1 or rows[-1]["sequence"] > before.first_sequence):
                break
            kept.append(self._taken_up(number, rows, whole=len(kept) < 2))
        self._chunks = kept[::-1]
        taken_up = {chunk.name for chunk in kept}
        for name in files:
            if name not in taken_up:
                self._disk.unlink(f"{self._folder}/{name}")
        if kept:
            self._go_on(kept[0])

    def append(self, events: np.ndarray) -> None:
        """Rows just released, shape (n,), in order."""
        data = events.tobytes()
        if self._full:
            self._start_chunk(int(events[0]["sequence"]))
        chunk = self._chunks[-1]
        assert chunk.parts is not None
        chunk.parts.append(data)
        if self._handle >= 0:
            self._unwritten.append(data)
        chunk.rows += len(events)
        self._full = chunk.rows >= CHUNK_ROWS
        self.last_sequence = int(events[-1]["sequence"])

    def flush(self) -> None:
        """Write what was appended since the last time; now and then is enough, a replay of the journal has the rest."""
        if self._unwritten and self._handle >= 0:
            data, self._unwritten = b"".join(self._unwritten), []
            try:
                write_all(self._disk, self._handle, data, self._offset)
            except OSError as error:
                self.give_up(error)
            self._offset += len(data)

    def give_up(self, error: OSError) -> None:
        """Write no more files. Those of before are read until the next chunk begins: from then on one would be missing
        between them and memory."""
        self._writes = False
        self._close()
        self._trouble.note(f"events are kept in memory only, older ones are gone until the next start: {error}")

    def of_command(self, sequence: int) -> list[EventTuple] | None:
        """All events of one command; None when they are no longer kept."""
        if sequence == self._perhaps_part:
            return None
        at = bisect_right(self._chunks, sequence, key=lambda chunk: chunk.first_sequence) - 1
        if at < 0:
            return None
        rows = self._rows(self._chunks[at])
        low, high = np.searchsorted(rows["sequence"], (sequence, sequence + 1))
        return list(EVENT_STRUCT.iter_unpack(rows[low:high].tobytes())) or None

    def of_account(self, account: int, first: int, last: int) -> list[EventTuple] | None:
        """Events of an account that carry its stream numbers `first` to `last`; None if one of them is not kept."""
        found: list[np.ndarray] = []
        oldest = last + 1
        for chunk in reversed(self._chunks):
            if oldest <= first:
                break
            if chunk is not self._chunks[-1] and self._firsts(chunk).get(account, last + 1) > last:
                continue
            rows = self._rows(chunk)
            numbers = rows["account_sequence"]
            # A row with MARGIN also stands for the number behind its own.
            ends = numbers + ((rows["flags"] & EventFlag.MARGIN) != 0)
            mine = rows[(rows["account"] == account) & (numbers > 0) & (ends >= first) & (numbers <= last)]
            if len(mine):
                found.append(mine)
                oldest = int(mine[0]["account_sequence"])
        events = list(EVENT_STRUCT.iter_unpack(b"".join(part.tobytes() for part in reversed(found))))
        return events if _covers(events, first, last) else None

    def oldest(self, account: int) -> int:
        """The oldest number of an account's stream that is kept, 0 if none is."""
        for chunk in self._chunks[:-1]:
            if account in (firsts := self._firsts(chunk)):
                return firsts[account]
        return self._firsts_now(self._chunks[-1]).get(account, 0) if self._chunks else 0

    @property
    def first_sequence(self) -> int:
        """The oldest command whose events are kept, 0 if none is."""
        return self._chunks[0].first_sequence if self._chunks else 0

    def newest_first(self) -> Iterator[np.ndarray]:
        """All rows that are kept, EVENT, shape (n,), in pieces from the newest back, each in order."""
        for chunk in reversed(self._chunks):
            yield self._rows(chunk)

    def latest(self, wanted: Callable[[np.ndarray], np.ndarray], count: int, chunks: int) -> list[EventTuple]:
        """The newest rows that `wanted(rows)` marks, in order: about `count` of them, of the newest `chunks` chunks."""
        found: list[np.ndarray] = []
        for chunk in reversed(self._chunks[-chunks:]):
            if count <= 0:
                break
            rows = self._rows(chunk)
            found.append(rows[wanted(rows)])
            count -= len(found[-1])
        return list(EVENT_STRUCT.iter_unpack(b"".join(part.tobytes() for part in reversed(found))))

    def close(self, keep: bool = True) -> None:
        """`keep`: what is not yet written was released for good."""
        if keep:
            self.flush()
        self._close()

    def _close(self) -> None:
        if self._handle >= 0:
            with contextlib.suppress(OSError):
                self._disk.close(self._handle)
            self._handle = -1
        self._unwritten.clear()

    def _rows(self, chunk: _Chunk) -> np.ndarray:
        if chunk.parts is None:
            try:
                rows = self._sound(chunk.name)
            except OSError:
                rows = None
            return np.zeros(0, EVENT) if rows is None else rows  # a gap, as any other
        if len(chunk.parts) > 1:
            chunk.parts = [b"".join(chunk.parts)]
        return np.frombuffer(chunk.parts[0], EVENT)

    def _firsts(self, chunk: _Chunk) -> dict[int, int]:
        """By account its first number in a chunk that is full: found once, so that a long search reads few files."""
        if chunk.firsts is None:
            chunk.firsts = self._firsts_now(chunk)
        return chunk.firsts

    def _firsts_now(self, chunk: _Chunk) -> dict[int, int]:
        rows = self._rows(chunk)
        accounts, numbers = rows["account"][::-1].astype(np.int64), rows["account_sequence"][::-1].copy()
        told = numbers > 0
        firsts = np.zeros(int(accounts.max(initial=0)) + 1, np.int64)
        firsts[accounts[told]] = numbers[told]  # of several the one set last stays: the first row
        found = np.flatnonzero(firsts)
        return dict(zip(found.tolist(), firsts[found].tolist(), strict=True))

    def _start_chunk(self, first_sequence: int) -> None:
        self.flush()
        number = 1
        if self._chunks:
            before = self._chunks[-1]
            number = before.number + 1
            before.ended_ns = int(self._rows(before)[-1]["time_ns"])
            before.firsts = self._firsts_now(before)  # while its rows are in memory
        self._chunks.append(_Chunk(number, first_sequence))
        if self._writes:
            try:
                self._drop_old()
                self._open(self._chunks[-1])
            except OSError as error:
                self.give_up(error)
        if not self._writes:
            del self._chunks[:-2]
        elif len(self._chunks) > 2:
            self._chunks[-3].parts = None

    def _drop_old(self) -> None:
        """Make room for the chunk that begins; what has been kept long enough goes too."""
        rows = sum(chunk.rows for chunk in self._chunks) + CHUNK_ROWS
        oldest_ns = max(chunk.ended_ns for chunk in self._chunks) - KEPT_HOURS * _HOUR_NS
        while len(self._chunks) > 1 and (rows > ROWS_MAX or self._chunks[0].ended_ns < oldest_ns):
            chunk = self._chunks.pop(0)
            rows -= chunk.rows
            self._disk.unlink(f"{self._folder}/{chunk.name}")

    def _open(self, chunk: _Chunk) -> None:
        self._close()
        self._offset = chunk.rows * ROW_BYTES
        self._handle = self._disk.open(f"{self._folder}/{chunk.name}", create=True)

    def _taken_up(self, number: int, rows: np.ndarray, whole: bool) -> _Chunk:
        """`rows`: all of a file, or (not `whole`) the first and the last, which tell enough until more is asked for."""
        chunk = _Chunk(number, int(rows[0]["sequence"]))
        chunk.ended_ns = int(rows[-1]["time_ns"])
        if whole:
            chunk.rows, chunk.parts = len(rows), [rows.tobytes()]
        else:
            chunk.rows, chunk.parts = self._size(chunk.name) // ROW_BYTES, None
        return chunk

    def _go_on(self, chunk: _Chunk) -> None:
        """Append to a file behind the rows that were taken up."""
        self._open(chunk)
        self._disk.truncate(self._handle, self._offset)
        self._full = chunk.rows >= CHUNK_ROWS
        self.last_sequence = int(self._rows(chunk)[-1]["sequence"])
        # A replay goes on behind this command: what a power loss took of it does not come again.
        self._perhaps_part = self.last_sequence

    def _sound(self, name: str) -> np.ndarray | None:
        """Rows of a file if its sequences rise, without the zeros or part of a row that a power loss leaves."""
        rows = self._read(name)
        torn = np.flatnonzero(rows["sequence"] == 0)
        rows = rows[: torn[0]] if len(torn) else rows
        if not len(rows) or not _KINDS[rows["kind"]].all() or (np.diff(rows["sequence"]) < 0).any():
            return None
        return rows

    def _ends(self, name: str) -> np.ndarray | None:
        """First and last row of a file that looks whole, else all that is sound of it."""
        handle = self._disk.open(f"{self._folder}/{name}", write=False)
        try:
            size = self._disk.size(handle)
            data = self._disk.pread(handle, ROW_BYTES, 0) + self._disk.pread(
                handle, ROW_BYTES, max(0, size - ROW_BYTES)
            )
        finally:
            self._disk.close(handle)
        if size % ROW_BYTES or len(data) < 2 * ROW_BYTES or data.endswith(bytes(ROW_BYTES)):
            return self._sound(name)
        rows = np.frombuffer(data, EVENT)
        return rows if 0 < rows[0]["sequence"] <= rows[1]["sequence"] and _KINDS[rows["kind"]].all() else None

    def _size(self, name: str) -> int:
        handle = self._disk.open(f"{self._folder}/{name}", write=False)
        try:
            return self._disk.size(handle)
        finally:
            self._disk.close(handle)

    def _read(self, name: str) -> np.ndarray:
        handle = self._disk.open(f"{self._folder}/{name}", write=False)
        try:
            size = self._disk.size(handle)
            data = b"".join(_pieces(self._disk, handle, size - size % ROW_BYTES))
        finally:
            self._disk.close(handle)
        return np.frombuffer(data, EVENT)


def _pieces(disk: Disk, handle: int, size: int) -> Iterator[bytes]:
    offset = 0
    while offset < size:
        data = disk.pread(handle, size - offset, offset)
        if not data:
            return
        offset += len(data)
        yield data


def _covers(events: list[EventTuple], first: int, last: int) -> bool:
    """Whether every number from `first` to `last` is there: a gap is noticed, never passed over."""
    due = first
    for event in events:
        number = event[ACCOUNT_SEQUENCE]
        numbers = 2 if event[FLAGS] & EventFlag.MARGIN else 1
        if number > due:
            return False
        due = max(due, number + numbers)
    return due > last
