"""Commands that wait for their commit: an open batch that new commands join, and sealed batches before it.

batch = gathering.open                       # put a row at `batch.count`, then say who answers it
gathering.make_space(rows)                   # before several rows that must stay in one batch
gathering.add_alone(alone)                   # a batch that needs a commit of its own
batch = gathering.take_oldest(); ...; gathering.recycle(batch)

Cancels have a lane: in a tick, requests of connections whose next request is a cancel go first. The order within a
connection stays (WIRE-005): its cancels overtake only if nothing of it waits outside the lane.
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
        self._lane = CommandBatch(batch_rows)  # cancels that go before everything else that waits
        self._sealed: deque[tuple[CommandBatch, bool]] = deque()  # (batch, whether it was full)
        self._taken = 0  # count of batches that no longer wait, without those of the lane
        self.open_number = 1  # of the open batch; batches are taken in the order of their numbers
        self._spare = [CommandBatch(batch_rows) for _ in range(2)]
        self.full_batches = 0  # count of sealed batches that were full

    @property
    def is_empty(self) -> bool:
        return not self._sealed and not self.open.count and not self._lane.count

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
        self.open_number += 1

    def take_oldest(self) -> CommandBatch | None:
        """Remove and return the cancels that go first, or the batch that has waited longest; None if nothing waits."""
        if self._lane.count:
            lane, self._lane = self._lane, self._new_batch()
            return lane
        if not self._sealed:
            if not self.open.count:
                return None
            self._seal()
        batch, was_full = self._sealed.popleft()
        self.full_batches -= was_full
        self._taken += 1
        return batch

    def prefer(self, count: int, queued_in: int) -> bool:
        """Let the last rows of the open batch, cancels of one connection, go before everything else that waits.

        queued_in   number of the batch with the last rows of this connection outside the lane
        returns     False: they stay where they are, because rows of their connection wait before them, nothing else
                    waits, or the lane is full
        """
        batch, lane = self.open, self._lane
        start, end = batch.count - count, lane.count + count
        if queued_in > self._taken or end > self._batch_rows or not (start or lane.count or self._sealed):
            return False
        lane.rows[lane.count : end] = batch.rows[start : batch.count]
        lane.received_us[lane.count : end] = batch.received_us[start : batch.count]
        lane.answerers[lane.count : end] = batch.answerers[start : batch.count]
        lane.add_rows(count)
        batch.add_rows(-count)
        return True

    def recycle(self, batch: CommandBatch) -> None:
        """Take back a batch that the caller no longer uses, for reuse. It is cleared."""
        batch.clear()
        is_common = batch.control is None and batch.atomic is None and batch.rows_max == self._batch_rows
        if is_common and len(self._spare) < SPARES_MAX:
            self._spare.append(batch)

    def _seal(self, is_full: bool = False) -> None:
        self._sealed.append((self.open, is_full))
        self.open_number += 1
        self.open = self._new_batch()

    def _new_batch(self) -> CommandBatch:
        return self._spare.pop() if self._spare else CommandBatch(self._batch_rows)
