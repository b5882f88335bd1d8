"""The example of bench/README.md runs, and does what it says."""

import pytest

import bench
from bench.research import replay as module
from tests.bench.readme import block, run_block
from tests.bench.research.small_flow import small_flow

SECTION = "A market to trade in"


def test_an_own_quote_takes_fifteen_lines() -> None:
    lines = [line for line in block(SECTION).splitlines() if line.strip() and not line.startswith("print")]
    assert len(lines) <= 15


def test_the_example_quotes_and_trades(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(module, "open_source", lambda name, commands, seed: small_flow(5_000))
    replay = run_block(SECTION)["replay"]
    assert isinstance(replay, bench.Replay)
    assert replay.at_end and replay.fills and replay.position == len(replay.fills)
    first = capsys.readouterr().out.splitlines()[0]
    assert first == f"{len(replay.fills)} fills, {replay.position} lots, {replay.equity_mills} mills"


def test_only_public_names_are_there() -> None:
    with pytest.raises(AttributeError, match="module 'bench' has no attribute 'Rplay'"):
        bench.Rplay  # noqa: B018
