"""The walk over frames: what is a tear, what is damage, and that no flipped bit passes unseen."""

import random

import pytest

from exchange.journal.errors import Refusal
from exchange.journal.frames import NO_HASH
from exchange.journal.head import pack_slot, read_head
from exchange.journal.recovery import Opened
from exchange.journal.scan import Walk, check_end
from exchange.journal.segments import BLOCK_BYTES, open_segments
from exchange.journal.verify import verify
from tests.journal.fault_disk import FaultDisk
from tests.journal.helpers import FOLDER, closed_folder, reopen, request_ids, trade

FIRST = "data/journal/0000000001.seg"


def walked(disk: FaultDisk) -> Walk:
    walk = Walk(open_segments(disk, "data/journal"), read_head(disk, FOLDER)[0])
    list(walk.frames())
    return walk


def running(batches: list[int]) -> tuple[FaultDisk, Opened, int]:
    """A folder that is in use, without a SEAL, and the offset of its last frame."""
    disk = FaultDisk()
    opened = reopen(disk)
    for count in batches[:-1]:
        trade(opened, count)
    last = walked(disk).offset
    trade(opened, batches[-1])
    return disk, opened, last


@pytest.mark.rule("DUR-021")
@pytest.mark.rule("DUR-103")
def test_the_last_frame_cut_at_every_byte_is_a_tear_and_costs_only_itself() -> None:
    disk, _, last = running([1, 2, 1])
    whole = bytes(disk.file(FIRST))
    end = len(whole.rstrip(b"\0"))
    for cut in range(last, end):
        disk.file(FIRST)[:] = whole[:cut] + bytes(len(whole) - cut)
        walk = walked(disk)
        check_end(walk, 0)
        assert (walk.offset, walk.due.sequence) == (last, 4), cut
        assert (walk.tear is None) == (cut == last or not any(whole[last:cut])), cut
    disk.file(FIRST)[:] = whole
    assert walked(disk).due.sequence == 5


@pytest.mark.rule("DUR-004", "DUR-051")
def test_a_file_shorter_than_its_segment_is_refused_with_sizes_and_sequence() -> None:
    """A segment has its whole length before it gets its name: no crash leaves a short one."""
    disk, _, last = running([1, 2, 1])
    whole = bytes(disk.file(FIRST))
    for cut, due in ((last, 4), (last + 100, 4), (len(whole) - 1, 5), (BLOCK_BYTES, 1)):
        disk.file(FIRST)[:] = whole[:cut]
        with pytest.raises(Refusal, match=f"{FIRST} has {cut} bytes, not {len(whole)}: its end is missing") as refused:
            walked(disk)
        assert (refused.value.code, refused.value.segment, refused.value.sequence) == (65, 1, due)


@pytest.mark.rule("DUR-004", "DUR-051")
@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_a_short_file_of_any_segment_is_refused_by_start_and_verify_alike(number: int) -> None:
    disk = closed_folder([100, 100, 3], snapshot_after=2)
    path = f"data/journal/{number:010d}.seg"
    del disk.file(path)[-1:]
    for read in (reopen, lambda disk: verify(FOLDER, disk=disk)):
        with pytest.raises(Refusal, match=f"{path} has 24575 bytes, not 24576"):
            read(disk)


@pytest.mark.rule("DUR-021")
def test_every_subset_of_the_sectors_of_the_last_frame_is_a_tear_or_the_whole_frame() -> None:
    disk, _, last = running([1, 20])
    whole = bytes(disk.file(FIRST))
    sectors = -(-(len(whole.rstrip(b"\0")) - last) // 512)
    assert sectors >= 5
    for subset in range(1 << sectors):
        data = bytearray(whole)
        for sector in range(sectors):
            if not subset >> sector & 1:
                data[last + sector * 512 : last + (sector + 1) * 512] = bytes(512)
        disk.file(FIRST)[:] = data
        walk = walked(disk)
        check_end(walk, 0)
        assert walk.due.sequence == (22 if subset == (1 << sectors) - 1 else 2)


@pytest.mark.rule("DUR-103")
@pytest.mark.rule("DUR-004")
def test_damage_in_front_of_a_sound_frame_is_refused_with_its_place() -> None:
    disk, _, last = running([1, 2, 1])
    disk.file(FIRST)[last - 400] ^= 1
    with pytest.raises(Refusal, match=r"frame CRC differs; a valid frame follows at offset") as refused:
        check_end(walked(disk), 0)
    found = refused.value
    assert (found.code, found.segment, found.offset, found.sequence) == (65, 1, last - 512, 2)
    assert f"segment 1 offset {last - 512} sequence 2" in str(found)


@pytest.mark.rule("DUR-064")
def test_a_seal_tells_rot_of_the_last_record_from_a_tear() -> None:
    disk, opened, last = running([1, 2, 1])
    opened.journal.close()
    disk.file(FIRST)[last + 100] ^= 1
    with pytest.raises(Refusal, match="a valid frame follows"):
        check_end(walked(disk), 0)


@pytest.mark.rule("DUR-071")
def test_nothing_at_or_below_heads_sequence_is_cut() -> None:
    disk, _, last = running([1, 2, 1])
    disk.file(FIRST)[last + 100] ^= 1
    check_end(walked(disk), 3)
    with pytest.raises(Refusal, match="HEAD says that 4 was durable"):
        check_end(walked(disk), 4)


@pytest.mark.rule("DUR-105")
def test_a_journal_that_ends_below_head_has_lost_its_tail() -> None:
    disk, _, last = running([1, 2, 1])
    disk.file(FIRST)[last:] = bytes(len(disk.file(FIRST)) - last)
    check_end(walked(disk), 3)
    with pytest.raises(Refusal, match="lost tail"):
        check_end(walked(disk), 4)


@pytest.mark.rule("DUR-103")
def test_bytes_beyond_one_write_are_no_tear() -> None:
    disk, _, last = running([1, 1])
    data = disk.file(FIRST)
    data.extend(bytes(2 << 20))
    data[last + 100] ^= 1
    data[last + (1 << 20) + 4_096] = 1
    walk = walked(disk)
    with pytest.raises(Refusal, match="more bytes follow than one write has"):
        check_end(walk, 0)


@pytest.mark.rule("DUR-102")
def test_rot_in_the_padding_of_the_last_record_is_refused_not_cut() -> None:
    disk, _, last = running([1, 2, 1])
    disk.file(FIRST)[last + 511] = 1
    with pytest.raises(Refusal, match=r"padding is not zero; the frame is complete"):
        check_end(walked(disk), 0)


@pytest.mark.rule("DUR-055")
def test_a_segment_that_is_not_the_last_must_end_in_close() -> None:
    disk = closed_folder([100, 100])
    seal = bytes(disk.file(FIRST)).rindex(b"GXJ1")
    disk.file(FIRST)[seal:] = bytes(len(disk.file(FIRST)) - seal)
    with pytest.raises(Refusal, match="does not end in CLOSE"):
        walked(disk)


@pytest.mark.rule("DUR-055")
def test_bytes_behind_the_close_are_refused() -> None:
    disk = closed_folder([100, 100])
    disk.file(FIRST)[-1] = 1
    with pytest.raises(Refusal, match="follow the end"):
        walked(disk)


@pytest.mark.rule("DUR-102")
def test_the_segments_of_two_journals_do_not_mix() -> None:
    disk, other = closed_folder([100, 100]), FaultDisk()
    opened = reopen(other, seed=2)
    trade(opened, 100)
    trade(opened, 100)
    opened.journal.close()
    disk.names["data/journal/0000000002.seg"] = other.names["data/journal/0000000002.seg"]
    with pytest.raises(Refusal, match="another journal"):
        walked(disk)


@pytest.mark.rule("DUR-070")
def test_the_chain_must_pass_through_head() -> None:
    disk = closed_folder([1, 2])
    head = read_head(disk, FOLDER)[0]
    assert head is not None
    forged = head._replace(generation=head.generation + 1, durable_hash=NO_HASH)
    at = 4_096 * (forged.generation % 2)
    disk.file("data/HEAD")[at : at + 512] = pack_slot(forged)
    with pytest.raises(Refusal, match="does not pass through HEAD"):
        walked(disk)


@pytest.mark.rule("DUR-022")
@pytest.mark.parametrize("folder", ["journal", "snap", ""])
def test_every_flipped_bit_is_noticed(folder: str) -> None:
    """A sample of all bits, another one each byte; the rest of a spare is zeros like the tail."""
    disk = closed_folder([1, 2, 3, 100, 60], snapshot_after=3)
    assert verify(FOLDER, disk=disk).notes == ()
    rng = random.Random(folder)
    paths = [path for path in disk.names if path.startswith(f"data/{folder}") and not path.endswith("LOCK")]
    for path in paths:
        data = disk.file(path)
        for _ in range(120):
            bit = rng.randrange(len(data) * 8)
            data[bit // 8] ^= 1 << bit % 8
            try:
                noticed = verify(FOLDER, disk=disk).notes != ()
            except Refusal:
                noticed = True
            assert noticed, f"{path} bit {bit}"
            data[bit // 8] ^= 1 << bit % 8


@pytest.mark.rule("DUR-022")
@pytest.mark.rule("DUR-108")
def test_a_start_on_any_flipped_bit_serves_the_same_history_or_changes_nothing() -> None:
    source = closed_folder([1, 2, 3, 100, 60], snapshot_after=3)
    expected = reopen(source.copy()).engine.state_hash()
    rng = random.Random(5)
    paths = [path for path in source.names if not path.endswith("LOCK")]
    refused = 0
    for _ in range(120):
        disk = source.copy()
        data = disk.file(rng.choice(paths))
        bit = rng.randrange(min(len(data), 20_000) * 8)
        data[bit // 8] ^= 1 << bit % 8
        before = {path: bytes(file.visible) for path, file in disk.names.items()}
        try:
            opened = reopen(disk)
        except Refusal:
            refused += 1
            assert {path: bytes(file.visible) for path, file in disk.names.items()} == before
        else:
            assert opened.engine.state_hash() == expected
            assert opened.report.notes or opened.report.cut_bytes
            assert request_ids(disk) == list(range(1, 167))
    assert 0 < refused < 120
