"""TWAP against the whole order at once, and how it keeps its cap and limit and goes through halts and refusals."""

import asyncio
import random
from pathlib import Path
from statistics import fmean

import pytest

from clients.client import Session
from clients.strategies.strategy import run
from clients.strategies.twap import Twap
from exchange.codes import CommandKind, MarketState, StateReason
from tests.clients.strategies.crowd import Crowd, Dealer, Walk, play, start
from tests.simulated import SimulatedMarket

SYMBOL = "H100.G90.F27"
LOTS = 200
SECONDS = 600
SEEDS = range(5)
TRADER, POOR = 1, 5


async def dealers(market: SimulatedMarket, seed: int, rate: float = 0.3) -> Walk:
    """Four dealers, each wider than the one before, and takers."""
    walk = Walk(random.Random(f"{seed} walk"), market.loop.time, 0.15, 0.0)
    for account, half_tick in ((2, 2), (3, 5), (4, 9), (6, 14)):
        await start(market, account, Dealer([SYMBOL], walk.fair, half_tick, 60), 2.0)
    await start(market, 7, Crowd([SYMBOL], walk.fair, random.Random(f"{seed} crowd"), rate, 0.2, lots=10))
    await asyncio.sleep(5)
    return walk


def shortfall(folder: Path, seed: int, sliced: bool) -> float:
    """Average price above the middle at the start, in ticks, of buying LOTS in slices or with one order."""

    async def scene(market: SimulatedMarket) -> float:
        await dealers(market, seed)
        session = await market.log_on(TRADER)
        row = await session.instrument(SYMBOL)
        middle_tick = (await session.book(row)).middle_tick
        assert middle_tick is not None
        if not sliced:
            order = await session.buy(row, LOTS, price_tick=middle_tick + 50, tif="ioc")
            await asyncio.sleep(1)
            assert order.filled_lots == LOTS
            return order.value_tick_lots / LOTS - middle_tick
        twap = Twap(SYMBOL, "b", LOTS, SECONDS)
        task = asyncio.create_task(run(twap, session))
        await asyncio.sleep(SECONDS + 60)
        task.cancel()
        assert twap.is_over and twap.average_tick is not None and market.lots(TRADER) == {SYMBOL: LOTS}
        return twap.average_tick - middle_tick

    found: float = play(folder, [SYMBOL], scene, accounts=8)
    return found


def test_slices_cost_less_than_the_whole_order_at_once(tmp_path: Path) -> None:
    """Over seeds, because the price walks while slices wait."""
    at_once = [shortfall(tmp_path / f"once{seed}", seed, False) for seed in SEEDS]
    sliced = [shortfall(tmp_path / f"{seed}", seed, True) for seed in SEEDS]
    assert fmean(sliced) < fmean(at_once) * 0.6, (sliced, at_once)


@pytest.mark.parametrize("seed", [1, 2])
def test_it_never_is_more_than_its_share_of_the_market(seed: int, tmp_path: Path) -> None:
    async def scene(market: SimulatedMarket) -> tuple[Twap, list[float]]:
        await dealers(market, seed, rate=0.5)
        twap = Twap(SYMBOL, "b", LOTS, 60.0, slices=5, participation=0.2)
        await start(market, TRADER, twap)
        shares = []
        for _ in range(SECONDS // 10):
            await asyncio.sleep(10)
            if twap.filled_lots:
                shares.append(twap.filled_lots / twap.market_lots)
        return twap, shares

    twap, shares = play(tmp_path, [SYMBOL], scene, accounts=8)
    assert shares and max(shares) <= 0.2 and twap.filled_lots > LOTS // 4


@pytest.mark.parametrize("seed", [1, 2])
def test_it_waits_while_the_price_is_beyond_its_limit(seed: int, tmp_path: Path) -> None:
    async def scene(market: SimulatedMarket) -> tuple[Twap, list[int]]:
        await dealers(market, seed)
        limit = market.definition(SYMBOL).settle_tick + 1
        twap = Twap(SYMBOL, "b", LOTS, SECONDS, limit_tick=limit)
        await start(market, TRADER, twap)
        await asyncio.sleep(SECONDS)
        return twap, [order.price_tick - limit for order in twap.orders]

    twap, distances = play(tmp_path, [SYMBOL], scene, accounts=8)
    assert max(distances, default=0) <= 0 and 0 <= twap.filled_lots <= LOTS


def set_state(market: SimulatedMarket, state: MarketState) -> None:
    group = next(iter(market.venue.groups.values()))
    fields = {"kind": CommandKind.SET_STATE, "group": group, "market_state": state}
    market.venue.own.submit({**fields, "state_reason": StateReason.HALT_ADMIN}, lambda _events: None)


@pytest.mark.rule("STATE-001")
def test_a_halt_stops_its_clock(tmp_path: Path) -> None:
    async def scene(market: SimulatedMarket) -> tuple[int, int, int, int]:
        await dealers(market, 1)
        twap = Twap(SYMBOL, "s", 100, 200.0, slices=20)
        await start(market, TRADER, twap)
        await asyncio.sleep(100)
        set_state(market, MarketState.HALT)
        await asyncio.sleep(2)
        before, sent = twap.filled_lots, len(twap.orders)
        await asyncio.sleep(300)
        held, sent_later = twap.filled_lots, len(twap.orders)
        set_state(market, MarketState.OPEN)
        await asyncio.sleep(20)
        soon = twap.filled_lots
        await asyncio.sleep(120)
        assert sent == sent_later and twap.is_over and not twap.failure
        return before, held, soon, twap.filled_lots

    before, held, soon, end = play(tmp_path, [SYMBOL], scene, accounts=8)
    assert before == held and before <= soon <= before + 25 and end == 100, "no rush after the halt"


def test_it_gives_up_after_some_refusals_and_says_why(tmp_path: Path) -> None:
    async def scene(market: SimulatedMarket) -> Twap:
        await dealers(market, 1)
        session: Session = await market.log_on(POOR)
        twap = Twap(SYMBOL, "b", 5_000, 60.0, slices=2, refusals_max=3)
        twap.timer_s = 1.0
        task = asyncio.create_task(run(twap, session))
        await asyncio.sleep(120)
        task.cancel()
        return twap

    twap = play(tmp_path, [SYMBOL], scene, accounts=8, deposits={POOR: 5_000_000})
    assert twap.failure.startswith("MARGIN") and len(twap.orders) == 3 and not twap.filled_lots
