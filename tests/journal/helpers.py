"""A small engine, seeded seams and a folder in memory: what the journal's tests share."""

import hashlib
import random
from collections.abc import Callable

import numpy as np
import pytest

from exchange.codes import CommandKind, EventKind
from exchange.engine.state import STATE_VERSION
from exchange.journal import journal, recovery
from exchange.journal.recovery import Opened, open_journal
from exchange.journal.replay import read_frames
from exchange.limits import MEDIUM, Limits
from exchange.records import COMMAND, EVENT
from exchange.seams import Disk
from tests.journal.fault_disk import FaultDisk
from tests.slow_hash import slow_hash

FOLDER = "data"
RULES = b'{"matching":"price-time"}'
SEGMENT_BYTES = 24 * 1024


def rules_body(matching: str = "price-time") -> bytes:
    """What RULES says of these rules on a state record of the test size."""
    return f'{{"limits":"medium","matching":"{matching}","state_version":{STATE_VERSION}}}'.encode()


STATE = np.dtype([("sequence", "<i8"), ("time_ns", "<i8"), ("fold", "<u8"), ("spare", "u1", (100_000,))])


class FakeEngine:
    """Folds every command into one number and answers each with one event."""

    def __init__(self, limits: Limits, body: np.ndarray | None) -> None:
        self.states = np.zeros(1, STATE) if body is None else body.view(STATE)

    @property
    def sequence(self) -> int:
        return int(self.states["sequence"][0])

    @property
    def time_ns(self) -> int:
        return int(self.states["time_ns"][0])

    def state_hash(self) -> bytes:
        return slow_hash(self.states)

    def apply(self, commands: np.ndarray) -> np.ndarray:
        events = np.zeros(len(commands), EVENT)
        for row, event in zip(commands, events, strict=True):
            self._fold(row.tobytes())
            event["kind"], event["sequence"], event["reference"] = (
                EventKind.ORDER_ACCEPTED,
                row["sequence"],
                row["request_id"],
            )
        self._stamp(commands[-1])
        return events

    def control(self, row: np.ndarray, payload: bytes) -> np.ndarray:
        self._fold(row.tobytes() + payload)
        self._stamp(row[0])
        return np.zeros(0, EVENT)

    def _fold(self, data: bytes) -> None:
        before = int(self.states["fold"][0]).to_bytes(8, "little")
        self.states["fold"] = int.from_bytes(hashlib.sha256(before + data).digest()[:8], "little")

    def _stamp(self, row: np.ndarray) -> None:
        assert row["sequence"] > self.sequence
        self.states["sequence"], self.states["time_ns"] = row["sequence"], row["time_ns"]


class SeededRng:
    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def bytes(self, count: int) -> bytes:
        return self._random.randbytes(count)


class ManualClock:
    """Moves only when told to; `step_ns` a reading."""

    def __init__(self, now_ns: int = 1_000_000, step_ns: int = 0) -> None:
        self.time_ns, self.mono, self.step_ns = now_ns, 0, step_ns

    def now_ns(self) -> int:
        return self.time_ns

    def wall_us(self) -> int:
        return self.time_ns // 1_000

    def mono_ns(self) -> int:
        self.mono += self.step_ns
        return self.mono

    async def sleep(self, seconds: float) -> None:
        self.mono += int(seconds * 1e9)


def run_now(job: Callable[[], None]) -> None:
    """Run a job at once, where the venue runs it beside the caller."""
    job()


def reopen(
    disk: Disk, clock: ManualClock | None = None, rules: bytes = RULES, seed: int = 1, folder: str = FOLDER
) -> Opened:
    """Open the folder on `disk` as a new process would."""
    return open_journal(
        folder, disk, SeededRng(seed), clock or ManualClock(), MEDIUM, rules, FakeEngine, SEGMENT_BYTES, run_now
    )  # fmt: skip


def commands(count: int, first_request: int = 1) -> np.ndarray:
    """NEW rows whose request ids count up."""
    rows = np.zeros(count, COMMAND)
    rows["kind"] = CommandKind.NEW
    rows["request_id"] = np.arange(first_request, first_request + count)
    return rows


def trade(opened: Opened, count: int) -> int:
    """One batch through the sequencer, the journal and the engine; request ids equal sequences. Returns the last."""
    rows = commands(count, opened.sequencer.sequence + 1)
    opened.sequencer.stamp(rows)
    opened.journal.append(rows)
    opened.journal.observe(opened.engine.apply(rows), opened.engine.sequence)
    return opened.journal.durable_sequence


def steer(opened: Opened, payload: bytes) -> int:
    """One control the same way."""
    row = np.zeros(1, COMMAND)
    row["kind"] = CommandKind.LIST
    opened.sequencer.stamp(row)
    opened.journal.append_control(row, payload)
    opened.journal.observe(opened.engine.control(row, payload), opened.engine.sequence)
    return opened.journal.durable_sequence


def request_ids(disk: FaultDisk) -> list[int]:
    """Of every command in the journal, in order; controls count as 0."""
    return [int(number) for frame in read_frames(FOLDER, disk) if frame.records for number in frame.rows["request_id"]]


def closed_folder(batches: list[int], snapshot_after: int = 0) -> FaultDisk:
    """A folder with these batches that was stopped clean."""
    disk = FaultDisk()
    opened = reopen(disk)
    for number, count in enumerate(batches, 1):
        trade(opened, count)
        if number == snapshot_after:
            opened.journal.snapshot(opened.engine)
    opened.journal.close()
    return disk


def folder_of_older_layout(monkeypatch: pytest.MonkeyPatch, named: bool = True) -> FaultDisk:
    """Four commands and a snapshot, written by a build whose state had another layout.

    named   whether RULES says which, as it does today
    """
    with monkeypatch.context() as before:
        before.setattr(recovery, "STATE_VERSION", STATE_VERSION - 1)
        before.setattr(journal, "STATE_VERSION", STATE_VERSION - 1)
        if not named:
            before.setattr(recovery, "canonical_rules", lambda rules, limits: b'{"limits":"medium"}')
        return closed_folder([4], snapshot_after=1)
