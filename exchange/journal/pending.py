"""A snapshot whose mark is in the journal, and whose file is still to be written."""

from contextlib import suppress
from typing import NamedTuple

from exchange.journal.snapshot import Image, SnapshotHeader, image_hash, snapshot_name, write_snapshot
from exchange.seams import Disk


class PendingSnapshot(NamedTuple):
    """A snapshot whose state is copied and whose mark is durable. `write` may run on any thread."""

    disk: Disk
    folder: str
    header: SnapshotHeader
    image: Image

    def write(self) -> int:
        """Hash the state and write the file; returns the snapshot's sequence. OSError: failed, a part was removed."""
        header = self.header
        if not header.state_hash:
            header = header._replace(state_hash=image_hash(self.image).hex())
        try:
            write_snapshot(self.disk, self.folder, header, self.image)
        except OSError:
            part = f"{self.folder}/{snapshot_name(header.seq)}.tmp"
            if self.disk.exists(part):
                with suppress(OSError):
                    self.disk.unlink(part)
            raise
        return header.seq
