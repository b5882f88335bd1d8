"""The lock of a data folder: only one process at a time writes its journal (DUR-040).

The file LOCK alone is not enough: someone can remove it, and the next process makes a new one. So the `journal` folder
is locked too, which cannot be removed while it has files. The holder also checks now and then that both paths still
lead to what it has locked; if not, another process may be writing (DUR-108).
"""

from exchange.errors import UserError
from exchange.journal.errors import EXIT_LOCKED, Refusal, reading
from exchange.seams import Disk

FOLDERS = ("journal", "snap", "quarantine")


def make_data_folder(disk: Disk, folder: str) -> None:
    """Make the folder if it is missing. UserError, exit code 2: it cannot be made. Refusal: it is a link."""
    if not folder:
        raise UserError("a data folder needs a name, found an empty one")
    if disk.is_link(folder):
        raise Refusal(f"{folder} is a symbolic link")
    try:
        disk.make_folder(folder)
    except OSError as error:
        raise UserError(f"{folder} cannot be a data folder: {error.strerror or error}") from None


def check_folders(disk: Disk, folder: str) -> None:
    """Make the data folder and its parts if they are missing. Refusal: one is a link, or other users may enter it."""
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
    """Locks a data folder until it is closed. Refusal, exit code 75: another process has it."""

    def __init__(self, disk: Disk, folder: str) -> None:
        check_folders(disk, folder)
        self._disk = disk
        self._held: dict[str, int] = {}  # path -> handle
        try:
            self._take(f"{folder}/journal", disk.open_folder(f"{folder}/journal"), folder)
            self._take(f"{folder}/LOCK", disk.open(f"{folder}/LOCK", create=True), folder)
        except BaseException:
            self.close()
            raise

    def check(self, segment: str, handle: int) -> None:
        """Raise OSError if a locked path, or that of the segment in use, leads to another file now.

        segment, handle   path and open handle of the segment in use; handle below 0: none
        """
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
