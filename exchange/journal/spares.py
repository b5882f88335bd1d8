"""Makes spare segments ahead, so that no append waits for 64 MiB of zeros (DUR-051).

The zeros are really written: a block that was only allocated costs a second sync when it is first used. They are
written and synced in small pieces, so that the journal's own syncs do not wait for one long flush.
"""

from contextlib import suppress

from exchange.journal.errors import is_full
from exchange.journal.files import ZERO_SYNC_BYTES, ZEROS, write_all
from exchange.journal.segments import segment_name
from exchange.seams import Background, Disk, Lock

SPARES = 2


class Spares:
    """Makes the segments after the one in use. Thread-safe: the writer and a background job share it.

    made    number of the last segment that is ready
    error   why the last background attempt failed; None if it did not
    """

    def __init__(self, disk: Disk, folder: str, segment_bytes: int, made: int, background: Background) -> None:
        self._disk, self._folder, self._segment_bytes = disk, folder, segment_bytes
        self._background = background
        self._lock = Lock()
        self._stopped = False
        self.made = made
        self.error: OSError | None = None

    def ensure(self, number: int) -> None:
        """Make all segments up to `number`, if they are not ready. OSError: the disk failed."""
        while self.made < number and not self._stopped:
            with self._lock:
                if self.made < number and not self._stopped:
                    self._make(self.made + 1)

    def ensure_later(self, number: int) -> None:
        """Make all segments up to `number` in the background; a failure is kept in `error`."""
        if self.made < number:
            self._background(lambda: self._attempt(number))

    @property
    def problem(self) -> str:
        """Why the last background attempt failed, as text for people; empty if it did not."""
        error = self.error
        if error is None:
            return ""
        return "the disk is full" if is_full(error) else f"it cannot be made: {error.strerror or error}"

    def stop(self) -> None:
        """Abandon the spare that is being made, and wait until nothing is written any more."""
        self._stopped = True
        with self._lock:
            return

    def _attempt(self, number: int) -> None:
        try:
            self.ensure(number)
            self.error = None
        except OSError as error:
            self.error = error

    def _make(self, number: int) -> None:
        name = segment_name(number)
        temporary = f"{self._folder}/{name}.tmp"
        handle = self._disk.open(temporary, create=True)
        try:
            if not self._fill(handle):
                return
            self._disk.fsync(handle)
        except OSError:
            with suppress(OSError):
                self._disk.unlink(temporary)  # free its space for the journal
            raise
        finally:
            self._disk.close(handle)
        self._disk.rename(temporary, f"{self._folder}/{name}")
        self._disk.fsync_dir(self._folder)
        self.made = number

    def _fill(self, handle: int) -> bool:
        """Write the zeros; returns False if `stop` was called meanwhile."""
        for start in range(0, self._segment_bytes, len(ZEROS)):
            if self._stopped:
                return False
            write_all(self._disk, handle, ZEROS[: self._segment_bytes - start], start)
            if start % ZERO_SYNC_BYTES == 0:
                self._disk.fdatasync(handle)
        return True
