"""Packs, reads and checks frames: one group commit as bytes (DUR-060 to DUR-063).

Layout, little-endian: header of 72 bytes, header CRC, body, frame hash, frame CRC, zeros up to the alignment. Both CRCs
start from the segment's nonce and the hash is keyed with it, so bytes from a client can never look like a frame.
"""

import struct
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from blake3 import blake3
from crc32c import crc32c

from exchange.journal.files import is_zero
from exchange.records import COMMAND, ROW_BYTES

MAGIC = b"GXJ1"
FORMAT = 1
HEADER = struct.Struct("<4sHBBIIQQQ32s")
HEADER_BYTES = HEADER.size + 4
OVERHEAD_BYTES = HEADER_BYTES + 36
BODY_BYTES_MAX = 1 << 20
PAYLOAD_BYTES_MAX = 1 << 16
RECORDS_MAX = 4_096
KEY_CONTEXT = "gpux journal v1 frame key"
NO_HASH = bytes(32)

EPOCH_BODY = struct.Struct("<QQ16s32s")
MARK_BODY = struct.Struct("<Q32s32s")
STAMP = struct.Struct("<qq")  # sequence and time, the first fields of a row
_CRC = struct.Struct("<I")
_LEAD = struct.Struct("<4sHBBI")  # the first fields of a header, up to the length of the body


Bytes = bytes | memoryview


class FrameKind(IntEnum):
    DATA = 1
    EPOCH = 2
    SEAL = 3
    SNAPMARK = 4
    RULES = 5
    VOID = 6
    CONTROL = 7


CLOSE = 1
_BODY_BYTES = {FrameKind.EPOCH: EPOCH_BODY.size, FrameKind.SEAL: 0, FrameKind.SNAPMARK: MARK_BODY.size}


class SegmentKey(NamedTuple):
    """The key of a segment's frame hashes and the start value of its CRCs, both derived from its nonce."""

    key: bytes
    crc: int


def segment_key(journal_id: bytes, nonce: bytes) -> SegmentKey:
    """The key of a segment, from two fields of its header (DUR-061)."""
    return SegmentKey(blake3(journal_id + nonce, derive_key_context=KEY_CONTEXT).digest(), crc32c(nonce))


class Due(NamedTuple):
    """The end of the chain of frames: what the next frame must carry or continue."""

    sequence: int  # of its first record
    epoch: int
    time_ns: int  # the least time that it may have
    hash: bytes  # of the frame before


class Frame(NamedTuple):
    """A frame that passed every check."""

    kind: int
    flags: int
    records: int
    epoch: int
    sequence: int  # of its first record; of the next record if it has none
    time_ns: int
    previous: bytes  # hash of the frame before
    hash: bytes
    body: memoryview  # valid as long as the frame is kept
    segment: int
    offset: int
    length: int  # bytes in the file, padding included

    @property
    def rows(self) -> np.ndarray:
        """COMMAND rows of a DATA or CONTROL frame, shape (records,), a writable copy."""
        return np.frombuffer(bytearray(self.body[: self.records * ROW_BYTES]), COMMAND)

    @property
    def payload(self) -> bytes:
        """The bytes after the rows: the payload of a control, the JSON of RULES."""
        return bytes(self.body[self.records * ROW_BYTES :])

    @property
    def due(self) -> Due:
        """What the frame after this one must continue."""
        return Due(self.sequence + self.records, self.epoch, self.time_ns, self.hash)


class BadFrame(Exception):
    """The bytes are not a frame, or a frame that does not belong here.

    is_complete   the bytes were written completely, so this is damage and not a torn write
    """

    def __init__(self, reason: str, is_complete: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.is_complete = reason, is_complete


def padded(length: int, alignment: int) -> int:
    return -(-length // alignment) * alignment


def pack_frame(
    key: SegmentKey, alignment: int, kind: int, due: Due, body: Bytes, count: int = 0, flags: int = 0
) -> tuple[bytes, bytes]:
    """The bytes of a frame, padding included, and its hash.

    due     sequence, epoch and time of this frame, and the hash of the frame before
    count   records in the body
    """
    header = HEADER.pack(MAGIC, FORMAT, kind, flags, len(body), count, due.epoch, due.sequence, due.time_ns, due.hash)
    header += _CRC.pack(crc32c(header, key.crc))
    # Header and body are hashed in parts, so that a large body is copied only once, into the frame.
    digest = blake3(header, key=key.key).update(body).digest()
    crc = _CRC.pack(crc32c(body, crc32c(header, key.crc)))
    padding = -(OVERHEAD_BYTES + len(body)) % alignment
    return b"".join((header, body, digest, crc, bytes(padding))), digest


def body_length(window: memoryview, key: SegmentKey, space: int) -> int:
    """Check a frame's header and return the length of its body in bytes.

    window   starts with the header
    space    bytes left in the segment
    raises   BadFrame: magic, CRC, kind or length is wrong
    """
    magic, version, kind, flags, length, count, *_ = HEADER.unpack_from(window)
    if magic != MAGIC:
        raise BadFrame("no frame magic")
    if crc32c(window[: HEADER.size], key.crc) != _CRC.unpack_from(window, HEADER.size)[0]:
        raise BadFrame("header CRC differs")
    if version != FORMAT:
        raise BadFrame(f"frame format {version} is not {FORMAT}", is_complete=True)
    if kind < FrameKind.DATA or kind > FrameKind.CONTROL:
        raise BadFrame(f"unknown frame kind {kind}", is_complete=True)
    if flags and (kind != FrameKind.SEAL or flags != CLOSE):
        raise BadFrame(f"flags {flags} of kind {kind}", is_complete=True)
    if not _length_fits(kind, length, count) or OVERHEAD_BYTES + length > space:
        raise BadFrame(f"body of {length} bytes and {count} records out of bounds for kind {kind}", is_complete=True)
    return int(length)


def _length_fits(kind: int, length: int, count: int) -> bool:
    if kind == FrameKind.DATA:
        return count >= 1 and length == count * ROW_BYTES and length <= BODY_BYTES_MAX
    if kind == FrameKind.CONTROL:
        return count == 1 and ROW_BYTES <= length <= ROW_BYTES + PAYLOAD_BYTES_MAX
    if kind in _BODY_BYTES:
        return count == 0 and length == _BODY_BYTES[FrameKind(kind)]
    return count == 0 and length <= PAYLOAD_BYTES_MAX


def read_frame(window: memoryview, length: int, key: SegmentKey, segment: int, offset: int, due: Due | None) -> Frame:
    """Check and return the frame in `window`; raises BadFrame. The checks are those of DUR-102 in their order.

    window   exactly the frame, padding included
    length   bytes of the body, from `body_length`
    due      what the frame must continue; None: its place in the chain is not checked
    """
    end = HEADER_BYTES + length
    covered = window[:end]
    if crc32c(covered, key.crc) != _CRC.unpack_from(window, end + 32)[0]:
        raise BadFrame("frame CRC differs")
    _, _, kind, flags, _, count, epoch, sequence, time_ns, previous = HEADER.unpack_from(window)
    body = covered[HEADER_BYTES:]
    frame = Frame(
        kind, flags, count, epoch, sequence, time_ns, previous, bytes(window[end : end + 32]), body, segment, offset,
        len(window),
    )  # fmt: skip
    reason = _misplaced(frame, due) if due is not None else ""
    if reason:
        raise BadFrame(reason, is_complete=True)
    if blake3(covered, key=key.key).digest() != frame.hash:
        raise BadFrame("frame hash differs", is_complete=True)
    if not is_zero(bytes(window[end + 36 :])):
        raise BadFrame("padding is not zero", is_complete=True)
    return frame


def data_bodies(window: memoryview, key: SegmentKey, alignment: int) -> tuple[list[bytes], int, bool]:
    """Read the complete frames at the beginning of `window`, many times faster than `read_frame`.

    Only CRCs are checked, not hashes and links.

    returns   bodies of the DATA frames, bytes that all frames take, whether the last frame is a CLOSE
    """
    bodies, at, size, data = [], 0, len(window), int(FrameKind.DATA)
    while at + OVERHEAD_BYTES <= size:
        magic, version, kind, flags, length = _LEAD.unpack_from(window, at)
        end = at + HEADER_BYTES + length
        if magic != MAGIC or version != FORMAT or end + 36 > size:
            break
        if crc32c(window[at:end], key.crc) != _CRC.unpack_from(window, end + 32)[0]:
            break
        if kind == data:
            bodies.append(bytes(window[at + HEADER_BYTES : end]))
        at += -(-(OVERHEAD_BYTES + length) // alignment) * alignment
        if flags == CLOSE:
            return bodies, at, True
    return bodies, at, False


def _misplaced(frame: Frame, due: Due) -> str:
    """Why an undamaged frame does not continue the chain; empty if it does."""
    if frame.sequence != due.sequence:
        return f"first sequence is {frame.sequence}"
    if frame.kind == FrameKind.EPOCH:
        new, before, _, _ = EPOCH_BODY.unpack_from(frame.body)
        if new != frame.epoch or before != due.epoch or new <= before:
            return f"epoch {frame.epoch} after {due.epoch}"
    elif frame.epoch != due.epoch:
        return f"epoch {frame.epoch} after {due.epoch} without an EPOCH frame"
    if frame.time_ns < due.time_ns:
        return f"time {frame.time_ns} falls below {due.time_ns}"
    if frame.previous != due.hash:
        return "does not link to the frame before"
    if frame.records:
        return _misstamped(frame)
    return ""


def _misstamped(frame: Frame) -> str:
    first = STAMP.unpack_from(frame.body)
    last = STAMP.unpack_from(frame.body, (frame.records - 1) * ROW_BYTES)
    if first == (frame.sequence, frame.time_ns) and last == (frame.sequence + frame.records - 1, frame.time_ns):
        return ""
    return "rows do not carry the frame's sequence and time"
