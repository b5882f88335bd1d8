"""Stores which command answered which request of a session, so that the reply can be sent again (RECOV-011).

    replies = StoredReplies(kept=4_096)
    replies.add(request_id, sequence, received_us, release)    # request ids must rise
    stored = replies.find(request_id)                          # Stored or None

The reply itself is not stored. It is rebuilt from the events of the command, which are in the history. At a start the
entries come from the journal, which has session and request id of every command (`exchange.journal.answered`).
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterable
from sys import getsizeof
from typing import Any, NamedTuple

KEPT = 4_096  # replies of a session; `hello` states the number as `dedup`
TRIM = 256  # the oldest entries are deleted together, when there are so many more than are kept


class Release:
    """The replies of one batch. They are built during the disk write, and all get the same time when they are sent."""

    __slots__ = ("replies", "sent_us")

    def __init__(self) -> None:
        self.replies: list[Any] = []
        self.sent_us = 0

    def leave(self, now_us: int) -> None:
        """Set the time at which the replies are sent, in all of them."""
        self.sent_us = now_us
        for reply in self.replies:
            reply.sent_us = now_us
        self.replies.clear()


class Stored(NamedTuple):
    """The entry of one request: sequence of its command, and times; these are 0 if it was before this run."""

    sequence: int
    operations: int  # operations of a batch that became commands, with consecutive sequences; 0: it is no batch
    received_us: int
    sent_us: int


class StoredReplies:
    """Entries of the last `kept` sequenced requests of one session, 33 bytes each."""

    __slots__ = ("_ids", "_operations", "_received", "_release", "_sent", "_sequences", "_unsent", "kept", "whole")

    def __init__(self, kept: int = KEPT, whole: bool = True) -> None:
        """`whole`: no request of the session was left out before the first entry."""
        self.kept = kept
        self.whole = whole
        self._ids = array("q")
        self._sequences = array("q")
        self._operations = array("B")
        self._received = array("q")
        self._sent = array("q")
        # The last release, which may not have been sent yet, and the place of its first entry.
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

    def set_capacity(self, kept: int) -> None:
        """Set the number of entries that are kept."""
        self.kept = kept

    def load(self, requests: Iterable[tuple[int, int, int]]) -> None:
        """Add requests from before this run, whose times are not known.

        requests   (request id, sequence, operations), in order
        """
        for request_id, sequence, operations in requests:
            self.add(request_id, sequence, 0, None, operations)

    def find(self, request_id: int) -> Stored | None:
        """The entry of a request; None if there is none, or no longer."""
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
        """Memory that the entries take, in bytes."""
        columns = (self._ids, self._sequences, self._operations, self._received, self._sent)
        return sum(map(getsizeof, columns))

    def may_have_had(self, request_id: int) -> bool:
        """Whether a request without an entry may have been sequenced: its entry may have been deleted."""
        if self.whole and self._first == 0:
            return False
        return not self._ids or request_id < self.oldest

    @property
    def _first(self) -> int:
        return max(0, len(self._ids) - self.kept)

    def _settle(self) -> None:
        """Write the send time of the last release into its entries."""
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
