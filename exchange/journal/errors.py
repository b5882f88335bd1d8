"""Errors that stop the journal, each with its exit code (DUR-108)."""

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
    """Whether the error says that the disk or a quota is full."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


class Refusal(UserError):
    """The data folder cannot be served. Nothing on disk was changed.

    segment, offset   where the fault is, offset in bytes; 0 if it is not in a segment
    sequence          the sequence that was due there
    """

    def __init__(
        self, reason: str, segment: int = 0, offset: int = 0, sequence: int = 0, code: int = EXIT_DATA
    ) -> None:
        place = f"segment {segment} offset {offset} sequence {sequence}: " if segment else ""
        super().__init__(f"journal refused: {place}{reason}", code)
        self.reason, self.segment, self.offset, self.sequence = reason, segment, offset, sequence


class JournalFailed(UserError):
    """The disk failed: nothing more is written or acknowledged, and the process exits (DUR-083).

    A full disk has an exit code of its own (DUR-024).
    """

    def __init__(self, error: OSError, code: int = EXIT_IO) -> None:
        if is_full(error):
            code = EXIT_NO_SPACE
        super().__init__(f"journal stopped: {error}", code)


@contextmanager
def reading(path: str, form: str = "a file") -> Iterator[None]:
    """Turn an OSError inside the block into JournalFailed that names `path`.

    form     what should be at `path`: "a file" or "a folder"
    raises   JournalFailed, exit code 74
    """
    try:
        yield
    except OSError as error:
        named = OSError(f"{path} cannot be read as {form}: {error.strerror or error}")
        named.errno = error.errno
        raise JournalFailed(named) from error
