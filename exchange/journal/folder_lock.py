"""The lock of a data folder: one process at a time writes its journal, whatever becomes of names (DUR-040).

A file named LOCK can be removed, and the next process makes another: so the folder of the segments is locked too, which
cannot be removed while there is something in it. The holder of both checks now and then that the names still lead to
what it holds; where they do not, another process may write what this one is about to (DUR-108).
"""

from exchange.errors import UserError
from exchange.journal.errors import EXIT_LOCKED, Refusal, reading
from exchange.seams import Disk

FOLDERS = ("journal", "snap", "quarantine")


def make_data_folder(disk: Disk, folder: str) -> None:
    """Make the folder if it is missing. UserError, exit code 2, where none can be."""
    if not folder:
        raise UserError("a data folder needs a name, found an empty one")
    if disk.is_link(folder):
        raise Refusal(f"{folder} is a symbolic link")
    try:
        disk.make_folder(folder)
    except OSError as error:
        raise UserError(f"{folder} can be no data folder: {error.strerror or error}") from None


def check_folders(disk: Disk, folder: str) -> None:
    """Make what is missing; refuse a folder that others may enter."""
    make_data_folder(disk, folder)
    if not disk.list(folder):
        disk.set_mode(folder, 0o700)
    for path in (folder, *(f"{folder}/{name}" for name in FOLDERS)):
        if disk.is_link(path):
            raise Refusal(f"{path} is a symbolic link")
        with reading(path, "a folder"):
            disk.make_folder(path)
        if disk.mode(path) & 0o077:
            raise Refusal(f"{path} has mode {disk.mode(path):o}, not 700")


class FolderLock:
    """Held until it is closed. Refusal, exit code 75: another process has the folder."""

    def __init__(self, disk: Disk, folder: str) -> None:
        check_folders(disk, folder)
        self._disk = disk
        self._held: dict[str, int] = {}  # handle by path
        try:
            self._take(f"{folder}/journal", disk.open_folder(f"{folder}/journal"), folder)
            self._take(f"{folder}/LOCK", disk.open(f"{folder}/LOCK", create=True), folder)
        except BaseException:
            self.close()
            raise

    def check(self, segment: str, handle: int) -> None:
        """OSError: a name does not lead to what is held any more, or that of the segment in use (below 0: none)."""
        for path, held in (*self._held.items(), (segment, handle)):
            if held >= 0 and not self._disk.leads_to(path, held):
                raise OSError(
                    f"{path} was removed or replaced while it was in use: another process may have the folder"
                )

    def close(self) -> None:
        for handle in self._held.values():
            self._disk.close(handle)
        self._held.clear()

    def _take(self, path: str, handle: int, folder: str) -> None:
        self._held[path] = handle
        if not self._disk.lock(handle):
            raise Refusal(f"{folder} is in use by another process", code=EXIT_LOCKED)
