"""Finds in the journal which commands answered the latest requests of sessions (RECOV-011, RECOV-012).

    found = answered_requests(folder, disk, sessions, kept=4_096, since=sequence)
    found.of[7]        # ANSWERED rows of session 7, in order
    found.whole        # the journal was read back to its beginning

Every COMMAND row has its session and request id, so a snapshot need not keep them. Segments are read from the last
one back, until every session has `kept` requests or `since` is passed. Of each frame only the CRC is checked, not the
hash: reading many segments must be fast.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from exchange.codes import CommandFlag, CommandKind
from exchange.journal.frames import data_bodies
from exchange.journal.segments import BLOCK_BYTES, SegmentFile, open_segments
from exchange.records import COMMAND
from exchange.seams import Disk

# `sequence`: first command of the request; `operations`: how many operations of a batch became commands, 0: no batch.
ANSWERED = np.dtype([("session", "<i8"), ("request_id", "<i8"), ("sequence", "<i8"), ("operations", "<i8")])
WINDOW_BYTES = 4 << 20  # read at once; longer than the longest frame
_OPERATIONS = [CommandKind.NEW, CommandKind.REPLACE, CommandKind.CANCEL]


@dataclass
class AnsweredRequests:
    """The requests that were found."""

    of: dict[int, np.ndarray] = field(default_factory=dict)  # session -> ANSWERED rows, in order
    whole: bool = False  # the journal was read back to its beginning
    damaged: int = 0  # segment with missing frames: neither it nor older ones were used; 0: none


def answered_requests(folder: str, disk: Disk, sessions: set[int], kept: int, since: int) -> AnsweredRequests:
    """The last `kept` requests of each session, back to about command `since`."""
    segments = [segment for segment in open_segments(disk, f"{folder}/journal") if not _closed_spare(segment)]
    found, wanted, is_last, first = AnsweredRequests(), set(sessions), True, 0
    while segments and wanted and not found.damaged:
        segment = segments.pop()
        assert segment.header is not None
        part = _requests_of(segment, np.array(sorted(wanted)), is_last, found)
        for session, rows in _by_session(part):
            # Keep one more: the first request of the segment may have begun in the segment before.
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
    if not found.whole:  # drop requests that may have begun before the first command read
        least = max(since, first + 1)
        found.of = {session: rows[rows["sequence"] >= least] for session, rows in found.of.items()}
    found.of = {session: rows[-kept:] for session, rows in found.of.items()}
    for segment in segments:
        segment.close()
    return found


def _closed_spare(segment: SegmentFile) -> bool:
    """Whether the segment is a spare, which has no frames; if so it is closed."""
    if segment.header is None:
        segment.close()
    return segment.header is None


def _requests_of(segment: SegmentFile, sessions: np.ndarray, is_last: bool, found: AnsweredRequests) -> np.ndarray:
    """ANSWERED rows of a segment, one for each command, in order.

    sessions   sorted session numbers
    is_last    the last segment in use may end without CLOSE; any other counts as damaged then and gives no rows
    found      changed in place: `damaged`
    """
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
    """Yield each session with its rows, one for each request."""
    if not len(rows):
        return
    rows = rows[np.argsort(rows["session"], kind="stable")]
    sessions, starts = np.unique(rows["session"], return_index=True)
    for session, part in zip(sessions.tolist(), np.split(rows, starts[1:]), strict=True):
        yield session, _one_a_request(part)


def _joined(older: np.ndarray, newer: np.ndarray | None) -> np.ndarray:
    return older if newer is None else _one_a_request(np.concatenate((older, newer)))


def _one_a_request(rows: np.ndarray) -> np.ndarray:
    """One row for each request, from rows of one session: its first command, with the sum of its operations."""
    starts = np.flatnonzero(np.diff(rows["request_id"], prepend=0))
    found = rows[starts]
    found["operations"] = np.add.reduceat(rows["operations"], starts)
    return found
