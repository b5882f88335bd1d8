"""What other files say of the journal (DUR-152): each is written only after the commands that it reflects are durable.

So each must find itself in the journal: one that is ahead of it, or that knows another frame at its sequence, proves
that the journal has lost something, and the folder is refused with the names of both.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from exchange.journal.errors import Refusal
from exchange.journal.frames import NO_HASH, Due, Frame
from exchange.journal.segments import SegmentFile

FRAMES_KNOWN = 8  # stores are at most a batch or two behind the disk


class Claim(NamedTuple):
    """`hash`: of the frame that holds the record `sequence`; zeros where the file does not know it."""

    path: str
    sequence: int
    hash: bytes = NO_HASH


# (journal id, empty if there is no journal yet) -> what the stores of a folder claim.
ReadClaims = Callable[[bytes], Sequence[Claim]]


def no_claims(journal_id: bytes) -> Sequence[Claim]:
    """Of a folder without derived stores."""
    return ()


class ClaimCheck:
    """Compares claims with frames of records as a walk passes them, in order.

    older   claims of records in front of the first frame: to be looked up
    """

    def __init__(self, claims: Iterable[Claim]) -> None:
        self._waiting = sorted((claim for claim in claims if claim.hash != NO_HASH), key=lambda claim: claim.sequence)
        self._at = 0
        self.older: list[Claim] = []

    def take(self, frame: Frame) -> None:
        """Refusal: a claim knows another frame."""
        while self._at < len(self._waiting) and self._waiting[self._at].sequence < frame.sequence + frame.records:
            claim = self._waiting[self._at]
            self._at += 1
            if claim.sequence < frame.sequence:
                self.older.append(claim)
            else:
                check_claim(claim, frame)


def check_claim(claim: Claim, frame: Frame) -> None:
    """Refusal if the frame with the claim's record is not the one it knows."""
    if claim.hash != frame.hash:
        raise Refusal(
            f"{claim.path} knows another record {claim.sequence} than the journal: one of them was replaced",
            frame.segment, frame.offset, frame.sequence,
        )  # fmt: skip


class KnownFrames:
    """The latest frames of records. One thread adds, any may ask."""

    def __init__(self) -> None:
        self._frames: tuple[tuple[int, int, bytes], ...] = ()

    def add(self, first: int, records: int, digest: bytes) -> None:
        self._frames = (*self._frames[1 - FRAMES_KNOWN :], (first, first + records - 1, digest))

    def hash_at(self, sequence: int) -> bytes | None:
        """Hash of the frame that holds a record, if it is one of the latest; zeros at the beginning of history."""
        for first, last, digest in self._frames:
            if first <= sequence <= last:
                return digest
        return None if sequence else NO_HASH


def segment_of(segments: Sequence[SegmentFile], sequence: int) -> int:
    """Number of the segment that holds a record."""
    numbers = [segment.number for segment in segments if segment.header and segment.header.sequence <= sequence]
    return max(numbers, default=1)


def due_at(segment: SegmentFile) -> Due:
    """What the first frame of a used segment must continue, by its header."""
    header = segment.header
    assert header is not None
    return Due(header.sequence, header.epoch, header.time_ns, header.previous)
