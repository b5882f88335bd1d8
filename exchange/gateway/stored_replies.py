"""Which command answered which request of a session: what a repeated reply is made up from (RECOV-011).

    replies = StoredReplies(kept=4_096)
    replies.add(request_id, sequence, received_us, release)    # ids rise
    stored = replies.find(request_id)                          # Stored or None

A reply is not kept itself: the events of its command are in the history. A start fills this from the journal, which
names session and request of every command (`exchange.journal.answered`).
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterable
from sys import getsizeof
from typing import Any, NamedTuple

KEPT = 4_096  # replies of a session, as `hello` says in `dedup`
TRIM = 256  # so many more are held before the oldest leave: they leave together


class Release:
    """The replies of one batch: made up while the disk works, stamped with one time when they leave."""

    __slots__ = ("replies", "sent_us")

    def __init__(self) -> None:
        self.replies: list[Any] = []
        self.sent_us = 0

    def leave(self, now_us: int) -> None:
        self.sent_us = now_us
        for reply in self.replies:
            reply.sent_us = now_us
        self.replies.clear()


class Stored(NamedTuple):
    """One request: the command that answered it, and when; times are 0 where a start lies between."""

    sequence: int
    operations: int  # of a batch that have a command of their own, one behind the other; 0: no batch
    received_us: int
    sent_us: int


class StoredReplies:
    """The last `kept` requests of one session that were sequenced: 33 bytes each."""

    __slots__ = ("_ids", "_operations", "_received", "_release", "_sent", "_sequences", "_unsent", "kept", "whole")

    def __init__(self, kept: int = KEPT, whole: bool = True) -> None:
        """`whole`: of the session's requests none is missing so far."""
        self.kept = kept
        self.whole = whole
        self._ids = array("q")
        self._sequences = array("q")
        self._operations = array("B")
        self._received = array("q")
        self._sent = array("q")
        # Of the last release: it may not have left yet. `_unsent`: its first entry.
        self._release: Release | None = None
        self._unsent = 0

    def add(
        self, request_id: int, sequence: int, received_us: int, release: Release | None, operations: int = 0
    ) -> None:
        if release is not self._release:
            self._settle()
            self._release = release
        self._ids.append(request_id)
        self._sequences.append(sequence)
        self._operations.append(operations)
        self._received.append(received_us)
        self._sent.append(0)
        if len(self._ids) > self.kept + TRIM:
            self._trim()

    def load(self, requests: Iterable[tuple[int, int, int]]) -> None:
        """(request id, sequence, operations) of before this run, in order: replies without their times."""
        for request_id, sequence, operations in requests:
            self.add(request_id, sequence, 0, None, operations)

    def find(self, request_id: int) -> Stored | None:
        """What is stored of a request, None if nothing is."""
        at = bisect_left(self._ids, request_id, lo=self._first)
        if at == len(self._ids) or self._ids[at] != request_id:
            return None
        sent_us = self._release.sent_us if self._release is not None and at >= self._unsent else self._sent[at]
        return Stored(self._sequences[at], self._operations[at], self._received[at], sent_us)

    @property
    def oldest(self) -> int:
        """The oldest id whose reply is kept, 0 if there is none."""
        return self._ids[self._first] if self._ids else 0

    @property
    def newest(self) -> int:
        return self._ids[-1] if self._ids else 0

    @property
    def kept_bytes(self) -> int:
        """Memory that this takes."""
        columns = (self._ids, self._sequences, self._operations, self._received, self._sent)
        return sum(map(getsizeof, columns))

    def may_have_had(self, request_id: int) -> bool:
        """Whether a request that is not found was perhaps sequenced, and is no longer kept."""
        if self.whole and self._first == 0:
            return False
        return not self._ids or request_id < self.oldest

    @property
    def _first(self) -> int:
        return max(0, len(self._ids) - self.kept)

    def _settle(self) -> None:
        """A release has left before the next one is made up: note when."""
        if self._release is not None:
            for at in range(self._unsent, len(self._ids)):
                self._sent[at] = self._release.sent_us
        self._unsent = len(self._ids)

    def _trim(self) -> None:
        dropped = self._first
        for column in (self._ids, self._sequences, self._operations, self._received, self._sent):
            del column[:dropped]
        self._unsent = max(0, self._unsent - dropped)
        self.whole = False
