"""The measurement of a newcomer's way, without the clone: what is printed leads to the trade."""

import sys
from pathlib import Path

import pytest

from bench.clients import front_door
from bench.clients.front_door import TypedTrade, run
from exchange.cli.app import app
from exchange.demo.market.live import by_hand

LINE = by_hand("ws://127.0.0.1:1234", "data/keys/market57.pem")[1]


def test_the_trade_goes_to_the_venue_that_the_market_has_printed() -> None:
    assert LINE.startswith(front_door.READY)
    assert TypedTrade(LINE).options == ["--venue", "ws://127.0.0.1:1234", "--key", "data/keys/market57.pem"]
    app.parse_args(LINE.partition(": ")[2].split()[1:], exit_on_error=False, print_error=False)


def written(folder: Path, text: str) -> TypedTrade:
    """A trade whose command is a script that prints a text."""
    program = folder / ".venv" / "bin" / "gpux"
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text(f"#!/bin/sh\necho {text}\n")
    program.chmod(0o755)
    return TypedTrade(LINE)


def test_only_a_fill_is_a_trade(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(front_door, "TRIES", 2)
    written(tmp_path, "order 7 filled")(tmp_path, {})
    with pytest.raises(RuntimeError, match="no trade: order 7 cancelled"):
        written(tmp_path, "order 7 cancelled")(tmp_path, {})


def test_a_step_that_fails_says_which(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="raise SystemExit"):
        run([sys.executable, "-c", "raise SystemExit(3)"], tmp_path, {})
