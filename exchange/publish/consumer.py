"""The contract of everything that reads released batches: replies, account streams, market data, history, counters.

    class Consumer: take(batch)      # called once for each batch, in the order of the list in venue/consumers.py

A consumer may keep parts of a batch: events and rows do not change after the release.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

from exchange.engine.event_rows import Row, read_rows
from exchange.records import EVENT, ROW_BYTES, place_in

# Called when a command is released: answer(request id, time in us when it was received, its events).
Answer = Callable[[int, int, list[Row]], None]
# (answer, request id, time received in us); None: no answer is needed. One is made for each command, so it is a plain
# tuple: a NamedTuple takes nine times as long to make.
Ticket = tuple[Answer, int, int] | None

_KIND_PLACE = place_in(EVENT, "kind")


class ReleasedBatch:
    """The commands of one commit and their events, once they are applied and durable.

    Usual batches are read as an array or as bytes. Rows are made for the consumers that ask for them, once for all.
    """

    __slots__ = ("_data", "_kinds", "_rows", "events", "first", "is_control", "last", "tickets", "time_ns")

    def __init__(
        self, events: np.ndarray, first: int, last: int, time_ns: int, tickets: Sequence[Ticket], is_control: bool
    ) -> None:
        self.events = events  # EVENT rows, shape (n,), all of these commands
        self.first = first  # sequence of the first command
        self.last = last  # sequence of the last command; a command may have no events
        self.time_ns = time_ns  # of all commands
        self.tickets = tickets  # one for each command from `first` on; empty before the venue serves
        self.is_control = is_control  # the batch is a single control
        self._data: bytes | None = None
        self._kinds: bytes | None = None
        self._rows: list[Row] | None = None

    @property
    def data(self) -> bytes:
        """The bytes of the events."""
        if self._data is None:
            self._data = self.events.tobytes()
        return self._data

    @property
    def kinds(self) -> bytes:
        """The kind of each event, a byte an event: `kind in batch.kinds` says whether it occurs."""
        if self._kinds is None:
            self._kinds = self.data[_KIND_PLACE::ROW_BYTES]
        return self._kinds

    @property
    def rows(self) -> list[Row]:
        """The events as tuples."""
        if self._rows is None:
            self._rows = read_rows(self.events)
        return self._rows


def released_batch(
    events: np.ndarray, first: int, last: int, time_ns: int, tickets: Sequence[Ticket] = (), is_control: bool = False
) -> ReleasedBatch:
    """Make a batch. `events` must not change afterwards."""
    return ReleasedBatch(events, first, last, time_ns, tickets, is_control)


class Consumer(Protocol):
    """Reads released batches."""

    def take(self, batch: ReleasedBatch) -> None:
        """Read the next batch. Batches come in the order of release."""
