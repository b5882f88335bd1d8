"""Opens a data folder: lock, check, replay, repair what a crash left, continue the journal (DUR-100 to 107).

Everything that can refuse the folder happens before the first write. A start that is killed can be repeated.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np
from blake3 import blake3

from exchange.engine.engine import Engine
from exchange.engine.state import STATE_VERSION, state_dtype
from exchange.journal.claims import Claim, ClaimCheck, KnownFrames, ReadClaims, check_claim, due_at, no_claims
from exchange.journal.errors import EXIT_CONFIGURATION, JournalFailed, Refusal, reading
from exchange.journal.folder_lock import FolderLock
from exchange.journal.frames import EPOCH_BODY, MARK_BODY, NO_HASH, BadFrame, Frame, FrameKind
from exchange.journal.head import EMPTY, Head, HeadFile, create_head, read_head
from exchange.journal.journal import Identity, Journal, JournalSeams, Place
from exchange.journal.repair import clean_spare, cut_tail, quarantine_name, remove_temporaries, sync_written
from exchange.journal.replay import EngineLike, EventHash, Replayer
from exchange.journal.rules import rules_at, rules_number, rules_text
from exchange.journal.scan import GENESIS, Walk, check_end, frame_at, frame_of
from exchange.journal.segments import BLOCK_BYTES, SEGMENT_BYTES, SegmentFile, open_segments
from exchange.journal.sequencer import Sequencer
from exchange.journal.snapshot import SnapshotError, SnapshotHeader, read_snapshot, snapshot_names
from exchange.journal.spares import SPARES, Spares
from exchange.kernel import source_hash
from exchange.limits import EARLIER_NAMES, Limits
from exchange.seams import Background, Clock, Disk, Rng, start_thread

# Segments up to the snapshot's that every start checks; only `gpux journal verify` checks older ones.
HISTORY_SEGMENTS = 4
EngineFactory = Callable[[Limits, np.ndarray | None], EngineLike]


@dataclass
class RecoveryReport:
    """What a start has found and done. `cut_bytes` > 0: a torn tail was cut and kept in quarantine."""

    created: bool = False
    snapshot_sequence: int = 0
    replayed: int = 0
    last_sequence: int = 0
    last_hash: bytes = NO_HASH
    epoch: int = 1
    cut_segment: int = 0
    cut_offset: int = 0
    cut_bytes: int = 0
    cut_reason: str = ""
    rules_changed: bool = False
    notes: tuple[str, ...] = ()


class Opened(NamedTuple):
    journal: Journal
    engine: EngineLike
    report: RecoveryReport
    sequencer: Sequencer


class Start(NamedTuple):
    """Where replay starts: after a snapshot's mark, with an engine in that state, or at genesis."""

    engine: EngineLike
    event_hash: EventHash
    segment: int
    offset: int
    rules: bytes  # body of the RULES frame in force there; empty at genesis


@cache
def build_hash() -> str:
    """Hash of the kernel sources. Snapshots of another build are not used."""
    return source_hash()


def canonical_rules(rules: bytes, limits: Limits) -> bytes:
    """Body of the RULES frame: the caller's JSON object with limits and STATE_VERSION added, in canonical form."""
    facts = {**json.loads(rules), "limits": limits.name, "state_version": STATE_VERSION}
    return json.dumps(facts, sort_keys=True, separators=(",", ":")).encode()


def compiled_engine(limits: Limits, body: np.ndarray | None) -> EngineLike:
    """The compiled engine, with a new state or with the STATE bytes of a snapshot."""
    return Engine(limits) if body is None else Engine(limits, body.view(state_dtype(limits)))


def open_journal(
    folder: str,
    disk: Disk,
    rng: Rng,
    clock: Clock,
    limits: Limits,
    rules: bytes,
    make_engine: EngineFactory = compiled_engine,
    segment_bytes: int = SEGMENT_BYTES,
    background: Background = start_thread,
    claims: ReadClaims = no_claims,
) -> Opened:
    """Open the journal of `folder`, with an engine that has applied all of it; set up an empty or missing folder.

    rules          a JSON object that names the rules in force; a change is recorded in a RULES frame
    make_engine    (limits, STATE bytes or None) -> engine
    segment_bytes  length of each segment, if the journal is new
    background     runs a function in the background, to make spares
    claims         reads what the derived stores claim; called while the folder is locked
    raises         Refusal: nothing but LOCK and missing folders was written (DUR-108)
                   JournalFailed: the disk failed
    """
    seams = JournalSeams(disk, rng, clock)
    try:
        lock = FolderLock(disk, folder)
        try:
            recovery = Recovery(folder, seams, limits, canonical_rules(rules, limits), make_engine, claims)
            try:
                return recovery.open(segment_bytes, background, lock)
            finally:
                recovery.close()
        except BaseException:
            lock.close()
            raise
    except OSError as error:
        raise JournalFailed(error) from error


class Recovery:
    """One start of one data folder. `open` does all of it."""

    def __init__(
        self,
        folder: str,
        seams: JournalSeams,
        limits: Limits,
        rules: bytes,
        make_engine: EngineFactory,
        claims: ReadClaims,
    ) -> None:
        self.folder, self.seams, self.limits, self.rules = folder, seams, limits, rules
        self.disk = seams.disk
        self.make_engine = make_engine
        self.build_hash = build_hash()
        self.report = RecoveryReport()
        self.notes: list[str] = []
        self.segments: list[SegmentFile] = []
        self._read_claims = claims
        self.claims: list[Claim] = []
        self.known = KnownFrames()

    def close(self) -> None:
        for segment in self.segments:
            segment.close()

    def open(self, segment_bytes: int, background: Background, lock: FolderLock) -> Opened:
        head = self._read_head()
        self.segments = open_segments(self.disk, f"{self.folder}/journal")
        self.notes += [note for segment in self.segments for note in segment.notes]
        if head is None:
            self._check_empty()
        first = self.segments[0].header if self.segments else None
        self.claims += self._read_claims(first.journal_id if first is not None else b"")
        start = self._start()
        walk, replayer = self._replay(start, head)
        self._fill_report(walk, start, replayer, head)

        place = self._repair(walk, segment_bytes)
        head = head or create_head(self.disk, self.folder)
        head_file = HeadFile(self.disk, self.folder, head)
        if place.segment:
            head_file.write(_head_at(place))
        identity = self._identity(first.segment_bytes if first else segment_bytes)
        spares = Spares(
            self.disk, f"{self.folder}/journal", identity.segment_bytes, len(self.segments), background
        )  # fmt: skip
        journal = Journal(
            self.folder, self.seams, identity, place, head_file, spares, start.event_hash, lock, self.known,
            self.report.snapshot_sequence,
        )  # fmt: skip
        sequencer = Sequencer(self.seams.clock, place.due.sequence - 1, place.due.time_ns)
        self._go_on(journal, sequencer, place, identity, replayer.rules)
        spares.ensure_later(place.segment + SPARES)
        self.report.notes = tuple(self.notes)
        return Opened(journal, start.engine, self.report, sequencer)

    def _read_head(self) -> Head | None:
        head, notes = read_head(self.disk, self.folder)
        self.notes += notes
        return head

    def _check_empty(self) -> None:
        """Raise Refusal if something was written although HEAD is missing (DUR-100)."""
        for segment in self.segments:
            if segment.header is not None or not segment.clean_block:
                raise Refusal("HEAD is missing or both its slots are damaged", segment.number, 0, 1)
        self.report.created = True

    # Read only: find the start, check and replay the frames.

    def _start(self) -> Start:
        """The newest valid snapshot, else genesis (DUR-101)."""
        for name in snapshot_names(self.disk, f"{self.folder}/snap"):
            try:
                return self._start_at(name)
            except (SnapshotError, BadFrame, ValueError) as error:
                self.notes.append(f"snapshot {name} skipped: {error}")
        return Start(self.make_engine(self.limits, None), EventHash(), 1, BLOCK_BYTES, b"")

    def _start_at(self, name: str) -> Start:
        with reading(path := f"{self.folder}/snap/{name}"):
            header, body = read_snapshot(self.disk, path)
        self.claims.append(Claim(path, header.seq))
        if header.build_hash != self.build_hash or header.format != STATE_VERSION:
            raise SnapshotError("it was written by another build")
        mark, of_events = snapshot_mark(self.segments, header)
        engine = self.make_engine(self.limits, body)
        if engine.sequence != header.seq:
            raise SnapshotError(f"its state is at {engine.sequence}")
        self.report.snapshot_sequence = header.seq
        event_hash = EventHash(of_events, header.seq)
        own = blake3(self.rules).hexdigest() == header.rules_hash
        rules = self.rules if own else rules_at(self.segments, mark.segment, mark.offset)
        return Start(engine, event_hash, mark.segment, mark.offset + mark.length, rules)

    def _replay(self, start: Start, head: Head | None) -> tuple[Walk, Replayer]:
        """Check the segments before the start, replay the frames after it, and judge the journal's end."""
        walk = self._walk_from(max(1, start.segment - HISTORY_SEGMENTS + 1), head)
        replayer = Replayer(
            start.engine, start.event_hash, same_layout=bool(start.rules), rules=start.rules,
            own_rules=rules_number(self.rules),
        )  # fmt: skip
        check = ClaimCheck(self.claims)
        for frame in walk.frames():
            if frame.records:
                check.take(frame)
                self.known.add(frame.sequence, frame.records, frame.hash)
            if (frame.segment, frame.offset) < (start.segment, start.offset):
                continue
            replayer.apply(frame)
            if frame.kind == FrameKind.RULES:
                self._check_limits(frame)
        check_end(walk, head.durable_sequence if head is not None else 0, self.claims)
        for claim in check.older:
            if (found := frame_of(self.segments, claim.sequence)) is not None:
                check_claim(claim, found)
        assert start.engine.sequence == walk.due.sequence - 1, (start.engine.sequence, walk.due)
        if replayer.unproven is not None:
            raise replayer.unproven
        return walk, replayer

    def _walk_from(self, number: int, head: Head | None) -> Walk:
        if number == 1:
            return Walk(self.segments, head)
        return Walk(self.segments, head, number, BLOCK_BYTES, due_at(self.segments[number - 1]))

    def _check_limits(self, frame: Frame) -> None:
        found = json.loads(frame.payload)["limits"]
        if found != self.limits.name and EARLIER_NAMES.get(found) is not self.limits:
            reason = f"the journal was made with limits {found}, not {self.limits.name}"
            raise Refusal(reason, frame.segment, frame.offset, frame.sequence, EXIT_CONFIGURATION)

    def _fill_report(self, walk: Walk, start: Start, replayer: Replayer, head: Head | None) -> None:
        report = self.report
        report.replayed = replayer.records
        report.last_sequence, report.last_hash = walk.due.sequence - 1, walk.due.hash
        if walk.tear is not None:
            tear = walk.tear
            report.cut_segment, report.cut_offset, report.cut_reason = tear.segment, tear.offset, tear.reason
            report.cut_bytes = tear.end - tear.offset
        elif head is not None and (head.segment, head.offset) > (walk.segment, walk.offset) and walk.used_segments:
            self.notes.append(f"frames without records are missing before offset {head.offset} of HEAD")

    # Writing starts here.

    def _repair(self, walk: Walk, segment_bytes: int) -> Place:
        remove_temporaries(self.disk, self.folder)
        if walk.tear is not None:
            cut_tail(self.disk, self.folder, self.segments[walk.tear.segment - 1], walk.tear)
        for segment in self.segments[walk.used_segments :]:
            clean_spare(self.disk, segment, 0 if walk.used_segments else segment_bytes)
        if not walk.used_segments:
            return Place(0, 0, GENESIS, None)
        active = self.segments[walk.segment - 1]
        sync_written(self.disk, self.folder, active, read_only=walk.closed)
        return Place(walk.segment, walk.offset, walk.due, None if walk.closed else active.key)

    def _identity(self, segment_bytes: int) -> Identity:
        header = self.segments[0].header if self.segments else None
        rules_hash = blake3(self.rules).hexdigest()
        if header is None:
            alignment = 4_096 if self.disk.sector_bytes(self.folder) >= 4_096 else 512
            return Identity(self.seams.rng.bytes(16), alignment, segment_bytes, rules_hash, self.build_hash)
        return Identity(header.journal_id, header.alignment, header.segment_bytes, rules_hash, self.build_hash)

    def _go_on(self, journal: Journal, sequencer: Sequencer, place: Place, identity: Identity, rules: bytes) -> None:
        """Write EPOCH if a tail was cut, and RULES if the rules have changed."""
        epoch = place.due.epoch
        if self.disk.exists(f"{self.folder}/quarantine/{quarantine_name(place.segment, place.offset)}"):
            body = EPOCH_BODY.pack(epoch + 1, epoch, identity.journal_id, bytes.fromhex(identity.build_hash))
            journal.append_epoch(body, epoch + 1, sequencer.tick())
            epoch += 1
        if rules != self.rules:
            self.report.rules_changed = bool(rules)
            old, new = rules_number(rules), rules_number(self.rules)
            if rules and old != new:
                self.notes.append(f"{rules_text(new)} apply after command {journal.sequence}, {rules_text(old)} before")
            journal.append_rules(self.rules, sequencer.tick())
        self.report.epoch = epoch


def snapshot_mark(segments: list[SegmentFile], header: SnapshotHeader) -> tuple[Frame, bytes]:
    """The SNAPMARK frame of a snapshot, and the event hash in it. SnapshotError or BadFrame: they do not match."""
    if not 1 <= header.segment <= len(segments) or segments[header.segment - 1].header is None:
        raise SnapshotError(f"the journal has no segment {header.segment}")
    mark = frame_at(segments[header.segment - 1], header.offset, None)
    if mark.kind != FrameKind.SNAPMARK or mark.previous.hex() != header.chain_hash:
        raise SnapshotError("the journal has another history")
    sequence, of_events, of_state = MARK_BODY.unpack(mark.body)
    if sequence != header.seq or of_state not in (NO_HASH, bytes.fromhex(header.state_hash)):
        raise SnapshotError("its mark in the journal is of another state")
    return mark, of_events


def _head_at(place: Place) -> Head:
    due = place.due
    sequence = due.sequence - 1
    return EMPTY._replace(
        epoch=due.epoch, durable_sequence=sequence, durable_hash=due.hash, committed_sequence=sequence,
        committed_hash=due.hash, segment=place.segment, offset=place.offset, time_ns=due.time_ns,
    )  # fmt: skip
