"""Reads and checks the frames of a journal in order, and judges the first bad one (DUR-102, DUR-103).

Read only. A walk starts at genesis, at the first frame of a segment, or after a snapshot's mark.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from exchange.journal.claims import Claim, due_at, segment_of
from exchange.journal.errors import Refusal
from exchange.journal.frames import (
    BODY_BYTES_MAX,
    CLOSE,
    HEADER_BYTES,
    MAGIC,
    NO_HASH,
    OVERHEAD_BYTES,
    BadFrame,
    Due,
    Frame,
    body_length,
    padded,
    read_frame,
)
from exchange.journal.head import Head
from exchange.journal.segments import BLOCK_BYTES, SegmentFile

IN_FLIGHT_BYTES = BODY_BYTES_MAX + 4_096
GENESIS = Due(1, 1, 0, NO_HASH)


@dataclass
class Tear:
    """The first bad frame, which ended a walk."""

    segment: int
    offset: int  # where it starts
    end: int  # end of the last byte in the segment that is not zero
    reason: str
    is_complete: bool  # it was written completely: damage, not a torn write


class Walk:
    """Yields the frames of a journal in order, from a given place on (`frames`).

    segment, offset   where the next frame starts
    due               what the next frame must continue
    closed            the segment has ended with CLOSE
    tear              the bad frame that has ended the walk; None: there is none
    head              the chain must pass through the place and hash in HEAD; not checked if the walk starts after it
    """

    def __init__(
        self,
        segments: list[SegmentFile],
        head: Head | None,
        segment: int = 1,
        offset: int = BLOCK_BYTES,
        due: Due = GENESIS,
    ) -> None:
        self.segments = segments
        self.segment, self.offset, self.due = segment, offset, due
        self._head = head if head is not None and (head.segment, head.offset) >= (segment, offset) else None
        self.closed = False
        self.tear: Tear | None = None

    @property
    def used_segments(self) -> int:
        """How many segments are in use or were, spares not counted."""
        return sum(segment.header is not None for segment in self.segments)

    def frames(self) -> Iterator[Frame]:
        """Yield every valid frame up to the clean end of the journal, or up to a bad frame (`tear`).

        raises   Refusal: damage that no torn write explains
        """
        used = self.used_segments
        for segment in (*self.segments[: self.segment - 1], *self.segments[used:]):
            self._check_length(segment, segment.number)
        while self.segment <= used and self.tear is None:
            segment = self.segments[self.segment - 1]
            self._check_header(segment)
            yield from self._segment_frames(segment)
            self._check_length(segment, self.segment)
            if not self.closed and self.tear is None and self.segment < used:
                self._refuse("the segment is not the last and does not end in CLOSE")
            if not self.closed or self.segment == used:
                return
            self.segment, self.offset, self.closed = self.segment + 1, BLOCK_BYTES, False

    def _segment_frames(self, segment: SegmentFile) -> Iterator[Frame]:
        while not self.closed and self.offset < segment.segment_bytes:
            self._check_head()
            try:
                frame = frame_at(segment, self.offset, self.due)
            except BadFrame as bad:
                end = segment.last_byte(self.offset)
                if end > self.offset:
                    self.tear = Tear(self.segment, self.offset, end, bad.reason, bad.is_complete)
                return
            self.due = frame.due
            self.offset += frame.length
            self.closed = frame.flags == CLOSE
            yield frame
        self._check_head()
        if self.closed and segment.last_byte(self.offset) > self.offset:
            self._refuse("bytes follow the end of a closed segment")

    def _check_header(self, segment: SegmentFile) -> None:
        header, first = segment.header, self.segments[0].header
        assert header is not None and first is not None
        if self.offset > BLOCK_BYTES:
            return
        if (header.journal_id, header.record_bytes) != (first.journal_id, first.record_bytes):
            self._refuse("the header is of another journal")
        if (header.sequence, header.epoch, header.previous) != (self.due.sequence, self.due.epoch, self.due.hash):
            self._refuse("the header does not link to the segment before")

    def _check_length(self, segment: SegmentFile, number: int) -> None:
        """Raise Refusal if a segment is too short: it had its whole length before it got its name (DUR-051)."""
        first = self.segments[0].header
        due_bytes = first.segment_bytes if first is not None else 0
        if segment.file_bytes >= due_bytes:
            return
        sequence, offset = self.due.sequence, self.offset
        if number != self.segment or segment.header is None:
            sequence, offset = segment.header.sequence if segment.header is not None else 0, segment.file_bytes
        reason = f"{segment.path} has {segment.file_bytes} bytes, not {due_bytes}: its end is missing"
        if segment.header is not None:
            reason += f", with all records from sequence {sequence} on"
        raise Refusal(reason, number, offset, sequence)

    def _check_head(self) -> None:
        """Raise Refusal if the chain has come to HEAD's place with another hash or sequence than HEAD's."""
        head = self._head
        if head is None or (head.segment, head.offset) > (self.segment, self.offset):
            return
        self._head = None
        found = (self.segment, self.offset, self.due.sequence - 1, self.due.hash)
        if found != (head.segment, head.offset, head.durable_sequence, head.durable_hash):
            self._refuse("the chain does not pass through HEAD")

    def _refuse(self, reason: str) -> None:
        raise Refusal(reason, self.segment, self.offset, self.due.sequence)


def frame_at(segment: SegmentFile, offset: int, due: Due | None) -> Frame:
    """The frame that starts at `offset`; raises BadFrame. `due` None: its place in the chain is not checked."""
    assert segment.header is not None
    space = segment.segment_bytes - offset
    alignment = segment.header.alignment
    length = body_length(segment.view(offset, HEADER_BYTES), segment.key, space)
    window = segment.view(offset, padded(OVERHEAD_BYTES + length, alignment))
    return read_frame(window, length, segment.key, segment.number, offset, due)


def frame_of(segments: Sequence[SegmentFile], sequence: int) -> Frame | None:
    """The frame that holds a record, found by a walk over its segment; None if there is none."""
    segment = segments[segment_of(segments, sequence) - 1]
    walk = Walk([*segments], None, segment.number, BLOCK_BYTES, due_at(segment))
    for frame in walk.frames():
        if frame.sequence + frame.records > sequence:
            return frame
    return None


def check_end(walk: Walk, durable_sequence: int, claims: Sequence[Claim] = ()) -> None:
    """Raise Refusal if the journal is damaged or has lost its tail (DUR-103, DUR-105).

    Returns if it ends clean, or in a torn write that may be cut.

    walk               a walk whose frames were all read
    durable_sequence   of HEAD
    claims             what other files know to be durable
    """
    tear = walk.tear
    floor = max((Claim("HEAD", durable_sequence), *claims), key=lambda claim: claim.sequence)
    witness = f"{floor.path} says that {floor.sequence} was durable"
    if tear is not None:
        problem = _damage(walk, tear, witness if walk.due.sequence <= floor.sequence else "")
        if problem:
            raise Refusal(f"{tear.reason}; {problem}", tear.segment, tear.offset, walk.due.sequence)
    elif walk.due.sequence <= floor.sequence:
        path = walk.segments[min(walk.segment, len(walk.segments)) - 1].path if walk.segments else "the journal"
        reason = f"lost tail: {witness}, {path} ends at {walk.due.sequence - 1}"
        raise Refusal(reason, walk.segment, walk.offset, walk.due.sequence)


def _damage(walk: Walk, tear: Tear, witness: str) -> str:
    """Why a bad frame is damage and not a torn write; empty if it may be cut.

    witness   text about a file that proves that the frame was durable; empty: there is none
    """
    if tear.is_complete:
        return "the frame is complete, so it was not torn"
    if tear.segment < walk.used_segments:
        return "a later segment was started"
    if witness:
        return witness
    if tear.end - tear.offset > IN_FLIGHT_BYTES:
        return "more bytes follow than one write has"
    found = _valid_frame_after(walk.segments[tear.segment - 1], tear.offset, tear.end)
    return f"a valid frame follows at offset {found}" if found else ""


def _valid_frame_after(segment: SegmentFile, offset: int, end: int) -> int:
    """Offset of a valid frame after `offset`, its place in the chain not checked; 0: there is none."""
    assert segment.header is not None
    alignment = segment.header.alignment
    data = bytes(segment.view(offset, end - offset))
    at = data.find(MAGIC, alignment)
    while at >= 0:
        if at % alignment == 0:
            try:
                frame_at(segment, offset + at, None)
            except BadFrame:
                pass
            else:
                return offset + at
        at = data.find(MAGIC, at + 1)
    return 0
