"""The base class of arbitrage: which package it takes, and when it leaves one alone."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from clients.strategies.packages import PAUSE_S, Leg, Package, PackageTrader, reversed_legs
from tests.clients.strategies.crowd import Dealer, play, start
from tests.simulated import SimulatedMarket

SYMBOLS = ("H100.G90.F27", "H100.G90.H27", "H100.G90.K27")
TRADER = 1


class Pair(PackageTrader):
    """Buys one month and sells another."""

    least_mills = 0

    async def start(self) -> None:
        self.first, self.second, self.third = [await self.leg(symbol) for symbol in SYMBOLS]

    def offers(self) -> Iterator[tuple[Package, int, int]]:
        yield (self.first, self.second.reverse), 10, self.least_mills
        yield (self.first, self.third.reverse), 10, self.least_mills

    def surplus(self) -> Iterator[tuple[Leg, int]]:
        yield from ()


def pair_at(folder: Path, second: int, third: int, deposit_mills: int, seconds: float) -> tuple[Pair, dict[str, int]]:
    """A pair trader at a dealer who prices the second and third month so many ticks above the first."""

    async def scene(market: SimulatedMarket) -> tuple[Pair, dict[str, int]]:
        above = dict(zip(SYMBOLS, (0, second, third), strict=True))
        await start(market, 2, Dealer(SYMBOLS, lambda row: row.settle_tick + above[row.symbol], 1, 4), 5.0)
        await asyncio.sleep(6)
        trader = Pair(lots=6, slippage_ticks=2)
        await start(market, TRADER, trader)
        await asyncio.sleep(seconds)
        return trader, market.lots(TRADER)

    found: tuple[Pair, dict[str, int]] = play(folder, SYMBOLS, scene, deposits={TRADER: deposit_mills})
    return found


def test_the_package_that_gains_most_is_taken_as_far_as_all_its_legs_are_shown(tmp_path: Path) -> None:
    _, held = pair_at(tmp_path, 20, 60, 10**11, 1.0)
    assert held == {"H100.G90.F27": 4, "H100.G90.K27": -4}


def test_what_does_not_pay_its_fees_is_left_alone(tmp_path: Path) -> None:
    trader, held = pair_at(tmp_path, 5, 5, 10**11, 20.0)
    assert held == {} and not trader.packages_sent


@pytest.mark.rule("ENTRY-013")
def test_a_package_that_is_refused_pauses(tmp_path: Path) -> None:
    """The account has no money: no leg runs, and the next attempt is `PAUSE_S` later."""
    trader, held = pair_at(tmp_path, 20, 60, 1, 2.5 * PAUSE_S)
    assert held == {} and 2 <= trader.packages_sent <= 8


def test_reversed_legs_close_a_package(tmp_path: Path) -> None:
    trader, _ = pair_at(tmp_path, 0, 0, 10**11, 1.0)
    package = (trader.first, trader.second.reverse)
    assert [leg.sign for leg in reversed_legs(package)] == [-1, 1]
    assert reversed_legs(reversed_legs(package)) == package
