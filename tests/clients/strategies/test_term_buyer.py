"""The buyer of three years against buyers who always take the term, or always the strip."""

import asyncio
import random
from pathlib import Path
from statistics import fmean

import pytest

from clients.strategies.term_buyer import LEAD_US, TermBuyer
from tests.clients.strategies.crowd import Dealer, Walk, play, start
from tests.simulated import SimulatedMarket

QUARTERS = tuple(f"H100.G90.Q{quarter}-27" for quarter in (1, 2, 3, 4))
SYMBOLS = ("H100.G90.T3-27", "H100.G90.C27", "H100.G90.C28", "H100.G90.C29", *QUARTERS)
NOW = ("term", "years", "quarters")  # what is bought whole now, so that all of its cost is paid in the run
LOTS, SECONDS = 40, 120
SEEDS = range(3)
TRADER = 1


def paid(folder: Path, seed: int, *names: str) -> tuple[float, dict[str, int], dict[str, int]]:
    """(cost in all of a GPU-hour in ticks, lots by alternative, positions) of a buyer that may use these."""

    async def scene(market: SimulatedMarket) -> tuple[float, dict[str, int], dict[str, int]]:
        walk = Walk(random.Random(f"{seed} walk"), market.loop.time, 0.0, 12.0, 120.0)
        for account, half_tick in ((2, 2), (3, 6)):
            await start(market, account, Dealer(SYMBOLS, walk.fair, half_tick, 5), 5.0)
        await asyncio.sleep(10)
        buyer = TermBuyer("H100", 2027, LOTS, names=names)
        await start(market, TRADER, buyer, 5.0)
        await asyncio.sleep(SECONDS)
        assert sum(buyer.decided.values()) == LOTS and not [*buyer.missing(buyer.venue_us)]
        value = market.deposit_mills - market.cash_mills(TRADER)
        for symbol, position in market.positions(TRADER).items():
            row = market.definition(symbol)
            assert row.margin_rates is not None
            years = (row.delivery_from_us + row.delivery_to_us) / 2 / 1e6 - market.clock.now_ns() / 1e9
            funding = row.margin_rates.psr_mills * 0.08 * years / (365 * 86_400)
            value += (position.open_value_tick_lots + funding * position.lots) * row.hours
        return value / (LOTS * 26_304), buyer.decided, market.lots(TRADER)

    found: tuple[float, dict[str, int], dict[str, int]] = play(folder, SYMBOLS, scene)
    return found


@pytest.mark.long
def test_it_pays_less_in_all_than_a_buyer_that_always_does_the_same(tmp_path: Path) -> None:
    """Dealers price term, years and quarters apart. Cost: price, fees, and funding of margin until delivery."""
    savings: dict[str, list[float]] = {name: [] for name in NOW}
    for seed in SEEDS:
        cost, _, held = paid(tmp_path / f"{seed}", seed, *NOW)
        for year, first in (("27", "H100.G90.C27"), ("28", "H100.G90.C28"), ("29", "H100.G90.C29")):
            in_parts = held.get(first, 0) + (min(held.get(one, 0) for one in QUARTERS) if year == "27" else 0)
            assert held.get("H100.G90.T3-27", 0) + in_parts == LOTS, (seed, held)
        for name in NOW:
            savings[name].append(paid(tmp_path / f"{seed}{name}", seed, name)[0] - cost)
    assert all(fmean(found) > 1 for found in savings.values()), savings
    assert all(min(found) > -4 for found in savings.values()), "never much worse: prices move while it buys"


def test_a_dear_funding_rate_makes_it_roll(tmp_path: Path) -> None:
    """At equal prices rolling saves the funding of margin, and the term saves the rolls."""

    async def scene(market: SimulatedMarket) -> list[tuple[str, dict[str, int]]]:
        await start(market, 2, Dealer(SYMBOLS, lambda row: row.settle_tick, 2, 5), 5.0)
        await asyncio.sleep(10)
        found = []
        for account, funding_bp in ((TRADER, 100), (3, 2_500)):
            buyer = TermBuyer("H100", 2027, 5, funding_bp=funding_bp, roll_tick=20)
            await start(market, account, buyer)
            await asyncio.sleep(20)
            found.append((next(iter(buyer.decided)), market.lots(account)))
        return found

    cheap, dear = play(tmp_path, SYMBOLS, scene)
    assert cheap == ("term", {"H100.G90.T3-27": 5})
    assert dear == ("rolling quarters", {"H100.G90.Q1-27": 5}), "the later periods are bought later"


def test_nothing_is_bought_above_the_limit(tmp_path: Path) -> None:
    async def scene(market: SimulatedMarket) -> dict[str, int]:
        await start(market, 2, Dealer(SYMBOLS, lambda row: row.settle_tick, 2, 5), 5.0)
        await start(market, TRADER, TermBuyer("H100", 2027, 5, limit_tick=2_000.0))
        await asyncio.sleep(30)
        return market.lots(TRADER)

    assert play(tmp_path, SYMBOLS, scene) == {}


def test_a_part_that_is_bought_later_is_not_bought_above_the_limit(tmp_path: Path) -> None:
    rise = [0]

    async def scene(market: SimulatedMarket) -> list[dict[str, int]]:
        dealer = Dealer(SYMBOLS, lambda row: row.settle_tick + rise[0], 2, 1)
        await start(market, 2, dealer, 5.0)
        await asyncio.sleep(10)
        buyer = TermBuyer("H100", 2027, 5, names=["term"])
        await start(market, TRADER, buyer, 1.0)
        while not market.lots(TRADER):
            await asyncio.sleep(0.1)
        (purchase,) = buyer.alternatives[0].purchases
        while (cost := buyer.cost_of(purchase, buyer.venue_us)) is None:
            await asyncio.sleep(0.1)
        assert sum(buyer.decided.values()) == 5
        buyer.limit_tick, rise[0] = cost + 10, 30
        await asyncio.sleep(10)
        found = [market.lots(TRADER)]
        await asyncio.sleep(30)
        found.append(market.lots(TRADER))
        rise[0] = 0
        await asyncio.sleep(60)
        return [*found, market.lots(TRADER)]

    before, dear, cheap = play(tmp_path, SYMBOLS, scene)
    assert 0 < before["H100.G90.T3-27"] == dear["H100.G90.T3-27"] < 5 == cheap["H100.G90.T3-27"]


def test_a_later_purchase_begins_before_its_last_trading_day(tmp_path: Path) -> None:
    async def scene(market: SimulatedMarket) -> None:
        buyer = TermBuyer("H100", 2027, 5, names=["rolling years"])
        buyer.session = await market.log_on(TRADER)
        await buyer.start()
        (way,) = buyer.alternatives
        first, second, third = way.purchases
        assert first.buy_us == 0 and not first.rolls and second.rolls and third.rolls
        assert second.buy_us == second.instrument.last_trading_us - LEAD_US

    play(tmp_path, SYMBOLS, scene)
