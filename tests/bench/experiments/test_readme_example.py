"""The files of bench/README.md are an experiment, and a task of one's own beside it."""

import sys
from pathlib import Path

import pytest

from bench import Replay
from bench.experiments.plan import ExperimentFile, read_plan
from bench.experiments.running import carry_out
from bench.tapes import cache
from bench.tapes.tape import write_tape
from tests.bench.readme import block
from tests.bench.research.small_flow import small_flow


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """With the tape that the file of the README names."""
    monkeypatch.setattr(cache, "tape_cache", lambda: tmp_path / "cache")
    monkeypatch.setattr(sys, "path", [*sys.path])
    write_tape(small_flow(500), tmp_path / "day.parquet")
    return tmp_path


def test_the_example_has_every_key_and_its_runs_have_what_it_plots(folder: Path) -> None:
    text, file = block("Experiments", "toml"), folder / "width.toml"
    file.write_text(text)
    plan = read_plan(file, "")
    assert len(plan.runs) == 2 * 2 * 3 * 3
    assert all(key in text for key in ExperimentFile.__struct_fields__)
    outcome = carry_out(next(run for run in plan.runs if run.source.name == "monday"))
    assert not outcome.error and set(plan.plots[0].y) <= set(outcome.record)


def test_a_task_of_your_own_stands_beside_the_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "spreads", raising=False)
    (folder / "spreads.py").write_text(block("Experiments"))
    file = folder / "own.toml"
    file.write_text('name = "own"\ntask = "spreads:mean_spread"\nseeds = [1]\n[[source]]\ntape = "day.parquet"\n')
    outcome = carry_out(read_plan(file, "").runs[0])
    replay = Replay(small_flow(500))
    replay.advance(500)
    assert not outcome.error and outcome.record["state_hash"] == replay.state_hash()
    assert isinstance(outcome.record["ticks"], float) and outcome.record["ticks"] >= 1
