"""What every file of the data folder shares: whole writes, durable replacement, zeros."""

from exchange.seams import Disk

ZEROS = bytes(1 << 20)
ZERO_SYNC_BYTES = 4 << 20


def write_all(disk: Disk, handle: int, data: bytes, offset: int) -> None:
    """Write until all bytes are taken: a short write is continued, none taken is an error (DUR-081)."""
    taken = disk.pwrite(handle, data, offset)
    while taken < len(data):
        more = disk.pwrite(handle, data[taken:], offset + taken)
        if more <= 0:
            raise OSError("a write took no byte")
        taken += more


def replace_file(disk: Disk, folder: str, name: str, data: bytes) -> None:
    """Put a whole file in place so that a crash leaves the old one or the new one, never a part."""
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
