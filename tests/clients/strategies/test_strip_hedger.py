"""The strip hedger against selling the same capacity in months only."""

import asyncio
import random
from pathlib import Path

from clients.local_book import LocalBook
from clients.strategies.strip_hedger import StripContract, StripHedger, parts_of
from contracts_spec.periods import Period, month_hours
from exchange.codes import PeriodKind
from tests.clients.strategies.crowd import Dealer, Walk, play, start
from tests.clients.stub_session import instrument
from tests.simulated import SimulatedMarket

FIRST = 84  # January 2027
CODES = "FGHJKMNQUVX"
MONTHS = tuple(f"H100.G90.{code}27" for code in CODES)
QUARTERS = tuple(f"H100.G90.Q{quarter}-27" for quarter in (1, 2, 3, 4))
SYMBOLS = (*MONTHS, *QUARTERS, "H100.G90.C27")
# Twelve lots all year, more in spring, and December, which is not listed as a month yet, in the last quarter only.
CAPACITY = {FIRST + month: 12 + (8 if 2 <= month <= 5 else 0) for month in range(12)}
SECONDS = 240
SEEDS = range(4)
TRADER = 1


def sold_by(hedger: StripHedger) -> dict[int, int]:
    return {month: lots for month, lots in hedger.sold().items() if lots}


def sold(folder: Path, seed: int, *kinds: str, capacity: dict[int, int]) -> tuple[float, dict[int, int]]:
    """(price received for each GPU-hour after fees, in ticks; lots sold by month)."""

    async def scene(market: SimulatedMarket) -> tuple[float, dict[int, int]]:
        walk = Walk(random.Random(f"{seed} walk"), market.loop.time, 0.1, 8.0)
        for account, half_tick in ((2, 2), (3, 6)):
            await start(market, account, Dealer(SYMBOLS, walk.fair, half_tick, 6), 5.0)
        hedger = StripHedger("H100", capacity, SECONDS, steps=12, kinds=kinds)
        await start(market, TRADER, hedger)
        await asyncio.sleep(SECONDS + 60)
        value = hours = 0
        for symbol, row in market.positions(TRADER).items():
            value -= row.open_value_tick_lots * market.definition(symbol).hours
            hours -= row.lots * market.definition(symbol).hours
        value -= market.deposit_mills - market.cash_mills(TRADER)
        return value / hours, sold_by(hedger)

    found: tuple[float, dict[int, int]] = play(folder, SYMBOLS, scene)
    return found


def test_it_sells_the_schedule_for_more_than_in_months_only(tmp_path: Path) -> None:
    """December is left out, because months alone cannot sell it."""
    capacity = {month: lots for month, lots in CAPACITY.items() if month < FIRST + 9}
    for seed in SEEDS:
        price, lots = sold(tmp_path / f"{seed}", seed, "year", "quarter", "month", capacity=capacity)
        months_only, the_same = sold(tmp_path / f"months{seed}", seed, "month", capacity=capacity)
        assert lots == the_same == capacity, seed
        assert price > months_only + 1, (seed, price, months_only)


def test_a_whole_year_is_sold_though_a_month_is_not_listed(tmp_path: Path) -> None:
    _, lots = sold(tmp_path, 1, "year", "quarter", "month", capacity=CAPACITY)
    assert lots == CAPACITY


def test_capacity_that_is_lost_is_bought_back(tmp_path: Path) -> None:
    async def scene(market: SimulatedMarket) -> tuple[dict[int, int], dict[int, int]]:
        await start(market, 2, Dealer(SYMBOLS, lambda row: row.settle_tick, 2, 6), 5.0)
        hedger = StripHedger("H100", dict.fromkeys(range(FIRST, FIRST + 3), 10), 60.0, steps=3)
        await start(market, TRADER, hedger)
        await asyncio.sleep(90)
        before = sold_by(hedger)
        hedger.capacity = {FIRST: 4, FIRST + 1: 10, FIRST + 2: 0}
        await asyncio.sleep(90)
        return before, sold_by(hedger)

    before, after = play(tmp_path, SYMBOLS, scene)
    assert before == dict.fromkeys(range(FIRST, FIRST + 3), 10) and after == {FIRST: 4, FIRST + 1: 10}


def test_nothing_is_sold_below_the_limit(tmp_path: Path) -> None:
    async def scene(market: SimulatedMarket) -> dict[str, int]:
        await start(market, 2, Dealer(SYMBOLS, lambda row: row.settle_tick, 2, 6), 5.0)
        limit = market.definition(MONTHS[0]).settle_tick
        await start(market, TRADER, StripHedger("H100", {FIRST: 10}, 10.0, limit_tick=limit))
        await asyncio.sleep(60)
        return market.lots(TRADER)

    assert play(tmp_path, SYMBOLS, scene) == {}


def test_parts_make_up_a_period_without_a_gap() -> None:
    def hours(kind: PeriodKind, start: int) -> dict[int, int]:
        return {month: month_hours(month) for month in Period(kind, start).months}

    row, book = instrument(1, "x"), LocalBook()
    months = [StripContract(row, book, hours(PeriodKind.MONTH, FIRST + place), ()) for place in range(3)]
    quarter = StripContract(row, book, hours(PeriodKind.QUARTER, FIRST), tuple(months))
    assert parts_of(hours(PeriodKind.QUARTER, FIRST), months) == tuple(reversed(months))
    assert parts_of(hours(PeriodKind.QUARTER, FIRST + 1), months) == ()
    assert parts_of(hours(PeriodKind.QUARTER, FIRST), [*months, quarter]) == (quarter,)
