"""The records of a recording file. The layout is in the docstring of the package.

with RecordWriter(path, header) as writer: writer.write(RecordKind.RECEIVED, frame, time_us)
for record in read(path): ...        # DamagedRecording after the last whole record, if the file is cut short or damaged
"""

import struct
import zlib
from collections.abc import Iterator
from enum import IntEnum
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, NamedTuple, Self

import msgspec

VERSION = 1
MAGIC = b"gpux-recording\n\x01"  # 16 bytes before the first record
DATA_BYTES_MAX = 1 << 24
_HEAD = struct.Struct("<IIqB")
_CHECKED = struct.Struct("<qB")


class RecordKind(IntEnum):
    """What a record is."""

    HEADER = 1
    OPENED = 2
    RECEIVED = 3
    SENT = 4
    CLOSED = 5


class RecordedFrame(NamedTuple):
    """One record. `time_us`: microseconds since the first record."""

    kind: RecordKind
    time_us: int
    data: bytes


class RecordingHeader(msgspec.Struct, frozen=True):
    """What is needed to read a recording: the dialled address, and how the session made its order ids."""

    version: int
    release: str
    host: str
    path: str
    key: str
    subprotocol: str
    order_prefix: str
    margin: bool = False


class DamagedRecording(Exception):
    """A file is cut short or damaged. `offset`: of the first byte that is not part of a whole record."""

    def __init__(self, path: str, offset: int, problem: str) -> None:
        super().__init__(f"{path}: {problem} at offset {offset}; everything before it was read")
        self.path, self.offset, self.problem = path, offset, problem


class RecordWriter:
    """Appends records to a new file. FileExistsError: the file is there already."""

    def __init__(self, path: str, header: RecordingHeader) -> None:
        self._file = Path(path).open("xb")  # noqa: SIM115  # `close` closes it
        self._file.write(MAGIC)
        self.write(RecordKind.HEADER, msgspec.json.encode(header), 0)

    def write(self, kind: RecordKind, data: bytes, time_us: int) -> None:
        checksum = zlib.crc32(data, zlib.crc32(_CHECKED.pack(time_us, kind)))
        self._file.write(_HEAD.pack(len(data), checksum, time_us, kind))
        self._file.write(data)

    def flush(self) -> None:
        self._file.flush()

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def header_of(path: str) -> RecordingHeader:
    """The header of a file. ValueError: it is no recording, or one of a later version."""
    for record in read(path):
        try:
            header = msgspec.json.decode(record.data, type=RecordingHeader)
        except msgspec.MsgspecError as fault:
            raise ValueError(f"{path}: its header cannot be read: {fault}") from None
        if record.kind != RecordKind.HEADER or header.version > VERSION:
            raise ValueError(f"{path}: version {header.version} of the format, this client reads {VERSION}")
        return header
    raise ValueError(f"{path}: a recording without a header")


def read(path: str) -> Iterator[RecordedFrame]:
    """The records of a file in order. ValueError: it is no recording. DamagedRecording: it ends before its end."""
    with Path(path).open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            raise ValueError(f"{path} is no recording of a session")
        offset = len(MAGIC)
        while True:
            record = _read_one(file, path, offset)
            if record is None:
                return
            yield record
            offset += _HEAD.size + len(record.data)


def _read_one(file: BinaryIO, path: str, offset: int) -> RecordedFrame | None:
    head = file.read(_HEAD.size)
    if not head:
        return None
    if len(head) < _HEAD.size:
        raise DamagedRecording(path, offset, f"{len(head)} bytes of a record head of {_HEAD.size}")
    length, checksum, time_us, kind = _HEAD.unpack(head)
    if length > DATA_BYTES_MAX or kind not in RecordKind.__members__.values():
        raise DamagedRecording(path, offset, f"no record has kind {kind} and {length} bytes")
    data = file.read(length)
    if len(data) < length:
        raise DamagedRecording(path, offset, f"{len(data)} of {length} bytes of a record")
    if zlib.crc32(data, zlib.crc32(_CHECKED.pack(time_us, kind))) != checksum:
        raise DamagedRecording(path, offset, "a record whose checksum is wrong")
    return RecordedFrame(RecordKind(kind), time_us, data)
