"""The second notebook: queues before an own order become shorter, and better places fill earlier."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from bench import Replay
from bench.tapes.tape import write_tape
from exchange.codes import CommandKind, Side
from exchange.errors import UserError
from tests.bench.research.small_flow import small_flow
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
    refused = found["single"].submit("buy", 1_000_000, 1)
    with pytest.raises(UserError, match=r"zero-intelligence: .*REJECTED, .*: it is in no queue"):
        found["follow"](found["single"], refused, 10)
    assert f"after {path[-1][0]:.2f} s: FILLED, 1 filled" in capsys.readouterr().out
    assert is_picture(tmp_path / "queue.png")


def test_the_book_may_be_empty_at_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As in a venue's data folder: nothing says which of its commands only fill the book."""
    write_tape(replace(small_flow(3_000), resting_rows=0), tmp_path / "day.parquet")
    found = run_notebook("queue_position", tmp_path, monkeypatch, "--source", str(tmp_path / "day.parquet"))
    assert len(found["paths"]) == 4
    assert (
        f"placed: 1 lot to buy at {found['order'].price}, {found['path'][0][1]} lots before it"
        in capsys.readouterr().out
        and is_picture(tmp_path / "queue.png")
    )


def test_a_source_without_bids_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tape = small_flow(500)
    rows = tape.commands
    kept = rows[(rows["kind"] != CommandKind.NEW) | (rows["side"] == Side.SELL)]
    write_tape(replace(tape, commands=kept, resting_rows=0), tmp_path / "asks.parquet")
    with pytest.raises(UserError, match=r"asks\.parquet: its first book never has a bid to join"):
        run_notebook("queue_position", tmp_path, monkeypatch, "--source", str(tmp_path / "asks.parquet"))
