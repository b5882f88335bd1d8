"""Notes the last command whose events were all sent to clients. Stores on disk may claim no later command."""

from exchange.publish.consumer import ReleasedBatch


class ShownSequence:
    """A consumer that comes after all those that send messages."""

    def __init__(self) -> None:
        self.sequence = 0

    def take(self, batch: ReleasedBatch) -> None:
        self.sequence = batch.last

    def set(self, sequence: int) -> None:
        """Set the sequence at a start: commands up to it were shown by earlier runs, or are replayed."""
        self.sequence = sequence
