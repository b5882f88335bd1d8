"""Numbers commands and gives them their time: the only source of time that the engine knows (DUR-084)."""

import numpy as np

from exchange.seams import Clock


class Sequencer:
    """Continues a journal: the next sequence is `sequence + 1`, times rise from `time_ns` whatever the clock does."""

    def __init__(self, clock: Clock, sequence: int = 0, time_ns: int = 0) -> None:
        self._clock = clock
        self.sequence, self.time_ns = sequence, time_ns

    def tick(self) -> int:
        """The time of the next frame: the clock's, or 1 ns after the last one, in ns."""
        self.time_ns = max(self._clock.now_ns(), self.time_ns + 1)
        return self.time_ns

    def stamp(self, rows: np.ndarray) -> None:
        """Write `sequence` and one common `time_ns` into COMMAND rows, shape (n,), changed in place."""
        first = self.sequence + 1
        self.sequence += len(rows)
        rows["sequence"] = np.arange(first, first + len(rows))
        rows["time_ns"] = self.tick()
