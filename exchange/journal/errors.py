"""Why the journal stops: a refusal names the place, the reason and the exit code (DUR-108)."""

import errno

from exchange.errors import UserError

EXIT_DATA = 65
EXIT_MISMATCH = 70
EXIT_NO_ROOM = 73
EXIT_IO = 74
EXIT_LOCKED = 75
EXIT_CONFIGURATION = 78


class Refusal(UserError):
    """The data folder is not served: nothing on disk was changed.

    segment, offset, sequence   where, and the sequence due there; 0 where the reason has no place in a segment
    """

    def __init__(
        self, reason: str, segment: int = 0, offset: int = 0, sequence: int = 0, code: int = EXIT_DATA
    ) -> None:
        place = f"segment {segment} offset {offset} sequence {sequence}: " if segment else ""
        super().__init__(f"journal refused: {place}{reason}", code)
        self.reason, self.segment, self.offset, self.sequence = reason, segment, offset, sequence


class JournalFailed(UserError):
    """A write or a sync failed: nothing more is written or acknowledged, the process exits (DUR-083). A full disk has
    an exit code of its own (DUR-024)."""

    def __init__(self, error: OSError, code: int = EXIT_IO) -> None:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            code = EXIT_NO_ROOM
        super().__init__(f"journal stopped: {error}", code)
