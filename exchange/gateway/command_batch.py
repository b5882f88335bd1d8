"""Commands that wait for one group commit."""

from collections.abc import Callable, Container

import numpy as np

from exchange.records import COMMAND, ROW_BYTES
from exchange.wire.table import Answerer

_BY_NOBODY, _BY_SESSION, _BY_TICKET = int(Answerer.NOBODY), int(Answerer.SESSION), int(Answerer.TICKET)

# Called when a command is released: (request id, time it was read in us, events as tuples).
Answer = Callable[[int, int, list[tuple[int, ...]]], None]
Ticket = tuple[Answer, int, int]  # as `publish.consumer.Ticket`: (answer, request id, time received in us)
Verdict = tuple[int, int, int]  # index, RejectReason and MarketState of the first row that would be refused


class CommandBatch:
    """Commands that wait for one group commit: their rows, and who answers each.

    Put a row at `count`, then say who answers it: `add_request`, `add_ticket` or `add_unanswered`.
    """

    def __init__(
        self, rows_max: int, control: bytes | None = None, refused: Callable[[str], None] = lambda why: None
    ) -> None:
        """Make an empty batch.

        rows_max   most rows
        control    payload, if the batch is a single control
        refused    called with the reason if that control cannot run
        """
        self.rows_max, self.control, self.refused = rows_max, control, refused
        self.buffer = bytearray(rows_max * ROW_BYTES)
        self.rows = np.frombuffer(self.buffer, COMMAND)
        self.cells = np.frombuffer(self.buffer, np.uint64)  # the same as words
        self.count = 0
        self.received_us = np.zeros(rows_max, np.int64)
        self.answerers = np.zeros(rows_max, np.uint8)
        self.tickets: dict[int, Ticket] = {}  # by place of the row
        self.expires: list[tuple[int, int]] = []  # (index, latest venue time in us) of rows with an expiry
        self.atomic: Callable[[Verdict | None, int], bool] | None = None  # see `make_atomic`

    def make_atomic(self, may_run: Callable[[Verdict | None, int], bool]) -> None:
        """Make the batch atomic: all rows run or none (ENTRY-013).

        may_run   `may_run(verdict, now_us)` decides, when the batch is next
        """
        self.atomic = may_run

    def gathered_rows(self) -> np.ndarray:
        """The rows gathered so far, shape (n,), a view."""
        return self.rows[: self.count]

    def add_request(self, received_us: int) -> None:
        """The next row is a request, which its session answers. `received_us`: when it was read."""
        self.answerers[self.count] = _BY_SESSION
        self.received_us[self.count] = received_us
        self.count += 1

    def add_ticket(self, answer: Answer, request_id: int = 0, received_us: int = 0) -> None:
        """The next row is answered by a call of `answer`."""
        self.answerers[self.count] = _BY_TICKET
        self.tickets[self.count] = answer, request_id, received_us
        self.count += 1

    def add_rows(self, count: int) -> None:
        """Rows that compiled code has put, with who answers them."""
        self.count += count

    def close_gap(self, gap: int, count: int) -> None:
        """Move `count` rows that compiled code has put behind a gap of rows to where the gap begins."""
        start = self.count + gap
        for column in (self.rows, self.received_us, self.answerers):
            column[self.count : self.count + count] = column[start : start + count].copy()

    def add_unanswered(self) -> None:
        """The next row needs no answer."""
        self.answerers[self.count] = _BY_NOBODY
        self.count += 1

    def drop(self, indices: Container[int]) -> None:
        """Remove the rows at these indices and their tickets."""
        kept = [index for index in range(self.count) if index not in indices]
        for column in (self.rows, self.received_us, self.answerers):
            column[: len(kept)] = column[kept]
        self.tickets = {place: self.tickets[index] for place, index in enumerate(kept) if index in self.tickets}
        self.count = len(kept)

    def clear(self) -> None:
        self.count = 0
        self.tickets = {}
        self.expires = []
