"""The contract of everything that reads released batches: replies, account streams, market data, history, counters.

    class Consumer: take(batch)      # called once for each batch, in the order of the list in venue/consumers.py

A consumer may keep parts of a batch: events and rows do not change after the release.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

import numpy as np

from exchange.engine.event_rows import Row, read_rows

# Called when a command is released: answer(request id, time in us when it was received, its events).
Answer = Callable[[int, int, list[Row]], None]
# (answer, request id, time received in us); None: no answer is needed. One is made for each command, so it is a plain
# tuple: a NamedTuple takes nine times as long to make.
Ticket = tuple[Answer, int, int] | None


class ReleasedBatch(NamedTuple):
    """The commands of one commit and their events, once they are applied and durable."""

    events: np.ndarray  # EVENT rows, shape (n,), all of these commands
    rows: list[Row]  # the same rows as tuples
    first: int  # sequence of the first command
    last: int  # sequence of the last command; a command may have no events
    time_ns: int  # of all commands
    tickets: Sequence[Ticket]  # one for each command from `first` on; empty before the venue serves
    is_control: bool  # the batch is a single control


def released_batch(
    events: np.ndarray, first: int, last: int, time_ns: int, tickets: Sequence[Ticket] = (), is_control: bool = False
) -> ReleasedBatch:
    """Make a batch: reads its events as rows, once for all consumers."""
    return ReleasedBatch(events, read_rows(events), first, last, time_ns, tickets, is_control)


class Consumer(Protocol):
    """Reads released batches."""

    def take(self, batch: ReleasedBatch) -> None:
        """Read the next batch. Batches come in the order of release."""
