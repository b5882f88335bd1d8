"""The files of `events/`: a summary of each, and the first gap in or between them (DUR-154)."""

import re
from itertools import pairwise
from typing import NamedTuple

from exchange.journal.claims import Claim
from exchange.journal.errors import reading
from exchange.journal.frames import NO_HASH
from exchange.records import ROW_VERSION
from exchange.seams import Disk
from exchange.venue.event_blocks import BlockLink, EventFile, read_or_explain

FILE = re.compile(r"\d{10}\.(rows|events)\d*")  # .rows: versions up to 0.1.0, without blocks
SUFFIX = ".events" if ROW_VERSION == 1 else f".events{ROW_VERSION}"


class Summary(NamedTuple):
    """What a file of events covers, without its rows."""

    name: str
    number: int
    rows: int  # count
    start: BlockLink  # before its first block
    end: BlockLink  # after its last valid block
    end_bytes: int  # length of the valid blocks
    frame: bytes  # hash of the journal's frame with the last command
    gap: int  # first command missing between two blocks; 0: none
    problem: str  # what is wrong with the rest of the file; empty: nothing


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
    """The first command whose events should be kept but are missing, and why; (0, "") if none are missing.

    oldest_ns  events up to this time may be missing
    rows_max   if the files have this many rows, older events may be missing
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
    """Names of the event files in a folder, of any version, oldest first."""
    return sorted(filter(FILE.fullmatch, disk.list(folder)))


def event_claim(disk: Disk, folder: str, journal_id: bytes) -> Claim | None:
    """What the newest valid block of `events/` claims about the journal; None: there is none.

    raises   JournalFailed: `folder` is not a folder, or an event file is not a file
    """
    if not disk.exists(folder):
        return None
    with reading(folder, "a folder"):
        names = event_names(disk, folder)
    for name in reversed(names):
        if name.endswith(SUFFIX):
            path = f"{folder}/{name}"
            blocks = read_or_explain(disk, path, journal_id).blocks
            if blocks:
                return Claim(path, blocks[-1].last, blocks[-1].frame)
    return None
