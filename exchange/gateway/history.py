"""Released events, kept for resume, replay and repeated replies (DUR-154).

The newest 65,536 rows stay in memory, older ones in files of one chunk each under `events/`, appended without sync.
Derived: nothing here is ahead of the gate; a file that does not continue without a gap is dropped at start, and a
question about something older than what is kept is answered with None, never with a part of the truth. A disk that
takes no more ends the files of this run: the newest rows stay in memory, older ones are gone.
"""

import contextlib
import re
from bisect import bisect_right
from collections.abc import Iterator

import numpy as np

from exchange.codes import EventFlag, EventKind
from exchange.errors import Trouble
from exchange.journal.files import write_all
from exchange.records import EVENT, EVENT_FIELDS, EVENT_STRUCT, ROW_BYTES, ROW_VERSION
from exchange.seams import Disk

FILE = re.compile(r"\d{10}\.rows\d*")
SUFFIX = ".rows" if ROW_VERSION == 1 else f".rows{ROW_VERSION}"
CHUNK_ROWS = 65_536
CHUNKS_MAX = 32
NAMES = [name for name, _, _ in EVENT_FIELDS]
ACCOUNT_SEQUENCE = NAMES.index("account_sequence")
FLAGS = NAMES.index("flags")
EventTuple = tuple[int, ...]


class _Chunk:
    """Consecutive released rows: the newest in memory, the rest read back when asked for."""

    def __init__(self, number: int, first_sequence: int) -> None:
        self.number = number
        self.name = f"{number:010d}{SUFFIX}"
        self.first_sequence = first_sequence
        self.rows = 0
        self.parts: list[bytes] | None = []
        self.accounts: frozenset[int] | None = None


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
        self.last_sequence = 0
        self._writes = bool(folder)
        if folder:
            try:
                disk.make_folder(folder)
            except OSError as error:
                self._folder = ""
                self.give_up(error)

    def load(self, last_sequence: int) -> None:
        """Take up the files of the run before; what does not link, is ahead of `last_sequence` or has rows of another
        version is removed."""
        files = sorted(filter(FILE.fullmatch, self._disk.list(self._folder))) if self._folder else []
        names = [name for name in files if name.endswith(SUFFIX)]
        kept: list[tuple[int, np.ndarray]] = []
        for name in reversed(names):
            rows = self._sound(name)
            if rows is None or rows[-1]["sequence"] > last_sequence or (kept and kept[-1][0] != int(name[:10]) + 1):
                break
            kept.append((int(name[:10]), rows))
        for number, rows in reversed(kept):
            self._adopt(number, rows)
        taken_up = {chunk.name for chunk in self._chunks}
        for name in files:
            if name not in taken_up:
                self._disk.unlink(f"{self._folder}/{name}")

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
            if chunk is not self._chunks[-1] and account not in self._accounts(chunk):
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
        for chunk in self._chunks:
            rows = self._rows(chunk)
            mine = rows["account_sequence"][(rows["account"] == account) & (rows["account_sequence"] > 0)]
            if len(mine):
                return int(mine[0])
        return 0

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
                return self._read(chunk.name)
            except OSError:
                return np.zeros(0, EVENT)  # a gap, as any other
        if len(chunk.parts) > 1:
            chunk.parts = [b"".join(chunk.parts)]
        return np.frombuffer(chunk.parts[0], EVENT)

    def _accounts(self, chunk: _Chunk) -> frozenset[int]:
        """Accounts with events in a chunk that is full: found once, so that a long search reads few files."""
        if chunk.accounts is None:
            chunk.accounts = frozenset(np.unique(self._rows(chunk)["account"]).tolist())
        return chunk.accounts

    def _start_chunk(self, first_sequence: int) -> None:
        self.flush()
        number = self._chunks[-1].number + 1 if self._chunks else 1
        self._chunks.append(_Chunk(number, first_sequence))
        if self._writes:
            try:
                self._open(self._chunks[-1])
                while len(self._chunks) > CHUNKS_MAX:
                    self._disk.unlink(f"{self._folder}/{self._chunks.pop(0).name}")
            except OSError as error:
                self.give_up(error)
        if not self._writes:
            del self._chunks[:-2]
        elif len(self._chunks) > 2:
            self._chunks[-3].parts = None

    def _open(self, chunk: _Chunk) -> None:
        self._close()
        self._offset = 0
        self._handle = self._disk.open(f"{self._folder}/{chunk.name}", create=True)

    def _adopt(self, number: int, rows: np.ndarray) -> None:
        chunk = _Chunk(number, int(rows[0]["sequence"]))
        chunk.rows = len(rows)
        chunk.parts = [rows.tobytes()]
        self._chunks.append(chunk)
        if len(self._chunks) > 2:
            self._chunks[-3].parts = None
        self.last_sequence = int(rows[-1]["sequence"])

    def _sound(self, name: str) -> np.ndarray | None:
        """Rows of a file if its sequences rise, without the zeros or part of a row that a power loss leaves."""
        rows = self._read(name)
        torn = np.flatnonzero(rows["sequence"] == 0)
        rows = rows[: torn[0]] if len(torn) else rows
        known = np.isin(rows["kind"], [int(kind) for kind in EventKind])
        if not known.all() or (np.diff(rows["sequence"]) < 0).any():
            return None
        return rows if len(rows) else None

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
