"""Walk the frames of a journal in order, checking each, and judge the first bad one (DUR-102, DUR-103).

Read only. A walk starts at genesis, at the first frame of a segment, or at a snapshot's offset.
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
    """The first bad frame: where it starts, where the last byte behind it that is not zero ends, and what is wrong."""

    segment: int
    offset: int
    end: int
    reason: str
    whole: bool


class Walk:
    """Frames in order, from a place on.

    due      what the next frame must continue
    segment, offset   where the next frame starts
    closed   the segment ended in CLOSE: the next frame starts the segment behind
    tear     set when the walk ended at a bad frame
    head     HEAD must be found on the way, unless the walk starts behind it or the tail it speaks of is cut
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
    def used(self) -> int:
        """Segments that were ever activated."""
        return sum(segment.header is not None for segment in self.segments)

    def frames(self) -> Iterator[Frame]:
        """Every sound frame; ends at the clean end of the journal or at a tear."""
        used = self.used
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
                    self.tear = Tear(self.segment, self.offset, end, bad.reason, bad.whole)
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
        """A segment has its whole length before it gets its name (DUR-051), so a short one has lost its end."""
        first = self.segments[0].header
        due_bytes = first.segment_bytes if first is not None else 0
        if segment.file_bytes >= due_bytes:
            return
        sequence, offset = self.due.sequence, self.offset
        if number != self.segment or segment.header is None:
            sequence, offset = segment.header.sequence if segment.header is not None else 0, segment.file_bytes
        reason = f"{segment.path} has {segment.file_bytes} bytes, not {due_bytes}: it has lost its end"
        if segment.header is not None:
            reason += f", with whatever came from sequence {sequence} on"
        raise Refusal(reason, number, offset, sequence)

    def _check_head(self) -> None:
        """The chain must pass through the place and hash that HEAD names."""
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
    """The frame that starts at `offset`; raises BadFrame."""
    assert segment.header is not None
    space = segment.segment_bytes - offset
    alignment = segment.header.alignment
    length = body_length(segment.view(offset, HEADER_BYTES), segment.key, space)
    window = segment.view(offset, padded(OVERHEAD_BYTES + length, alignment))
    return read_frame(window, length, segment.key, segment.number, offset, due)


def frame_of(segments: Sequence[SegmentFile], sequence: int) -> Frame | None:
    """The frame that holds a record, looked up in its segment."""
    segment = segments[segment_of(segments, sequence) - 1]
    walk = Walk([*segments], None, segment.number, BLOCK_BYTES, due_at(segment))
    for frame in walk.frames():
        if frame.sequence + frame.records > sequence:
            return frame
    return None


def judge_end(walk: Walk, durable_sequence: int, claims: Sequence[Claim] = ()) -> None:
    """Return if the journal ends clean or in a torn write that may be cut; refuse if it is damaged or lost its tail.

    durable_sequence   HEAD's floor
    claims             what other files say was durable
    Rules DUR-103, DUR-105.
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
    """`witness`: which file says that what is torn was durable; empty: none."""
    if tear.whole:
        return "the frame is whole, so it was not torn"
    if tear.segment < walk.used:
        return "a later segment was started"
    if witness:
        return witness
    if tear.end - tear.offset > IN_FLIGHT_BYTES:
        return "more than one write lies behind it"
    found = _sound_frame_after(walk.segments[tear.segment - 1], tear.offset, tear.end)
    return f"a sound frame follows at offset {found}" if found else ""


def _sound_frame_after(segment: SegmentFile, offset: int, end: int) -> int:
    """Offset of a frame sound under the segment's key at a later boundary, else 0."""
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
