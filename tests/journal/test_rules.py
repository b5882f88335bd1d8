"""Commands that were decided under other rules: compared with what they came to then, or refused, never re-decided."""

import json
from typing import Any

import numpy as np
import pytest

from exchange.journal import recovery
from exchange.journal.errors import Refusal
from exchange.journal.recovery import Opened
from exchange.journal.replay import MARK_RECORDS, replay_folder
from exchange.journal.rules import RULES
from exchange.journal.verify import verify
from exchange.limits import MEDIUM, Limits
from tests.journal.fault_disk import FaultDisk
from tests.journal.helpers import FOLDER, FakeEngine, reopen, trade

OTHER = "no mark after them proves the replay: serve the folder with the release that wrote it"
MARKED = (64,) * (MARK_RECORDS // 64)  # the mark behind them is written with the next batch


def rules(number: int | None, **more: Any) -> bytes:
    return json.dumps(more if number is None else {"rules": number, **more}).encode()


def written(number: int | None, *batches: int, snapshot: bool = False, disk: FaultDisk | None = None) -> FaultDisk:
    """A folder of a release with these rules, stopped cleanly; `snapshot`: as the last thing."""
    disk = disk or FaultDisk()
    opened = reopen(disk, rules=rules(number))
    for count in batches:
        trade(opened, count)
    if snapshot:
        opened.journal.snapshot(opened.engine)
    opened.journal.close()
    return disk


def served(disk: FaultDisk, number: int | None, **more: Any) -> Opened:
    return reopen(disk, rules=rules(number, **more))


@pytest.mark.rule("DUR-111", "DUR-106", "DUR-108")
@pytest.mark.parametrize("number", [4, None])
@pytest.mark.parametrize(("batches", "first"), [((1,), 1), ((40, 3), 1), ((*MARKED, 5), MARK_RECORDS + 1), (MARKED, 1)])
def test_commands_behind_the_last_mark_are_not_decided_anew(
    number: int | None, batches: tuple[int, ...], first: int
) -> None:
    disk = written(number, *batches)
    files = {path: bytes(disk.file(path)) for path in disk.names}
    theirs = "rules 4" if number == 4 else "rules without a number"
    reason = (
        rf"sequence \d+: commands from {first} on were decided under {theirs}, this release has rules 5, and {OTHER}"
    )
    with pytest.raises(Refusal, match=reason) as refused:
        served(disk, 5)
    assert refused.value.code == 70
    assert {path: bytes(disk.file(path)) for path in disk.names} == files
    served(disk, number).journal.close()


@pytest.mark.rule("DUR-111")
def test_commands_in_front_of_a_mark_are_compared_and_the_folder_goes_on_with_a_note() -> None:
    disk = written(4, 40, snapshot=True)
    for later in (5, 5):
        opened = served(disk, later)
        trade(opened, 3)
        opened.journal.close()
        if opened.report.rules_changed:
            assert opened.report.notes == ("rules 5 apply after command 40, rules 4 before",)
    # From the first command on too, and from a snapshot that was taken under the old rules.
    for path in [path for path in disk.names if "/snap/" in path]:
        copy = disk.copy()
        del copy.names[path]
        assert served(copy, 5).report.replayed == 46
    assert served(disk, 5).report.notes == ()


@pytest.mark.rule("DUR-111")
def test_a_mark_at_a_clean_stop_lets_a_release_with_other_rules_go_on() -> None:
    disk = FaultDisk()
    opened = reopen(disk, rules=rules(4))
    trade(opened, 40)
    opened.journal.mark()
    opened.journal.close()
    opened = served(disk, 5)
    assert opened.report.notes == ("rules 5 apply after command 40, rules 4 before",)
    assert opened.report.replayed == 40


@pytest.mark.rule("DUR-111")
def test_snapshot_under_other_rules_of_the_same_kernels_says_nothing_of_what_follows() -> None:
    disk = FaultDisk()
    opened = reopen(disk, rules=rules(4))
    trade(opened, 40)
    opened.journal.snapshot(opened.engine)
    trade(opened, 2)
    opened.journal.close()
    with pytest.raises(Refusal, match=f"commands from 41 on were decided under rules 4, this release has .*{OTHER}"):
        served(disk, 5)
    # Other facts than the number are no other rules.
    assert served(disk, 4, catalogue="other").report.rules_changed


@pytest.mark.rule("DUR-106")
@pytest.mark.parametrize("number", [RULES, RULES - 1])
def test_difference_on_replay_blames_the_rules_only_where_they_are_others(number: int) -> None:
    class Other(FakeEngine):
        def apply(self, commands: np.ndarray) -> np.ndarray:
            events = super().apply(commands)
            events["lots"] = 1
            return events

    disk = written(number, 40, snapshot=True)
    with pytest.raises(Refusal, match="replay gives other events than were recorded") as refused:
        replay_folder(FOLDER, Other(MEDIUM, None), disk=disk)
    told = f"under rules {number}, this release has rules {RULES}: one with those rules replays them"
    assert (told in refused.value.reason) == (number != RULES)
    assert refused.value.reason.count("rules") == (3 if number != RULES else 0)


@pytest.mark.rule("DUR-120", "DUR-111")
@pytest.mark.parametrize("number", [RULES, RULES - 1])
def test_deep_verification_notes_what_nothing_compares(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def engine(limits: Limits, body: np.ndarray | None) -> FakeEngine:
        return FakeEngine(limits, body)

    monkeypatch.setattr(recovery, "compiled_engine", engine)
    monkeypatch.setattr("exchange.journal.verify.ReportedMoney.faults", lambda money, states: [])
    notes = verify(FOLDER, deep=True, disk=written(number, 40)).notes
    assert len(notes) == (number != RULES) and all("segment 1 offset" in note and OTHER in note for note in notes)
