"""The example of training: its arguments, its results as JSON and as a picture. A training itself takes minutes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from bench import extras
from bench.environments import train
from bench.environments.policies import value_of
from exchange.errors import UserError
from tests.source_tree import ROOT

VALUE = value_of(np.array([1.0, 2.0, 4.0]), 5.0, 6.0)


@pytest.fixture
def found() -> train.Training:
    made = train.Training(1_000, 3, 4, 2, {"4/2": 2.5, "5/2": 1.0}, [(0, VALUE), (1_000, VALUE)], 12.34)
    made.best_fixed = made.trained = made.difference = VALUE
    return made


def test_the_record_has_terms_values_and_the_curve(found: train.Training) -> None:
    record = json.loads(json.dumps(found.record()))
    assert record["fixed_offset_ticks"] == 4 and record["best_fixed"]["mean"] == VALUE.mean
    assert [point["steps"] for point in record["curve"]] == [0, 1_000]
    assert record["trained_less_fixed"]["high"] == VALUE.high
    assert record["terms"] == train.TERMS and record["seconds"] == 12.3


def test_the_curve_is_written_while_the_training_runs(found: train.Training, tmp_path: Path) -> None:
    found.best_fixed = found.trained = found.difference = None
    train.write_curve(found, tmp_path)
    assert json.loads((tmp_path / "curve.json").read_text())["trained"] is None
    assert (tmp_path / "curve.png").read_bytes()[:4] == b"\x89PNG"


def test_seeds_for_choosing_and_comparing_never_meet() -> None:
    assert train.CHOOSING.stop <= train.COMPARING.start


def test_a_missing_trainer_is_named_before_the_work_begins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda package: None)
    with pytest.raises(UserError, match=r"stable_baselines3, which is not installed: pip install 'gpux\[train\]'"):
        train.main([str(tmp_path)])


def test_without_gymnasium_the_command_ends_with_one_line(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['gymnasium'] = None\n")
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}
    command = [sys.executable, "-m", "bench.environments.train", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment, check=False)
    assert done.returncode != 0 and done.stderr.count("\n") == 1
    assert "gymnasium, which is not installed: pip install 'gpux[environments]'" in done.stderr


@pytest.mark.parametrize("option", ["--books=0", "--books=2000000", "--steps=0", "--seed=-1", "--seed=4294967296"])
def test_a_number_that_cannot_be_used_is_named_before_the_work_begins(option: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=rf"{option.replace('=', ' ')} is not in \d+\.\.\d+"):
        train.main([str(tmp_path), option])


def test_a_missing_folder_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(train, "check_package", lambda *arguments: None)
    with pytest.raises(UserError, match="none: no such folder"):
        train.main([str(tmp_path / "none")])
