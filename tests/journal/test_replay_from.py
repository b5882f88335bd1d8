"""The end of a journal, replayed from the snapshot in front of it, for a store that has lost something (DUR-154)."""

import numpy as np
import pytest

from exchange.journal import replay_from as replay_from_module
from exchange.journal.errors import Refusal
from exchange.journal.replay_from import replay_from
from exchange.limits import MEDIUM
from tests.journal.fault_disk import FaultDisk
from tests.journal.helpers import FOLDER, FakeEngine, reopen, trade


def folder() -> FaultDisk:
    """Batches of 3, 2 and 4 commands, with a snapshot behind the second."""
    disk = FaultDisk()
    opened = reopen(disk)
    for number, count in enumerate((3, 2, 4)):
        trade(opened, count)
        if number == 1:
            opened.journal.snapshot(opened.engine)
    opened.journal.close()
    return disk


def replayed(disk: FaultDisk, sequence: int) -> list[tuple[int, list[int]]]:
    """(first command of the frame, sequences of its events) from a record on."""
    return [
        (frame.sequence, np.concatenate(events)["sequence"].tolist())
        for frame, events in replay_from(FOLDER, disk, lambda body: FakeEngine(MEDIUM, body), sequence)
    ]


@pytest.mark.rule("DUR-154")
def test_the_newest_snapshot_in_front_of_a_record_is_where_the_replay_begins() -> None:
    disk = folder()
    whole = [(1, [1, 2, 3]), (4, [4, 5]), (6, [6, 7, 8, 9])]
    assert replayed(disk, 6) == whole[2:]
    assert replayed(disk, 5) == replayed(disk, 1) == whole, "the snapshot holds what command 5 has done"


def test_a_snapshot_of_another_build_or_a_damaged_one_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    disk = folder()
    with monkeypatch.context() as patch:
        patch.setattr(replay_from_module, "build_hash", lambda: "another")
        assert len(replayed(disk, 6)) == 3
    (path,) = [path for path in disk.names if path.endswith(".snap")]
    disk.file(path)[200] ^= 1
    assert len(replayed(disk, 6)) == 3


def test_a_replay_that_comes_to_something_else_is_refused() -> None:
    class Other(FakeEngine):
        def apply(self, commands: np.ndarray) -> np.ndarray:
            events = super().apply(commands)
            events["lots"] = 1
            return events

    with pytest.raises(Refusal, match="replay gives other events"):
        list(replay_from(FOLDER, folder(), lambda body: Other(MEDIUM, body), 1))


def test_handles_are_given_back_however_far_it_is_read() -> None:
    disk = folder()
    disk.reboot(None)
    frames = replay_from(FOLDER, disk, lambda body: FakeEngine(MEDIUM, body), 1)
    next(frames)
    frames.close()  # type: ignore[attr-defined]  # a generator
    assert disk.handles == {}
