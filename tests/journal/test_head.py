"""HEAD: slots in turn, damage is told."""

import pytest
from crc32c import crc32c

from exchange.journal.head import EMPTY, Head, HeadFile, create_head, pack_slot, parse_head, parse_slot, read_head
from tests.journal.fault_disk import FaultDisk

HEAD = Head(9, 2, 100, bytes([1]) * 32, 90, bytes([2]) * 32, 3, 8_192, 77)


@pytest.mark.rule("DUR-070")
def test_a_slot_has_its_fields_at_the_documented_offsets() -> None:
    slot = pack_slot(HEAD)
    assert len(slot) == 512 and slot[:8] == b"GXH1\x01\0\0\0" and not any(slot[132:])
    assert [int.from_bytes(slot[at : at + 8], "little") for at in (8, 16, 24, 64)] == [9, 2, 100, 90]
    assert slot[32:64] == HEAD.durable_hash and slot[72:104] == HEAD.committed_hash
    assert [int.from_bytes(slot[at : at + 8], "little") for at in (104, 112, 120)] == [3, 8_192, 77]
    assert slot[128:132] == crc32c(slot[:128]).to_bytes(4, "little")
    assert parse_slot(slot) == HEAD


@pytest.mark.rule("DUR-070")
def test_slots_are_written_in_turn_and_the_higher_generation_counts() -> None:
    disk = FaultDisk()
    create_head(disk, "data")
    head_file = HeadFile(disk, "data", EMPTY)
    for sequence in range(1, 6):
        head_file.write(HEAD._replace(durable_sequence=sequence))
        head, notes = read_head(disk, "data")
        assert head is not None and not notes
        assert (head.generation, head.durable_sequence) == (sequence, sequence)
    assert len(disk.file("data/HEAD")) == 8_192


@pytest.mark.rule("DUR-100")
def test_a_damaged_slot_leaves_the_other_and_is_told() -> None:
    disk = FaultDisk()
    head_file = HeadFile(disk, "data", create_head(disk, "data"))
    head_file.write(HEAD)
    head_file.write(HEAD)
    for bit in range(132 * 8):
        data = bytearray(disk.file("data/HEAD"))
        data[bit // 8] ^= 1 << bit % 8
        head, notes = parse_head(bytes(data))
        assert head is not None and head.generation == 1
        assert notes == ["HEAD slot 0 is damaged"]


@pytest.mark.rule("DUR-022")
def test_a_flipped_bit_beside_the_slots_is_told() -> None:
    data = bytearray(8_192)
    data[:512], data[4_096:4_608] = pack_slot(HEAD), pack_slot(HEAD)
    assert parse_head(bytes(data)) == (HEAD, [])
    data[5_000] ^= 4
    assert parse_head(bytes(data)) == (HEAD, ["HEAD slot 1 is damaged"])


def test_no_file_is_no_head() -> None:
    assert read_head(FaultDisk(), "data") == (None, [])
    assert parse_head(bytes(8_192)) == (None, ["HEAD slot 0 is damaged", "HEAD slot 1 is damaged"])
