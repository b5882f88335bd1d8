"""Participants whose wishes change."""

import asyncio
import random
from itertools import pairwise
from pathlib import Path
from typing import cast

import pytest

from clients.client import Session
from exchange.demo.market.participants import Dealer, Fleet, Lab, Operator, TwapDesk, Wish
from tests.clients.strategies.crowd import play, start
from tests.clients.stub_session import StubSession, instrument
from tests.simulated import SimulatedMarket

MONTHS = ("H100.G90.F27", "H100.G90.G27", "H100.G90.H27")
LONGER = ("H100.G90.Q1-27", "H100.G90.T3-27", "H100.G90.C27", "H100.G90.C28", "H100.G90.C29")
EVERY_S = 60.0


def wish(mean: int, share: float = 0.9) -> Wish:
    return Wish(random.Random(1), mean, share, EVERY_S)


async def dealers(market: SimulatedMarket, *symbols: str) -> None:
    for account, half_tick in ((2, 2), (3, 5)):
        await start(market, account, Dealer(symbols, lambda row: row.settle_tick, 10, half_tick, lean_lots=50))
    await asyncio.sleep(2)


def test_a_wish_is_drawn_anew_around_its_mean() -> None:
    one = wish(100)
    values = []
    for _ in range(4_000):
        if one.pass_time(30.0):
            values.append(one.value)
    assert len(values) == pytest.approx(2_000, abs=1)
    assert 10 <= min(values) < 20 and 180 < max(values) <= 190 and sum(values) / len(values) == pytest.approx(100, 0.05)


def test_a_dealer_leans_and_prices_spreads_by_their_legs() -> None:
    stub = StubSession(["H100.G95.F27", "H100.G90.F27", "H100.G95-G90.F27"])
    stub.known["H100.G95.F27"] = instrument(1, "H100.G95.F27", settle=2_966, ioc_only=True)
    stub.known["H100.G90.F27"] = instrument(2, "H100.G90.F27", settle=2_810)
    legs = [[1, 1], [2, -1]]
    stub.known["H100.G95-G90.F27"] = instrument(3, "H100.G95-G90.F27", combo="tier", legs=legs, limit=[-500, 500])
    for number in stub.books:
        stub.load(number, [], [])
    dealer = Dealer(["H100.G95-G90.F27"], lambda row: row.settle_tick, 10, 3, lean_lots=20, lots_max=100)
    dealer.session = cast(Session, stub)
    asyncio.run(dealer.start())
    dealer.on_timer()
    assert [stub.sides[3, side].price_tick for side in "bs"] == [153, 159]
    stub.positions[1] = 40
    dealer.on_timer()
    assert [stub.sides[3, side].price_tick for side in "bs"] == [151, 157]
    stub.positions[1] = 100
    dealer.on_timer()
    assert stub.sides[3, "b"].done and not stub.sides[3, "s"].done


def test_an_operator_follows_its_capacity_up_and_down(tmp_path: Path) -> None:
    async def scene(market: SimulatedMarket) -> set[tuple[int, int]]:
        await dealers(market, *MONTHS)
        operator = Operator("H100", [84, 85, 86], wish(30), 20.0)
        await start(market, 1, operator)
        found = set()
        for _ in range(8):
            await asyncio.sleep(EVERY_S - 1)
            found.add((operator.capacity[84], operator.sold()[84]))
        return found

    found = play(tmp_path, MONTHS, scene)
    assert len({capacity for capacity, _ in found}) > 4
    assert sum(capacity == sold for capacity, sold in found) >= len(found) - 2, "it has caught up, mostly"


def test_a_lab_buys_and_releases_years(tmp_path: Path) -> None:
    async def scene(market: SimulatedMarket) -> list[int]:
        await dealers(market, *LONGER)
        lab = Lab("H100", 2027, wish(10))
        await start(market, 1, lab)
        held = []
        for _ in range(8):
            await asyncio.sleep(EVERY_S)
            lots = market.lots(1)
            held.append(lots.get("H100.G90.T3-27", 0) + lots.get("H100.G90.C28", 0))
        return held

    held = play(tmp_path, LONGER, scene)
    steps = [late - early for early, late in pairwise(held)]
    assert min(held) >= 0 and max(held) <= 19 and min(steps) < 0 < max(steps), held


def test_a_fleet_follows_its_demand(tmp_path: Path) -> None:
    async def scene(market: SimulatedMarket) -> list[int]:
        await dealers(market, *MONTHS)
        fleet = Fleet(["H100"], {"F27": wish(8_000)})
        await start(market, 1, fleet)
        held = []
        for _ in range(8):
            await asyncio.sleep(EVERY_S)
            held.append(market.lots(1).get(MONTHS[0], 0))
        return held

    held = play(tmp_path, MONTHS, scene)
    steps = [late - early for early, late in pairwise(held)]
    assert min(steps) < 0 < max(steps), held


def test_a_desk_works_one_order_after_the_other_in_both_directions(tmp_path: Path) -> None:
    async def scene(market: SimulatedMarket) -> tuple[int, list[int]]:
        await dealers(market, *MONTHS)
        desk = TwapDesk(MONTHS, random.Random(1), seconds=10.0, lots=12, lots_max=30)
        await start(market, 1, desk)
        held = []
        for _ in range(30):
            await asyncio.sleep(20)
            held.append(market.lots(1).get(MONTHS[0], 0))
        return desk.completed, held

    completed, held = play(tmp_path, MONTHS, scene)
    assert completed > 60 and min(held) < 0 < max(held) and max(map(abs, held)) <= 42
