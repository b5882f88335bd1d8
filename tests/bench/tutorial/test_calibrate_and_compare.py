"""The fourth notebook: a Hawkes fit finds the parameters of its source again, zero intelligence misses its memory."""

from pathlib import Path

import pytest

from bench.flows.hawkes import Hawkes
from tests.bench.tutorial.runs import is_picture, run_notebook


def test_the_right_model_is_nearer_to_the_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = run_notebook("calibrate_and_compare", tmp_path, monkeypatch)
    assert found["fit"].base[:4] == pytest.approx(Hawkes().base[:4], rel=0.15)
    tapes, facts = found["tapes"], found["facts"]
    assert len({len(tape.commands) - tape.resting_rows for tape in tapes.values()}) == 1
    signs = facts.rows_by_key("fact", named=True, unique=True)["sign_autocorrelation_1"]
    assert abs(signs["zero intelligence"]) < 0.1 < min(signs["source"], signs["hawkes"])
    distances = found["distances"]
    assert len(distances) > 10
    timed = distances.rows_by_key("statistic", named=True, unique=True)["log of seconds between messages"]
    assert 0 < timed["hawkes"] < 0.1 < timed["zero intelligence"], "independent events do not cluster"
    assert "spectral radius" in capsys.readouterr().out
    assert is_picture(tmp_path / "models.png")
