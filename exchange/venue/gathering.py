"""Commands that wait for their commit: an open batch that new commands join, and sealed batches before it.

batch = gathering.open                       # put a row at `batch.count`, then say who answers it
gathering.make_space(rows)                   # before several rows that must stay in one batch
gathering.add_alone(alone)                   # a batch that needs a commit of its own
batch = gathering.take_oldest(); ...; gathering.recycle(batch)
"""

from collections import deque

from exchange.gateway.command_batch import CommandBatch

SPARES_MAX = 4


class Gathering:
    """The queue in front of the journal."""

    def __init__(self, batch_rows: int) -> None:
        """`batch_rows`: most commands in one commit."""
        self._batch_rows = batch_rows
        self.open = CommandBatch(batch_rows)
        self._sealed: deque[tuple[CommandBatch, bool]] = deque()  # (batch, whether it was full)
        self._spare = [CommandBatch(batch_rows) for _ in range(2)]
        self.full_batches = 0  # count of sealed batches that were full

    @property
    def is_empty(self) -> bool:
        return not self._sealed and not self.open.count

    def make_space(self, rows: int) -> None:
        """Seal the open batch if it has no space for `rows` more: rows of one command stay together (QUOTE-001)."""
        if self.open.count + rows > self._batch_rows:
            self.full_batches += 1
            self._seal(is_full=True)

    def add_alone(self, alone: CommandBatch) -> None:
        """Queue a batch after everything gathered so far."""
        if self.open.count:
            self._seal()
        self._sealed.append((alone, False))

    def take_oldest(self) -> CommandBatch | None:
        """Remove and return the batch that has waited longest; None if nothing waits."""
        if not self._sealed:
            if not self.open.count:
                return None
            self._seal()
        batch, was_full = self._sealed.popleft()
        self.full_batches -= was_full
        return batch

    def recycle(self, batch: CommandBatch) -> None:
        """Take back a batch that the caller no longer uses, for reuse. It is cleared."""
        batch.clear()
        is_common = batch.control is None and batch.atomic is None and batch.rows_max == self._batch_rows
        if is_common and len(self._spare) < SPARES_MAX:
            self._spare.append(batch)

    def _seal(self, is_full: bool = False) -> None:
        self._sealed.append((self.open, is_full))
        self.open = self._spare.pop() if self._spare else CommandBatch(self._batch_rows)
