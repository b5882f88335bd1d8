"""The fifth notebook: policies are compared on the same episodes; a training runs if its extra is there."""

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.environments import train
from bench.environments.policies import value_of
from tests.bench.tutorial.runs import is_picture, run_notebook


def has_trainer(is_there: bool) -> Callable[..., Any]:
    """`find_spec`, which finds stable-baselines3 or not."""
    find = importlib.util.find_spec

    def found(name: str, package: str | None = None) -> Any:
        if name == "stable_baselines3":
            return object() if is_there else None
        return find(name, package)

    return found


def test_policies_are_compared_and_the_missing_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", has_trainer(False))
    found = run_notebook("train_an_agent", tmp_path, monkeypatch)
    values, printed = found["values"], capsys.readouterr().out
    assert len(values) == 7 and {value.episodes for value in values.values()} == {16}
    assert values["random"].mean < values["5 ticks, 1 lots"].low
    assert found["best"] == max(set(values) - {"random"}, key=lambda name: values[name].mean)
    assert values["8 ticks, 1 lots"].position < values["2 ticks, 1 lots"].position
    assert "no training: stable_baselines3 is not installed; pip install 'gpux[train]'" in printed
    assert is_picture(tmp_path / "policies.png")


def test_a_training_is_compared_with_the_best_fixed_quotes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    worse, better = (value_of(np.array([mean, mean + 2.0]), mean, 1.0) for mean in (1.0, 4.0))
    made = train.Training(4_096, 1, 4, 2, {"4/2": 2.0}, [(0, worse), (4_096, better)])
    made.best_fixed, made.trained, made.difference = worse, better, value_of(np.array([3.0, 3.0]), 3.0, 0.0)
    asked: list[tuple[int, int, int, Path]] = []
    monkeypatch.setattr(train, "train", lambda *arguments: asked.append(arguments) or made)
    monkeypatch.setattr(importlib.util, "find_spec", has_trainer(True))
    run_notebook("train_an_agent", tmp_path, monkeypatch)
    assert asked == [(4_096, 128, 1, tmp_path)]
    printed = capsys.readouterr().out
    assert "trained               5.00 dollars an episode" in printed
    assert "difference            3.00 dollars, 95 % interval 3.00 to 3.00" in printed
