"""The second notebook: queues before an own order become shorter, and better places fill earlier."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from bench import Replay
from tests.bench.tutorial.runs import is_picture, run_notebook


def test_places_in_the_queue_decide_when_orders_fill(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = run_notebook("queue_position", tmp_path, monkeypatch)
    start = Replay("zero-intelligence", commands=1, seed=1).book(1)
    order, path = found["order"], found["path"]
    assert order.price == start.best_bid and path[0][1] == start.bids["shown_lots"][0]
    assert order.filled == 1 and path[-1][1] == 0
    for walked in (path, *found["paths"].values()):
        assert all(later[1] <= earlier[1] for earlier, later in pairwise(walked))
    assert 0 <= found["traded"] <= found["left"] == path[0][1]
    waits = np.array(list(found["waits"].values()))
    waits[np.isnan(waits)] = np.inf
    assert waits.shape == (4, 6) and (waits[:-1] <= waits[1:]).all() and (waits[0] < waits[-1]).any()
    assert f"after {path[-1][0]:.2f} s: FILLED, 1 filled" in capsys.readouterr().out
    assert is_picture(tmp_path / "queue.png")
