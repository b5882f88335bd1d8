"""Compares the journal with what other files of the data folder know about it (DUR-152).

Snapshots and derived stores are written only after the commands that they reflect are durable. If one of them is
ahead of the journal, or knows another frame hash at its sequence, the journal has lost something and is refused.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from exchange.journal.errors import Refusal
from exchange.journal.frames import NO_HASH, Due, Frame
from exchange.journal.segments import SegmentFile

FRAMES_KNOWN = 8  # stores are at most one or two batches behind the journal


class Claim(NamedTuple):
    """What a file knows: the command `sequence` was durable, in the frame with this hash."""

    path: str
    sequence: int
    hash: bytes = NO_HASH  # zeros if the file does not know it


# (journal id, empty if there is no journal yet) -> claims of the folder's derived stores.
ReadClaims = Callable[[bytes], Sequence[Claim]]


def no_claims(journal_id: bytes) -> Sequence[Claim]:
    """The claims of a folder without derived stores: none."""
    return ()


class ClaimCheck:
    """Compares claims with frames of records, taken in order.

    older   claims about records before the first frame; the caller looks their frames up
    """

    def __init__(self, claims: Iterable[Claim]) -> None:
        self._waiting = sorted((claim for claim in claims if claim.hash != NO_HASH), key=lambda claim: claim.sequence)
        self._at = 0
        self.older: list[Claim] = []

    def take(self, frame: Frame) -> None:
        """Compare the claims about this frame's records. Refusal: a hash differs."""
        while self._at < len(self._waiting) and self._waiting[self._at].sequence < frame.sequence + frame.records:
            claim = self._waiting[self._at]
            self._at += 1
            if claim.sequence < frame.sequence:
                self.older.append(claim)
            else:
                check_claim(claim, frame)


def check_claim(claim: Claim, frame: Frame) -> None:
    """Raise Refusal if `frame`, which holds the claim's record, has another hash."""
    if claim.hash != frame.hash:
        raise Refusal(
            f"{claim.path} has another hash for record {claim.sequence} than the journal: one of them was replaced",
            frame.segment, frame.offset, frame.sequence,
        )  # fmt: skip


class KnownFrames:
    """Hashes of the latest frames of records. One thread adds, any thread may ask."""

    def __init__(self) -> None:
        self._frames: tuple[tuple[int, int, bytes], ...] = ()

    def add(self, first: int, records: int, digest: bytes) -> None:
        self._frames = (*self._frames[1 - FRAMES_KNOWN :], (first, first + records - 1, digest))

    def hash_at(self, sequence: int) -> bytes | None:
        """Hash of the frame that holds a record; None if it is not among the latest; zeros for sequence 0."""
        for first, last, digest in self._frames:
            if first <= sequence <= last:
                return digest
        return None if sequence else NO_HASH


def segment_of(segments: Sequence[SegmentFile], sequence: int) -> int:
    """Number of the segment that holds a record."""
    numbers = [segment.number for segment in segments if segment.header and segment.header.sequence <= sequence]
    return max(numbers, default=1)


def due_at(segment: SegmentFile) -> Due:
    """What the first frame of a segment in use must continue, from the segment's header."""
    header = segment.header
    assert header is not None
    return Due(header.sequence, header.epoch, header.time_ns, header.previous)
