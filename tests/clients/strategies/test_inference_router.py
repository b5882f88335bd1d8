"""The inference router against buying one chip only."""

import asyncio
import random
from pathlib import Path

import pytest

from clients.strategies.inference_router import SCALE, InferenceRouter
from exchange.wire.messages import InstrumentDefinition
from tests.clients.strategies.crowd import Dealer, Walk, play, start
from tests.simulated import SimulatedMarket

CHIPS = ("A100", "H100", "H200", "B200")
SYMBOLS = tuple(f"{chip}.G90.F27" for chip in CHIPS)
# A small model: what each chip reaches on it, tenths of TFLOP/s (contracts.md section 13, example 2).
SMALL = {"A100": 1_100, "H100": 1_700, "H200": 1_700, "B200": 2_300}
SEEDS = range(2)
TRADER = 1


def routed(
    folder: Path, seed: int, chips: tuple[str, ...], rates: dict[str, int] | None = None
) -> tuple[float | None, int]:
    """(mills paid for a PFLOP-hour that is needed, None: these chips cannot cover it; number of chips used)."""
    needed = 20_000 if rates is None else 9_000

    async def scene(market: SimulatedMarket) -> tuple[float | None, int]:
        walk = Walk(random.Random(f"{seed} walk"), market.loop.time, 0.0, 100.0, 3_600.0)

        def fair(row: InstrumentDefinition) -> float:
            """Each chip within 3 % of its settlement, so that velocity stops no trade (BAND-012)."""
            return row.settle_tick + (walk.fair(row) - row.settle_tick) * row.settle_tick / 10_000

        for account, half_bp in ((2, 20), (3, 60), (4, 100), (5, 140)):
            dealer = await start(market, account, Dealer(SYMBOLS, fair, 1, 24, half_bp), 1.0)
            await asyncio.sleep(2)
            dealer.cancel()  # what it quotes stays, and is not renewed
        return await bought(market, chips, needed, rates)

    found: tuple[float | None, int] = play(folder, SYMBOLS, scene, accounts=6)
    return found


async def bought(
    market: SimulatedMarket, chips: tuple[str, ...], needed: int, rates: dict[str, int] | None
) -> tuple[float | None, int]:
    router = InferenceRouter(chips, {"F27": needed}, rates=rates)
    await start(market, TRADER, router)
    await asyncio.sleep(120)
    held = market.positions(TRADER)
    paid = sum(row.open_value_tick_lots for row in held.values()) * market.definition(SYMBOLS[0]).hours
    paid += market.deposit_mills - market.cash_mills(TRADER)
    return paid / needed if router.covered("F27") >= needed * SCALE else None, len(held)


@pytest.mark.long
@pytest.mark.rule("ROUTE-001", "ROUTE-002")
@pytest.mark.parametrize("rates", [None, SMALL], ids=["training", "small model"])
def test_a_mix_costs_less_than_any_chip_alone(rates: dict[str, int] | None, tmp_path: Path) -> None:
    chips_used = []
    for seed in SEEDS:
        cost, used = routed(tmp_path / f"{seed}", seed, CHIPS, rates)
        chips_used.append(used)
        for chip in CHIPS:
            alone, _ = routed(tmp_path / f"{seed}{chip}", seed, (chip,), rates)
            assert cost is not None and (alone is None or cost <= alone), (seed, chip, cost, alone)
    assert max(chips_used) > 1
