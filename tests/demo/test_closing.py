"""The close of the demo's day, on a venue in this process."""

import asyncio
from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from exchange.codes import MarketState
from exchange.demo.closing import ClosedDay, ClosedMarket, close_day, closing_table, demo_schedule
from exchange.engine import query
from exchange.main import Settings, serve

DAY = date(2026, 11, 24)


@pytest.mark.rule("SETTLE-003", "SESSION-001")
def test_every_outright_settles_and_the_next_day_is_open(tmp_path: Path) -> None:
    schedule = demo_schedule()
    settings = Settings(day=DAY, symbols=("H100.G90.F27", "H100.G90.F27-G27"), limits="test", schedule=schedule)

    async def run() -> tuple[ClosedDay, set[MarketState]]:
        async with serve(str(tmp_path / "venue"), settings) as server:
            closed = await close_day(server.venue, schedule, settings.clock.now_ns())
            return closed, set(query.group_states(server.venue.states).values())

    closed, states = asyncio.run(run())
    assert closed.check.passed and states == {MarketState.OPEN}
    assert closed.methods == {"T3": 2} and closed.markets == [] and closed.paid_mills == 0


def test_a_day_that_did_not_open_again_fails_its_check() -> None:
    closed = ClosedDay("2026-11-25", [], {"T3": 1}, 0, 0, False)
    assert not closed.check.passed and "did not" in closed.check.detail


def test_the_table_has_price_method_and_change_of_each_market() -> None:
    written = StringIO()
    console = Console(width=80, file=written)
    market = ClosedMarket("H100.G90.F27", 2_810, 2_846, "T1", 40, 25)
    console.print(closing_table(ClosedDay("2026-11-25", [market], {"T1": 1}, 0, 0, True)))
    (row,) = [line for line in written.getvalue().splitlines() if "H100" in line]
    assert row.split() == ["H100.G90.F27", "2.810", "2.846", "+0.036", "T1", "40", "25"]


@pytest.mark.rule("SETTLE-001")
def test_no_close_comes_while_the_demo_runs_and_all_of_it_is_the_closing_window() -> None:
    schedule = demo_schedule()
    settings = Settings()
    now_ns = settings.clock.now_ns()
    start_ns, end_ns = schedule.closing_window_ns(now_ns)
    assert start_ns <= now_ns < end_ns and end_ns - now_ns > 11 * 3_600 * 10**9
    assert schedule.noon_day(now_ns) == 0
