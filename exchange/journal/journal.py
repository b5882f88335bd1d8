"""The journal's writer: one frame for each group commit, durable before `append` returns (DUR-081 to DUR-084).

Threads. `append`, `append_control`, `idle`, `mark`, `snapshot` and `close` write, one at a time (a lock), on a helper
thread while the loop applies the same batch. The loop thread calls `observe` and `begin_snapshot` between two appends:
`observe` of a batch before the `append` of the next, which hashes its events, so that the loop need not. Any thread
reads `durable_sequence`, `sequence`, `spares_ready`.
"""

from collections import deque
from typing import NamedTuple

import numpy as np

from exchange.engine.state import STATE_VERSION
from exchange.journal.claims import KnownFrames
from exchange.journal.errors import EXIT_IO, EXIT_LOCKED, JournalFailed
from exchange.journal.folder_lock import FolderLock
from exchange.journal.frames import (
    CLOSE,
    MARK_BODY,
    NO_HASH,
    OVERHEAD_BYTES,
    PAYLOAD_BYTES_MAX,
    RECORDS_MAX,
    STAMP,
    Bytes,
    Due,
    FrameKind,
    SegmentKey,
    pack_frame,
    padded,
)
from exchange.journal.head import Head, HeadFile
from exchange.journal.pending import PendingSnapshot
from exchange.journal.replay import MARK_RECORDS, EngineLike, EventHash
from exchange.journal.segments import BLOCK_BYTES, SegmentHeader, pack_block, segment_name
from exchange.journal.snapshot import SnapshotHeader, image_hash, take_image
from exchange.journal.spares import SPARES, Spares
from exchange.records import EVENT, ROW_BYTES
from exchange.seams import Clock, Disk, Lock, Rng

IDLE_NS = 50_000_000
HEAD_NS = 1_000_000_000
SNAPSHOT_RECORDS = 4_000_000


class JournalSeams(NamedTuple):
    disk: Disk
    rng: Rng
    clock: Clock


class Identity(NamedTuple):
    """Facts of a journal that do not change while it is open."""

    journal_id: bytes
    alignment: int
    segment_bytes: int
    rules_hash: str
    build_hash: str


class Place(NamedTuple):
    """Where the next frame goes."""

    segment: int  # 0: no segment was ever used
    offset: int  # bytes
    due: Due
    key: SegmentKey | None  # None: the segment is closed, the next frame starts another


class Journal:
    """The writer of one journal. Made by `open_journal`."""

    def __init__(
        self,
        folder: str,
        seams: JournalSeams,
        identity: Identity,
        place: Place,
        head_file: HeadFile,
        spares: Spares,
        event_hash: EventHash,
        folder_lock: FolderLock,
        known: KnownFrames,
        snapshot_sequence: int,
    ) -> None:
        self.folder, self.known, self.snapshot_sequence = folder, known, snapshot_sequence
        self._disk, self._rng, self._clock = seams
        self.identity = identity
        self._lock = Lock()
        self._due, self._segment, self._offset = place.due, place.segment, place.offset
        self._head_file, self._spares, self._folder_lock = head_file, spares, folder_lock
        self._event_hash, self._marks = event_hash, deque[tuple[int, bytes]]()
        self._unhashed = deque[tuple[np.ndarray, int]]()  # observed events; the loop appends, who has the lock takes
        self._marked = self._observed = event_hash.sequence
        self._failed: JournalFailed | None = None
        self._closed, self._sealed = False, True
        self._last_append_ns = self._last_head_ns = self._clock.mono_ns()
        self.durable_sequence = self.sequence = place.due.sequence - 1
        self._handle = -1
        if place.key is not None:
            self._key = place.key
            self._handle = self._disk.open_log(self._path(self._segment))
        self.observe(np.zeros(0, EVENT), self.sequence)

    # Called by the loop thread.

    def observe(self, events: np.ndarray, sequence: int) -> None:
        """Give the journal the events of a batch. The writer thread adds them to the running event hash.

        events     EVENT rows, shape (m,): all events since the last call; they must not change afterwards
        sequence   the last command that they belong to
        """
        self._unhashed.append((events, sequence))
        self._observed = sequence

    def hash_at(self, sequence: int) -> bytes | None:
        """Hash of the frame that holds a record; None if it is not durable yet or not one of the latest (DUR-152)."""
        return self.known.hash_at(sequence) if sequence <= self.durable_sequence else None

    @property
    def spares_ready(self) -> int:
        """How many spare segments are ready; trading needs 2 (DUR-024, DUR-051)."""
        return self._spares.made - self._segment

    @property
    def spare_problem(self) -> str:
        """Why fewer spares are ready than trading needs; empty if there are enough, or they are being made."""
        return self._spares.problem if self.spares_ready < SPARES else ""

    def make_spares(self) -> None:
        """Try again to make the missing spares, in the background."""
        self._spares.ensure_later(self._segment + SPARES)

    @property
    def snapshot_due(self) -> bool:
        return self.sequence - self.snapshot_sequence >= SNAPSHOT_RECORDS

    def begin_snapshot(self, engine: EngineLike, hash_now: bool = False) -> PendingSnapshot:
        """Copy the state and write its SNAPMARK, between two appends; call `write()` of the result on any thread.

        hash_now   put the state hash into the SNAPMARK too, which costs a pass over the state
        """
        assert engine.sequence == self.sequence, (engine.sequence, self.sequence)
        image = take_image(engine.states)
        state_hash = image_hash(image) if hash_now else NO_HASH
        with self._lock:
            self._check()
            body = MARK_BODY.pack(self.sequence, self._hash_of_events(), state_hash)
            self._make_space(len(body))
            header = SnapshotHeader(
                self.sequence, self._due.hash.hex(), state_hash.hex() if hash_now else "", self._segment, self._offset,
                self._due.epoch, STATE_VERSION, self.identity.rules_hash, self.identity.build_hash,
            )  # fmt: skip
            self._write(FrameKind.SNAPMARK, body)
            self._marked = self.snapshot_sequence = self.sequence
            self._write_head()
        return PendingSnapshot(self._disk, f"{self.folder}/snap", header, image)

    # Called by the writer thread.

    def append(self, rows: np.ndarray) -> int:
        """Make one batch durable; returns its last sequence.

        rows     COMMAND rows, shape (n,), 1 <= n <= 4,096, stamped by the sequencer
        raises   JournalFailed: nothing of the batch may be acknowledged
        """
        assert 1 <= len(rows) <= RECORDS_MAX, len(rows)
        return self._append(FrameKind.DATA, rows.view(np.uint8).data, len(rows))

    def append_control(self, row: np.ndarray, payload: bytes) -> int:
        """As `append`, for one control. `row`: COMMAND, shape (1,), stamped; `payload`: JSON."""
        assert len(payload) <= PAYLOAD_BYTES_MAX, len(payload)
        return self._append(FrameKind.CONTROL, row.tobytes() + payload, 1)

    def append_rules(self, body: bytes, time_ns: int) -> None:
        """Write a RULES frame: these rules are in force from here on (DUR-111)."""
        with self._lock:
            self._due = self._due._replace(time_ns=time_ns)
            self._write(FrameKind.RULES, body)

    def append_epoch(self, body: bytes, epoch: int, time_ns: int) -> None:
        """Write an EPOCH frame: a new epoch starts, after a torn tail was cut (DUR-104)."""
        with self._lock:
            self._make_space(len(body))
            self._due = self._due._replace(epoch=epoch, time_ns=time_ns)
            self._write(FrameKind.EPOCH, body)

    def idle(self) -> bool:
        """Call often when idle: writes SEAL after 50 ms, HEAD once a second. Returns whether it wrote."""
        with self._lock:
            now = self._clock.mono_ns()
            if self._failed or self._closed or now - self._last_append_ns < IDLE_NS:
                return False
            self._check_paths()
            if seal := not self._sealed:
                self._write(FrameKind.SEAL, b"")
            stale = (self._segment, self._offset) != (self._head_file.last.segment, self._head_file.last.offset)
            head = stale and now - self._last_head_ns >= HEAD_NS
            if head:
                self._write_head()
            return seal or head

    def snapshot(self, engine: EngineLike) -> int:
        """Write a snapshot now, with the state hash in its mark; returns its sequence."""
        return self.begin_snapshot(engine, hash_now=True).write()

    def mark(self) -> None:
        """Write a mark after the last command at a clean stop, unless its events were not observed. With it a release
        with other rules can check whether its replay gives the same events (DUR-111)."""
        with self._lock:
            self._check()
            if self._observed == self.sequence > self._marked:
                self._write(FrameKind.SNAPMARK, MARK_BODY.pack(self.sequence, self._hash_of_events(), NO_HASH))
                self._marked = self.sequence

    def close(self, sound: bool = True) -> None:
        """Write SEAL and HEAD, and release the folder. After a failure, or one of the venue, only close the handles."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._spares.stop()
            try:
                if sound and self._failed is None:
                    if not self._sealed:
                        self._write(FrameKind.SEAL, b"")
                    self._write_head()
            finally:
                self._head_file.close()
                if self._handle >= 0:
                    self._disk.close(self._handle)
                self._folder_lock.close()

    # Internal: the lock is held.

    def _append(self, kind: FrameKind, body: Bytes, count: int) -> int:
        with self._lock:
            self._prepare(body)
            self._write(kind, body, count)
            return self._note_append()

    def _prepare(self, body: Bytes) -> None:
        """Before a batch's frame: write the mark that is due, and set the frame's time."""
        self._check()
        sequence, time_ns = STAMP.unpack_from(body)
        assert sequence == self._due.sequence and time_ns >= self._due.time_ns, (sequence, time_ns, self._due)
        self._hash_observed()
        self._write_mark()
        self._due = Due(sequence, self._due.epoch, time_ns, self._due.hash)

    def _note_append(self) -> int:
        """After a batch's frame: note that it is durable; returns its last sequence."""
        self.sequence = self.durable_sequence = self._due.sequence - 1
        self._last_append_ns = now = self._clock.mono_ns()
        if now - self._last_head_ns >= HEAD_NS:
            self._write_head()
        return self.sequence

    def _check(self) -> None:
        if self._failed is not None:
            raise self._failed
        assert not self._closed

    def _hash_observed(self) -> None:
        """Add the observed events to the event hash; note the marks that are due."""
        while self._unhashed:
            events, sequence = self._unhashed.popleft()
            self._event_hash.add(events)
            if sequence // MARK_RECORDS > self._event_hash.sequence // MARK_RECORDS:
                self._marks.append((sequence, self._event_hash.mark(sequence)))

    def _hash_of_events(self) -> bytes:
        """The event hash after the last command, whose events were all observed. Closes the hash's current run."""
        self._hash_observed()
        if self._marks:
            sequence, of_events = self._marks.popleft()
            assert sequence == self.sequence, (sequence, self.sequence)
            return of_events
        return self._event_hash.mark(self.sequence)

    def _write_mark(self) -> None:
        """Write the SNAPMARK that is due before the first frame after each multiple of 4,096 records."""
        if self.sequence // MARK_RECORDS == self._marked // MARK_RECORDS:
            return
        assert self._marks and self._marks[0][0] == self.sequence, "observe() a batch before the next append"
        sequence, of_events = self._marks.popleft()
        self._write(FrameKind.SNAPMARK, MARK_BODY.pack(sequence, of_events, NO_HASH))
        self._marked = sequence

    def _write(self, kind: FrameKind, body: Bytes, count: int = 0) -> None:
        """Write one frame, with epoch and time of `_due`, where there is space for it."""
        self._make_space(len(body))
        self._put(kind, body, count)
        self._sealed = kind == FrameKind.SEAL

    def _make_space(self, body_bytes: int) -> None:
        """Close the segment and start the next if the frame would leave no space for the CLOSE frame (DUR-055)."""
        alignment = self.identity.alignment
        space = self.identity.segment_bytes - self._offset
        if self._handle < 0:
            self._activate()
        elif padded(OVERHEAD_BYTES + body_bytes, alignment) + alignment > space:
            self._put(FrameKind.SEAL, b"", flags=CLOSE)
            self._close_segment()
            self._activate()

    def _put(self, kind: FrameKind, body: Bytes, count: int = 0, flags: int = 0) -> None:
        """Pack, write and sync one frame, and move the place of the next one behind it."""
        due = self._due
        frame, digest = pack_frame(self._key, self.identity.alignment, kind, due, body, count, flags)
        try:
            self._disk.write_log(self._handle, frame, self._offset)
        except OSError as error:
            raise self._fail(error) from error
        self._offset += len(frame)
        if count:
            self.known.add(due.sequence, count, digest)
        self._due = Due(due.sequence + count, due.epoch, due.time_ns, digest)

    def _close_segment(self) -> None:
        """Sync and close the segment in use, and make it read-only."""
        try:
            self._disk.fsync(self._handle)
            self._disk.close(self._handle)
            self._handle = -1
            self._disk.set_mode(self._path(self._segment), 0o400)
        except OSError as error:
            raise self._fail(error) from error

    def _activate(self) -> None:
        """Start the next segment: write and sync its header block, before its first frame (DUR-052)."""
        number = self._segment + 1
        try:
            self._spares.ensure(number)
        except OSError as error:
            raise self._fail(error) from error
        header = SegmentHeader(
            number, self.identity.segment_bytes, self.identity.alignment, self.identity.journal_id,
            self._rng.bytes(16), self._due.epoch, self._due.sequence, self._due.time_ns, self._due.hash, ROW_BYTES,
        )  # fmt: skip
        try:
            self._handle = self._disk.open_log(self._path(number))
            self._disk.write_log(self._handle, pack_block(header), 0)
        except OSError as error:
            raise self._fail(error) from error
        self._key, self._segment, self._offset = header.key, number, BLOCK_BYTES
        self._spares.ensure_later(number + SPARES)

    def _check_paths(self) -> None:
        """Fail if the folder's paths lead elsewhere now: another process may have the folder (DUR-040)."""
        try:
            self._folder_lock.check(self._path(self._segment), self._handle)
        except OSError as error:
            raise self._fail(error, EXIT_LOCKED) from error

    def _write_head(self) -> None:
        self._check_paths()
        due = self._due
        sequence = due.sequence - 1
        head = Head(
            0, due.epoch, sequence, due.hash, sequence, due.hash, self._segment, self._offset, due.time_ns
        )  # fmt: skip
        try:
            self._head_file.write(head)
        except OSError as error:
            raise self._fail(error) from error
        self._last_head_ns = self._clock.mono_ns()

    def _fail(self, error: OSError, code: int = EXIT_IO) -> JournalFailed:
        """Note that the journal has failed, and return the error to raise: no ack, no retry, no write (DUR-083)."""
        self._failed = JournalFailed(error, code)
        return self._failed

    def _path(self, number: int) -> str:
        return f"{self.folder}/journal/{segment_name(number)}"
