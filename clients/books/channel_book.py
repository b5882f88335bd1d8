"""What every local book shares: it follows one channel message by message, or is stale (MDATA-015)."""

HEARTBEATS_BEHIND_MAX = 2  # behind the heartbeat twice in a row is a gap


class StaleBook(Exception):
    """A program has read a stale book, which waits for a snapshot or is too old. The text has the reason."""


class ChannelBook:
    """Sequences of one instrument's channel. After a gap the book is stale until the next snapshot."""

    def __init__(self, instrument: int, symbol: str) -> None:
        self.instrument, self.symbol = instrument, symbol
        self.sequence = self.engine_sequence = self.time_us = 0
        self.problem: str | None = "no snapshot yet"  # why the book is stale
        self.mismatches = self.gaps = 0
        self._more = False  # more pages of a snapshot follow (MDATA-006)
        self._behind = 0

    @property
    def synced(self) -> bool:
        return self.problem is None

    def mark_stale(self, problem: str) -> None:
        """Mark the book stale until the next snapshot."""
        self.problem, self._more = problem, False

    def heartbeat(self, sequence: int) -> bool:
        """Compare with the channel's last sequence, from a heartbeat. False: behind twice, so the book is now stale."""
        if self.problem is not None:
            return False
        self._behind = self._behind + 1 if sequence > self.sequence else 0
        if self._behind >= HEARTBEATS_BEHIND_MAX:
            self.mark_stale(f"gap: at {self.sequence}, the venue at {sequence}")
            self.gaps += 1
        return self.problem is None

    def _follow(self, sequence: int, previous: int) -> bool | None:
        """Go on to a change. True: apply it; None: the book has it already; False: the book is stale.

        sequence, previous   of the message and of the message before it
        """
        if self.problem is not None:
            return False
        if sequence <= self.sequence:
            return None
        if previous != self.sequence:
            self.mark_stale(f"gap: {self.sequence} is followed by {sequence}, which follows {previous}")
            self.gaps += 1
            return False
        self.sequence, self._behind = sequence, 0
        return True

    def _stale(self, why: str) -> StaleBook:
        return StaleBook(f"book of {self.symbol or self.instrument} is stale: {why}")
