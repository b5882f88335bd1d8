"""Why the journal stops: a refusal names the place, the reason and the exit code (DUR-108)."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from exchange.errors import UserError

EXIT_DATA = 65
EXIT_MISMATCH = 70
EXIT_NO_SPACE = 73
EXIT_IO = 74
EXIT_LOCKED = 75
EXIT_CONFIGURATION = 78


def is_full(error: OSError) -> bool:
    """Whether the disk or a quota has no space; a limit of open files is another matter."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


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
        if is_full(error):
            code = EXIT_NO_SPACE
        super().__init__(f"journal stopped: {error}", code)


@contextmanager
def reading(path: str, form: str = "a file") -> Iterator[None]:
    """Name what is read: the disk's own error has no path where a folder is read as a file.

    form     what has to be at `path`: a file or a folder
    raises   JournalFailed, exit code 74, for an OSError inside the block
    """
    try:
        yield
    except OSError as error:
        named = OSError(f"{path} cannot be read as {form}: {error.strerror or error}")
        named.errno = error.errno
        raise JournalFailed(named) from error
