"""Helpers for files of the data folder: complete writes, durable replacement, zeros."""

from exchange.seams import Disk

ZEROS = bytes(1 << 20)
ZERO_SYNC_BYTES = 4 << 20


def write_all(disk: Disk, handle: int, data: bytes, offset: int) -> None:
    """Write all bytes at `offset`, continuing short writes. OSError: wrote 0 bytes (DUR-081)."""
    taken = disk.pwrite(handle, data, offset)
    while taken < len(data):
        more = disk.pwrite(handle, data[taken:], offset + taken)
        if more <= 0:
            raise OSError("wrote 0 bytes")
        taken += more


def replace_file(disk: Disk, folder: str, name: str, data: bytes) -> None:
    """Replace a file durably; after a crash there is the old file or the new one, never a part."""
    temporary = f"{folder}/{name}.tmp"
    handle = disk.open(temporary, create=True)
    try:
        write_all(disk, handle, data, 0)
        disk.fsync(handle)
    finally:
        disk.close(handle)
    disk.rename(temporary, f"{folder}/{name}")
    disk.fsync_dir(folder)


def is_zero(data: bytes) -> bool:
    return data == (ZEROS[: len(data)] if len(data) <= len(ZEROS) else bytes(len(data)))
