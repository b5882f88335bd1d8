"""What the demo shows while it runs."""

import asyncio
import io
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any, cast

import pytest
from rich.console import Console

from clients.client import Session
from clients.events import ChannelData, Disconnected, Reconnected
from exchange.demo.board import Board
from exchange.wire.messages import Status, Top, Trades
from tests.clients.flaky import VirtualLoop
from tests.clients.stub_session import instrument


def board() -> Board:
    clients: list[Any] = [SimpleNamespace(acks=30), SimpleNamespace(acks=12)]
    return Board([instrument(1, "H100.G90.F27"), instrument(2, "B200.G90.F27")], cast(list[Session], clients))


def drawn(shown: Board) -> list[str]:
    console = Console(file=io.StringIO(), width=80, color_system=None)
    console.print(shown.render(2.0, 60))
    assert isinstance(console.file, io.StringIO)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def test_it_shows_best_prices_last_trade_volume_and_state_of_each_month() -> None:
    shown = board()
    shown.take(ChannelData(1, Top(1, 1, 1, 1, bid_tick=2840, bid_lots=15, ask_tick=2846, ask_lots=40)))
    shown.take(ChannelData(1, Trades(2, 1, 1, 1, [(1, 2845, 4, "b"), (2, 2846, 3, "b")])))
    shown.take(Reconnected(True))
    lines = drawn(shown)
    assert {"2.0", "60", "42", "(21/s)", "7"} <= set(lines[0].split())
    assert lines[3].split() == ["H100.G90.F27", "15", "2.840", "2.846", "40", "2.846", "7", "OPEN"]
    assert lines[4].split() == ["B200.G90.F27", "-", "-", "-", "-", "-", "0", "OPEN"]
    assert max(map(len, lines)) <= 80


def test_a_side_that_empties_is_shown_empty() -> None:
    shown = board()
    shown.take(ChannelData(1, Top(1, 1, 1, 1, bid_tick=2840, bid_lots=15)))
    shown.take(ChannelData(1, Top(1, 2, 1, 1)))
    assert drawn(shown)[3].split()[1:5] == ["-"] * 4


def test_a_lost_connection_is_said_instead_of_markets_that_stand_still() -> None:
    shown = board()
    shown.now_us = 60_000_000
    assert "no trade for 60 s" in shown.text(60, 90)
    shown.take(Disconnected(1006, "the venue is gone"))
    assert shown.notes() == ["no connection to the venue: the venue is gone"] == drawn(shown)[1:2]
    shown.take(Reconnected(True))
    assert "no trade for 60 s" in shown.text(60, 90) and drawn(shown)[1] == ""


# States, and markets that stand still.

S = 1_000_000
NOON_US = 1_799_668_800 * S


def hear(shown: Board, second: float, *, trade: int = 0, phase: str = "", of: int = 0, why: str = "") -> None:
    """A trade in a market, or a state that one comes to until a minute later, at a second of the venue's time."""
    at_us = NOON_US + int(second * S)
    if trade:
        shown.take(ChannelData(trade, Trades(1, 1, 1, at_us, [(1, 2845, 1, "b")])))
    if phase:
        until_us = None if phase == "OPEN" else at_us + 60 * S
        shown.take(ChannelData(of, Status(1, 1, 1, at_us, of, phase, reason=why, until_us=until_us)))


def test_a_market_that_is_not_open_shows_its_state_until_when_and_why() -> None:
    shown = board()
    hear(shown, 1, phase="RESERVED", of=1, why="HALT_DCB")
    shown.take(ChannelData(1, Top(1, 1, 1, 1, bid_tick=12_840, bid_lots=10_000, ask_tick=12_846, ask_lots=10_000)))
    shown.take(ChannelData(1, Trades(2, 1, 1, 1, [(1, 12_845, 1_234_567, "b")])))
    lines = drawn(shown)
    assert max(map(len, lines)) <= 80
    assert lines[3].split()[7:] == ["RESERVED", "12:01:01"] and lines[4].split()[7:] == ["OPEN"]
    (note,) = shown.notes()
    assert all(fact in note for fact in ("H100.G90.F27", "RESERVED", "12:01:01", "HALT_DCB"))
    assert shown.text(2.0, 60).splitlines()[1].strip() == note
    hear(shown, 61, phase="OPEN", of=1)
    assert drawn(shown)[3].split()[7:] == ["OPEN"] and shown.notes() == []


def test_a_market_that_is_halted_by_hand_has_no_end() -> None:
    shown = board()
    shown.take(ChannelData(2, Status(1, 1, 1, NOON_US, 2, "HALT", reason="operator")))
    (note,) = shown.notes()
    assert all(fact in note for fact in ("B200.G90.F27", "HALT", "operator")) and "until" not in note
    assert drawn(shown)[4].split()[7:] == ["HALT"]


def test_markets_that_trade_or_say_why_not_pass() -> None:
    shown = board()
    for second in range(200):
        hear(shown, second, trade=1)
        if second == 5:
            hear(shown, second, phase="RESERVED", of=2, why="HALT_DCB")
        elif second == 125:
            hear(shown, second, phase="OPEN", of=2)
        elif second > 125 and second % 8 == 0:
            hear(shown, second, trade=2)
    check = shown.kept_trading_check()
    assert check.passed and "8.0 s (B200.G90.F27)" in check.detail and "1 times" in check.detail


@pytest.mark.parametrize("begin", [0, 20, 90])
def test_a_market_that_stands_still_while_open_fails(begin: int) -> None:
    """Before its first trade, between two, and until the end."""
    shown = board()
    for second in range(100):
        hear(shown, second, trade=1)
        if not begin <= second < begin + 11 and (begin != 90 or second < 88):
            hear(shown, second, trade=2)
    check = shown.kept_trading_check()
    assert not check.passed and "(B200.G90.F27), 0 times" in check.detail
    assert (begin != 90) == (shown.notes() == [])
    assert begin != 90 or all(fact in shown.notes()[0] for fact in ("B200.G90.F27", "OPEN", "12 s"))


def test_a_machine_that_stands_still_is_not_held_against_a_market() -> None:
    shown = board()
    for second in (0, 1, 40, 41, 90):
        hear(shown, second, trade=1)
        hear(shown, second, trade=2)
    assert shown.kept_trading_check().passed and shown.now_us == 4 * S


class SilentVenue:
    """A session whose markets say nothing any more, at a venue that lives for so many seconds and then stands still."""

    def __init__(self, lives_s: float, stalls_s: float = 0.0) -> None:
        self.lives_s, self.stalls_s = lives_s, stalls_s
        self.core = self

    @property
    def venue_us(self) -> int:
        """The last heartbeat, of one a second."""
        now_s = int(min(asyncio.get_running_loop().time(), self.lives_s))
        return NOON_US + int((now_s + (self.stalls_s if now_s >= 2 else 0)) * S)

    async def subscribe(self, *_: Any) -> None:
        pass

    async def events(self) -> AsyncIterator[Any]:
        for market in (1, 2):
            yield ChannelData(market, Trades(1, 1, 1, NOON_US, [(1, 2845, 1, "b")]))
        await asyncio.sleep(50)


@pytest.mark.parametrize(
    ("lives_s", "stalls_s", "passes"), [(50, 0, False), (14, 0, False), (8, 0, True), (8, 40, True)]
)
def test_markets_that_all_fall_silent_at_once_fail_as_long_as_the_venue_lives(
    lives_s: float, stalls_s: float, passes: bool
) -> None:
    shown, loop = board(), VirtualLoop()
    loop.run_until_complete(shown.follow(cast(Session, SilentVenue(lives_s, stalls_s))))
    loop.close()
    assert shown.kept_trading_check().passed == passes, shown.kept_trading_check().detail
    assert passes or len(shown.notes()) == 2
