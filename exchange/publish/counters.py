"""Counts what a venue has done since it began to serve, for people and benchmarks."""

from exchange.codes import EventKind
from exchange.engine.trade_rows import count_trades
from exchange.publish.consumer import ReleasedBatch

_FILL = int(EventKind.FILL)


class Counters:
    """Counts commands, batches, events and trades. Replay and set-up are not counted."""

    def __init__(self) -> None:
        self.commands = 0
        self.batches = 0
        self.events = 0
        self.trades = 0

    def take(self, batch: ReleasedBatch) -> None:
        if not len(batch.commands):
            return
        self.commands += batch.last - batch.first + 1
        self.batches += 1
        self.events += len(batch.events)
        if _FILL in batch.kinds:
            self.trades += count_trades(batch.events)
