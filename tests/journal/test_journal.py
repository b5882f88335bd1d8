"""The writer: what it puts where, and when."""

import random

import numpy as np
import pytest

from exchange.journal.frames import CLOSE, MARK_BODY, NO_HASH, Frame, FrameKind
from exchange.journal.head import read_head
from exchange.journal.replay import EventHash, read_frames
from exchange.journal.segments import SegmentFile
from exchange.journal.snapshot import read_snapshot
from exchange.records import COMMAND
from tests.journal.fault_disk import FaultDisk
from tests.journal.helpers import FOLDER, ManualClock, commands, reopen, steer, trade


def frames(disk: FaultDisk) -> list[Frame]:
    return list(read_frames(FOLDER, disk))


@pytest.mark.rule("DUR-081")
@pytest.mark.rule("DUR-002")
def test_append_returns_only_after_the_frame_is_synced() -> None:
    disk = FaultDisk()
    opened = reopen(disk)
    rows = commands(3)
    opened.sequencer.stamp(rows)
    disk.log.clear()
    assert opened.journal.append(rows) == opened.journal.durable_sequence == 3
    assert disk.log == ["pwrite data/journal/0000000001.seg 4608", "sync data/journal/0000000001.seg"]
    assert not disk.names["data/journal/0000000001.seg"].unsynced


@pytest.mark.rule("DUR-081")
def test_short_writes_make_the_same_bytes() -> None:
    whole, pieces = FaultDisk(), FaultDisk()
    pieces.short = 100
    for disk in (whole, pieces):
        trade(reopen(disk), 20)
    assert whole.file("data/journal/0000000001.seg") == pieces.file("data/journal/0000000001.seg")


@pytest.mark.rule("DUR-042")
@pytest.mark.rule("DUR-043")
def test_a_batch_is_one_frame_of_its_rows_under_one_time() -> None:
    disk = FaultDisk()
    opened = reopen(disk)
    trade(opened, 2)
    trade(opened, 3)
    data = [frame for frame in frames(disk) if frame.kind == FrameKind.DATA]
    assert [(frame.sequence, frame.records) for frame in data] == [(1, 2), (3, 3)]
    assert data[0].time_ns < data[1].time_ns
    assert set(data[1].rows["time_ns"].tolist()) == {data[1].time_ns}
    assert data[1].rows["sequence"].tolist() == [3, 4, 5]


@pytest.mark.rule("DUR-082")
def test_a_batch_beyond_the_cap_or_out_of_sequence_is_a_broken_promise() -> None:
    opened = reopen(FaultDisk())
    for rows in (np.zeros(4_097, COMMAND), np.zeros(0, COMMAND), commands(1)):
        with pytest.raises(AssertionError):
            opened.journal.append(rows)
    assert opened.journal.sequence == 0


@pytest.mark.rule("DUR-055")
@pytest.mark.rule("DUR-050")
@pytest.mark.rule("DUR-052")
def test_a_full_segment_is_closed_and_the_next_one_links_to_it() -> None:
    disk = FaultDisk()
    opened = reopen(disk)
    while opened.journal.spares_ready and len(disk.list("data/journal")) < 5:
        trade(opened, 37)
    found = frames(disk)
    last = [frame for frame in found if frame.segment == 1][-1]
    first = next(frame for frame in found if frame.segment == 2)
    assert (last.kind, last.flags) == (FrameKind.SEAL, CLOSE)
    assert (first.offset, first.previous) == (4_096, last.hash)
    header = SegmentFile(disk, "data/journal", 2).header
    assert header is not None
    assert (header.sequence, header.previous, header.number) == (first.sequence, last.hash, 2)
    assert header.nonce != SegmentFile(disk, "data/journal", 1).header.nonce  # type: ignore[union-attr]
    assert disk.mode("data/journal/0000000001.seg") == 0o400


@pytest.mark.rule("DUR-055")
def test_a_frame_that_would_leave_no_unit_for_the_close_goes_to_the_next_segment() -> None:
    for count in range(1, 130, 4):
        disk = FaultDisk()
        opened = reopen(disk)
        for _ in range(4):
            trade(opened, count)
        assert sum(frame.records for frame in frames(disk)) == 4 * count


@pytest.mark.rule("DUR-064")
def test_an_idle_journal_is_sealed_once_after_50_ms() -> None:
    disk, clock = FaultDisk(), ManualClock()
    opened = reopen(disk, clock)
    trade(opened, 1)
    clock.mono += 49_000_000
    assert not opened.journal.idle()
    clock.mono += 1_000_000
    assert opened.journal.idle() and not opened.journal.idle()
    assert [frame.kind for frame in frames(disk)][-2:] == [FrameKind.DATA, FrameKind.SEAL]
    trade(opened, 1)
    opened.journal.close()
    assert [frame.kind for frame in frames(disk)][-3:] == [FrameKind.SEAL, FrameKind.DATA, FrameKind.SEAL]


@pytest.mark.rule("DUR-070")
def test_head_follows_each_second_and_at_a_clean_stop() -> None:
    disk, clock = FaultDisk(), ManualClock()
    opened = reopen(disk, clock)

    def durable() -> int:
        head = read_head(disk, FOLDER)[0]
        assert head is not None
        return head.durable_sequence

    trade(opened, 1)
    assert durable() == 0
    clock.mono += 1_000_000_000
    trade(opened, 1)
    assert durable() == 2
    trade(opened, 1)
    clock.mono += 1_000_000_000
    assert opened.journal.idle() and durable() == 3
    assert not opened.journal.idle()
    trade(opened, 1)
    opened.journal.close()
    assert durable() == 4


@pytest.mark.rule("DUR-063")
@pytest.mark.rule("DUR-035")
def test_a_mark_with_the_event_hash_precedes_the_first_frame_after_4096_records() -> None:
    disk = FaultDisk()
    opened = reopen(disk)
    event_hash = EventHash()
    for number in range(1, 94):
        rows = commands(90)
        opened.sequencer.stamp(rows)
        opened.journal.append(rows)
        events = opened.engine.apply(rows)
        opened.journal.observe(events, opened.engine.sequence)
        event_hash.add(events)
        if number in (46, 92):
            event_hash.mark(opened.engine.sequence)
    marks = [MARK_BODY.unpack(frame.body) for frame in frames(disk) if frame.kind == FrameKind.SNAPMARK]
    assert [(sequence, of_state) for sequence, _, of_state in marks] == [(46 * 90, NO_HASH), (92 * 90, NO_HASH)]
    assert marks[1][1] == event_hash.last


@pytest.mark.rule("DUR-063")
@pytest.mark.parametrize("early", [0, 3, 10], ids=["never", "sometimes", "always"])
def test_marks_are_the_same_whether_or_not_the_loop_is_ahead_of_the_thread_that_writes(early: int) -> None:
    """The loop may observe a batch before its frame is written."""
    disk, rng = FaultDisk(), random.Random(early)
    opened, event_hash, expected = reopen(disk), EventHash(), list[tuple[int, bytes]]()
    for _ in range(260):
        rows = commands(rng.choice([1, 90, 90]), opened.sequencer.sequence + 1)
        opened.sequencer.stamp(rows)
        events, sequence = opened.engine.apply(rows), opened.engine.sequence
        is_early = rng.randrange(10) < early
        if is_early:
            opened.journal.observe(events, sequence)
        opened.journal.append(rows)
        if not is_early:
            opened.journal.observe(events, sequence)
        event_hash.add(events)
        if sequence // 4_096 > event_hash.sequence // 4_096:
            expected.append((sequence, event_hash.mark(sequence)))
    marks = [MARK_BODY.unpack(frame.body)[:2] for frame in frames(disk) if frame.kind == FrameKind.SNAPMARK]
    assert len(marks) > 2 and marks == expected[: len(marks)] and len(expected) - len(marks) <= 1


def test_observed_events_are_hashed_with_the_next_frame_not_by_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[int] = []
    monkeypatch.setattr(EventHash, "add", lambda _, events: hashed.append(len(events)))
    opened = reopen(FaultDisk())
    for _ in range(3):
        before = len(hashed)
        rows = commands(90, opened.sequencer.sequence + 1)
        opened.sequencer.stamp(rows)
        opened.journal.append(rows)
        assert len(hashed) == before + 1
        opened.journal.observe(opened.engine.apply(rows), opened.engine.sequence)
        assert len(hashed) == before + 1


def test_a_batch_whose_events_were_not_observed_cannot_be_passed_over() -> None:
    opened = reopen(FaultDisk())

    def append_unobserved() -> None:
        for _ in range(50):
            rows = commands(90)
            opened.sequencer.stamp(rows)
            opened.journal.append(rows)

    with pytest.raises(AssertionError, match="observe"):
        append_unobserved()


@pytest.mark.rule("DUR-063")
def test_a_mark_that_a_kill_left_unwritten_is_written_by_the_next_start() -> None:
    disk = FaultDisk()
    opened = reopen(disk)
    for _ in range(46):
        trade(opened, 90)
    disk.reboot(None)
    trade(reopen(disk), 1)
    kinds = [frame.kind for frame in frames(disk)]
    assert kinds[-2:] == [FrameKind.SNAPMARK, FrameKind.DATA]
    assert reopen_and_count(disk) == 46 * 90 + 1


@pytest.mark.rule("DUR-063", "DUR-111")
@pytest.mark.parametrize("batches", [[3], [90] * 46])
def test_a_mark_can_be_written_behind_the_last_command_and_the_chain_goes_on(batches: list[int]) -> None:
    disk, event_hash, expected = FaultDisk(), EventHash(), list[tuple[int, bytes]]()
    for run in (batches, [2]):
        opened = reopen(disk)
        for count in run:
            rows = commands(count)
            opened.sequencer.stamp(rows)
            opened.journal.append(rows)
            events = opened.engine.apply(rows)
            opened.journal.observe(events, opened.engine.sequence)
            event_hash.add(events)
        for _ in range(2):
            opened.journal.mark()
        opened.journal.close()
        expected.append((opened.engine.sequence, event_hash.mark(opened.engine.sequence)))
    marks = [MARK_BODY.unpack(frame.body) for frame in frames(disk) if frame.kind == FrameKind.SNAPMARK]
    assert marks == [(*mark, NO_HASH) for mark in expected]
    assert reopen_and_count(disk) == sum(batches) + 2


def test_no_mark_is_written_behind_a_command_whose_events_are_not_known() -> None:
    disk = FaultDisk()
    opened = reopen(disk)
    trade(opened, 3)
    rows = commands(1)
    opened.sequencer.stamp(rows)
    opened.journal.append(rows)
    opened.journal.mark()
    opened.journal.close()
    assert FrameKind.SNAPMARK not in [frame.kind for frame in frames(disk)]


def reopen_and_count(disk: FaultDisk) -> int:
    disk.reboot(None)
    return reopen(disk).journal.sequence


@pytest.mark.rule("DUR-063")
@pytest.mark.rule("DUR-090")
def test_a_snapshot_stands_at_a_mark_with_its_state_hash() -> None:
    disk = FaultDisk()
    opened = reopen(disk)
    trade(opened, 3)
    assert opened.journal.snapshot(opened.engine) == 3
    header, body = read_snapshot(disk, f"data/snap/{3:020d}.snap")
    mark = next(frame for frame in frames(disk) if frame.kind == FrameKind.SNAPMARK)
    assert (header.segment, header.offset, header.chain_hash) == (mark.segment, mark.offset, mark.previous.hex())
    assert MARK_BODY.unpack(mark.body)[2] == opened.engine.state_hash() == bytes.fromhex(header.state_hash)
    assert body.tobytes() == opened.engine.states.tobytes()


def test_a_snapshot_begun_while_trading_goes_on_is_of_its_own_moment() -> None:
    disk = FaultDisk()
    opened = reopen(disk)
    trade(opened, 3)
    then = opened.engine.state_hash()
    pending = opened.journal.begin_snapshot(opened.engine)
    trade(opened, 5)
    assert pending.write() == 3
    header, _ = read_snapshot(disk, f"data/snap/{3:020d}.snap")
    assert header.state_hash == then.hex()
    disk.reboot(None)
    again = reopen(disk)
    assert (again.report.snapshot_sequence, again.report.replayed) == (3, 5)
    assert again.engine.state_hash() == opened.engine.state_hash()


@pytest.mark.rule("DUR-060")
def test_a_control_is_alone_in_its_frame() -> None:
    disk = FaultDisk()
    opened = reopen(disk)
    assert steer(opened, b'{"a":1}') == 1
    frame = next(frame for frame in frames(disk) if frame.kind == FrameKind.CONTROL)
    assert (frame.records, frame.payload, frame.due.sequence) == (1, b'{"a":1}', 2)
    with pytest.raises(AssertionError):
        opened.journal.append_control(commands(1), bytes(65_537))


@pytest.mark.rule("DUR-053")
def test_a_disk_of_4_kib_sectors_gets_frames_aligned_to_them() -> None:
    class Wide(FaultDisk):
        def sector_bytes(self, folder: str) -> int:
            return 4_096

    disk = Wide()
    opened = reopen(disk)
    trade(opened, 1)
    trade(opened, 1)
    found = frames(disk)
    assert [frame.offset for frame in found] == [4_096, 8_192, 12_288]
