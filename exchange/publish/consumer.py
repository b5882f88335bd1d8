"""The contract of everything that reads released batches: replies, account streams, market data, history, counters.

    class Consumer: take(batch)      # called once for each batch, in the order of the list in venue/consumers.py

A consumer may keep parts of a batch: events and rows do not change after the release.
"""

from collections.abc import Callable, Mapping
from typing import Protocol

import numpy as np

from exchange.engine.event_rows import Row, read_rows
from exchange.records import COMMAND, EVENT, ROW_BYTES, place_in

# Called when a command is released: answer(request id, time in us when it was received, its events).
Answer = Callable[[int, int, list[Row]], None]
# (answer, request id, time received in us). One is made for many commands, so it is a plain
# tuple: a NamedTuple takes nine times as long to make.
Ticket = tuple[Answer, int, int]
NO_COMMANDS = np.zeros(0, COMMAND)
NO_TIMES = np.zeros(0, np.int64)
NO_ANSWERERS = np.zeros(0, np.uint8)
NO_TICKETS: Mapping[int, Ticket] = {}

_KIND_PLACE = place_in(EVENT, "kind")


class ReleasedBatch:
    """The commands of one commit and their events, once they are applied and durable.

    events        EVENT rows, shape (n,), all of these commands
    first, last   sequences of the first and the last command; a command may have no events
    time_ns       of all commands
    commands      COMMAND rows, shape (last - first + 1,); empty before the venue serves
    received_us   when each was read; of those that a session answers
    answerers     `wire.table.Answerer` of each
    tickets       by place, those of the commands that a ticket answers
    is_control    the batch is a single control
    """

    __slots__ = (
        "_data", "_kinds", "_rows", "answerers", "commands", "events", "first", "is_control", "last", "received_us",
        "tickets", "time_ns",
    )  # fmt: skip

    def __init__(
        self, events: np.ndarray, first: int, last: int, time_ns: int, commands: np.ndarray = NO_COMMANDS,
        received_us: np.ndarray = NO_TIMES, answerers: np.ndarray = NO_ANSWERERS,
        tickets: Mapping[int, Ticket] = NO_TICKETS, is_control: bool = False,
    ) -> None:  # fmt: skip
        self.events, self.first, self.last, self.time_ns = events, first, last, time_ns
        self.commands, self.received_us, self.answerers = commands, received_us, answerers
        self.tickets, self.is_control = tickets, is_control
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
        """The events as tuples, read when a consumer first asks."""
        if self._rows is None:
            self._rows = read_rows(self.events)
        return self._rows


class Consumer(Protocol):
    """Reads released batches."""

    def take(self, batch: ReleasedBatch) -> None:
        """Read the next batch. Batches come in the order of release."""
