"""Segment files: names, header block, buffered reading (DUR-050 to DUR-055).

Frames start at offset 4,096, after the header block. A segment is never reused. It has its whole length before it gets
its name, so a short one is damaged: scan.py refuses it. Here its missing bytes read as zeros.
"""

import struct
from typing import NamedTuple

from crc32c import crc32c

from exchange.errors import UserError
from exchange.journal.errors import Refusal, reading
from exchange.journal.files import ZEROS, is_zero
from exchange.journal.frames import SegmentKey, segment_key
from exchange.seams import Disk

MAGIC = b"GXS1"
FORMAT = 1
SEGMENT_BYTES = 64 << 20
BLOCK_BYTES = 4_096
SECOND_COPY = 2_048
HEADER = struct.Struct("<4sHBBQQ16s16sQQQ32sH10x")
HEADER_BYTES = HEADER.size + 4
WINDOW_BYTES = 2 << 20


class SegmentHeader(NamedTuple):
    number: int
    segment_bytes: int
    alignment: int
    journal_id: bytes
    nonce: bytes
    epoch: int
    sequence: int  # of the first frame
    time_ns: int
    previous: bytes  # hash of the last frame of the segment before
    record_bytes: int

    @property
    def key(self) -> SegmentKey:
        return segment_key(self.journal_id, self.nonce)


def segment_name(number: int) -> str:
    return f"{number:010d}.seg"


def pack_block(header: SegmentHeader) -> bytes:
    """The bytes of the header block: two copies of the header, the rest zero."""
    packed = HEADER.pack(
        MAGIC, FORMAT, header.alignment.bit_length() - 1, 0, header.number, header.segment_bytes, header.journal_id,
        header.nonce, header.epoch, header.sequence, header.time_ns, header.previous, header.record_bytes,
    )  # fmt: skip
    copy = packed + crc32c(packed).to_bytes(4, "little")
    return (copy.ljust(SECOND_COPY, b"\0") + copy).ljust(BLOCK_BYTES, b"\0")


def parse_header(copy: bytes) -> SegmentHeader | None:
    """The header in one of its copies; None if the copy is damaged."""
    if crc32c(copy[: HEADER.size]) != int.from_bytes(copy[HEADER.size : HEADER_BYTES], "little"):
        return None
    magic, version, bits, _, number, size, *rest = HEADER.unpack_from(copy)
    if magic != MAGIC or version != FORMAT or bits not in (9, 12):
        return None
    return SegmentHeader(number, size, 1 << bits, *rest)


class SegmentFile:
    """One segment, opened read only. JournalFailed: it cannot be read. Refusal: its header is damaged.

    header   None: the file is a spare, no frame was ever written (DUR-054)
    notes    damage that does no harm, in words
    """

    def __init__(self, disk: Disk, folder: str, number: int) -> None:
        self.number = number
        self.path = f"{folder}/{segment_name(number)}"
        self.notes: list[str] = []
        self._disk = disk
        with reading(self.path):
            self._handle = disk.open(self.path, write=False)
            self.file_bytes = disk.size(self._handle)
        self._start = 0
        self._window = memoryview(b"")
        block = bytes(self.view(0, BLOCK_BYTES))
        self.clean_block = is_zero(block)
        self.header = self._read_header(block)
        if self.header is not None:
            self.key = self.header.key

    def close(self) -> None:
        self._disk.close(self._handle)

    @property
    def segment_bytes(self) -> int:
        """The length that the segment should have, in bytes; of a spare its actual length."""
        return self.header.segment_bytes if self.header is not None else max(self.file_bytes, BLOCK_BYTES)

    def view(self, offset: int, length: int) -> memoryview:
        """`length` bytes from `offset`; bytes after the end of the file are zero."""
        first = offset - self._start
        if first < 0 or first + length > len(self._window):
            wanted = max(length, WINDOW_BYTES)
            data = self._read(wanted, offset)
            if len(data) < length:
                data = data.ljust(length, b"\0")
            self._start, self._window, first = offset, memoryview(data), 0
        return self._window[first : first + length]

    def last_byte(self, offset: int) -> int:
        """Offset after the last byte that is not zero, searched from `offset` on; `offset` if there is none."""
        end = offset
        for start in range(offset, self.file_bytes, len(ZEROS)):
            data = self._read(len(ZEROS), start)
            if not is_zero(data):
                end = start + len(data.rstrip(b"\0"))
        return end

    def _read(self, length: int, offset: int) -> bytes:
        with reading(self.path):
            return self._disk.pread(self._handle, length, offset)

    def _read_header(self, block: bytes) -> SegmentHeader | None:
        copies = [parse_header(block[at : at + HEADER_BYTES]) for at in (0, SECOND_COPY)]
        valid = [copy for copy in copies if copy is not None]
        if not valid:
            if self.last_byte(BLOCK_BYTES) > BLOCK_BYTES:
                raise Refusal("both copies of the header are damaged", self.number)
            if not self.clean_block:
                self.notes.append(f"segment {self.number}: torn header of an unused segment")
            return None
        if len(valid) == 1 or valid[0] != valid[1] or pack_block(valid[0]) != block:
            self.notes.append(f"segment {self.number}: header block damaged, a good copy was used")
        if valid[0].number != self.number:
            raise Refusal(f"header is of segment {valid[0].number}", self.number)
        return valid[0]


def open_segments(disk: Disk, folder: str) -> list[SegmentFile]:
    """Open every segment of `folder` in order, spares last. Refusal: numbers have a gap, or a spare is not last."""
    with reading(folder, "a folder"):
        names = sorted(name for name in disk.list(folder) if name.endswith(".seg"))
    if names != [segment_name(number) for number in range(1, len(names) + 1)]:
        raise Refusal(f"segment files are not numbered from 1 without gaps: {', '.join(names[:3])} ...")
    segments: list[SegmentFile] = []
    for number in range(1, len(names) + 1):
        segment = SegmentFile(disk, folder, number)
        if segment.header is not None and segments and segments[-1].header is None:
            raise Refusal("a used segment follows an unused one", number)
        segments.append(segment)
    return segments


def require_folder(disk: Disk, folder: str) -> None:
    for part in ("journal", "snap"):
        if not disk.exists(f"{folder}/{part}"):
            raise UserError(f"{folder} is not a data folder: it has no {part}/")


def history_name(journal_id: bytes) -> str:
    """The name that clients and operators know a journal's history by."""
    return f"h_{journal_id.hex()[:12]}"


def read_history_name(disk: Disk, folder: str) -> str:
    """The name of a data folder's history; empty if nothing was ever written."""
    require_folder(disk, folder)
    journal_id = read_journal_id(disk, folder)
    return history_name(journal_id) if journal_id else ""


def read_journal_id(disk: Disk, folder: str) -> bytes:
    """The journal's id from its first segment; empty if nothing was ever written."""
    if not disk.exists(f"{folder}/journal/{segment_name(1)}"):
        return b""
    first = SegmentFile(disk, f"{folder}/journal", 1)
    try:
        return first.header.journal_id if first.header is not None else b""
    finally:
        first.close()
