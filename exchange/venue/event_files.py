"""The files of `events/`: a summary of each, and what is missing between them (DUR-154)."""

import re
from itertools import pairwise
from typing import NamedTuple

from exchange.journal.claims import Claim
from exchange.journal.errors import reading
from exchange.journal.frames import NO_HASH
from exchange.records import ROW_VERSION
from exchange.seams import Disk
from exchange.venue.event_blocks import BlockLink, EventFile, read_or_tell

FILE = re.compile(r"\d{10}\.(rows|events)\d*")  # .rows: without blocks, of versions up to 0.1.0
SUFFIX = ".events" if ROW_VERSION == 1 else f".events{ROW_VERSION}"


class Summary(NamedTuple):
    """What a file of events holds, without its rows."""

    name: str
    number: int
    rows: int
    start: BlockLink  # what its first block continues
    end: BlockLink  # what comes behind its last sound block
    end_bytes: int  # of the sound blocks
    frame: bytes  # of its last block
    gap: int  # command from which on some are missing within it; 0: none
    problem: str


def summarize(name: str, file: EventFile) -> Summary:
    blocks = file.blocks
    number = int(name[:10])
    if not blocks:
        return Summary(name, number, 0, BlockLink(), BlockLink(), 0, NO_HASH, 0, file.problem)
    first, last = blocks[0], blocks[-1]
    gaps = [one.last + 1 for one, two in pairwise(blocks) if two.first != one.last + 1]
    rows = sum(len(block.rows) for block in blocks)
    start = BlockLink(first.first, first.previous, first.time_before_ns)
    return Summary(name, number, rows, start, last.link, last.end, last.frame, min(gaps, default=0), file.problem)


def find_gap(files: list[Summary], oldest_ns: int, rows_max: int) -> tuple[int, str]:
    """The first command whose events ought to be kept and are not, and why; (0, "") if all are there.

    oldest_ns  events up to this time need not be kept
    rows_max   more rows than these are no longer kept in any case
    """
    if not files:
        return 1, "there are none"
    start = files[0].start
    whole = start.first <= 1 or start.time_ns <= oldest_ns or sum(file.rows for file in files) >= rows_max
    if not whole or not files[0].end_bytes:
        return 1, f"{files[0].name}: {files[0].problem or f'what came before {start.first} is missing'}"
    due = start
    for file in files:
        if not file.end_bytes or (file.start.first, file.start.hash) != (due.first, due.hash):
            return due.first, f"{file.name}: {file.problem or 'it does not follow the file before'}"
        if file.gap or file.problem:
            return file.gap or file.end.first, f"{file.name}: {file.problem or 'events are missing in it'}"
        due = file.end
    return 0, ""


def event_names(disk: Disk, folder: str) -> list[str]:
    """Files of events of any version, oldest first."""
    return sorted(filter(FILE.fullmatch, disk.list(folder)))


def event_claim(disk: Disk, folder: str, journal_id: bytes) -> Claim | None:
    """What the newest sound block of `events/` says of the journal; None: there is none. JournalFailed: something else
    stands in the place of a file, or of the folder."""
    if not disk.exists(folder):
        return None
    with reading(folder, "a folder"):
        names = event_names(disk, folder)
    for name in reversed(names):
        if name.endswith(SUFFIX):
            path = f"{folder}/{name}"
            blocks = read_or_tell(disk, path, journal_id).blocks
            if blocks:
                return Claim(path, blocks[-1].last, blocks[-1].frame)
    return None
