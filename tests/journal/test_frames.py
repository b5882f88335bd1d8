"""Frames: layout to the byte, keys, checks."""

import numpy as np
import pytest
from blake3 import blake3
from crc32c import crc32c

from exchange.journal.frames import (
    CLOSE,
    HEADER_BYTES,
    NO_HASH,
    BadFrame,
    Due,
    Frame,
    FrameKind,
    body_length,
    pack_frame,
    read_frame,
    segment_key,
)
from exchange.records import ROW_BYTES
from tests.journal.helpers import commands

JOURNAL_ID, NONCE = bytes(range(16)), bytes(range(16, 32))
KEY = segment_key(JOURNAL_ID, NONCE)
DUE = Due(sequence=7, epoch=3, time_ns=99, hash=bytes([5]) * 32)
ALIGNMENT = 512


def rows(count: int) -> bytes:
    stamped = commands(count)
    stamped["sequence"] = np.arange(7, 7 + count)
    stamped["time_ns"] = 99
    return stamped.tobytes()


def pack(
    kind: int = FrameKind.DATA, body: bytes | None = None, count: int = 2, due: Due = DUE, flags: int = 0
) -> bytes:
    return pack_frame(KEY, ALIGNMENT, kind, due, rows(count) if body is None else body, count, flags)[0]


def read(frame: bytes, due: Due | None = DUE) -> Frame:
    window = memoryview(frame)
    return read_frame(window, body_length(window, KEY, 1 << 21), KEY, 1, 4_096, due)


@pytest.mark.rule("DUR-060")
def test_a_frame_has_its_fields_at_the_documented_offsets() -> None:
    frame = pack()
    body = rows(2)
    assert frame[:4] == b"GXJ1"
    assert int.from_bytes(frame[4:6], "little") == 1
    assert (frame[6], frame[7]) == (FrameKind.DATA, 0)
    words = [int.from_bytes(frame[at : at + 4], "little") for at in (8, 12)]
    assert words == [len(body), 2]
    longs = [int.from_bytes(frame[at : at + 8], "little") for at in (16, 24, 32)]
    assert longs == [DUE.epoch, DUE.sequence, DUE.time_ns]
    assert frame[40:72] == DUE.hash
    assert frame[72:76] == crc32c(NONCE + frame[:72]).to_bytes(4, "little")
    assert frame[76 : 76 + len(body)] == body
    end = 76 + len(body)
    key = blake3(JOURNAL_ID + NONCE, derive_key_context="gpux journal v1 frame key").digest()
    assert frame[end : end + 32] == blake3(frame[:end], key=key).digest()
    assert frame[end + 32 : end + 36] == crc32c(NONCE + frame[:end]).to_bytes(4, "little")
    assert len(frame) % ALIGNMENT == 0 and not any(frame[end + 36 :])


@pytest.mark.rule("DUR-043")
def test_a_frame_gives_back_its_rows_and_what_must_follow() -> None:
    frame = read(pack())
    assert frame.rows["request_id"].tolist() == [1, 2]
    assert frame.rows.flags.writeable
    assert frame.due == Due(9, 3, 99, frame.hash)


@pytest.mark.rule("DUR-061")
def test_a_frame_of_another_segment_is_no_frame_here() -> None:
    other = segment_key(JOURNAL_ID, bytes(16))
    foreign = pack_frame(other, ALIGNMENT, FrameKind.DATA, DUE, rows(1), 1)[0]
    with pytest.raises(BadFrame, match="header CRC"):
        read(foreign)


@pytest.mark.rule("DUR-062")
def test_every_flipped_bit_of_a_frame_is_noticed() -> None:
    frame = bytearray(pack())
    for bit in range(len(frame) * 8):
        frame[bit // 8] ^= 1 << bit % 8
        with pytest.raises(BadFrame):
            read(bytes(frame))
        frame[bit // 8] ^= 1 << bit % 8
    assert read(bytes(frame)).records == 2


@pytest.mark.rule("DUR-102")
@pytest.mark.parametrize(
    ("due", "reason"),
    [
        (DUE._replace(sequence=8), "first sequence is 7"),
        (DUE._replace(epoch=2), "epoch 3 after 2 without an EPOCH frame"),
        (DUE._replace(time_ns=100), "time 99 falls below 100"),
        (DUE._replace(hash=NO_HASH), "does not link"),
    ],
)
def test_a_sound_frame_in_the_wrong_place_is_refused_and_called_whole(due: Due, reason: str) -> None:
    with pytest.raises(BadFrame, match=reason) as refused:
        read(pack(), due)
    assert refused.value.is_complete
    assert read(pack(), None).sequence == 7


@pytest.mark.rule("DUR-043")
@pytest.mark.parametrize("at", [0, 8, ROW_BYTES, ROW_BYTES + 8])
def test_rows_that_do_not_carry_the_frames_stamp_are_refused(at: int) -> None:
    body = bytearray(rows(2))
    body[at] += 1
    with pytest.raises(BadFrame, match="rows do not carry"):
        read(pack(body=bytes(body)))


@pytest.mark.rule("DUR-060")
@pytest.mark.parametrize(
    ("kind", "body_bytes", "count", "flags"),
    [
        (0, 0, 0, 0),
        (8, 0, 0, 0),
        (FrameKind.DATA, 0, 0, 0),
        (FrameKind.DATA, 2 * ROW_BYTES, 3, 0),
        (FrameKind.DATA, (1 << 20) + ROW_BYTES, (1 << 13) + 1, 0),
        (FrameKind.DATA, ROW_BYTES, 1, CLOSE),
        (FrameKind.CONTROL, ROW_BYTES - 1, 1, 0),
        (FrameKind.CONTROL, 2 * ROW_BYTES, 2, 0),
        (FrameKind.CONTROL, ROW_BYTES + 65_537, 1, 0),
        (FrameKind.SEAL, 1, 0, 0),
        (FrameKind.SEAL, 0, 0, 2),
        (FrameKind.EPOCH, 63, 0, 0),
        (FrameKind.SNAPMARK, 73, 0, 0),
        (FrameKind.RULES, 65_537, 0, 0),
        (FrameKind.RULES, 2, 1, 0),
    ],
)
def test_lengths_counts_and_flags_out_of_bounds_are_refused(kind: int, body_bytes: int, count: int, flags: int) -> None:
    frame = pack_frame(KEY, ALIGNMENT, kind, DUE, bytes(body_bytes), count, flags)[0]
    with pytest.raises(BadFrame, match=r"kind|flags|bounds"):
        body_length(memoryview(frame[:HEADER_BYTES]), KEY, 1 << 30)


@pytest.mark.rule("DUR-063")
def test_an_epoch_frame_must_raise_the_epoch_it_names() -> None:
    def epoch_frame(new: int, before: int) -> bytes:
        body = new.to_bytes(8, "little") + before.to_bytes(8, "little") + bytes(48)
        return pack(FrameKind.EPOCH, body, 0, DUE._replace(epoch=new))

    assert read(epoch_frame(4, 3)).due.epoch == 4
    for new, before in ((3, 3), (4, 2), (2, 3)):
        with pytest.raises(BadFrame, match="epoch"):
            read(epoch_frame(new, before))
