"""The file HEAD: records up to its sequence are durable, and recovery never cuts them (DUR-070, DUR-071).

It has two slots that are written in turn, so a torn write leaves the older one intact.
"""

import struct
from typing import NamedTuple

from crc32c import crc32c

from exchange.journal.errors import reading
from exchange.journal.files import replace_file, write_all
from exchange.journal.frames import NO_HASH
from exchange.seams import Disk

MAGIC = b"GXH1"
FORMAT = 1
SLOT = struct.Struct("<4sHHQQQ32sQ32sQQQ")
SLOT_BYTES = SLOT.size + 4
WRITE_BYTES = 512
SECOND_SLOT = 4_096
FILE_BYTES = 8_192
NAME = "HEAD"


class Head(NamedTuple):
    generation: int
    epoch: int
    durable_sequence: int
    durable_hash: bytes
    committed_sequence: int
    committed_hash: bytes
    segment: int
    offset: int
    time_ns: int


# HEAD of a new data folder: nothing is durable yet.
EMPTY = Head(0, 1, 0, NO_HASH, 0, NO_HASH, 1, 4_096, 0)


def pack_slot(head: Head) -> bytes:
    packed = SLOT.pack(MAGIC, FORMAT, 0, *head)
    return (packed + crc32c(packed).to_bytes(4, "little")).ljust(WRITE_BYTES, b"\0")


def parse_slot(data: bytes) -> Head | None:
    """The slot in `data`, or None if it is damaged."""
    if crc32c(data[: SLOT.size]) != int.from_bytes(data[SLOT.size : SLOT_BYTES], "little"):
        return None
    magic, version, _, *fields = SLOT.unpack_from(data)
    return Head(*fields) if magic == MAGIC and version == FORMAT else None


def parse_head(data: bytes) -> tuple[Head | None, list[str]]:
    """The valid slot with the higher generation, if any, and notes on damage, in words."""
    slots = [data[at : at + SECOND_SLOT].ljust(SECOND_SLOT, b"\0") for at in (0, SECOND_SLOT)]
    heads = [parse_slot(slot) for slot in slots]
    valid = [head for head in heads if head is not None]
    notes = []
    for number, (slot, head) in enumerate(zip(slots, heads, strict=True)):
        # The second slot is zero until the second write.
        unused = head is None and not any(slot) and any(other.generation == 0 for other in valid)
        if (head is None and not unused) or any(slot[SLOT_BYTES:]):
            notes.append(f"HEAD slot {number} is damaged")
    if len(data) != FILE_BYTES:
        notes.append(f"HEAD has {len(data)} bytes, not {FILE_BYTES}")
    return max(valid, default=None), notes


def read_head(disk: Disk, folder: str) -> tuple[Head | None, list[str]]:
    """HEAD of a data folder and notes on damage; (None, []) if there is none. JournalFailed: it cannot be read."""
    path = f"{folder}/{NAME}"
    if not disk.exists(path):
        return None, []
    with reading(path):
        handle = disk.open(path, write=False)
        try:
            return parse_head(disk.pread(handle, FILE_BYTES + 1, 0))
        finally:
            disk.close(handle)


def create_head(disk: Disk, folder: str) -> Head:
    """Make HEAD of a new folder, before the first segment is used."""
    replace_file(disk, folder, NAME, pack_slot(EMPTY).ljust(FILE_BYTES, b"\0"))
    return EMPTY


class HeadFile:
    """Writes HEAD, its slots in turn. `last` is the content written last."""

    def __init__(self, disk: Disk, folder: str, last: Head) -> None:
        self._disk = disk
        self._handle = disk.open(f"{folder}/{NAME}")
        self.last = last

    def write(self, head: Head) -> None:
        """Make `head` durable; its generation is set to the next one."""
        self.last = head._replace(generation=self.last.generation + 1)
        at = SECOND_SLOT * (self.last.generation % 2)
        write_all(self._disk, self._handle, pack_slot(self.last), at)
        self._disk.fdatasync(self._handle)

    def close(self) -> None:
        self._disk.close(self._handle)
