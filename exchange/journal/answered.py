"""Read back from the journal which command answered which request of a session (RECOV-011, RECOV-012).

    found = answered_requests(folder, disk, sessions, kept=4_096, since=sequence)
    found.of[7]        # ANSWERED rows of session 7, in order
    found.whole        # nothing lies before what was read

Session and request of every command are in its COMMAND row, so a snapshot need not have them. Segments are read from
the last one back, each from its beginning, until every session has as many requests as are kept or `since` is passed.
Every frame's CRC is checked, its hash is not: older segments are as large as the journal.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from exchange.codes import CommandFlag, CommandKind
from exchange.journal.frames import data_bodies
from exchange.journal.segments import BLOCK_BYTES, SegmentFile, open_segments
from exchange.records import COMMAND
from exchange.seams import Disk

# `sequence`: of the first command of the request; `operations`: of a batch, how many have a command, 0: it is no batch.
ANSWERED = np.dtype([("session", "<i8"), ("request_id", "<i8"), ("sequence", "<i8"), ("operations", "<i8")])
WINDOW_BYTES = 4 << 20  # read at once: more than the longest frame
_OPERATIONS = [CommandKind.NEW, CommandKind.REPLACE, CommandKind.CANCEL]


@dataclass
class AnsweredRequests:
    """What was found. `damaged`: the segment of which frames are missing, so that nothing older was read; 0: none."""

    of: dict[int, np.ndarray] = field(default_factory=dict)
    whole: bool = False
    damaged: int = 0


def answered_requests(folder: str, disk: Disk, sessions: set[int], kept: int, since: int) -> AnsweredRequests:
    """The last `kept` requests of each session, as far back as command `since`."""
    segments = [segment for segment in open_segments(disk, f"{folder}/journal") if not _closed_spare(segment)]
    found, wanted, is_last, first = AnsweredRequests(), set(sessions), True, 0
    while segments and wanted and not found.damaged:
        segment = segments.pop()  # and let go of what was read of it
        assert segment.header is not None
        part = _requests_of(segment, np.array(sorted(wanted)), is_last, found)
        for session, rows in _by_session(part):
            # One more: that which begins the segment may have begun in the one before.
            found.of[session] = _joined(rows, found.of.get(session))[-kept - 1 :]
            if len(found.of[session]) > kept:
                wanted.discard(session)
        segment.close()
        is_last = False
        if not found.damaged:
            first = segment.header.sequence
        if segment.header.sequence < since:
            break
    found.whole = not segments and not found.damaged
    if not found.whole:  # of what begins the first segment read, or before `since`, some commands may lie in front
        least = max(since, first + 1)
        found.of = {session: rows[rows["sequence"] >= least] for session, rows in found.of.items()}
    found.of = {session: rows[-kept:] for session, rows in found.of.items()}
    for segment in segments:
        segment.close()
    return found


def _closed_spare(segment: SegmentFile) -> bool:
    """Whether it was never used; then it is closed."""
    if segment.header is None:
        segment.close()
    return segment.header is None


def _requests_of(segment: SegmentFile, sessions: np.ndarray, is_last: bool, found: AnsweredRequests) -> np.ndarray:
    """ANSWERED rows of a segment, one a command, in order. The last one ends where nothing more was written; of another
    that does not end in CLOSE it is noted that frames are missing, and none are taken."""
    assert segment.header is not None
    parts, offset, closed = [np.zeros(0, ANSWERED)], BLOCK_BYTES, False
    while offset < segment.segment_bytes and not closed:
        window = segment.view(offset, min(WINDOW_BYTES, segment.segment_bytes - offset))
        bodies, length, closed = data_bodies(window, segment.key, segment.header.alignment)
        if not length:
            break
        parts.append(_requests(bodies, sessions))
        offset += length
    if not closed and not is_last:
        found.damaged = segment.number
        return parts[0]
    return np.concatenate(parts)


def _requests(bodies: list[bytes], sessions: np.ndarray) -> np.ndarray:
    rows = np.frombuffer(b"".join(bodies), COMMAND)
    rows = rows[(rows["session"] > 0) & (rows["request_id"] > 0)]
    rows = rows[np.isin(rows["session"], sessions)]
    found = np.zeros(len(rows), ANSWERED)
    for name in ("session", "request_id", "sequence"):
        found[name] = rows[name]
    found["operations"] = np.isin(rows["kind"], _OPERATIONS) & (rows["flags"] & CommandFlag.BATCHED != 0)
    return found


def _by_session(rows: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """Each session's rows, one a request."""
    if not len(rows):
        return
    rows = rows[np.argsort(rows["session"], kind="stable")]
    sessions, starts = np.unique(rows["session"], return_index=True)
    for session, part in zip(sessions.tolist(), np.split(rows, starts[1:]), strict=True):
        yield session, _one_a_request(part)


def _joined(older: np.ndarray, newer: np.ndarray | None) -> np.ndarray:
    return older if newer is None else _one_a_request(np.concatenate((older, newer)))


def _one_a_request(rows: np.ndarray) -> np.ndarray:
    """The rows of a batch or mass quote, one behind the other, as one: its first, with all operations."""
    starts = np.flatnonzero(np.diff(rows["request_id"], prepend=0))
    found = rows[starts]
    found["operations"] = np.add.reduceat(rows["operations"], starts)
    return found
