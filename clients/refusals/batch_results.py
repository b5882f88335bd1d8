"""The results of a batch, with the refusal of each operation that was refused."""

from collections.abc import Iterable

from clients.errors import Refused
from clients.refusals.choice import refusals_of
from exchange.wire.messages import BatchResult, Request


class BatchResults(list[BatchResult]):
    """One result for each operation, in order."""

    def __init__(self, results: Iterable[BatchResult], operations: Iterable[Request] = ()) -> None:
        super().__init__(results)
        self.refusals: list[Refused | None] = refusals_of(self, operations)

    def raise_first(self) -> None:
        """Raise the first refusal, if any operation was refused."""
        for refused in self.refusals:
            if refused is not None:
                raise refused
