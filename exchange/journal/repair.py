"""The changes on disk that recovery makes: cut a torn tail, clean spares, sync what a killed process wrote (DUR-104).

A crash may interrupt any step; the next start does it again.
"""

from exchange.journal.files import ZEROS, replace_file, write_all
from exchange.journal.scan import Tear
from exchange.journal.segments import BLOCK_BYTES, SegmentFile
from exchange.seams import Disk


def quarantine_name(segment: int, offset: int) -> str:
    return f"{segment:010d}-{offset}"


def cut_tail(disk: Disk, folder: str, segment: SegmentFile, tear: Tear) -> None:
    """Copy the torn bytes to quarantine, then overwrite them with zeros, so that the space can be used again."""
    name = quarantine_name(tear.segment, tear.offset)
    if not disk.exists(f"{folder}/quarantine/{name}"):
        torn = bytes(segment.view(tear.offset, tear.end - tear.offset))
        replace_file(disk, f"{folder}/quarantine", name, torn)
    # A start that was interrupted may have made the name, but not made it durable.
    disk.fsync_dir(f"{folder}/quarantine")
    _write_zeros(disk, segment.path, [(tear.offset, tear.end)])


def clean_spare(disk: Disk, segment: SegmentFile, segment_bytes: int) -> None:
    """Make a spare all zeros and `segment_bytes` long; an interrupted activation may have left a torn header."""
    ranges = [] if segment.clean_block else [(0, BLOCK_BYTES)]
    if segment.file_bytes < segment_bytes:
        ranges.append((segment.file_bytes, segment_bytes))
    if ranges:
        _write_zeros(disk, segment.path, ranges)


def sync_written(disk: Disk, folder: str, active: SegmentFile, read_only: bool) -> None:
    """Sync what a killed process wrote, before anything is served: it may be in the page cache only.

    active      the segment in use, or the last closed one
    read_only   it is closed: nobody writes it any more
    """
    _write_zeros(disk, active.path, [])
    disk.fsync_dir(f"{folder}/journal")
    disk.fsync_dir(f"{folder}/snap")
    disk.fsync_dir(folder)
    if read_only:
        disk.set_mode(active.path, 0o400)


def remove_temporaries(disk: Disk, folder: str) -> None:
    """Delete the unfinished `.tmp` files that a crash left."""
    for place in (folder, f"{folder}/journal", f"{folder}/snap", f"{folder}/quarantine"):
        for name in disk.list(place):
            if name.endswith(".tmp"):
                disk.unlink(f"{place}/{name}")


def _write_zeros(disk: Disk, path: str, ranges: list[tuple[int, int]]) -> None:
    """Write zeros over the byte ranges (start, end), and sync the file."""
    handle = disk.open(path)
    try:
        for start, end in ranges:
            for offset in range(start, end, len(ZEROS)):
                write_all(disk, handle, ZEROS[: end - offset], offset)
        disk.fsync(handle)
    finally:
        disk.close(handle)
