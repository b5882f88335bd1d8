"""Released events, kept for resume, replay and repeated replies (DUR-154).

The newest 65,536 rows or more stay in memory. Older ones are in files under `events/`, one chunk a file, appended in
checked blocks (event_blocks.py) without sync. A chunk is kept for a day, unless there are more than `ROWS_MAX` rows.
`append` only keeps bytes: `begin_flush` makes a job for the helper thread (event_writer.py); `end_flush` follows it.
Everything here is released and can be made again from the journal. A start warns of damaged or missing events, and
`missing_from` says from which command on the journal must be replayed. A question about events of which some are
missing is answered with None, never with a part. When the disk fails, no more files are written: the newest rows stay
in memory, older ones are not available until the next start.
"""

import struct
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np

from exchange.codes import EventFlag
from exchange.engine.event_rows import Row
from exchange.errors import Warnings
from exchange.journal.frames import NO_HASH
from exchange.limits import KEPT_HOURS
from exchange.publish.consumer import ReleasedBatch
from exchange.publish.shown import ShownSequence
from exchange.records import EVENT, EVENT_STRUCT, ROW_BYTES
from exchange.seams import Disk
from exchange.venue.event_blocks import BlockLink, read_event_file, read_or_explain, rows_of
from exchange.venue.event_chunk import EventChunk, KeptChunk, chunk_of_file, covers, first_numbers_of
from exchange.venue.event_files import SUFFIX, Summary, event_names, find_gap, summarize
from exchange.venue.event_writer import BLOCK_ROWS, ChunkPart, EventWriter, Flush

FLUSH_TURNS = 100  # turns of the loop after which fewer than a block are written too
CHUNK_ROWS = 65_536
ROWS_MAX = 128 * CHUNK_ROWS  # 1 GiB
_HOUR_NS = 3_600 * 10**9
_STAMP = struct.Struct("<qq")  # sequence and time of a row


class EventHistory:
    """EVENT rows in order of release, found by command, or by account and stream number."""

    def __init__(
        self,
        disk: Disk,
        folder: str = "",
        warnings: Warnings | None = None,
        journal_id: bytes = bytes(16),
        hash_at: Callable[[int], bytes | None] | None = None,
    ) -> None:
        """folder    of the files; empty: rows are kept in memory only

        hash_at   sequence -> hash of the journal's frame with that command, None if it is not known;
                  left out: everything appended is durable
        """
        self._disk = disk
        self._warnings = warnings or Warnings()
        self._folder = folder
        self._journal_id = journal_id
        self._writer = EventWriter(disk, folder, journal_id)
        self._hash_at = hash_at
        self.shown = ShownSequence()
        self._chunks: list[EventChunk] = []
        self._unwritten: list[ChunkPart] = []
        self._unlinked: list[str] = []  # names of files to delete with the next flush
        self._flush: Flush | None = None  # with the helper thread
        self._waiting = self._turns = 0  # rows not given to the writer yet, turns since the last flush
        self._full = True  # the next row begins a chunk
        self._dropping = False
        self._newest_ns = 0
        self._damaged: set[str] = set()  # names of files with a warning already noted
        self.missing_from = 0  # first command whose events should be here but are missing; 0: none
        self.last_sequence = 0
        self._writes = bool(folder)
        if folder:
            try:
                disk.make_folder(folder)
            except OSError as error:
                self._folder = ""
                self.stop_writing(error)

    def load(self, last_sequence: int, replayed_from: int = 0, newest_ns: int = 0) -> None:
        """Open the files of earlier runs and continue the last one; sets `missing_from`.

        Removes what is damaged, of another version, or ahead of `last_sequence`, the journal's last command.

        replayed_from   first command whose events the caller will append again (0: none): from there on nothing
                        counts as missing, and `append` skips rows that are here already
        newest_ns       time of the journal's end; events of the day before it should be here
        """
        if not self._folder:
            return
        self._newest_ns = max(self._newest_ns, newest_ns)
        files = self._read_files(last_sequence)
        gap, why = find_gap(files, *kept_bounds(self._newest_ns))
        covered = max((file.end.first - 1 for file in files), default=0)
        if not gap and covered < replayed_from - 1:
            gap, why = covered + 1, f"they end at {covered}"
        if gap and last_sequence and not self._dropping:
            self._warnings.note(f"{self._folder}: events from command {gap} on are incomplete: {why}")
        if gap >= replayed_from > 0:
            files = [file for file in files if file.end.first <= gap]
            gap = 0
        self.missing_from = gap if replayed_from else 0
        files = [file for file in files if file.end_bytes]
        self._damaged = {file.name for file in files if file.problem}
        self._chunks = [chunk_of_file(file) for file in files]
        used = {chunk.name for chunk in self._chunks}
        for name in event_names(self._disk, self._folder):
            if name not in used:
                self._disk.unlink(f"{self._folder}/{name}")
        self._go_on(files, replayed_from)

    def take(self, batch: ReleasedBatch) -> None:
        if batch.data:
            self._append(batch.data)

    def append(self, events: np.ndarray) -> None:
        """Add rows just released, EVENT, shape (n,), in order. Skips commands that are here already."""
        self._append(events.tobytes())

    def _append(self, data: bytes) -> None:
        sequence, _ = _STAMP.unpack_from(data)
        if sequence <= self.last_sequence:
            events = np.frombuffer(data, EVENT)
            data = events[np.searchsorted(events["sequence"], self.last_sequence + 1) :].tobytes()
            if not data:
                return
            sequence, _ = _STAMP.unpack_from(data)
        if self._full:
            self._start_chunk(sequence)
        chunk, count = self._chunks[-1], len(data) // ROW_BYTES
        self.last_sequence, time_ns = _STAMP.unpack_from(data, len(data) - ROW_BYTES)
        chunk.append(data, count, time_ns)
        if self._writes:
            self._unwritten.append(ChunkPart(chunk, data))
            self._waiting += count
        self._full = chunk.count >= CHUNK_ROWS

    def begin_flush(self) -> Callable[[], None] | None:
        """Call once a turn of the loop: makes a job that writes the waiting rows, if they are many or have waited long.

        Run it on the helper thread, and call `end_flush` in the loop afterwards. Rows that a crash loses can be
        replayed from the journal.
        """
        self._turns += 1
        if self._flush is not None or not self._waiting:
            return None
        if self._waiting < BLOCK_ROWS and self._turns < FLUSH_TURNS:
            return None
        sequence, frame = self.position()
        if sequence < self.last_sequence:  # some rows were not shown yet
            return None
        return partial(self._writer.run, self._make_flush(sequence, frame or NO_HASH))

    def end_flush(self) -> None:
        """Note what the writer has written; waits for it, and writes here what it has not begun."""
        flush, self._flush = self._flush, None
        if flush is None:
            return
        self._writer.run(flush)
        for chunk, link, rows in flush.written:
            chunk.note_block(link, rows)
        if flush.error is not None:
            self.stop_writing(flush.error)
        for chunk in self._chunks[:-2]:
            if chunk.is_written:
                chunk.drop_rows()

    def flush(self) -> None:
        """Write the waiting rows here and now, unless some were not shown yet."""
        self.end_flush()
        sequence, frame = self.position()
        if sequence >= self.last_sequence and (self._unwritten or sequence >= self._writer.link.first):
            self.flush_to(sequence, frame or NO_HASH)

    def position(self) -> tuple[int, bytes | None]:
        """The last command that a store on disk may claim: all its events were shown to clients.

        returns   its sequence, and the hash of its frame in the journal; None if that is not known
        """
        if self._hash_at is None:
            return self.last_sequence, NO_HASH
        return self.shown.sequence, self._hash_at(self.shown.sequence)

    def flush_full(self, sequence: int, frame: bytes) -> None:
        """As `flush_to`, but only if a whole block waits."""
        if self._waiting >= BLOCK_ROWS:
            self.flush_to(sequence, frame)

    def flush_to(self, sequence: int, frame: bytes) -> None:
        """Write the waiting rows, which are durable, here and now.

        sequence   the last command whose events were all appended
        frame      hash of the journal's frame with that command; zeros if it is not known
        """
        self.end_flush()
        if not self._writes:
            return
        if not self._chunks:
            self._start_chunk(self._writer.link.first)  # a block without rows covers the commands so far
        self._make_flush(sequence, frame)
        self.end_flush()

    def _make_flush(self, sequence: int, frame: bytes) -> Flush:
        self._flush = Flush(self._unwritten, self._chunks[-1], sequence, frame, self._unlinked)
        self._unwritten, self._unlinked = [], []
        self._waiting = self._turns = 0
        return self._flush

    def drop_from(self, sequence: int) -> None:
        """Drop the events of commands from `sequence` on; the caller appends them again."""
        self._close()
        self._dropping = True
        self.load(sequence - 1, sequence)
        self._dropping = False

    def begin_after(self, sequence: int, time_ns: int) -> None:
        """Begin an empty history after this command, whose events are too old to be kept."""
        self._writer.set_link(BlockLink(sequence + 1, time_ns=time_ns))
        self.last_sequence = sequence

    def leave_gap(self, sequence: int, end: int) -> None:
        """Drop the events of commands from `sequence` on and continue at `end`; those between stay missing."""
        self.drop_from(sequence)
        link = self._writer.link
        self._writer.set_link(link._replace(first=max(link.first, end), time_ns=self._newest_ns))

    def stop_writing(self, error: OSError) -> None:
        """Write no more files, after a disk error. Existing ones are read until the next chunk begins: then a chunk
        would be missing between them and memory."""
        self._writes = False
        self._close()
        self._warnings.note(f"events are kept in memory only, older ones are gone until the next start: {error}")

    def of_command(self, sequence: int) -> list[Row] | None:
        """All events of one command; None if there are none, or they are no longer kept."""
        at = bisect_right(self._chunks, sequence, key=lambda chunk: chunk.first_sequence) - 1
        if at < 0:
            return None
        rows = self._chunks[at].rows_around(sequence)
        if rows is None:
            rows = self._rows(self._chunks[at])
        low, high = np.searchsorted(rows["sequence"], (sequence, sequence + 1))
        return list(EVENT_STRUCT.iter_unpack(rows[low:high].tobytes())) or None

    def of_account(self, account: int, first: int, last: int) -> list[Row] | None:
        """Events with the numbers `first` to `last` of an account's stream; None if one is not kept."""
        found: list[np.ndarray] = []
        oldest = last + 1
        for chunk in reversed(self._chunks):
            if oldest <= first:
                break
            if chunk is not self._chunks[-1] and self._first_numbers(chunk).get(account, last + 1) > last:
                continue
            rows = self._rows(chunk)
            numbers = rows["account_sequence"]
            # A row with MARGIN takes two numbers: its own and the next.
            ends = numbers + ((rows["flags"] & EventFlag.MARGIN) != 0)
            mine = rows[(rows["account"] == account) & (numbers > 0) & (ends >= first) & (numbers <= last)]
            if len(mine):
                found.append(mine)
                oldest = int(mine[0]["account_sequence"])
        events = list(EVENT_STRUCT.iter_unpack(b"".join(part.tobytes() for part in reversed(found))))
        return events if covers(events, first, last) else None

    def oldest(self, account: int) -> int:
        """The oldest number of an account's stream that is kept, 0 if none is."""
        for chunk in self._chunks:
            if account in (first_numbers := self._first_numbers(chunk)):
                return first_numbers[account]
        return 0

    @property
    def first_sequence(self) -> int:
        """The oldest command whose events are kept, 0 if none is."""
        return self._chunks[0].first_sequence if self._chunks else 0

    def newest_first(self) -> Iterator[np.ndarray]:
        """All kept rows in pieces, the newest piece first; each is EVENT, shape (n,), in order."""
        for chunk in reversed(self._chunks):
            yield self._rows(chunk)

    def chunks(self) -> Iterator[KeptChunk]:
        """All kept rows in chunks, the newest first, read from their files only when they are asked for."""
        for chunk in reversed(self._chunks):
            yield KeptChunk(chunk.first_sequence, partial(self._first_numbers, chunk), partial(self._rows, chunk))

    def latest(self, wanted: Callable[[np.ndarray], np.ndarray], count: int, chunks: int) -> np.ndarray:
        """About `count` of the newest rows where the mask `wanted(rows)` is true, in order, of the newest `chunks`.

        returns   EVENT, shape (n,)
        """
        found: list[np.ndarray] = []
        for chunk in reversed(self._chunks[-chunks:]):
            if count <= 0:
                break
            rows = self._rows(chunk)
            found.append(rows[wanted(rows)])
            count -= len(found[-1])
        return np.concatenate([np.zeros(0, EVENT), *reversed(found)])

    def close(self, keep: bool = True) -> None:
        """Close the file. `keep`: write the waiting rows first."""
        if keep:
            self.flush()
        self._close()

    def _close(self) -> None:
        if self._flush is not None:
            self._writer.drop(self._flush)
            self._flush = None
        self._writer.close()
        self._unwritten, self._unlinked = [], []
        self._waiting = 0

    def _rows(self, chunk: EventChunk) -> np.ndarray:
        rows = chunk.rows
        return self._read(chunk) if rows is None else rows

    def _first_numbers(self, chunk: EventChunk) -> dict[int, int]:
        if chunk is self._chunks[-1]:
            return first_numbers_of(self._rows(chunk))
        return chunk.first_numbers(lambda: self._rows(chunk))

    def _read(self, chunk: EventChunk) -> np.ndarray:
        """Rows of a chunk's file, up to the first damage; the rest counts as missing, with a warning."""
        path = f"{self._folder}/{chunk.name}"
        try:
            file = read_event_file(self._disk, path, self._journal_id)
            problem = file.problem
        except OSError as error:
            file, problem = None, str(error)
        if file is not None and not problem and (not file.blocks or file.blocks[-1].hash != chunk.end.hash):
            file, problem = None, "it was replaced since the start"
        if problem and chunk.name not in self._damaged:
            self._damaged.add(chunk.name)
            self._warnings.note(f"{path}: {problem}; its events are restored at the next start")
        return rows_of(file.blocks) if file is not None else np.zeros(0, EVENT)

    def _start_chunk(self, first_sequence: int) -> None:
        number = self._chunks[-1].number + 1 if self._chunks else 1
        self._chunks.append(EventChunk(number, first_sequence))
        if self._writes:
            self._drop_old()
        else:
            del self._chunks[:-2]

    def _drop_old(self) -> None:
        """Drop the oldest chunks: those older than the kept hours, and more if there are too many rows."""
        rows = sum(chunk.count for chunk in self._chunks) + CHUNK_ROWS
        oldest_ns = max(chunk.ended_ns for chunk in self._chunks) - KEPT_HOURS * _HOUR_NS
        while len(self._chunks) > 1 and (rows > ROWS_MAX or self._chunks[0].ended_ns < oldest_ns):
            chunk = self._chunks.pop(0)
            rows -= chunk.count
            self._unlinked.append(chunk.name)

    def _read_files(self, last_sequence: int) -> list[Summary]:
        """A summary of each file, without blocks that are ahead of `last_sequence`."""
        files: list[Summary] = []
        for name in event_names(self._disk, self._folder):
            if not name.endswith(SUFFIX):
                self._warnings.note(f"{self._folder}/{name} is of another version and is rebuilt from the journal")
                continue
            file = read_or_explain(self._disk, f"{self._folder}/{name}", self._journal_id)
            blocks = [block for block in file.blocks if block.last <= last_sequence]
            if len(blocks) < len(file.blocks):
                file = file._replace(blocks=blocks, problem=file.problem or f"it is ahead of {last_sequence}")
            files.append(summarize(name, file))
        return files

    def _go_on(self, files: Sequence[Summary], replayed_from: int) -> None:
        """Continue the last file after its last valid block."""
        if not self._chunks:
            self._full, self.last_sequence = True, 0
            self._writer.set_link(BlockLink(max(1, replayed_from) if self.missing_from else 1))
            return
        chunk, link = self._chunks[-1], self._chunks[-1].end
        # With a gap, the next block begins at the command after it, not at the end of the block before.
        if self.missing_from:
            link = link._replace(first=max(link.first, replayed_from))
        self._writer.go_on(chunk, files[-1].end_bytes, link)
        for newest in self._chunks[-2:]:
            newest.keep_rows(self._read(newest))
        self._full = chunk.count >= CHUNK_ROWS
        self.last_sequence = chunk.end.first - 1


def kept_bounds(newest_ns: int) -> tuple[int, int]:
    """What `find_gap` needs: the time up to which events may be missing, and the rows before which they may be.

    newest_ns   time of the journal's end; events are kept for some hours before it
    """
    return newest_ns - KEPT_HOURS * _HOUR_NS, ROWS_MAX - 2 * CHUNK_ROWS
