"""A folder that release 0.3.0 wrote is refused with both numbers of rules: killed, stopped cleanly, or with a snapshot.

The folders have the commands and controls of a venue's day as 0.3.0 recorded them. That release made something else of
them than this one does, so no mark of such a folder can compare equal.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.tapes.tape import TapeControl, read_tape
from exchange.journal import journal, recovery
from exchange.journal.errors import EXIT_MISMATCH, Refusal
from exchange.journal.recovery import Opened, compiled_engine, open_journal
from exchange.journal.rules import RULES
from exchange.limits import MEDIUM, Limits
from exchange.seams import RealDisk
from tests.golden.changes import FOLDER as GOLDEN
from tests.journal.helpers import SEGMENT_BYTES, FakeEngine, ManualClock, SeededRng, run_now

EARLIER = 5  # rules of 0.3.0
BOTH = f"under rules {EARLIER}, this release has rules {RULES}"


class EarlierEngine(FakeEngine):
    """Stands for the engine of 0.3.0: it has events of its own."""


def opened(folder: Path, rules: int, make_engine: Any) -> Opened:
    return open_journal(
        str(folder), RealDisk(), SeededRng(1), ManualClock(), MEDIUM, json.dumps({"rules": rules}).encode(),
        make_engine, SEGMENT_BYTES, run_now,
    )  # fmt: skip


def write(folder: Path, end: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The venue's day of 0.3.0. `end`: killed, stopped (with a mark), or snapshot."""
    with monkeypatch.context() as before:
        for module in (recovery, journal):  # its kernels were other ones
            if hasattr(module, "build_hash"):
                before.setattr(module, "build_hash", lambda: "03" * 32)
        found = opened(folder, EARLIER, EarlierEngine)
        for part in read_tape(GOLDEN / "0.3.0" / "venue.parquet").parts():
            rows = (part.row if isinstance(part, TapeControl) else part).copy()
            found.sequencer.stamp(rows)
            if isinstance(part, TapeControl):
                found.journal.append_control(rows, part.payload)
                events = found.engine.control(rows, part.payload)
            else:
                found.journal.append(rows)
                events = found.engine.apply(rows)
            found.journal.observe(events, found.engine.sequence)
        if end == "snapshot":
            found.journal.snapshot(found.engine)
        elif end == "stopped":
            found.journal.mark()
        found.journal.close()
    return folder


def files(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.rule("DUR-111", "DUR-106", "DUR-108")
@pytest.mark.parametrize("end", ["killed", "stopped", "snapshot"])
def test_a_folder_of_0_3_0_is_refused_with_both_numbers_and_nothing_is_written(
    end: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write(tmp_path / "data", end, monkeypatch)
    before = files(folder)
    assert bool(list(folder.glob("snap/*"))) == (end == "snapshot")
    with pytest.raises(Refusal, match=BOTH) as refused:
        opened(folder, RULES, compiled_engine)
    assert refused.value.code == EXIT_MISMATCH
    assert files(folder) == before
    opened(folder, EARLIER, EarlierEngine).journal.close()  # the release that wrote it


@pytest.mark.rule("DUR-111", "DUR-106")
@pytest.mark.parametrize("end", ["killed", "stopped"])
def test_a_command_at_which_the_engine_fails_names_both_numbers(
    end: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Failing(FakeEngine):
        def control(self, row: np.ndarray, payload: bytes) -> np.ndarray:
            raise ValueError("front_months is not known")

    def failing(limits: Limits, body: np.ndarray | None) -> Failing:
        return Failing(limits, body)

    folder = write(tmp_path / "data", end, monkeypatch)
    with pytest.raises(Refusal, match=f"the engine fails on replay {BOTH}.*: ValueError: front_months") as refused:
        opened(folder, RULES, failing)
    assert refused.value.code == EXIT_MISMATCH
    with pytest.raises(Refusal, match="the engine fails on replay: ValueError: front_months"):
        opened(folder, EARLIER, failing)
