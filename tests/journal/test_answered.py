"""Which command answered which request, read back from the journal, against a plain walk over all of it."""

import random

import numpy as np
import pytest

from exchange.codes import CommandFlag, CommandKind
from exchange.journal import answered as answered_module
from exchange.journal.answered import answered_requests
from exchange.journal.recovery import Opened
from exchange.journal.replay import read_frames
from exchange.journal.segments import segment_name
from exchange.records import COMMAND
from tests.journal.fault_disk import FaultDisk
from tests.journal.helpers import FOLDER, reopen, steer, trade

SESSIONS = (1, 2, 3, 900)
Requests = dict[int, list[tuple[int, int, int]]]


class Asking:
    """Sessions whose ids rise: single commands, batches, mass quotes, commands of nobody."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.last = dict.fromkeys(SESSIONS, 0)
        self.disk = FaultDisk()

    def rows(self) -> np.ndarray:
        session, rng = self.rng.choice((0, *SESSIONS)), self.rng
        kind = rng.choice((CommandKind.NEW, CommandKind.CANCEL, CommandKind.QUOTE, CommandKind.SESSION))
        batched = kind in (CommandKind.NEW, CommandKind.CANCEL) and rng.random() < 0.4
        rows = np.zeros(rng.randint(1, 20) if batched or kind == CommandKind.QUOTE else 1, COMMAND)
        rows["kind"], rows["session"] = kind, session
        rows["flags"] = CommandFlag.BATCHED if batched else 0
        if session and rng.random() < 0.9:
            self.last[session] += rng.randint(1, 3)
            rows["request_id"] = self.last[session]
        return rows

    def append(self, opened: Opened, rows: np.ndarray) -> None:
        """In one commit or in two: a batch may be cut by the end of one."""
        cut = self.rng.randint(0, len(rows) - 1)
        for part in (rows[:cut], rows[cut:]):
            if len(part):
                opened.sequencer.stamp(part)
                opened.journal.append(part)
                opened.journal.observe(opened.engine.apply(part), opened.engine.sequence)


def plainly(disk: FaultDisk) -> Requests:
    """(request id, first command, operations) by session, from a walk over all frames."""
    found: dict[int, dict[int, list[int]]] = {session: {} for session in SESSIONS}
    for frame in read_frames(FOLDER, disk):
        for row in frame.rows if frame.records else ():
            if row["session"] and row["request_id"] > 0:
                entry = found[int(row["session"])].setdefault(int(row["request_id"]), [int(row["sequence"]), 0])
                entry[1] += bool(row["flags"] & CommandFlag.BATCHED)
    return {session: [(number, *entry) for number, entry in asked.items()] for session, asked in found.items()}


def found_by(disk: FaultDisk, kept: int = 4_096, since: int = 1, sessions: tuple[int, ...] = SESSIONS) -> Requests:
    found = answered_requests(FOLDER, disk, set(sessions), kept, since)
    assert not found.damaged
    return {session: [row[1:] for row in rows.tolist()] for session, rows in found.of.items()}


@pytest.fixture(params=range(3))
def asking(request: pytest.FixtureRequest) -> Asking:
    """A journal of some segments."""
    made = Asking(request.param)
    opened = reopen(made.disk)
    for _ in range(1_500):
        made.append(opened, made.rows())
    steer(opened, b"{}")
    opened.journal.close()
    assert made.disk.exists(f"{FOLDER}/journal/{segment_name(4)}")
    return made


@pytest.mark.rule("RECOV-011", "RECOV-012")
def test_every_request_is_found_with_its_first_command(asking: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = plainly(asking.disk)
    assert found_by(asking.disk) == expected
    assert answered_requests(FOLDER, asking.disk, set(SESSIONS), 4_096, 1).whole
    monkeypatch.setattr(answered_module, "WINDOW_BYTES", 16_384)
    assert found_by(asking.disk) == expected, "however much is read at once"


@pytest.mark.rule("RECOV-011")
@pytest.mark.parametrize("kept", [1, 7, 100])
def test_as_many_as_are_kept_are_the_latest(asking: Asking, kept: int) -> None:
    expected = plainly(asking.disk)
    assert found_by(asking.disk, kept) == {session: asked[-kept:] for session, asked in expected.items()}
    assert found_by(asking.disk, kept, sessions=(2,)) == {2: expected[2][-kept:]}


@pytest.mark.rule("RECOV-011")
def test_what_lies_before_the_events_kept_need_not_be_read(asking: Asking) -> None:
    expected = plainly(asking.disk)
    last = max(sequence for asked in expected.values() for _, sequence, _ in asked)
    for since in range(1, last, 397):
        found = found_by(asking.disk, since=since)
        for session, asked in expected.items():
            newer = [entry for entry in asked if entry[1] >= since]
            assert found.get(session, []) in (newer, asked), "or all of it, if the first segment was read too"
    assert not answered_requests(FOLDER, asking.disk, set(SESSIONS), 4_096, last).whole


@pytest.mark.rule("RECOV-011", "DUR-022")
def test_of_a_damaged_segment_and_before_it_nothing_is_taken(asking: Asking) -> None:
    name = f"{FOLDER}/journal/{segment_name(2)}"
    expected = plainly(asking.disk)
    handle = asking.disk.open(name)
    asking.disk.pwrite(handle, bytes([asking.disk.pread(handle, 1, 9_000)[0] ^ 1]), 9_000)
    asking.disk.close(handle)
    found = answered_requests(FOLDER, asking.disk, set(SESSIONS), 4_096, 1)
    assert (found.damaged, found.whole) == (2, False)
    for session, rows in found.of.items():
        assert [row[1:] for row in rows.tolist()] == expected[session][-len(rows) :]


def test_an_empty_journal_has_no_requests() -> None:
    disk = FaultDisk()
    opened = reopen(disk)
    assert answered_requests(FOLDER, disk, {1}, 4_096, 1).of == {}
    trade(opened, 3)
    opened.journal.close()
    assert answered_requests(FOLDER, disk, {1}, 4_096, 1).of == {}
