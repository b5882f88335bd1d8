"""One frame: a group commit as bytes (DUR-060 to DUR-063).

Layout, little-endian: header of 72 bytes, header CRC, body, frame hash, frame CRC, zeros up to the alignment. Both CRCs
start with the segment's nonce and the hash is keyed by it, so bytes a client sends never pose as a frame.
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
_ROW_STAMP = struct.Struct("<qq")
_CRC = struct.Struct("<I")
_LEAD = struct.Struct("<4sHBBI")  # what a header begins with, up to the length of the body


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
    """What the nonce of a segment becomes: the key of its hashes and the start of its CRCs."""

    key: bytes
    crc: int


def segment_key(journal_id: bytes, nonce: bytes) -> SegmentKey:
    """Key of a segment from its header (DUR-061)."""
    return SegmentKey(blake3(journal_id + nonce, derive_key_context=KEY_CONTEXT).digest(), crc32c(nonce))


class Due(NamedTuple):
    """What the next frame must continue: the state of the chain."""

    sequence: int
    epoch: int
    time_ns: int
    hash: bytes


class Frame(NamedTuple):
    """A frame that passed every check. `body` is a view that lives as long as the frame is kept."""

    kind: int
    flags: int
    records: int
    epoch: int
    sequence: int  # of record 1, or of the next record if there is none
    time_ns: int
    previous: bytes
    hash: bytes
    body: memoryview
    segment: int
    offset: int
    length: int  # bytes in the file, padding included

    @property
    def rows(self) -> np.ndarray:
        """COMMAND rows of a DATA or CONTROL frame, shape (records,), a copy that may be written."""
        return np.frombuffer(bytearray(self.body[: self.records * ROW_BYTES]), COMMAND)

    @property
    def payload(self) -> bytes:
        """What follows the rows: the payload of a control, the JSON of RULES."""
        return bytes(self.body[self.records * ROW_BYTES :])

    @property
    def due(self) -> Due:
        """What the frame behind this one must continue."""
        return Due(self.sequence + self.records, self.epoch, self.time_ns, self.hash)


class BadFrame(Exception):
    """The bytes are no frame that may stand here.

    whole   the frame itself is sound but does not belong here: no tear leaves that
    """

    def __init__(self, reason: str, whole: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.whole = reason, whole


def padded(length: int, alignment: int) -> int:
    return -(-length // alignment) * alignment


def pack_frame(
    key: SegmentKey, alignment: int, kind: int, due: Due, body: Bytes, count: int = 0, flags: int = 0
) -> tuple[bytes, bytes]:
    """The bytes of a frame and its hash; `due` carries the frame's own epoch and time."""
    header = HEADER.pack(MAGIC, FORMAT, kind, flags, len(body), count, due.epoch, due.sequence, due.time_ns, due.hash)
    header += _CRC.pack(crc32c(header, key.crc))
    # Large bodies are copied once, into the frame.
    digest = blake3(header, key=key.key).update(body).digest()
    crc = _CRC.pack(crc32c(body, crc32c(header, key.crc)))
    padding = -(OVERHEAD_BYTES + len(body)) % alignment
    return b"".join((header, body, digest, crc, bytes(padding))), digest


def body_length(window: memoryview, key: SegmentKey, space: int) -> int:
    """Length of the body, once magic, header CRC and bounds hold.

    window   at least the header
    space    bytes left in the segment
    """
    magic, version, kind, flags, length, count, *_ = HEADER.unpack_from(window)
    if magic != MAGIC:
        raise BadFrame("no frame magic")
    if crc32c(window[: HEADER.size], key.crc) != _CRC.unpack_from(window, HEADER.size)[0]:
        raise BadFrame("header CRC differs")
    if version != FORMAT:
        raise BadFrame(f"frame format {version} is not {FORMAT}", whole=True)
    if kind < FrameKind.DATA or kind > FrameKind.CONTROL:
        raise BadFrame(f"unknown frame kind {kind}", whole=True)
    if flags and (kind != FrameKind.SEAL or flags != CLOSE):
        raise BadFrame(f"flags {flags} of kind {kind}", whole=True)
    if not _length_fits(kind, length, count) or OVERHEAD_BYTES + length > space:
        raise BadFrame(f"body of {length} bytes and {count} records out of bounds for kind {kind}", whole=True)
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
    """The frame in `window`, which holds it with its padding, after the checks of DUR-102 in their order.

    length   of the body, as `body_length` found it
    due      what the frame must continue; None: its place in the chain is not checked
    """
    end = HEADER_BYTES + length
    sound = window[:end]
    if crc32c(sound, key.crc) != _CRC.unpack_from(window, end + 32)[0]:
        raise BadFrame("frame CRC differs")
    _, _, kind, flags, _, count, epoch, sequence, time_ns, previous = HEADER.unpack_from(window)
    body = sound[HEADER_BYTES:]
    frame = Frame(
        kind, flags, count, epoch, sequence, time_ns, previous, bytes(window[end : end + 32]), body, segment, offset,
        len(window),
    )  # fmt: skip
    reason = _misplaced(frame, due) if due is not None else ""
    if reason:
        raise BadFrame(reason, whole=True)
    if blake3(sound, key=key.key).digest() != frame.hash:
        raise BadFrame("frame hash differs", whole=True)
    if not is_zero(bytes(window[end + 36 :])):
        raise BadFrame("padding is not zero", whole=True)
    return frame


def data_bodies(window: memoryview, key: SegmentKey, alignment: int) -> tuple[list[bytes], int, bool]:
    """Bodies of the DATA frames that stand whole and one behind the other at the beginning of `window`, how many bytes
    all frames there take, and whether the last of them is a CLOSE. Their bytes are as they were written; hashes and
    links are not checked: many times faster than `read_frame`."""
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
    """Why a sound frame does not continue the chain, or nothing."""
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
    first = _ROW_STAMP.unpack_from(frame.body)
    last = _ROW_STAMP.unpack_from(frame.body, (frame.records - 1) * ROW_BYTES)
    if first == (frame.sequence, frame.time_ns) and last == (frame.sequence + frame.records - 1, frame.time_ns):
        return ""
    return "rows do not carry the frame's sequence and time"
