"""The close of the demo's day, on a venue in this process."""

import asyncio
from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from contracts_spec.periods import close_ns
from exchange.codes import CommandKind, MarketState, Side
from exchange.demo.closing import ClosedDay, ClosedMarket, close_day, closing_table, demo_schedule
from exchange.engine import query
from exchange.main import Settings, prepare, serve
from exchange.seams import RealClock
from exchange.venue.day_schedule import DAY_S, DaySchedule

DAY = date(2026, 11, 24)


@pytest.mark.rule("SETTLE-003", "SESSION-001")
def test_every_outright_settles_and_the_next_day_is_open(tmp_path: Path) -> None:
    schedule = demo_schedule(RealClock().now_ns())
    settings = Settings(day=DAY, symbols=("H100.G90.F27", "H100.G90.F27-G27"), limits="medium", schedule=schedule)

    async def run() -> tuple[ClosedDay, set[MarketState]]:
        async with serve(str(tmp_path / "venue"), settings) as server:
            closed = await close_day(server.venue, schedule, settings.clock.now_ns())
            return closed, set(query.group_states(server.venue.states).values())

    closed, states = asyncio.run(run())
    assert all(check.passed for check in closed.checks) and states == {MarketState.OPEN}
    assert closed.methods == {"T3": 2} and closed.markets == [] and closed.paid_mills == 0


def test_a_day_that_did_not_open_again_fails_its_check() -> None:
    closed = ClosedDay("2026-11-25", [], {"T3": 1}, 0, 0, False)
    assert [check.passed for check in closed.checks] == [False, True, True]
    assert "did not" in closed.checks[0].detail


class LaterClock(RealClock):
    """Begins at a moment of its own."""

    def __init__(self, start_ns: int) -> None:
        self.offset_ns = start_ns - super().now_ns()

    def now_ns(self) -> int:
        return super().now_ns() + self.offset_ns

    def wall_us(self) -> int:
        return self.now_ns() // 1_000


@pytest.mark.rule("SPEC-051", "SETTLE-010")
def test_what_is_past_its_last_trading_day_has_a_settlement_and_is_gone(tmp_path: Path) -> None:
    """Z26 was traded until 2026-11-23; the day that closes is the 24th."""
    schedule = DaySchedule(21 * 3_600, preopen_s=2, nocancel_s=1, noon_s=DAY_S, window_s=DAY_S)
    clock = LaterClock(close_ns(DAY, 9))
    symbols = ("H100.G90.Z26", "H100.G90.F27", "H100.G90.Z26-F27")
    before = date(2026, 11, 23)
    settings = Settings(day=before, symbols=symbols, limits="medium", schedule=schedule, clock=clock)
    with prepare(str(tmp_path / "venue"), settings) as opened:
        for account in (1, 2):
            opened.make_key(f"t{account}", account=account, deposit_mills=10**12)
        for account, side in ((1, Side.SELL), (2, Side.BUY)):
            fields = {"kind": CommandKind.NEW, "account": account, "side": side, "instrument": 1}
            opened.venue.own.run_now(fields | {"price": 2_820, "lots": 5})

    async def run() -> tuple[ClosedDay, list[str]]:
        async with serve(str(tmp_path / "venue"), settings) as server:
            closed = await close_day(server.venue, schedule, clock.now_ns())
            return closed, [row.symbol for row in query.instruments(server.venue.states)]

    closed, listed = asyncio.run(run())
    assert listed == ["H100.G90.F27"] and closed.past == 1
    assert [check.name for check in closed.checks if not check.passed] == []
    assert closed.checks[2].name == "1 instruments past their last trading day are gone"
    (market,) = closed.markets
    assert (market.symbol, market.settle_tick, market.open_interest_lots) == ("H100.G90.Z26", 2_820, 5)


def test_a_market_without_settlement_and_one_that_has_not_left_fail_their_checks() -> None:
    market = ClosedMarket("H100.G90.F27", 2_810, 2_810, "SEED", 40, 25)
    closed = ClosedDay("2026-11-25", [market], {"SEED": 1}, 0, 0, True, 1, ("H100.G90.Z26",))
    assert [check.passed for check in closed.checks] == [True, False, False]
    assert "H100.G90.F27" in closed.checks[1].detail and "H100.G90.Z26" in closed.checks[2].detail


def test_the_table_has_price_method_and_change_of_each_market() -> None:
    written = StringIO()
    console = Console(width=80, file=written)
    market = ClosedMarket("H100.G90.F27", 2_810, 2_846, "T1", 40, 25)
    console.print(closing_table(ClosedDay("2026-11-25", [market], {"T1": 1}, 0, 0, True)))
    (row,) = [line for line in written.getvalue().splitlines() if "H100" in line]
    assert row.split() == ["H100.G90.F27", "2.810", "2.846", "+0.036", "T1", "40", "25"]


@pytest.mark.rule("SETTLE-001")
def test_no_close_comes_while_the_demo_runs_and_all_of_it_is_the_closing_window() -> None:
    now_ns = RealClock().now_ns()
    schedule = demo_schedule(now_ns)
    start_ns, end_ns = schedule.closing_window_ns(now_ns)
    assert start_ns <= now_ns < end_ns and end_ns - now_ns > 11 * 3_600 * 10**9
    assert schedule.noon_day(now_ns) == 0
