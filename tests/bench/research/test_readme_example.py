"""The example of bench/README.md runs, and does what it says."""

import re
from pathlib import Path

import pytest

import bench
from bench.research import replay as module
from tests.bench.research.small_flow import small_flow

README = Path(bench.__file__).with_name("README.md")


def example() -> str:
    """The lines of Python under "A market to trade in"."""
    section = README.read_text().split("## A market to trade in")[1]
    found = re.search(r"```python\n(.*?)```", section, re.DOTALL)
    assert found is not None
    return found.group(1)


def test_an_own_quote_takes_fifteen_lines() -> None:
    lines = [line for line in example().splitlines() if line.strip() and not line.startswith("print")]
    assert len(lines) <= 15


def test_the_example_quotes_and_trades(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(module, "open_source", lambda name, commands, seed: small_flow(5_000))
    names: dict[str, object] = {}
    exec(compile(example(), str(README), "exec"), names)  # noqa: S102
    replay = names["replay"]
    assert isinstance(replay, bench.Replay)
    assert replay.at_end and replay.fills and replay.position == len(replay.fills)
    first = capsys.readouterr().out.splitlines()[0]
    assert first == f"{len(replay.fills)} fills, {replay.position} lots, {replay.equity_mills} mills"


def test_only_public_names_are_there() -> None:
    with pytest.raises(AttributeError, match="module 'bench' has no attribute 'Rplay'"):
        bench.Rplay  # noqa: B018
