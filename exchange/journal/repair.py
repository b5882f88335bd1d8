"""What recovery may change on disk: cut a torn tail, clean spares, sync what a killed process left (DUR-104).

Each step may be cut short by a crash and done again.
"""

from exchange.journal.files import ZEROS, replace_file, write_all
from exchange.journal.scan import Tear
from exchange.journal.segments import BLOCK_BYTES, SegmentFile
from exchange.seams import Disk


def quarantine_name(segment: int, offset: int) -> str:
    return f"{segment:010d}-{offset}"


def cut_tail(disk: Disk, folder: str, segment: SegmentFile, tear: Tear) -> None:
    """Keep the torn bytes in quarantine, then put zeros in their place, so that the space can be written again."""
    name = quarantine_name(tear.segment, tear.offset)
    if not disk.exists(f"{folder}/quarantine/{name}"):
        torn = bytes(segment.view(tear.offset, tear.end - tear.offset))
        replace_file(disk, f"{folder}/quarantine", name, torn)
    # The name may be there without being durable yet.
    disk.fsync_dir(f"{folder}/quarantine")
    _write_zeros(disk, segment.path, [(tear.offset, tear.end)])


def clean_spare(disk: Disk, segment: SegmentFile, segment_bytes: int) -> None:
    """A spare is zeros and has its full length, whatever a torn activation left in its header block."""
    ranges = [] if segment.clean_block else [(0, BLOCK_BYTES)]
    if segment.file_bytes < segment_bytes:
        ranges.append((segment.file_bytes, segment_bytes))
    if ranges:
        _write_zeros(disk, segment.path, ranges)


def settle(disk: Disk, folder: str, active: SegmentFile, read_only: bool) -> None:
    """What a killed process wrote may be in memory only: nothing is served before it is on disk."""
    _write_zeros(disk, active.path, [])
    disk.fsync_dir(f"{folder}/journal")
    disk.fsync_dir(f"{folder}/snap")
    disk.fsync_dir(folder)
    if read_only:
        disk.set_mode(active.path, 0o400)


def remove_temporaries(disk: Disk, folder: str) -> None:
    """Files that a crash left before they got their name."""
    for place in (folder, f"{folder}/journal", f"{folder}/snap", f"{folder}/quarantine"):
        for name in disk.list(place):
            if name.endswith(".tmp"):
                disk.unlink(f"{place}/{name}")


def _write_zeros(disk: Disk, path: str, ranges: list[tuple[int, int]]) -> None:
    """Zeros over the ranges (start, end), and a sync of the whole file."""
    handle = disk.open(path)
    try:
        for start, end in ranges:
            for offset in range(start, end, len(ZEROS)):
                write_all(disk, handle, ZEROS[: end - offset], offset)
        disk.fsync(handle)
    finally:
        disk.close(handle)
