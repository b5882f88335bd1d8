"""What other files say of the journal: each has to find itself in it (DUR-152)."""

import pytest

from exchange.journal.claims import (
    FRAMES_KNOWN,
    Claim,
    ClaimCheck,
    KnownFrames,
    check_claim,
    due_at,
    no_claims,
    segment_of,
)
from exchange.journal.errors import Refusal
from exchange.journal.frames import NO_HASH, Frame
from exchange.journal.replay import read_frames
from exchange.journal.segments import open_segments
from tests.journal.fault_disk import FaultDisk
from tests.journal.helpers import FOLDER, closed_folder, reopen, trade


def records(disk: FaultDisk) -> list[Frame]:
    return [frame for frame in read_frames(FOLDER, disk) if frame.records]


@pytest.mark.rule("DUR-152")
def test_a_claim_of_any_record_of_a_frame_is_compared_with_the_hash_of_the_frame() -> None:
    frames = records(closed_folder([3, 2, 4]))
    check = ClaimCheck([Claim("right", number, frames[1].hash) for number in (4, 5)])
    for frame in frames:
        check.take(frame)
    assert check.older == []
    for number in (4, 5):
        wrong = ClaimCheck([Claim("data/other", number, frames[0].hash)])
        wrong.take(frames[0])
        with pytest.raises(Refusal, match=f"data/other has another hash for record {number}"):
            wrong.take(frames[1])


def test_claims_in_front_of_the_first_frame_are_left_to_be_looked_up_and_those_without_a_hash_say_nothing() -> None:
    frames = records(closed_folder([3, 2]))
    older = Claim("older", 2, frames[0].hash)
    check = ClaimCheck([Claim("unknown", 4, NO_HASH), older])
    check.take(frames[1])
    assert check.older == [older]
    check_claim(older, frames[0])
    with pytest.raises(Refusal, match="older has another hash for record 2"):
        check_claim(older, frames[1])
    assert no_claims(b"") == ()


def test_the_latest_frames_are_known_by_any_of_their_records() -> None:
    known = KnownFrames()
    assert known.hash_at(0) == NO_HASH and known.hash_at(1) is None
    for number in range(FRAMES_KNOWN + 1):
        known.add(10 * number + 1, 10, bytes([number]) * 32)
    assert known.hash_at(10) is None, "the oldest is no longer known"
    assert known.hash_at(11) == known.hash_at(20) == b"\x01" * 32
    assert known.hash_at(10 * FRAMES_KNOWN + 10) == bytes([FRAMES_KNOWN]) * 32
    assert known.hash_at(10 * FRAMES_KNOWN + 11) is None


def test_a_record_is_found_in_its_segment_which_says_what_its_first_frame_continues() -> None:
    disk = FaultDisk()
    opened = reopen(disk)
    for _ in range(6):
        trade(opened, 60)
    opened.journal.close()
    segments = open_segments(disk, f"{FOLDER}/journal")
    used = [segment for segment in segments if segment.header is not None]
    frames = records(disk)
    assert len(used) > 2
    for frame in frames:
        assert segment_of(segments, frame.sequence) == frame.segment
    second = next(frame for frame in frames if frame.segment == 2)
    due = due_at(segments[1])
    assert due.sequence == second.sequence and due.time_ns <= second.time_ns
