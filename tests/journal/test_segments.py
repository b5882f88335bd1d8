"""Segment headers and files."""

import pytest
from crc32c import crc32c

from exchange.errors import UserError
from exchange.journal.errors import Refusal
from exchange.journal.segments import (
    HEADER_BYTES,
    SECOND_COPY,
    SegmentFile,
    SegmentHeader,
    open_segments,
    pack_block,
    parse_header,
    require_folder,
)
from tests.journal.fault_disk import FaultDisk
from tests.journal.helpers import closed_folder, reopen

HEADER = SegmentHeader(3, 65_536, 512, bytes([1]) * 16, bytes([2]) * 16, 4, 5, 6, bytes([7]) * 32, 128)
FIRST = "data/journal/0000000001.seg"


@pytest.mark.rule("DUR-052")
def test_the_header_block_has_two_copies_with_fields_at_the_documented_offsets() -> None:
    block = pack_block(HEADER)
    assert len(block) == 4_096 and block[:HEADER_BYTES] == block[SECOND_COPY : SECOND_COPY + HEADER_BYTES]
    assert not any(block[HEADER_BYTES:SECOND_COPY]) and not any(block[SECOND_COPY + HEADER_BYTES :])
    assert block[:4] == b"GXS1" and block[4:8] == bytes([1, 0, 9, 0])
    assert [int.from_bytes(block[at : at + 8], "little") for at in (8, 16, 56, 64, 72)] == [3, 65_536, 4, 5, 6]
    assert block[24:40] == HEADER.journal_id and block[40:56] == HEADER.nonce and block[80:112] == HEADER.previous
    assert int.from_bytes(block[112:114], "little") == 128 and not any(block[114:124])
    assert block[124:128] == crc32c(block[:124]).to_bytes(4, "little")
    assert parse_header(block[:HEADER_BYTES]) == HEADER


@pytest.mark.rule("DUR-053")
def test_alignment_is_kept_as_a_power_of_two() -> None:
    wide = HEADER._replace(alignment=4_096)
    assert pack_block(wide)[6] == 12 and parse_header(pack_block(wide)[:HEADER_BYTES]) == wide


@pytest.mark.rule("DUR-054")
@pytest.mark.parametrize("at", [10, SECOND_COPY + 10])
def test_one_good_copy_of_the_header_is_enough_and_the_bad_one_is_told(at: int) -> None:
    disk = closed_folder([1])
    disk.file(FIRST)[at] ^= 1
    opened = reopen(disk)
    assert opened.journal.sequence == 1
    assert "header block damaged" in opened.report.notes[0]


@pytest.mark.rule("DUR-054")
def test_two_bad_copies_in_front_of_frames_are_refused_with_the_segment() -> None:
    disk = closed_folder([1])
    disk.file(FIRST)[10] ^= 1
    disk.file(FIRST)[SECOND_COPY + 10] ^= 1
    with pytest.raises(Refusal, match="both copies") as refused:
        reopen(disk)
    assert (refused.value.code, refused.value.segment) == (65, 1)


@pytest.mark.rule("DUR-054")
def test_a_torn_header_in_front_of_zeros_is_a_spare_again() -> None:
    disk = closed_folder([1])
    spare = disk.file("data/journal/0000000002.seg")
    spare[:4_096:7] = b"\x55" * len(spare[:4_096:7])
    opened = reopen(disk)
    assert "torn header" in opened.report.notes[0]
    assert not any(disk.file("data/journal/0000000002.seg"))


def test_a_gap_in_the_numbers_is_refused() -> None:
    disk = closed_folder([1])
    del disk.names["data/journal/0000000002.seg"]
    with pytest.raises(Refusal, match="not numbered from 1"):
        reopen(disk)


def test_a_header_under_another_files_name_is_refused() -> None:
    disk = closed_folder([1])
    disk.names["data/journal/0000000002.seg"] = disk.names[FIRST]
    with pytest.raises(Refusal, match="header is of segment 1"):
        open_segments(disk, "data/journal")


def test_a_used_segment_behind_an_unused_one_is_refused() -> None:
    disk = closed_folder([100, 100])
    assert SegmentFile(disk, "data/journal", 2).header is not None
    first = disk.file(FIRST)
    first[:] = bytes(len(first))
    with pytest.raises(Refusal, match="follows an unused one"):
        open_segments(disk, "data/journal")


def test_a_folder_without_a_journal_is_a_users_mistake() -> None:
    with pytest.raises(UserError, match="not a data folder") as refused:
        require_folder(FaultDisk(), "elsewhere")
    assert refused.value.code == 2
