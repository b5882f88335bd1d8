"""Stores which command answered which request of a session, so that the reply can be sent again (RECOV-011).

    replies = StoredReplies(kept=4_096)
    replies.extend(request_ids, sequences, received_us, operations, sent_us)   # request ids must rise
    stored = replies.find(request_id)                          # StoredReply or None

The reply itself is not stored. It is rebuilt from the events of the command, which are in the history. At a start the
entries come from the journal, which has session and request id of every command (`exchange.journal.answered`).
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from sys import getsizeof
from typing import NamedTuple

KEPT = 4_096  # replies of a session; `hello` states the number as `dedup`
TRIM = 256  # the oldest entries are deleted together, when there are so many more than are kept


class StoredReply(NamedTuple):
    """The entry of one request: sequence of its command, and times; these are 0 if it was before this run."""

    sequence: int
    operations: int  # operations of a batch that became commands, with consecutive sequences; 0: it is no batch
    received_us: int
    sent_us: int


class StoredReplies:
    """Entries of the last `kept` sequenced requests of one session, 33 bytes each."""

    __slots__ = (
        "_ids",
        "_operations",
        "_received",
        "_sent",
        "_sequences",
        "is_complete",
        "kept",
    )

    def __init__(self, kept: int = KEPT, is_complete: bool = True) -> None:
        """`is_complete`: no request of the session was left out before the first entry."""
        self.kept = kept
        self.is_complete = is_complete
        self._ids = array("q")
        self._sequences = array("q")
        self._operations = array("B")
        self._received = array("q")
        self._sent = array("q")

    def extend(
        self, request_ids: bytes, sequences: bytes, received_us: bytes, operations: Sequence[int], sent_us: int
    ) -> None:
        """Add the entries of requests that were answered together.

        request_ids, sequences, received_us   columns of int64
        sent_us                               when all of them were answered
        """
        self._ids.frombytes(request_ids)
        self._sequences.frombytes(sequences)
        self._received.frombytes(received_us)
        self._operations.extend(operations)
        self._sent.extend((sent_us,) * len(operations))
        if len(self._ids) > self.kept + TRIM:
            self._trim()

    def set_capacity(self, kept: int) -> None:
        """Set the number of entries that are kept."""
        self.kept = kept

    def load(self, requests: Iterable[tuple[int, int, int]]) -> None:
        """Add requests from before this run, whose times are not known.

        requests   (request id, sequence, operations), in order
        """
        columns = tuple(zip(*requests, strict=True)) or ((), (), ())
        request_ids, sequences = (array("q", column).tobytes() for column in columns[:2])
        self.extend(request_ids, sequences, bytes(len(request_ids)), columns[2], 0)

    def find(self, request_id: int) -> StoredReply | None:
        """The entry of a request; None if there is none, or no longer."""
        at = bisect_left(self._ids, request_id, lo=self._first)
        if at == len(self._ids) or self._ids[at] != request_id:
            return None
        return StoredReply(self._sequences[at], self._operations[at], self._received[at], self._sent[at])

    @property
    def oldest(self) -> int:
        """The oldest id whose reply is kept, 0 if there is none."""
        return self._ids[self._first] if self._ids else 0

    @property
    def newest(self) -> int:
        return self._ids[-1] if self._ids else 0

    @property
    def kept_bytes(self) -> int:
        """Memory that the entries take, in bytes."""
        columns = (self._ids, self._sequences, self._operations, self._received, self._sent)
        return sum(map(getsizeof, columns))

    def may_have_had(self, request_id: int) -> bool:
        """Whether a request without an entry may have been sequenced: its entry may have been deleted."""
        if self.is_complete and self._first == 0:
            return False
        return not self._ids or request_id < self.oldest

    @property
    def _first(self) -> int:
        return max(0, len(self._ids) - self.kept)

    def _trim(self) -> None:
        dropped = self._first
        for column in (self._ids, self._sequences, self._operations, self._received, self._sent):
            del column[:dropped]
        self.is_complete = False
