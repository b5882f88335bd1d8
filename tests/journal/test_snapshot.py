"""Snapshot files: format, hashes, holes."""

import json
import random

import numpy as np
import pytest
from blake3 import blake3

from exchange.engine.used_chunks import CHUNK_BYTES
from exchange.journal.snapshot import (
    SnapshotError,
    SnapshotHeader,
    image_hash,
    read_snapshot,
    snapshot_names,
    take_image,
    write_snapshot,
)
from tests.journal.fault_disk import FaultDisk
from tests.slow_hash import slow_hash

PATH = f"snap/{7:020d}.snap"


def sparse_state() -> np.ndarray:
    """Mostly zeros, an odd length."""
    states = np.zeros(1, np.dtype([("bytes", "u1", (5 * CHUNK_BYTES + 77,))]))
    states["bytes"][0, [3, 2 * CHUNK_BYTES, 5 * CHUNK_BYTES + 76]] = (1, 2, 3)
    return states


def header_of(states: np.ndarray, seq: int = 7) -> SnapshotHeader:
    return SnapshotHeader(seq, "aa", slow_hash(states).hex(), 1, 4_096, 1, 1, "bb", "cc")


def written(states: np.ndarray) -> FaultDisk:
    disk = FaultDisk()
    write_snapshot(disk, "snap", header_of(states), take_image(states))
    return disk


@pytest.mark.rule("DUR-090")
def test_the_file_is_laid_out_as_documented() -> None:
    states = sparse_state()
    data = bytes(written(states).file(PATH))
    assert data[:8] == b"GXP1\x01\0\0\0"
    length = int.from_bytes(data[8:12], "little")
    text = data[12 : 12 + length]
    facts = json.loads(text)
    assert sorted(facts) == sorted(SnapshotHeader._fields)
    assert text == json.dumps(facts, sort_keys=True, separators=(",", ":")).encode()
    body = 12 + length + 8
    assert int.from_bytes(data[body - 8 : body], "little") == states.nbytes
    assert data[body:-32] == states.tobytes()
    assert data[-32:] == blake3(data[:-32]).digest()


@pytest.mark.rule("DUR-090")
def test_a_snapshot_restores_every_byte() -> None:
    states = sparse_state()
    header, body = read_snapshot(written(states), PATH)
    assert header == header_of(states)
    assert body.tobytes() == states.tobytes() and body.flags.writeable


@pytest.mark.rule("DUR-090")
def test_zeros_are_neither_copied_nor_written() -> None:
    states = sparse_state()
    image = take_image(states)
    assert sorted(image.chunks) == [0, 2, 5]
    assert image_hash(image) == slow_hash(states)
    assert sum("pwrite" in line for line in written(states).log) == 1 + 3 + 1


@pytest.mark.rule("DUR-022")
def test_every_flipped_bit_is_noticed() -> None:
    states = np.zeros(1, np.dtype([("bytes", "u1", (300,))]))
    disk = written(states)
    data = disk.file(PATH)
    for bit in range(len(data) * 8):
        data[bit // 8] ^= 1 << bit % 8
        with pytest.raises(SnapshotError):
            read_snapshot(disk, PATH)
        data[bit // 8] ^= 1 << bit % 8
    assert read_snapshot(disk, PATH)[0].seq == 7


@pytest.mark.rule("DUR-101")
def test_a_file_cut_anywhere_is_refused() -> None:
    states = np.zeros(1, np.dtype([("bytes", "u1", (300,))]))
    whole = bytes(written(states).file(PATH))
    for length in range(len(whole)):
        disk = FaultDisk()
        disk.pwrite(disk.open(PATH, create=True), whole[:length], 0)
        with pytest.raises(SnapshotError):
            read_snapshot(disk, PATH)


@pytest.mark.rule("DUR-091")
def test_the_newest_three_are_kept() -> None:
    disk, states = FaultDisk(), sparse_state()
    for seq in (1, 2, 3, 10, 20):
        write_snapshot(disk, "snap", header_of(states, seq), take_image(states))
    assert [int(name[:20]) for name in snapshot_names(disk, "snap")] == [20, 10, 3]


@pytest.mark.rule("DUR-091")
def test_a_written_snapshot_survives_a_power_loss() -> None:
    for seed in range(8):
        disk = written(sparse_state())
        disk.reboot(random.Random(seed))
        assert read_snapshot(disk, PATH)[0].seq == 7
