"""The journal's writer: one frame a group commit, durable before `append` returns (DUR-081 to DUR-084).

Threads. `append`, `append_control`, `idle`, `mark`, `snapshot` and `close` write; they exclude each other by a lock and
run on a helper thread while the loop applies the same batch. `observe` and `begin_snapshot` belong to the loop thread
and run between two appends: `observe` of a batch comes before the `append` of the next. `durable_sequence`, `sequence`
and `spares_ready` may be read anywhere.
"""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
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
from exchange.records import COMMAND_STRUCT, EVENT, ROW_BYTES
from exchange.seams import Clock, Disk, Lock, Rng

IDLE_NS = 50_000_000
HEAD_NS = 1_000_000_000
SNAPSHOT_RECORDS = 4_000_000


class JournalSeams(NamedTuple):
    disk: Disk
    rng: Rng
    clock: Clock


class Identity(NamedTuple):
    """What does not change while a journal is open."""

    journal_id: bytes
    alignment: int
    segment_bytes: int
    rules_hash: str
    build_hash: str


class Place(NamedTuple):
    """Where the next frame goes: `segment` is 0 if none was ever used, `key` is None if it takes no more frames."""

    segment: int
    offset: int
    due: Due
    key: SegmentKey | None


class Journal:
    """Made by `open_journal`."""

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

    # What the loop thread calls.

    def observe(self, events: np.ndarray, sequence: int) -> None:
        """Take note of what the engine emitted.

        events     EVENT rows, shape (m,), of every command up to `sequence` that was not observed before
        """
        self._event_hash.add(events)
        self._observed = sequence
        if sequence // MARK_RECORDS > self._event_hash.sequence // MARK_RECORDS:
            self._marks.append((sequence, self._event_hash.mark(sequence)))

    def hash_at(self, sequence: int) -> bytes | None:
        """Hash of the frame that holds one of the latest records; None until it is durable (DUR-152)."""
        return self.known.hash_at(sequence) if sequence <= self.durable_sequence else None

    @property
    def spares_ready(self) -> int:
        """Segments made ahead; trading needs 2 (DUR-024, DUR-051)."""
        return self._spares.made - self._segment

    @property
    def lack(self) -> str:
        """Why fewer segments are ready than trading needs, empty if enough are or are on their way."""
        return self._spares.lack if self.spares_ready < SPARES else ""

    def make_spares(self) -> None:
        """Try again in the background."""
        self._spares.ensure_later(self._segment + SPARES)

    @property
    def snapshot_due(self) -> bool:
        return self.sequence - self.snapshot_sequence >= SNAPSHOT_RECORDS

    def begin_snapshot(self, engine: EngineLike, hash_now: bool = False) -> PendingSnapshot:
        """Copy the state and mark its place; call with no append under way, `write()` the result on any thread.

        hash_now   put the state hash into the SNAPMARK too, at the cost of a pass over the state
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

    # What the writer thread calls.

    def append(self, rows: np.ndarray) -> int:
        """Make one batch durable; returns its last sequence.

        rows     COMMAND rows, shape (n,), 1 <= n <= 4,096, stamped by the sequencer
        raises   JournalFailed: nothing of the batch may be acknowledged
        """
        assert 1 <= len(rows) <= RECORDS_MAX, len(rows)
        return self._append(FrameKind.DATA, rows.view(np.uint8).data, len(rows))

    @contextmanager
    def writing(self, rows: np.ndarray) -> Iterator[None]:
        """As `append`, while the caller's block runs: the batch is durable when the block has ended."""
        assert 1 <= len(rows) <= RECORDS_MAX, len(rows)
        body = rows.view(np.uint8).data
        with self._lock:
            self._prepare(body)
            self._make_space(len(body))
            frame, digest = self._pack(FrameKind.DATA, body, len(rows))
            with self._io():
                self._disk.begin_log(self._handle, frame, self._offset)
            try:
                yield
            finally:
                with self._io():
                    self._disk.finish_log()
                self._advance(frame, digest, len(rows))
                self._sealed = False
                self._note_append()

    def append_control(self, row: np.ndarray, payload: bytes) -> int:
        """Make one control durable; `row` has shape (1,) and is stamped, the payload is JSON."""
        assert len(payload) <= PAYLOAD_BYTES_MAX, len(payload)
        return self._append(FrameKind.CONTROL, row.tobytes() + payload, 1)

    def append_rules(self, body: bytes, time_ns: int) -> None:
        """State the rules that hold from here on (DUR-111)."""
        with self._lock:
            self._due = self._due._replace(time_ns=time_ns)
            self._write(FrameKind.RULES, body)

    def append_epoch(self, body: bytes, epoch: int, time_ns: int) -> None:
        """Start a new epoch, after a cut (DUR-104)."""
        with self._lock:
            self._make_space(len(body))
            self._due = self._due._replace(epoch=epoch, time_ns=time_ns)
            self._write(FrameKind.EPOCH, body)

    def idle(self) -> bool:
        """Call now and then when nothing is appended: SEAL after 50 ms, HEAD each second. True if it wrote."""
        with self._lock:
            now = self._clock.mono_ns()
            if self._failed or self._closed or now - self._last_append_ns < IDLE_NS:
                return False
            self._look_at_names()
            if seal := not self._sealed:
                self._write(FrameKind.SEAL, b"")
            stale = (self._segment, self._offset) != (self._head_file.last.segment, self._head_file.last.offset)
            head = stale and now - self._last_head_ns >= HEAD_NS
            if head:
                self._write_head()
            return seal or head

    def snapshot(self, engine: EngineLike) -> int:
        """Write a snapshot now, state hash in its mark included; returns its sequence."""
        return self.begin_snapshot(engine, hash_now=True).write()

    def mark(self) -> None:
        """Write a mark behind the last command, at a clean stop: a release with other rules then sees whether its
        replay comes to the same (DUR-111). None is written behind a command whose events were not observed."""
        with self._lock:
            self._check()
            if self._observed == self.sequence > self._marked:
                self._write(FrameKind.SNAPMARK, MARK_BODY.pack(self.sequence, self._hash_of_events(), NO_HASH))
                self._marked = self.sequence

    def close(self) -> None:
        """Seal, write HEAD and let go of the folder. After a failure only the handles are closed."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._spares.stop()
            try:
                if self._failed is None:
                    if not self._sealed:
                        self._write(FrameKind.SEAL, b"")
                    self._write_head()
            finally:
                self._head_file.close()
                if self._handle >= 0:
                    self._disk.close(self._handle)
                self._folder_lock.close()

    # Below, the lock is held.

    def _append(self, kind: FrameKind, body: Bytes, count: int) -> int:
        with self._lock:
            self._prepare(body)
            self._write(kind, body, count)
            return self._note_append()

    def _prepare(self, body: Bytes) -> None:
        """Before the frame of a batch: its time, and the mark that is due."""
        self._check()
        sequence, time_ns, *_ = COMMAND_STRUCT.unpack_from(body)
        assert sequence == self._due.sequence and time_ns >= self._due.time_ns, (sequence, time_ns, self._due)
        self._write_mark()
        self._due = self._due._replace(time_ns=time_ns)

    def _note_append(self) -> int:
        """After it: the batch is durable."""
        self.sequence = self.durable_sequence = self._due.sequence - 1
        self._last_append_ns = now = self._clock.mono_ns()
        if now - self._last_head_ns >= HEAD_NS:
            self._write_head()
        return self.sequence

    def _check(self) -> None:
        if self._failed is not None:
            raise self._failed
        assert not self._closed

    def _hash_of_events(self) -> bytes:
        """The event hash at the last command, with all of it observed: the mark that is due there, or one between."""
        if self._marks:
            sequence, of_events = self._marks.popleft()
            assert sequence == self.sequence, (sequence, self.sequence)
            return of_events
        return self._event_hash.mark(self.sequence)

    def _write_mark(self) -> None:
        """SNAPMARK before the first frame after each multiple of 4,096 records."""
        if self.sequence // MARK_RECORDS == self._marked // MARK_RECORDS:
            return
        assert self._marks and self._marks[0][0] == self.sequence, "observe() a batch before the next append"
        sequence, of_events = self._marks.popleft()
        self._write(FrameKind.SNAPMARK, MARK_BODY.pack(sequence, of_events, NO_HASH))
        self._marked = sequence

    def _write(self, kind: FrameKind, body: Bytes, count: int = 0) -> None:
        """Pack, write and sync one frame; `_due` carries its epoch and time."""
        self._make_space(len(body))
        self._put(kind, body, count)
        self._sealed = kind == FrameKind.SEAL

    def _make_space(self, body_bytes: int) -> None:
        """Go on to the next segment if the frame would leave no unit for the CLOSE (DUR-055)."""
        alignment = self.identity.alignment
        space = self.identity.segment_bytes - self._offset
        if self._handle < 0:
            self._activate()
        elif padded(OVERHEAD_BYTES + body_bytes, alignment) + alignment > space:
            self._put(FrameKind.SEAL, b"", flags=CLOSE)
            self._leave()
            self._activate()

    def _put(self, kind: FrameKind, body: Bytes, count: int = 0, flags: int = 0) -> None:
        frame, digest = self._pack(kind, body, count, flags)
        with self._io():
            self._disk.write_log(self._handle, frame, self._offset)
        self._advance(frame, digest, count)

    def _pack(self, kind: FrameKind, body: Bytes, count: int, flags: int = 0) -> tuple[bytes, bytes]:
        return pack_frame(self._key, self.identity.alignment, kind, self._due, body, count, flags)

    def _advance(self, frame: bytes, digest: bytes, count: int) -> None:
        """The next frame stands behind this one."""
        self._offset += len(frame)
        if count:
            self.known.add(self._due.sequence, count, digest)
        self._due = self._due._replace(sequence=self._due.sequence + count, hash=digest)

    @contextmanager
    def _io(self) -> Iterator[None]:
        """What the disk refuses ends the journal (DUR-083)."""
        try:
            yield
        except OSError as error:
            raise self._fail(error) from error

    def _leave(self) -> None:
        """A closed segment is never written again."""
        try:
            self._disk.fsync(self._handle)
            self._disk.close(self._handle)
            self._handle = -1
            self._disk.set_mode(self._path(self._segment), 0o400)
        except OSError as error:
            raise self._fail(error) from error

    def _activate(self) -> None:
        """Write the header block of the next segment and sync it before its first frame (DUR-052)."""
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

    def _look_at_names(self) -> None:
        """Stop where another process may have the folder (DUR-040)."""
        try:
            self._folder_lock.check(self._path(self._segment), self._handle)
        except OSError as error:
            raise self._fail(error, EXIT_LOCKED) from error

    def _write_head(self) -> None:
        self._look_at_names()
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
        """No ack, no retry, no further write (DUR-083)."""
        self._failed = JournalFailed(error, code)
        return self._failed

    def _path(self, number: int) -> str:
        return f"{self.folder}/journal/{segment_name(number)}"
