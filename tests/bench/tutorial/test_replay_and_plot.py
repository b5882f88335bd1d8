"""The first notebook: what it prints and saves is what the engine says."""

from pathlib import Path

import pytest

from bench import Replay
from bench.research.sources import open_source
from bench.tapes.tape import read_tape, tape_hash
from exchange.engine.trade_rows import count_trades
from tests.bench.lobster_pair import write_pair
from tests.bench.tutorial.runs import is_picture, run_notebook


def test_a_flow_is_replayed_drawn_and_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = run_notebook("replay_and_plot", tmp_path, monkeypatch, "--seed", "3")
    printed = capsys.readouterr().out
    alone = Replay("zero-intelligence", commands=2_000, seed=3)
    alone.advance(2_000)
    assert f"state hash at the end: {alone.state_hash()}" in printed
    assert f"trades: {count_trades(alone.events.rows())}, " in printed
    prices, book = found["prices"], alone.book(1)
    assert (prices["bid"][-1], prices["ask"][-1]) == (book.best_bid, book.best_ask)
    assert len(prices) == 200 and prices["spread"].min() >= 1
    tape = read_tape(tmp_path / "source.parquet")
    assert tape_hash(tape) == tape_hash(open_source("zero-intelligence", commands=2_000, seed=3))
    assert f"command {found['middle']:,}: " in printed and "event: ORDER_" in printed
    assert is_picture(tmp_path / "prices.png")


def test_a_lobster_pair_is_a_source_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    messages, book = write_pair(tmp_path)
    found = run_notebook("replay_and_plot", tmp_path, monkeypatch, "--messages", str(messages), "--book", str(book))
    assert found["replay"].at_end and found["trades"]["lots"].sum() == 20
    assert f"tape: {tmp_path / 'source.parquet'}" in capsys.readouterr().out
