"""A data folder in memory with one fault in it, and what the function behind `gpux journal verify` says of it.

The faults of one folder are millions, so what a fault does not touch is not read again: a file's content is that of the
sound folder as long as its bytes are the same. Everything else is the real code.
"""

import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar, NamedTuple

import pytest
from blake3 import blake3

from exchange.gateway.key_file import TABLES
from exchange.journal import scan, segments, snapshot, verify
from exchange.journal.errors import JournalFailed, Refusal
from exchange.journal.frames import Due, Frame
from exchange.journal.head import Head
from exchange.journal.scan import Walk
from exchange.journal.segments import SegmentFile
from exchange.venue import event_history as history
from exchange.venue import folder_check
from exchange.venue.derived_stores import KEY_FILE
from exchange.venue.folder_check import verify_folder
from exchange.wire.messages import Cancel
from tests.gateway.harness import MAKING, Bench, NoSyncDisk
from tests.journal.fault_disk import FaultDisk, File

FOLDER = "data"
RECORDS = 1_000
SEGMENT_BYTES = 1 << 16
BATCH = 64  # orders of one client at once
SECTOR = 512
WAYS = 9  # to damage a byte: a cut in front of it, and its bits
BLOCK = 4_096
PLACE = re.compile(r"segment \d+ offset \d+|segment \d+: |HEAD|/snap/|snapshot \d|/keys\.sqlite3|/events")


class Outcome(StrEnum):
    REFUSED = "refused"
    TOLD = "told"  # and made good by a start
    HARMLESS = "harmless"  # nothing that is kept says anything else
    SILENT = "SILENT"
    FALSE = "REFUSED FALSELY"  # the journal is sound, and what is derived from it can be made again


BAD = (Outcome.SILENT, Outcome.FALSE)


class Fault(NamedTuple):
    """A flip of one bit, or a cut in front of a byte (`bit` -1)."""

    path: str
    byte: int
    bit: int


def build(folder: str, records: int = RECORDS) -> None:
    """A venue of so many records that was stopped cleanly, with a snapshot on the way and some files of events."""
    with _small(records), Bench(folder, segment_bytes=SEGMENT_BYTES) as bench:
        _trade(bench, records)


def build_killed(folder: str, records: int) -> None:
    """What is on disk of one that runs, all its stores written: the key store's newest rows are in its log."""
    with TemporaryDirectory() as place, _small(records), Bench(f"{place}/venue", segment_bytes=SEGMENT_BYTES) as bench:
        _trade(bench, records)
        bench.connect(bench.keys[3])
        bench.venue.history.flush()
        shutil.copytree(bench.folder, folder, ignore=MAKING)


@contextmanager
def _small(records: int) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(NoSyncDisk, "sector_bytes", lambda disk, folder: 512)
        patch.setattr(history, "CHUNK_ROWS", records * 2 // 3)
        yield


def _trade(bench: Bench, records: int) -> None:
    peers = [bench.connect(bench.keys[account]) for account in (1, 2)]
    first, snapshot = 10, False
    while bench.venue.sequence < records:
        ids = range(first, first + BATCH)
        for peer, side, away in zip(peers, "bs", (-1, 1), strict=True):
            # One in eight trades, the rest is cancelled.
            peer.send(
                *(
                    bench.order(
                        number, f"{side}{number}", side=side, order_lots=1,
                        price_tick=bench.price + (3 * away if number % 8 else 0),
                    )
                    for number in ids
                )
            )  # fmt: skip
        bench.settle()
        for peer, side in zip(peers, "bs", strict=True):
            peer.send(*(Cancel(request_id=number + BATCH, client_order_id=f"{side}{number}") for number in ids))
        bench.settle()
        first += 2 * BATCH
        bench.venue.history.flush()
        if not snapshot and bench.venue.sequence > records * 3 // 4:
            snapshot = bool(bench.opened.journal.snapshot(bench.venue.engine))


class StillDisk(FaultDisk):
    """One on which no file comes or goes."""

    def __init__(self) -> None:
        super().__init__()
        self.lists: dict[str, list[str]] = {}

    def list(self, folder: str) -> list[str]:
        if folder not in self.lists:
            self.lists[folder] = super().list(folder)
        return self.lists[folder]


def load(folder: Path) -> FaultDisk:
    """The files of a folder on a disk in memory."""
    disk = StillDisk()
    disk.folders = {FOLDER, *(f"{FOLDER}/{path.relative_to(folder)}" for path in folder.rglob("*") if path.is_dir())}
    for path in folder.rglob("*"):
        if path.is_file():
            data = bytearray(path.read_bytes())
            disk.names[f"{FOLDER}/{path.relative_to(folder)}"] = File(data, data)
    return disk


def kept_files(disk: FaultDisk) -> list[str]:
    """Files that hold something; SQLite's index of a log is none, it is made again."""
    return sorted(path for path, file in disk.names.items() if len(file.visible) and not path.endswith("-shm"))


def is_derived(path: str) -> bool:
    return path.startswith((f"{FOLDER}/keys", f"{FOLDER}/events"))


class Faults(Sequence[Fault]):
    """Every bit and every cut of the used bytes of a file, and of each 4 KiB of zeros a cut and a bit. Used is a sector
    of 512 bytes that is not zeros."""

    def __init__(self, disk: FaultDisk, path: str) -> None:
        self.path = path
        data = bytes(disk.file(path))
        self._sectors = [at for at in range(0, len(data), SECTOR) if any(data[at : at + SECTOR])]
        ends = (min(at + SECTOR, len(data)) for at in self._sectors)
        self._used = WAYS * sum(end - at for at, end in zip(self._sectors, ends, strict=True))
        blocks = (data[start : start + BLOCK] for start in range(0, len(data), BLOCK))
        self._zeros = [number * BLOCK + len(block) // 2 for number, block in enumerate(blocks) if not any(block)]

    def __len__(self) -> int:
        return self._used + 2 * len(self._zeros)

    def __getitem__(self, at: Any) -> Any:
        if isinstance(at, slice):
            return [self[number] for number in range(*at.indices(len(self)))]
        if at >= self._used:
            number, bit = divmod(at - self._used, 2)
            return Fault(self.path, self._zeros[number], bit - 1)
        place, bit = divmod(at, WAYS)
        # A sector that is cut short by the end of the file is the last.
        return Fault(self.path, self._sectors[place // SECTOR] + place % SECTOR, bit - 1)


def put(disk: FaultDisk, fault: Fault) -> Callable[[], None]:
    """Do it; returns what undoes it."""
    file = disk.names[fault.path]
    if fault.bit < 0:
        whole, file.visible = file.visible, file.visible[: fault.byte]
        return lambda: setattr(file, "visible", whole)

    def flip() -> None:
        file.visible[fault.byte] ^= 1 << fault.bit

    flip()
    return flip


def _rows_by_sqlite(disk: FaultDisk, path: str) -> Any:
    """What SQLite itself gives of a key store, its log included."""
    with TemporaryDirectory() as place:
        for suffix in ("", "-wal"):
            if path + suffix in disk.names:
                Path(f"{place}/store{suffix}").write_bytes(bytes(disk.file(path + suffix)))
        try:
            with closing(sqlite3.connect(f"{place}/store")) as database:
                database.execute("PRAGMA synchronous = OFF")
                return [database.execute(f"SELECT * FROM {table}").fetchall() for table in TABLES]
        except (sqlite3.Error, UnicodeDecodeError, OverflowError) as error:
            return str(error)


class Folder:
    """The sound folder, and what it says."""

    def __init__(self, disk: FaultDisk) -> None:
        self.disk = disk
        self.report = verify_folder(FOLDER, disk=disk)
        assert not self.report.notes, self.report.notes
        self.content = {path: self._content(path) for path in disk.names if is_derived(path)}

    def _content(self, path: str) -> Any:
        """What a derived store holds, read without the function under test's help."""
        if path.startswith(f"{FOLDER}/events"):
            return bytes(self.disk.file(path))
        return _rows_by_sqlite(self.disk, f"{FOLDER}/{KEY_FILE}")

    def outcome(self, fault: Fault) -> tuple[Outcome, str]:
        """What becomes of a fault, and the words that tell it."""
        undo = put(self.disk, fault)
        try:
            return self._judge(fault)
        finally:
            undo()

    def _judge(self, fault: Fault) -> tuple[Outcome, str]:
        try:
            report = verify_folder(FOLDER, disk=self.disk)
        except (Refusal, JournalFailed) as refusal:
            if is_derived(fault.path):
                return Outcome.FALSE, str(refusal)
            return (Outcome.REFUSED if PLACE.search(str(refusal)) else Outcome.SILENT), str(refusal)
        # A SEAL at the end holds no record: one that is torn is told of.
        same = report.last_hash == self.report.last_hash or any("torn tail" in note for note in report.notes)
        if not same or report.last_sequence != self.report.last_sequence:
            return Outcome.SILENT, f"another history: {report}"
        if report.notes:
            named = all(PLACE.search(note) for note in report.notes)
            return (Outcome.TOLD if named else Outcome.SILENT), report.notes[0]
        # Of the journal, HEAD and snapshots every used byte is checked: a report without notes is a miss.
        if not is_derived(fault.path) or self._content(fault.path) != self.content[fault.path]:
            return Outcome.SILENT, "sound"
        return Outcome.HARMLESS, "nothing that is kept says anything else"


class Untouched:
    """What a fault does not touch, read once: files, segments, frames, and the walk over all of them."""

    def __init__(self) -> None:
        self.fault = Fault("", 0, 0)
        self._known: dict[Any, Any] = {}
        self._read_frame_at, self._read_head = scan.frame_at, verify.read_head

    def once(self, read: Callable[..., Any]) -> Callable[..., Any]:
        """Of a file, with those that belong to it, what `read(disk, path, ...)` gives."""

        def known(disk: FaultDisk, path: str, *arguments: Any) -> Any:
            if self.fault.path.startswith(path):
                return read(disk, path, *arguments)
            if (read, path) not in self._known:
                self._known[read, path] = read(disk, path, *arguments)
            return self._known[read, path]

        return known

    def head(self, disk: FaultDisk, folder: str) -> tuple[Head | None, list[str]]:
        if self.fault.path == f"{folder}/HEAD" or "head" not in self._known:
            found = self._read_head(disk, folder)
            if self.fault.path == f"{folder}/HEAD":
                return found
            self._known["head"] = found
        return self._known["head"]  # type: ignore[no-any-return]

    def segment_file(self, disk: FaultDisk, folder: str, number: int) -> SegmentFile:
        path = f"{folder}/{segments.segment_name(number)}"
        if path == self.fault.path:
            return SegmentFile(disk, folder, number)
        if path not in self._known:
            self._known[path] = KeptSegment(disk, folder, number)
        return self._known[path]  # type: ignore[no-any-return]

    def frame_at(self, segment: SegmentFile, offset: int, due: Due | None) -> Frame:
        """A frame of the same bytes under the same header, that must continue the same, is the same frame."""
        known = self._known.get((segment.number, offset))
        if known is not None and due == known[1] and segment.header == known[2]:
            frame = known[0]
            fault, end = self.fault, offset + frame.length
            if segment.path != fault.path or end <= fault.byte or (fault.bit >= 0 and offset > fault.byte):
                return frame  # type: ignore[no-any-return]
        frame = self._read_frame_at(segment, offset, due)
        if due is not None and segment.path != self.fault.path:
            self._known[segment.number, offset] = frame, due, segment.header
        return frame

    def walk(self, of: list[SegmentFile], head: Head | None) -> Walk:
        """Where neither a segment nor HEAD has the fault, the walk is the sound folder's."""
        if self.fault.path.startswith(f"{FOLDER}/journal/") or self.fault.path in ("", f"{FOLDER}/HEAD"):
            return Walk(of, head)
        if "walk" not in self._known:
            walk = Walk(of, head)
            self._known["walk"] = KnownWalk(walk, [*walk.frames()])
        return self._known["walk"]  # type: ignore[no-any-return]


class ContinuedHash:
    """BLAKE3 of the parts of a file, continued from where they differ from those of the sound file."""

    _known: ClassVar[
        dict[bool, list[tuple[bytes, Any]]]
    ] = {}  # parts and states behind them, by whether a header is first

    def __init__(self, data: bytes = b"") -> None:
        self._parts = [data]

    def update(self, part: bytes) -> None:
        self._parts.append(part)

    def digest(self) -> bytes:
        known = self._known.setdefault(bool(self._parts[0]), [])
        same = next(
            (at for at, (one, two) in enumerate(zip(self._parts, known, strict=False)) if one != two[0]), len(known)
        )
        state = known[same - 1][1].copy() if same else blake3()
        for part in self._parts[same:]:
            state.update(part)
            if len(known) < len(self._parts) and same == len(known):
                known.append((part, state.copy()))
                same += 1
        return bytes(state.digest())

    def hexdigest(self) -> str:
        return self.digest().hex()


class KeptSegment(SegmentFile):
    """Stays open for the next fault."""

    def close(self) -> None:
        pass


class KnownWalk(Walk):
    """A walk that has ended, and its frames."""

    def __init__(self, walk: Walk, frames: list[Frame]) -> None:
        self.__dict__.update(walk.__dict__)
        self._frames = frames

    def frames(self) -> Iterator[Frame]:
        yield from self._frames


@contextmanager
def untouched_read_once() -> Iterator[Untouched]:
    """Within the block, what `fault` of the object given does not touch is not read again."""
    untouched = Untouched()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scan, "frame_at", untouched.frame_at)
        patch.setattr(segments, "SegmentFile", untouched.segment_file)
        patch.setattr(verify, "Walk", untouched.walk)
        patch.setattr(snapshot, "blake3", ContinuedHash)
        patch.setattr(verify, "read_head", untouched.head)
        patch.setattr(folder_check, "READS", 1)  # nobody writes it meanwhile
        patch.setattr(verify, "read_snapshot", untouched.once(verify.read_snapshot))
        patch.setattr(folder_check, "read_key_file", untouched.once(folder_check.read_key_file))
        patch.setattr(folder_check, "read_or_explain", untouched.once(folder_check.read_or_explain))
        yield untouched
