"""Arbitrage between a quarter and its months, at dealers who price each of them alone."""

import asyncio
import random
from pathlib import Path

import pytest

from clients.strategies.calendar_arbitrage import CalendarArbitrage
from clients.strategies.strategy import run
from tests.clients.strategies.crowd import Crowd, Dealer, Walk, gain_mills, play, start
from tests.simulated import SimulatedMarket

MONTHS = ("H100.G90.F27", "H100.G90.G27", "H100.G90.H27")
QUARTER, STRIP = "H100.G90.Q1-27", "H100.G90.F27:H27"
SYMBOLS = (QUARTER, *MONTHS)
SECONDS = 600
SEEDS = range(2)
TRADER = 1


def result(folder: Path, seed: int, symbols: tuple[str, ...], edge_tick: int) -> tuple[float, list[int], int]:
    """(gain in dollars, lots of quarter and months, packages) after a run."""

    async def scene(market: SimulatedMarket) -> tuple[float, list[int], int]:
        walk = Walk(random.Random(f"{seed} walk"), market.loop.time, 0.2, 8.0)
        for account, half_tick in ((2, 2), (3, 5)):
            await start(market, account, Dealer(SYMBOLS, walk.fair, half_tick, 8), 5.0)
        await start(market, 4, Crowd(SYMBOLS, walk.fair, random.Random(f"{seed} crowd"), 0.3, 0.2, lots=7))
        trader = CalendarArbitrage([QUARTER], edge_tick=edge_tick)
        await start(market, TRADER, trader)
        await asyncio.sleep(SECONDS)
        trader.inventory_lots_max = -10_000  # no more packages: what is left over is repaired
        await asyncio.sleep(20)
        held = market.lots(TRADER)
        lots = [held.get(symbol, 0) for symbol in SYMBOLS]
        # At one price for the quarter and its months only what is locked in counts.
        return gain_mills(market, TRADER, lambda row: row.settle_tick) / 1_000, lots, trader.packages_sent

    found: tuple[float, list[int], int] = play(folder, symbols, scene)
    return found


@pytest.mark.long
@pytest.mark.parametrize("symbols", [SYMBOLS, (*SYMBOLS, STRIP)], ids=["months", "months and strip"])
def test_what_it_gains_is_locked_in_after_fees(symbols: tuple[str, ...], tmp_path: Path) -> None:
    """The baseline trades each difference, as if there were no fees, and pays for it."""
    for seed in SEEDS:
        gain, lots, packages = result(tmp_path / f"{seed}", seed, symbols, 1)
        naive, _, naive_packages = result(tmp_path / f"naive{seed}", seed, symbols, -4)
        assert packages and gain > 0, (seed, gain)
        assert naive_packages > packages and naive < gain, (seed, naive, gain)
        assert lots == [lots[0], *[-lots[0]] * 3] and abs(lots[0]) <= 60, (seed, lots)


@pytest.mark.parametrize(
    ("legs", "left"),
    [
        ((7, 0, 0, 0), (0, 0, 0, 0)),
        ((7, -7, -7, 0), (7, -7, -7, -7)),
        ((-7, 7, 3, 7), (-7, 7, 7, 7)),
        ((0, 4, 0, 0), (0, 0, 0, 0)),
    ],
)
@pytest.mark.rule("ENTRY-013")
def test_legs_that_filled_in_part_are_completed_or_closed(
    legs: tuple[int, ...], left: tuple[int, ...], tmp_path: Path
) -> None:
    async def scene(market: SimulatedMarket) -> list[int]:
        await start(market, 2, Dealer(SYMBOLS, lambda row: row.settle_tick, 2, 20))
        session = await market.log_on(TRADER)
        await asyncio.sleep(2)
        for symbol, lots in zip(SYMBOLS, legs, strict=True):
            row = await session.instrument(symbol)
            if lots:
                act = session.buy if lots > 0 else session.sell
                await act(row, abs(lots), price_tick=row.settle_tick + (20 if lots > 0 else -20), tif="ioc")
        trader = CalendarArbitrage([QUARTER])
        task = asyncio.create_task(run(trader, session))
        await asyncio.sleep(20)
        task.cancel()
        return [market.lots(TRADER).get(symbol, 0) for symbol in SYMBOLS]

    assert play(tmp_path, SYMBOLS, scene) == [*left]
