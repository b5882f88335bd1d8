"""The third notebook: callbacks and kernel trade alike, results do not depend on batches, delay changes them."""

from pathlib import Path

import pytest

from bench.experiments.quoting import profit_mills
from tests.bench.tutorial.runs import is_picture, run_notebook


def test_a_market_maker_has_the_same_results_however_it_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = run_notebook("market_making", tmp_path, monkeypatch)
    assert found["same_fills"] and len(found["compiled"].fills) == len(found["run"].fills) > 10
    hashes = found["state_hashes"]
    assert [len(set(pieces)) for pieces in hashes.values()] == [1] * 4
    assert len({pieces[0] for pieces in hashes.values()}) == 4
    assert found["strategy"].history[-1][1] == profit_mills(found["replay"]) != 0
    assert found["profits"]["none"][0] == pytest.approx(profit_mills(found["replay"]) / 1_000)
    assert found["fills"]["none"] == sorted(found["fills"]["none"], reverse=True)
    assert found["profits"]["50 ms"][0] != found["profits"]["none"][0], "whether it is less is luck: see test_width"
    assert "the same as the callbacks: True" in capsys.readouterr().out
    assert is_picture(tmp_path / "market_making.png")
