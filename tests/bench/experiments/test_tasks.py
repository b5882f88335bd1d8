"""Sources of runs, and the tasks that are there."""

from dataclasses import replace
from pathlib import Path

import pytest

from bench.experiments.tasks import RunSource, code_version, replay
from bench.replay import replay_tape
from bench.research.sources import open_source
from bench.tapes.tape import write_tape
from exchange.engine.engine import Engine
from exchange.errors import UserError
from exchange.limits import NAMED
from tests.bench.experiments import own_tasks


@pytest.mark.rule("SCALE-070")
def test_a_replay_of_a_flow_and_of_its_file_give_the_same_record(tmp_path: Path) -> None:
    tape = open_source("mixed", seed=5, commands=300)
    summary = replay_tape(tape, Engine(NAMED[tape.limits]), lambda count: None)
    file = tmp_path / "mixed.parquet"
    write_tape(tape, file)
    of_flow = replay(RunSource.checked("", "", "mixed", 300), 5)
    of_file = replay(RunSource.checked("", str(file), "", 0), 1)
    assert of_flow == of_file
    assert (of_flow["trades"], of_flow["state_hash"]) == (summary.fills, summary.state_hash)
    assert of_flow != replay(RunSource.checked("", "", "mixed", 300), 6)


def test_a_tape_that_changes_during_an_experiment_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "mixed.parquet"
    write_tape(open_source("mixed", seed=5, commands=300), file)
    source = RunSource.checked("", str(file), "", 0)
    write_tape(open_source("mixed", seed=6, commands=300), file)
    with pytest.raises(UserError, match=r"mixed\.parquet: has changed since the experiment began"):
        source.tape(1)


def test_the_version_of_the_code_counts_the_file_of_a_task_of_your_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert code_version(replay) == code_version(replay) != code_version(own_tasks.product)
    assert replace(RunSource("a", "b"), name="c").identity == "b"
