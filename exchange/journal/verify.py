"""Checks a data folder without changing it (DUR-120)."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from exchange.engine.state import STATE_VERSION
from exchange.journal.claims import Claim, ClaimCheck
from exchange.journal.errors import EXIT_MISMATCH, Refusal, reading
from exchange.journal.frames import MARK_BODY, NO_HASH, Frame, FrameKind
from exchange.journal.head import read_head
from exchange.journal.money import ReportedMoney
from exchange.journal.replay import EngineLike, EventHash, Replayer
from exchange.journal.rules import RULES
from exchange.journal.scan import Walk, check_end
from exchange.journal.segments import SegmentFile, open_segments, read_journal_id, require_folder
from exchange.journal.snapshot import SnapshotError, SnapshotHeader, read_snapshot, snapshot_name, snapshot_names
from exchange.limits import Limits, limits_named
from exchange.seams import Disk, RealDisk

MakeEngine = Callable[[Limits, np.ndarray | None], EngineLike]


@dataclass
class VerifyReport:
    """What was checked. `notes`: damage that the next start repairs, like a torn tail or one bad copy of two."""

    journal_id: str = ""
    segments: int = 0
    spares: int = 0
    frames: int = 0
    records: int = 0
    controls: int = 0
    marks: int = 0
    snapshots: int = 0
    first_sequence: int = 0
    last_sequence: int = 0
    last_hash: str = NO_HASH.hex()
    epoch: int = 1
    events: int = 0
    fills: int = 0
    state_hash: str = ""
    stores: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class Stores(Protocol):
    """The derived stores of a folder, checked together with its journal.

    claims    what they know about the journal
    lines     what they hold, in words
    notes     faults that the next start repairs, in words
    note_frame   called with each frame of records
    take      called with each replayed frame of records and its events
    finish    called at the end of a valid journal: its last sequence and time, whether it was replayed
    """

    claims: list[Claim]
    lines: list[str]
    notes: list[str]

    def note_frame(self, frame: Frame) -> None: ...
    def take(self, frame: Frame, events: list[np.ndarray]) -> None: ...
    def finish(self, last_sequence: int, last_ns: int, deep: bool) -> None: ...


# (disk, folder, journal id; empty if there is no journal yet) -> the folder's stores
OpenStores = Callable[[Disk, str, bytes], Stores]


def verify(
    folder: str,
    deep: bool = False,
    make_engine: MakeEngine | None = None,
    disk: Disk | None = None,
    stores: OpenStores | None = None,
) -> VerifyReport:
    """Check every frame, link, header, HEAD and snapshot of a folder.

    deep          replay the journal too, and compare all hashes
    make_engine   engine for the replay; left out: the compiled one, and the money is compared too
    stores        opens the derived stores, which are checked too
    raises        Refusal, exit code 65: damage, with its place; 70: the replay differs from what was recorded
                  JournalFailed, exit code 74: a file or a folder cannot be read
    """
    verification = Verification(folder, disk or RealDisk(), stores)
    try:
        return verification.run(deep, make_engine)
    finally:
        verification.close()


class Verification:
    def __init__(self, folder: str, disk: Disk, stores: OpenStores | None) -> None:
        self.folder, self.disk = folder, disk
        require_folder(disk, folder)
        # The stores are read before the journal: so they are not ahead of it, even while a venue writes both.
        self.stores = stores(disk, folder, read_journal_id(disk, folder)) if stores is not None else None
        self.events: list[np.ndarray] = []  # events of the frame replayed last
        self.report = VerifyReport()
        self.last_ns = 0  # time of the last record
        self.notes: list[str] = []
        self.segments: list[SegmentFile] = []
        self.replayer: Replayer | None = None
        self.money: ReportedMoney | None = None

    def close(self) -> None:
        for segment in self.segments:
            segment.close()

    def run(self, deep: bool, make_engine: MakeEngine | None) -> VerifyReport:
        # Like the stores, HEAD and snapshots are read before the journal.
        head, notes = read_head(self.disk, self.folder)
        snapshots = self._read_snapshots()
        self.segments = open_segments(self.disk, f"{self.folder}/journal")
        self.notes += notes + [note for segment in self.segments for note in segment.notes]
        walk = Walk(self.segments, head)
        if head is None and walk.used_segments:
            raise Refusal("HEAD is missing or both its slots are damaged", 1, 0, 1)
        claims = list(self.stores.claims) if self.stores is not None else []
        check = ClaimCheck(claims)
        for frame in walk.frames():
            if deep and self.replayer is None and frame.records:
                raise Refusal("no RULES frame before the first record", frame.segment, frame.offset, frame.sequence)
            if deep and frame.kind == FrameKind.RULES and self.replayer is None:
                self.replayer = self._replayer(frame, make_engine)
            if frame.records:
                check.take(frame)
            self._take(frame, snapshots)
        check_end(walk, head.durable_sequence if head is not None else 0, claims + self._of_snapshots(snapshots))
        for header in snapshots.values():
            raise Refusal("a snapshot is of another history", header.segment, header.offset, header.seq + 1)
        if self.stores is not None:
            self.stores.finish(walk.due.sequence - 1, self.last_ns, deep)
        return self._finish(walk)

    def _of_snapshots(self, snapshots: dict[tuple[int, int], SnapshotHeader]) -> list[Claim]:
        """The claims of snapshots whose mark was not found in the journal."""
        return [Claim(f"{self.folder}/snap/{snapshot_name(one.seq)}", one.seq) for one in snapshots.values()]

    def _take(self, frame: Frame, snapshots: dict[tuple[int, int], SnapshotHeader]) -> None:
        report = self.report
        report.frames += 1
        report.records += frame.records
        if frame.records:
            self.last_ns = frame.time_ns
            if self.stores is not None:
                self.stores.note_frame(frame)
        report.controls += frame.kind == FrameKind.CONTROL
        report.marks += frame.kind == FrameKind.SNAPMARK
        if frame.records and not report.first_sequence:
            report.first_sequence = frame.sequence
        if self.replayer is not None:
            self.events.clear()
            self.replayer.apply(frame)
            if self.stores is not None and frame.records:
                self.stores.take(frame, self.events)
        header = snapshots.pop((frame.segment, frame.offset), None)
        if header is not None:
            self._check_snapshot(frame, header)

    def _check_snapshot(self, frame: Frame, header: SnapshotHeader) -> None:
        if frame.kind != FrameKind.SNAPMARK or (header.chain_hash, header.seq) != (
            frame.previous.hex(),
            frame.sequence - 1,
        ):
            raise Refusal("a snapshot does not match its mark", frame.segment, frame.offset, frame.sequence)
        of_state = MARK_BODY.unpack(frame.body)[2]
        if of_state not in (NO_HASH, bytes.fromhex(header.state_hash)):
            raise Refusal("a snapshot is of another state", frame.segment, frame.offset, frame.sequence)
        if self.replayer is None:
            return
        if header.format != STATE_VERSION:
            self.notes.append(
                f"snapshot at {header.seq} has layout {header.format} of the state, not {STATE_VERSION}: not compared"
            )
        elif self.replayer.engine.state_hash().hex() != header.state_hash:
            reason = "replay gives another state than the snapshot's"
            raise Refusal(reason, frame.segment, frame.offset, frame.sequence, EXIT_MISMATCH)

    def _read_snapshots(self) -> dict[tuple[int, int], SnapshotHeader]:
        """Check all snapshots by their own hashes; returns headers by (segment, offset) of their mark."""
        found = {}
        place = f"{self.folder}/snap"
        with reading(place, "a folder"):
            names = snapshot_names(self.disk, place)
        for name in names:
            try:
                with reading(f"{place}/{name}"):
                    header, _ = read_snapshot(self.disk, f"{place}/{name}")
            except SnapshotError as error:
                raise Refusal(f"snapshot {name}: {error}") from None
            found[header.segment, header.offset] = header
        self.report.snapshots = len(found)
        return found

    def _replayer(self, frame: Frame, make_engine: MakeEngine | None) -> Replayer:
        own_rules = None
        if make_engine is None:
            # Imported late, so that a check without replay does not load the kernels.
            from exchange.journal.recovery import compiled_engine

            make_engine, own_rules = compiled_engine, RULES
            self.money = ReportedMoney()
        engine = make_engine(limits_named(json.loads(frame.payload)["limits"]), None)
        return Replayer(engine, EventHash(), self._note, own_rules=own_rules)

    def _note(self, events: np.ndarray) -> None:
        """Take the events of a replayed frame."""
        self.events.append(events)
        if self.money is not None:
            self.money.add(events)

    def _finish(self, walk: Walk) -> VerifyReport:
        report = self.report
        report.segments, report.spares = walk.used_segments, len(self.segments) - walk.used_segments
        if walk.used_segments and self.segments[0].header is not None:
            report.journal_id = self.segments[0].header.journal_id.hex()
        report.last_sequence, report.last_hash = walk.due.sequence - 1, walk.due.hash.hex()
        report.epoch = walk.due.epoch
        if walk.tear is not None:
            tear = walk.tear
            self.notes.append(
                f"torn tail: segment {tear.segment} offset {tear.offset}: {tear.reason};"
                f" the next start cuts {tear.end - tear.offset} bytes, none of them acknowledged"
            )
        if self.replayer is not None:
            report.events, report.fills = self.replayer.events, self.replayer.fills
            report.state_hash = self.replayer.engine.state_hash().hex()
            self._check_money(self.replayer)
            if (unproven := self.replayer.unproven) is not None:
                self.notes.append(f"segment {unproven.segment} offset {unproven.offset}: {unproven.reason}")
        if self.stores is not None:
            self.notes += self.stores.notes
            report.stores = tuple(self.stores.lines)
        report.notes = tuple(self.notes)
        return report

    def _check_money(self, replayer: Replayer) -> None:
        """Raise Refusal if money was lost or made in the replayed state (INV-018)."""
        faults = self.money.faults(replayer.engine.states) if self.money is not None else []
        if faults:
            raise Refusal(f"replay loses money: {'; '.join(faults)}", code=EXIT_MISMATCH)


def summary(report: VerifyReport) -> str:
    """The report in lines for a person."""
    lines = [
        f"journal {report.journal_id}: valid",
        f"segments {report.segments}, spares {report.spares}, frames {report.frames}, epoch {report.epoch}",
        f"records {report.records} ({report.controls} controls), sequences {report.first_sequence}"
        f" to {report.last_sequence}, last hash {report.last_hash}",
        f"marks {report.marks}, snapshots {report.snapshots}",
    ]
    if report.state_hash:
        lines.append(f"replayed: events {report.events}, fills {report.fills}, state hash {report.state_hash}")
    return "\n".join(lines + list(report.stores) + [f"note: {note}" for note in report.notes])
