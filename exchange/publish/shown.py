"""Up to which command everything has been shown: as far as the stores of a data folder may say that they are."""

from exchange.publish.consumer import ReleasedBatch


class Shown:
    """A consumer behind all that show a batch."""

    def __init__(self) -> None:
        self.sequence = 0

    def take(self, batch: ReleasedBatch) -> None:
        self.sequence = batch.last

    def reach(self, sequence: int) -> None:
        """A start goes on behind this command: all of it was shown before, or is replayed."""
        self.sequence = sequence
