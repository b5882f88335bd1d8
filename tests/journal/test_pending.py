"""A snapshot between its mark and its file: written whole, or nothing of it is left."""

import pytest

from exchange.journal.snapshot import image_hash, read_snapshot, snapshot_names
from tests.journal.fault_disk import FaultDisk
from tests.journal.helpers import reopen, trade


@pytest.mark.rule("DUR-090")
def test_a_snapshot_that_is_written_later_has_the_state_of_its_mark_and_its_hash() -> None:
    disk = FaultDisk()
    opened = reopen(disk)
    trade(opened, 3)
    pending = opened.journal.begin_snapshot(opened.engine)
    assert pending.header.state_hash == "", "it is hashed on the thread that writes it"
    before = opened.engine.states.tobytes()
    trade(opened, 2)
    assert pending.write() == 3
    header, body = read_snapshot(disk, f"data/snap/{3:020d}.snap")
    assert body.tobytes() == before and header.state_hash == image_hash(pending.image).hex()


@pytest.mark.rule("DUR-024")
def test_a_disk_that_refuses_the_file_keeps_nothing_of_it() -> None:
    disk = FaultDisk()
    opened = reopen(disk)
    trade(opened, 3)
    pending = opened.journal.begin_snapshot(opened.engine)
    disk.fail_at = disk.calls + 2
    with pytest.raises(OSError, match="Input/output error"):
        pending.write()
    assert snapshot_names(disk, "data/snap") == []
    assert not [path for path in disk.names if path.startswith("data/snap/")]
