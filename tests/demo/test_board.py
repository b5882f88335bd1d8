"""What the demo shows while it runs."""

import io
from types import SimpleNamespace
from typing import Any, cast

from rich.console import Console

from clients.client import Session
from clients.events import MarketData, Reconnected
from exchange.demo.board import Board
from exchange.wire.messages import Top, Trades
from tests.clients.stub_session import instrument


def board() -> Board:
    clients: list[Any] = [SimpleNamespace(acks=30), SimpleNamespace(acks=12)]
    return Board([instrument(1, "H100.G90.F27"), instrument(2, "B200.G90.F27")], cast(list[Session], clients))


def drawn(shown: Board) -> list[str]:
    console = Console(file=io.StringIO(), width=80, color_system=None)
    console.print(shown.render(2.0, 60))
    assert isinstance(console.file, io.StringIO)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def test_it_shows_best_prices_last_trade_and_volume_of_each_month() -> None:
    shown = board()
    shown.take(MarketData(1, Top(1, 1, 1, 1, bid_tick=2840, bid_lots=15, ask_tick=2846, ask_lots=40)))
    shown.take(MarketData(1, Trades(2, 1, 1, 1, [(1, 2845, 4, "b"), (2, 2846, 3, "b")])))
    shown.take(Reconnected(True))
    lines = drawn(shown)
    assert lines[0].split() == ["2.0", "of", "60", "s", "42", "requests", "answered", "(21/s)", "7", "lots", "traded"]
    assert lines[3].split() == ["H100.G90.F27", "15", "2.840", "2.846", "40", "2.846", "7"]
    assert lines[4].split() == ["B200.G90.F27", "-", "-", "-", "-", "-", "0"]
    assert max(map(len, lines)) <= 80


def test_a_side_that_empties_is_shown_empty() -> None:
    shown = board()
    shown.take(MarketData(1, Top(1, 1, 1, 1, bid_tick=2840, bid_lots=15)))
    shown.take(MarketData(1, Top(1, 2, 1, 1)))
    assert drawn(shown)[3].split()[1:5] == ["-"] * 4
