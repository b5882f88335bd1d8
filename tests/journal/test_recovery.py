"""Starts: after a clean stop, a kill or a power loss at any I/O call, and refusals."""

import random
from collections.abc import Callable
from contextlib import suppress
from functools import partial

import pytest

from exchange.journal import recovery
from exchange.journal.errors import JournalFailed, Refusal
from exchange.journal.frames import FrameKind
from exchange.journal.recovery import open_journal
from exchange.journal.replay import read_frames, replay_folder
from exchange.limits import MEDIUM, VENUE
from tests.journal.fault_disk import Crash, FaultDisk, File
from tests.journal.helpers import (
    FOLDER,
    RULES,
    SEGMENT_BYTES,
    FakeEngine,
    ManualClock,
    SeededRng,
    closed_folder,
    commands,
    folder_of_older_layout,
    reopen,
    request_ids,
    rules_body,
    steer,
    trade,
)

FIRST = "data/journal/0000000001.seg"


def live_day(disk: FaultDisk, acked: list[int]) -> None:
    """A short life with everything in it: segments change, a snapshot, idle seals, HEAD each few appends."""
    opened = reopen(disk, ManualClock(step_ns=200_000_000))
    for number, count in enumerate((1, 60, 2, 70, 40, 5, 90, 30)):
        acked.append(trade(opened, count))
        if number in (2, 5):
            opened.journal.snapshot(opened.engine)
        if number % 3 == 0:
            opened.journal.idle()
    opened.journal.close()


def large_writes() -> list[int]:
    """Numbers of the I/O calls of a life that write a frame of many sectors."""
    disk, sizes = FaultDisk(), list[tuple[int, int]]()
    store = disk._store

    def sized(file: File, data: bytes, offset: int) -> None:
        sizes.append((disk.calls, len(data) if offset > 4_096 else 0))
        store(file, data, offset)

    disk._store = sized  # type: ignore[method-assign]
    live_day(disk, [])
    return [call for call, size in sizes if 4_096 < size < SEGMENT_BYTES]


def survive(disk: FaultDisk, acked: list[int]) -> None:
    """What must hold after any crash: every acked command is there, each once, and the engine has run them all."""
    opened = reopen(disk)
    last = opened.journal.sequence
    assert last >= max(acked, default=0)
    assert request_ids(disk) == list(range(1, last + 1))
    replayed = FakeEngine(MEDIUM, None)
    for frame in read_frames(FOLDER, disk):
        if frame.records:
            replayed.apply(frame.rows)
    assert replayed.state_hash() == opened.engine.state_hash()
    trade(opened, 3)
    opened.journal.close()
    again = reopen(disk)
    assert (again.journal.sequence, again.report.cut_bytes) == (last + 3, 0)


def crash_in(work: Callable[[], object], disk: FaultDisk, at: int, power: random.Random | None) -> bool:
    """Run `work` until I/O call `at`; True if it crashed there."""
    disk.calls, disk.crash_at = 0, at
    try:
        work()
    except Crash:
        disk.reboot(power)
        return True
    disk.crash_at = 0
    return False


@pytest.mark.rule("DUR-001", "INV-022")
@pytest.mark.rule("DUR-020")
@pytest.mark.rule("SIM-005")
@pytest.mark.parametrize("power", [False, True])
def test_a_crash_at_any_io_call_loses_and_doubles_nothing(power: bool) -> None:
    at = 0
    while True:
        at += 1
        disk, acked = FaultDisk(), list[int]()
        if not crash_in(partial(live_day, disk, acked), disk, at, random.Random(at) if power else None):
            break
        survive(disk, acked)
    assert at > 90


@pytest.mark.rule("DUR-104")
def test_a_crash_at_any_io_call_of_recovery_loses_and_doubles_nothing() -> None:
    torn = 0
    for at in large_writes():
        for seed in range(2):
            disk, acked = FaultDisk(), list[int]()
            if not crash_in(partial(live_day, disk, acked), disk, at, random.Random(seed)):
                continue
            step = 0
            while True:
                step += 1
                second = disk.copy()
                if not crash_in(partial(reopen, second), second, step, random.Random(seed * 31 + step)):
                    break
                survive(second, acked)
            torn += any(path.startswith("data/quarantine/0") for path in second.names)
    assert torn


@pytest.mark.rule("DUR-083")
@pytest.mark.rule("DUR-023")
def test_an_io_error_anywhere_stops_the_journal_and_loses_nothing() -> None:
    for at in range(1, 120, 2):
        disk, acked = FaultDisk(), list[int]()
        disk.fail_at = at
        # Who asks for a snapshot that cannot be written gets the plain error.
        with suppress(JournalFailed, OSError):
            live_day(disk, acked)
        disk.reboot(random.Random(at))
        survive(disk, acked)


@pytest.mark.rule("DUR-083")
def test_after_a_failed_sync_nothing_more_is_written() -> None:
    disk = FaultDisk()
    opened = reopen(disk)
    trade(opened, 1)
    disk.calls, disk.fail_at = 0, 2
    with pytest.raises(JournalFailed, match="Input/output error") as failure:
        trade(opened, 1)
    assert failure.value.code == 74 and opened.journal.durable_sequence == 1
    before = {path: bytes(file.visible) for path, file in disk.names.items()}
    with pytest.raises(JournalFailed):
        opened.journal.append(commands(1))
    assert not opened.journal.idle()
    opened.journal.close()
    assert {path: bytes(file.visible) for path, file in disk.names.items()} == before


@pytest.mark.rule("DUR-024")
def test_a_first_start_on_a_full_disk_ends_with_the_code_of_a_full_disk() -> None:
    disk = FaultDisk()
    disk.full = True
    with pytest.raises(JournalFailed, match="No space left") as failure:
        reopen(disk)
    assert failure.value.code == 73
    disk.full = False
    assert trade(reopen(disk), 1) == 1


@pytest.mark.rule("DUR-024", "DUR-091")
def test_a_snapshot_that_finds_no_room_leaves_none_of_it_behind() -> None:
    disk = FaultDisk()
    opened = reopen(disk)
    trade(opened, 3)
    pending = opened.journal.begin_snapshot(opened.engine)
    disk.fail_at = disk.calls + 3
    with pytest.raises(OSError, match="Input/output error"):
        pending.write()
    assert disk.list("data/snap") == [] and trade(opened, 1) == 4


@pytest.mark.rule("DUR-108")
def test_a_lock_that_cannot_be_opened_is_told_by_the_journal() -> None:
    disk = FaultDisk()
    disk.fail_at = 1
    with pytest.raises(JournalFailed, match="Input/output error") as failure:
        reopen(disk)
    assert failure.value.code == 74 and disk.log == ["create data/LOCK"]


@pytest.mark.rule("DUR-005", "INV-022")
@pytest.mark.rule("DUR-101")
def test_a_restart_gives_the_same_state_from_a_snapshot_and_from_genesis() -> None:
    disk = closed_folder([5, 70, 80, 9], snapshot_after=3)
    bare = disk.copy()
    for path in [path for path in bare.names if path.startswith("data/snap/")]:
        del bare.names[path]
    from_snapshot, from_genesis = reopen(disk), reopen(bare)
    assert (from_snapshot.report.snapshot_sequence, from_snapshot.report.replayed) == (155, 9)
    assert (from_genesis.report.snapshot_sequence, from_genesis.report.replayed) == (0, 164)
    assert from_snapshot.engine.state_hash() == from_genesis.engine.state_hash()


@pytest.mark.rule("DUR-101")
@pytest.mark.parametrize("damage", ["hash", "short", "history"])
def test_a_bad_snapshot_is_passed_over_for_the_one_before(damage: str) -> None:
    disk = FaultDisk()
    opened = reopen(disk)
    for _ in range(2):
        trade(opened, 3)
        opened.journal.snapshot(opened.engine)
    opened.journal.close()
    newest = disk.file(f"data/snap/{6:020d}.snap")
    if damage == "hash":
        newest[5_000] ^= 1
    elif damage == "short":
        del newest[-1]
    else:
        other = closed_folder([1, 5], snapshot_after=2)
        newest[:] = other.file(f"data/snap/{6:020d}.snap")
    report = reopen(disk).report
    assert (report.snapshot_sequence, report.replayed) == (3, 3)
    assert "skipped" in report.notes[0]


@pytest.mark.rule("DUR-004")
def test_damage_in_front_of_the_snapshot_is_refused_too() -> None:
    disk = closed_folder([5, 100, 80, 9], snapshot_after=3)
    disk.file(FIRST)[4_096 + 512 + 300] ^= 1
    with pytest.raises(Refusal, match=r"segment 1 offset 4608 sequence 1: frame CRC differs"):
        reopen(disk)


@pytest.mark.rule("DUR-104")
def test_a_cut_keeps_the_torn_bytes_and_starts_a_new_epoch() -> None:
    disk = FaultDisk()
    opened = reopen(disk)
    trade(opened, 2)
    offset = len(bytes(disk.file(FIRST)).rstrip(b"\0")) // 512 * 512 + 512
    disk.file(FIRST)[offset : offset + 200] = b"\x77" * 200
    disk.reboot(None)
    opened = reopen(disk)
    report = opened.report
    assert (report.cut_segment, report.cut_offset, report.cut_bytes, report.epoch) == (1, offset, 200, 2)
    assert disk.file(f"data/quarantine/0000000001-{offset}") == b"\x77" * 200
    trade(opened, 1)
    kinds = [(frame.kind, frame.epoch) for frame in read_frames(FOLDER, disk)]
    assert kinds[-2:] == [(FrameKind.EPOCH, 2), (FrameKind.DATA, 2)]


@pytest.mark.rule("DUR-100")
def test_without_head_only_an_empty_journal_starts() -> None:
    disk = closed_folder([1])
    del disk.names["data/HEAD"]
    with pytest.raises(Refusal, match="HEAD is missing"):
        reopen(disk)
    assert reopen(FaultDisk()).report.created


@pytest.mark.rule("DUR-040", "BAD-067")
def test_a_folder_serves_one_process_and_only_its_owner() -> None:
    disk = FaultDisk()
    opened = reopen(disk)
    with pytest.raises(Refusal, match="in use") as locked:
        reopen(disk)
    assert locked.value.code == 75
    opened.journal.close()
    reopen(disk).journal.close()

    class Wide(FaultDisk):
        def mode(self, path: str) -> int:
            return 0o750

    with pytest.raises(Refusal, match="mode 750") as wide:
        reopen(Wide())
    assert wide.value.code == 65

    class Link(FaultDisk):
        def is_link(self, path: str) -> bool:
            return path.endswith("journal")

    with pytest.raises(Refusal, match="symbolic link"):
        reopen(Link())


@pytest.mark.rule("DUR-106")
def test_replay_that_gives_other_events_is_refused() -> None:
    class Other(FakeEngine):
        def apply(self, rows):  # type: ignore[no-untyped-def]
            events = super().apply(rows)
            events["price"] = 1
            return events

    disk = FaultDisk()
    opened = reopen(disk)
    trade(opened, 4)
    opened.journal.begin_snapshot(opened.engine)
    opened.journal.close()
    with pytest.raises(Refusal, match="other events") as mismatch:
        open_journal(FOLDER, disk, SeededRng(1), ManualClock(), MEDIUM, RULES, Other)
    assert (mismatch.value.code, mismatch.value.sequence) == (70, 5)


@pytest.mark.rule("DUR-106")
def test_replay_that_gives_another_state_is_refused() -> None:
    class Other(FakeEngine):
        def state_hash(self) -> bytes:
            return bytes(31) + b"1"

    disk = closed_folder([4], snapshot_after=1)
    del disk.names[f"data/snap/{4:020d}.snap"]
    with pytest.raises(Refusal, match="another state") as mismatch:
        open_journal(FOLDER, disk, SeededRng(1), ManualClock(), MEDIUM, RULES, Other)
    assert mismatch.value.code == 70


@pytest.mark.rule("DUR-111")
@pytest.mark.parametrize("named", [True, False])
def test_a_folder_of_another_layout_of_the_state_opens_and_its_state_hashes_are_not_compared(
    monkeypatch: pytest.MonkeyPatch, named: bool
) -> None:
    class NewLayout(FakeEngine):
        def state_hash(self) -> bytes:
            return bytes(31) + bytes([self.sequence])

    disk = folder_of_older_layout(monkeypatch, named)
    opened = open_journal(FOLDER, disk, SeededRng(1), ManualClock(), MEDIUM, RULES, NewLayout)
    assert opened.engine.sequence == 4 and opened.report.rules_changed
    opened.journal.snapshot(opened.engine)
    opened.journal.close()
    # From here on the layout is this one: hashes count again.
    with pytest.raises(Refusal, match="another state"):
        replay_folder(FOLDER, NewLayout(MEDIUM, None), disk=disk)


@pytest.mark.rule("DUR-111")
def test_changed_rules_are_recorded_and_unchanged_ones_are_not() -> None:
    disk = closed_folder([1])
    assert not reopen(disk.copy()).report.rules_changed
    opened = reopen(disk, rules=b'{"matching":"pro-rata"}')
    assert opened.report.rules_changed
    opened.journal.close()
    bodies = [frame.payload for frame in read_frames(FOLDER, disk) if frame.kind == FrameKind.RULES]
    assert bodies == [rules_body(), rules_body("pro-rata")]


def test_a_journal_of_another_size_is_refused() -> None:
    disk = closed_folder([1])
    with pytest.raises(Refusal, match="limits medium, not venue") as refused:
        open_journal(FOLDER, disk, SeededRng(1), ManualClock(), VENUE, RULES, FakeEngine, SEGMENT_BYTES)
    assert refused.value.code == 78


def test_a_journal_of_a_size_that_had_another_name_is_of_that_size(monkeypatch: pytest.MonkeyPatch) -> None:
    disk = closed_folder([1])
    monkeypatch.setattr(recovery, "EARLIER_NAMES", {"medium": VENUE})
    opened = open_journal(FOLDER, disk, SeededRng(1), ManualClock(), VENUE, RULES, FakeEngine, SEGMENT_BYTES)
    assert opened.report.rules_changed
    opened.journal.close()


@pytest.mark.rule("DUR-063")
def test_controls_come_back_with_their_payload() -> None:
    disk = FaultDisk()
    opened = reopen(disk)
    trade(opened, 2)
    steer(opened, b'{"month":83}')
    trade(opened, 1)
    opened.journal.close()
    controls = [frame for frame in read_frames(FOLDER, disk) if frame.kind == FrameKind.CONTROL]
    assert [(int(frame.rows["sequence"][0]), frame.payload) for frame in controls] == [(3, b'{"month":83}')]
    assert reopen(disk).engine.state_hash() == opened.engine.state_hash()


@pytest.mark.rule("DUR-063")
def test_the_rules_are_the_first_frame() -> None:
    frames = list(read_frames(FOLDER, closed_folder([1])))
    assert [frame.kind for frame in frames] == [FrameKind.RULES, FrameKind.DATA, FrameKind.SEAL]


def test_files_without_a_final_name_are_removed() -> None:
    disk = closed_folder([1])
    for path in ("data/journal/0000000009.seg.tmp", "data/snap/x.snap.tmp", "data/HEAD.tmp"):
        disk.open(path, create=True)
    reopen(disk)
    assert not [path for path in disk.names if path.endswith(".tmp")]


@pytest.mark.rule("DUR-063")
def test_a_snapshot_at_a_multiple_of_4096_is_the_mark_that_was_due() -> None:
    disk = FaultDisk()
    opened = reopen(disk)
    for _ in range(64):
        trade(opened, 64)
    opened.journal.snapshot(opened.engine)
    opened.journal.close()
    opened = reopen(disk)
    trade(opened, 1)
    opened.journal.close()
    kinds = [frame.kind for frame in read_frames(FOLDER, disk)][-4:]
    assert kinds == [FrameKind.SNAPMARK, FrameKind.SEAL, FrameKind.DATA, FrameKind.SEAL]
