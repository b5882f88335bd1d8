"""Numbers commands and gives them their time, the only time that the engine knows (DUR-084)."""

import numpy as np

from exchange.seams import Clock


class Sequencer:
    """Continues a journal after `sequence` and `time_ns`. Times always rise, even if the clock is set back."""

    def __init__(self, clock: Clock, sequence: int = 0, time_ns: int = 0) -> None:
        self._clock = clock
        self.sequence, self.time_ns = sequence, time_ns

    def tick(self) -> int:
        """The time of the next frame in ns: the clock's, but at least 1 ns after the last one."""
        self.time_ns = max(self._clock.now_ns(), self.time_ns + 1)
        return self.time_ns

    def stamp(self, rows: np.ndarray) -> None:
        """Write consecutive sequences and one common time into COMMAND rows, shape (n,), in place."""
        first = self.sequence + 1
        self.sequence += len(rows)
        rows["sequence"] = np.arange(first, first + len(rows))
        rows["time_ns"] = self.tick()
