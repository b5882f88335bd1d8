"""The one contract of everything that reads released batches: replies, account streams, market data, history, counters.

    class Consumer: take(batch)      # called once a batch, in the order of the venue's one list (venue/consumers.py)

A consumer keeps what it needs of a batch; events and rows are not changed after the release.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

import numpy as np

from exchange.engine.event_rows import Row, read_rows

# Called when a command is released: (request id, time it was read in us, its events).
Answer = Callable[[int, int, list[Row]], None]
Ticket = tuple[Answer, int, int] | None  # None: the command needs no answer


class ReleasedBatch(NamedTuple):
    """What the commands of one commit have done, once they are applied and durable."""

    events: np.ndarray  # EVENT rows, shape (n,), of whole commands
    rows: list[Row]  # the same as tuples
    first: int  # sequence of the first command,
    last: int  # and of the last; either may have no events
    time_ns: int  # of all commands of the batch
    tickets: Sequence[Ticket]  # of each command from `first` on; empty before the venue serves
    is_control: bool  # the one command is a control


def released_batch(
    events: np.ndarray, first: int, last: int, time_ns: int, tickets: Sequence[Ticket] = (), is_control: bool = False
) -> ReleasedBatch:
    """A batch with its events read as rows, once for all consumers."""
    return ReleasedBatch(events, read_rows(events), first, last, time_ns, tickets, is_control)


class Consumer(Protocol):
    """Reads released batches."""

    def take(self, batch: ReleasedBatch) -> None:
        """The next batch, in the order of release."""
