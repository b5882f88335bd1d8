"""A disk in memory that fails as real ones do (SIM-005): power loss, torn and short writes, EIO, lost renames.

A file is its durable bytes and its visible bytes; every 512-byte sector written since the last sync may or may not
reach the disk. Names live in folders the same way: a rename or a new name without a sync of its folder may vanish.
"""

import random
from dataclasses import dataclass, field

from exchange.journal.files import write_all

SECTOR = 512


class Crash(BaseException):
    """The machine stops here."""


@dataclass
class File:
    durable: bytearray = field(default_factory=bytearray)
    visible: bytearray = field(default_factory=bytearray)
    unsynced: set[int] = field(default_factory=set)
    mode: int = 0o600

    def sync(self) -> None:
        if len(self.durable) != len(self.visible):
            self.durable = bytearray(self.visible)
        for sector in self.unsynced:
            piece = slice(sector * SECTOR, (sector + 1) * SECTOR)
            self.durable[piece] = self.visible[piece]
        self.unsynced.clear()

    def lose_power(self, rng: random.Random) -> None:
        """Any subset of the unsynced sectors survives; a longer file may keep its new length or not."""
        kept = bytearray(self.durable)
        for sector in sorted(self.unsynced):
            if rng.random() < 0.5:
                end = min((sector + 1) * SECTOR, len(self.visible))
                kept = kept.ljust(end, b"\0")
                kept[sector * SECTOR : end] = self.visible[sector * SECTOR : end]
        if rng.random() < 0.5:
            kept = kept.ljust(len(self.visible), b"\0")
        self.durable, self.visible = kept, bytearray(kept)
        self.unsynced.clear()


def folder_of(path: str) -> str:
    return path.rpartition("/")[0]


class FaultDisk:
    """Implements exchange.seams.Disk.

    calls       I/O calls so far that change something
    crash_at    the call that does not happen: Crash, a write may be half done
    fail_at     the call that raises EIO instead
    short       writes take at most this many bytes, 0 for all
    full        no new file finds room
    """

    def __init__(self) -> None:
        self.names: dict[str, File] = {}
        self.durable_names: dict[str, File] = {}
        self.unsynced_names: dict[str, list[tuple[str, File | None]]] = {}
        self.folders: set[str] = set()
        self.folder_files: dict[str, File] = {}  # what a handle of a folder is open to
        self.handles: dict[int, tuple[str, File]] = {}
        self.locked: dict[str, int] = {}
        self.calls = 0
        self.crash_at = self.fail_at = 0
        self.short = 0
        self.full = False
        self.next_handle = 3
        self.log: list[str] = []

    def reboot(self, rng: random.Random | None) -> None:
        """Handles and locks are gone. With `rng` the power was lost too, without it only the process died."""
        self.handles.clear()
        self.locked.clear()
        self.calls = self.crash_at = self.fail_at = 0
        self.log.clear()
        if rng is None:
            return
        for changes in self.unsynced_names.values():
            for path, file in changes[: rng.randint(0, len(changes))]:
                self._set_name(self.durable_names, path, file)
        self.unsynced_names.clear()
        self.names = dict(self.durable_names)
        for file in {id(file): file for file in self.names.values()}.values():
            file.lose_power(rng)

    def _count(self, what: str) -> None:
        self.calls += 1
        self.log.append(what)
        if self.calls == self.crash_at:
            raise Crash(what)
        if self.calls == self.fail_at:
            raise OSError(5, "Input/output error")

    @staticmethod
    def _set_name(names: dict[str, File], path: str, file: File | None) -> None:
        if file is None:
            names.pop(path, None)
        else:
            names[path] = file

    def _rename(self, path: str, file: File | None) -> None:
        self._set_name(self.names, path, file)
        self.unsynced_names.setdefault(folder_of(path), []).append((path, file))

    def open(self, path: str, create: bool = False, write: bool = True) -> int:
        if path not in self.names:
            if not create:
                raise FileNotFoundError(2, "No such file", path)
            self._count(f"create {path}")
            if self.full:
                raise OSError(28, "No space left on device")
            self._rename(path, File())
        self.next_handle += 1
        self.handles[self.next_handle] = (path, self.names[path])
        return self.next_handle

    def open_folder(self, path: str) -> int:
        self.next_handle += 1
        self.handles[self.next_handle] = (path, self.folder_files.setdefault(path, File()))
        return self.next_handle

    def close(self, handle: int) -> None:
        if handle not in self.handles:
            raise OSError(9, "Bad file descriptor")
        path, _ = self.handles.pop(handle)
        if self.locked.get(path) == handle:
            del self.locked[path]

    def size(self, handle: int) -> int:
        return len(self.handles[handle][1].visible)

    def pread(self, handle: int, length: int, offset: int) -> bytes:
        return bytes(self.handles[handle][1].visible[offset : offset + length])

    def pwrite(self, handle: int, data: bytes, offset: int) -> int:
        path, file = self.handles[handle]
        try:
            self._count(f"pwrite {path} {offset}")
        except Crash:
            self._store(file, data[: len(data) // 2], offset)
            raise
        if self.short:
            data = data[: self.short]
        self._store(file, data, offset)
        return len(data)

    def truncate(self, handle: int, size: int) -> None:
        file = self.handles[handle][1]
        self._count(f"truncate {self.handles[handle][0]}")
        del file.visible[size:]
        file.visible.extend(bytes(size - len(file.visible)))

    @staticmethod
    def _store(file: File, data: bytes, offset: int) -> None:
        end = offset + len(data)
        if not data:
            return
        if len(file.visible) < end:
            file.visible.extend(bytes(end - len(file.visible)))
        file.visible[offset:end] = data
        file.unsynced.update(range(offset // SECTOR, (end - 1) // SECTOR + 1))

    def open_log(self, path: str) -> int:
        return self.open(path)

    def write_log(self, handle: int, data: bytes, offset: int) -> None:
        """A write and a sync, so that a crash comes between them too."""
        write_all(self, handle, data, offset)
        self.fdatasync(handle)

    def fdatasync(self, handle: int) -> None:
        path, file = self.handles[handle]
        self._count(f"sync {path}")
        file.sync()

    fsync = fdatasync

    def rename(self, source: str, target: str) -> None:
        self._count(f"rename {target}")
        file = self.names[source]
        # One change: after a crash either both names moved or neither did.
        self._set_name(self.names, source, None)
        self._rename(target, file)
        self.unsynced_names[folder_of(target)].append((source, None))

    def unlink(self, path: str) -> None:
        self._count(f"unlink {path}")
        del self.names[path]
        self.unsynced_names.setdefault(folder_of(path), []).append((path, None))

    def list(self, folder: str) -> list[str]:
        inside = {path for path in (*self.names, *self.folders) if folder_of(path) == folder}
        return sorted(path.rpartition("/")[2] for path in inside)

    def exists(self, path: str) -> bool:
        return path in self.names or path in self.folders

    def make_folder(self, path: str) -> None:
        self.folders.add(path)

    def set_mode(self, path: str, mode: int) -> None:
        if path in self.names:
            self.names[path].mode = mode

    def mode(self, path: str) -> int:
        return self.names[path].mode if path in self.names else 0o700

    def is_link(self, path: str) -> bool:
        return False

    def fsync_dir(self, folder: str) -> None:
        self._count(f"sync {folder}")
        for path, file in self.unsynced_names.pop(folder, []):
            self._set_name(self.durable_names, path, file)

    def lock(self, handle: int) -> bool:
        path = self.handles[handle][0]
        return self.locked.setdefault(path, handle) == handle

    def keep_free(self, count: int) -> None:
        """Descriptors never run out here."""

    def leads_to(self, path: str, handle: int) -> bool:
        return {**self.folder_files, **self.names}.get(path) is self.handles[handle][1]

    def sector_bytes(self, folder: str) -> int:
        return SECTOR

    # What tests do to files.

    def file(self, path: str) -> bytearray:
        """The visible bytes of a file, to be damaged in place."""
        return self.names[path].visible

    def copy(self) -> "FaultDisk":
        """A second disk with the same files, everything on it durable."""
        other = FaultDisk()
        other.folders = set(self.folders)
        other.names = {
            path: File(bytearray(file.visible), bytearray(file.visible), set(), file.mode)
            for path, file in self.names.items()
        }
        other.durable_names = dict(other.names)
        return other
