"""Arbitrage between quality tiers, at dealers who price each tier alone."""

import asyncio
import random
from itertools import accumulate
from pathlib import Path

import pytest

from clients.strategies.tier_arbitrage import TierArbitrage
from exchange.wire.messages import InstrumentDefinition
from tests.clients.strategies.crowd import Crowd, Dealer, Walk, gain_mills, play, start
from tests.simulated import SimulatedMarket

TIERS = ("H100.G95.F27", "H100.G90.F27", "H100.G85.F27", "H100.G80.F27")  # highest first
SPREADS = ("H100.G95-G90.F27", "H100.G90-G85.F27")
QUOTED = ("H100.G90.F27", "H100.G80.F27", *SPREADS)
# From the settlement prices 2,810, 2,498, 156 and 156.
SHIFTS = dict(zip(QUOTED, (-120, 192, -156, -156), strict=True))
LIMIT = 3_000
WARM_S, SECONDS = 300, 300
SEEDS = range(2)
TRADER = 1


def result(folder: Path, seed: int, entry_tick: int) -> tuple[float, list[int], int]:
    """(gain in dollars, lots of each tier, packages) after a run."""

    async def scene(market: SimulatedMarket) -> tuple[float, list[int], int]:
        walk = Walk(random.Random(f"{seed} walk"), market.loop.time, 0.2, 6.0)

        def fair(row: InstrumentDefinition) -> float:
            """The tiers come to nearly one price, as fast as velocity allows (BAND-012), but for the dealers' noise."""
            return walk.fair(row) + SHIFTS[row.symbol] * min(1.0, market.loop.time() / WARM_S)

        for account, half_tick in ((2, 2), (3, 6)):
            await start(market, account, Dealer(QUOTED, fair, half_tick, 8), 5.0)
        await start(market, 4, Crowd(QUOTED, fair, random.Random(f"{seed} crowd"), 1.0, 0.1, lots=7))
        await asyncio.sleep(WARM_S)
        trader = TierArbitrage("H100", ["F27"], entry_tick=entry_tick, inventory_lots_max=LIMIT)
        await start(market, TRADER, trader)
        await asyncio.sleep(SECONDS)
        held = market.lots(TRADER)
        # A higher tier may be delivered for a lower one: at one price for all only what is locked in counts.
        gain = gain_mills(market, TRADER, lambda _row: 2_700) / 1_000
        return gain, [held.get(symbol, 0) for symbol in TIERS], trader.packages_sent

    found: tuple[float, list[int], int] = play(folder, [*TIERS, *SPREADS], scene)
    return found


@pytest.mark.long
@pytest.mark.rule("SPEC-022", "ORDER-015")
def test_what_it_gains_is_locked_in_and_every_lot_sold_is_covered_by_a_better_one(tmp_path: Path) -> None:
    """The baseline trades each difference, as if there were no fees."""
    for seed in SEEDS:
        gain, lots, packages = result(tmp_path / f"{seed}", seed, 1)
        naive, _, _ = result(tmp_path / f"naive{seed}", seed, -3)
        assert packages and gain > 0 and gain > naive, (seed, gain, naive)
        covered = [*accumulate(lots)]
        assert covered[-1] == 0 and min(covered) >= 0, (seed, lots)
        assert sum(max(0, count) for count in lots) <= LIMIT


def test_a_lot_that_is_left_over_is_closed(tmp_path: Path) -> None:
    async def scene(market: SimulatedMarket) -> dict[str, int]:
        await start(market, 2, Dealer(QUOTED, lambda row: row.settle_tick, 2, 20))
        trader = TierArbitrage("H100", ["F27"])
        await start(market, TRADER, trader)
        row = await trader.session.instrument("H100.G80.F27")
        await trader.session.sell(row, 5, price_tick=row.settle_tick - 20, tif="ioc")  # no higher tier was bought
        await asyncio.sleep(20)
        assert trader.repairs == 1
        return market.lots(TRADER)

    assert play(tmp_path, [*TIERS, *SPREADS], scene) == {}
