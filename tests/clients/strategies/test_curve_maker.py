"""The curve maker against makers without its ideas, at the same takers and the same prices."""

import asyncio
import random
from pathlib import Path
from statistics import fmean, pstdev
from typing import Any, cast

import pytest

from clients.client import Session
from clients.strategies.curve_maker import CurveMaker
from exchange.codes import Side
from exchange.wire.messages import Trades
from tests.clients.strategies.crowd import Crowd, Walk, gain_mills, play, start
from tests.clients.stub_session import StubSession, instrument
from tests.simulated import SimulatedMarket

OUTRIGHTS = ("H100.G90.F27", "H100.G90.G27", "H100.G90.H27", "H100.G90.Q1-27")
SPREADS = ("H100.G90.F27-G27", "H100.G90.G27-H27")
SECONDS = 900
SEEDS = range(6)
MAKER = 1


def result(folder: Path, seed: int, **terms: Any) -> tuple[float, float]:
    """(gain in dollars, average of the absolute net inventory in lots) of a maker over a run."""

    async def scene(market: SimulatedMarket) -> tuple[float, float]:
        walk = Walk(random.Random(f"{seed} walk"), market.loop.time, 0.5, 0.1)
        maker = CurveMaker([*OUTRIGHTS, *SPREADS], view=walk.fair, lots=10, follow=0.0, pull=1.0, **terms)
        await start(market, MAKER, maker, 2.0)
        await start(market, 2, Crowd(OUTRIGHTS, walk.fair, random.Random(f"{seed} crowd"), 0.6, 0.35, lots=5))
        held = []
        for _ in range(SECONDS // 60):
            await asyncio.sleep(60)
            held.append(abs(sum(maker.inventory().values())))
        return gain_mills(market, MAKER, walk.fair) / 1_000, fmean(held)

    found: tuple[float, float] = play(folder, [*OUTRIGHTS, *SPREADS], scene)
    return found


@pytest.mark.long
def test_inventory_control_halves_the_risk_at_nearly_the_same_gain(tmp_path: Path) -> None:
    """The baseline quotes at the same distance and never leans: the symmetric strategy of the paper."""
    found = [result(tmp_path / f"{seed}", seed) for seed in SEEDS]
    plain = [result(tmp_path / f"plain{seed}", seed, risk_aversion=1e-12) for seed in SEEDS]
    gains, plain_gains = [gain for gain, _ in found], [gain for gain, _ in plain]
    assert min(gains) > 0
    assert fmean(gains) > 0.8 * fmean(plain_gains), (gains, plain_gains)
    assert pstdev(gains) < 0.6 * pstdev(plain_gains), (gains, plain_gains)
    assert fmean(held for _, held in found) < 0.3 * fmean(held for _, held in plain)


@pytest.mark.long
def test_months_hedge_their_neighbours(tmp_path: Path) -> None:
    """The baseline controls the inventory of each month alone; what is left over all months is larger."""
    found = [result(tmp_path / f"{seed}", seed)[1] for seed in SEEDS[:3]]
    alone = [result(tmp_path / f"alone{seed}", seed, correlation=0.0)[1] for seed in SEEDS[:3]]
    assert fmean(found) < 0.75 * fmean(alone), (found, alone)


def quoting(**terms: Any) -> tuple[CurveMaker, StubSession]:
    """A maker of two months and their spread, with empty books, that has quoted once."""
    stub = StubSession(["H100.G90.F27", "H100.G90.G27", "H100.G90.F27-G27"])
    stub.known["H100.G90.F27"] = instrument(1, "H100.G90.F27", **{"from": "2027-01-01", "hours": 744})
    stub.known["H100.G90.G27"] = instrument(2, "H100.G90.G27", **{"from": "2027-02-01", "hours": 672})
    legs = [[1, 1], [2, -1]]
    stub.known["H100.G90.F27-G27"] = instrument(
        3, "H100.G90.F27-G27", combo="calendar", legs=legs, limit=[-500, 500], settle=0
    )
    for number in stub.books:
        stub.load(number, [], [])
    maker = CurveMaker(list(stub.known), **{"lots": 20, "requote_ticks": 1, "risk_aversion": 1e-5} | terms)
    maker.session = cast(Session, stub)
    asyncio.run(maker.start())
    maker.on_timer()
    return maker, stub


def shown(stub: StubSession) -> dict[tuple[int, str], int]:
    return {place: order.price_tick for place, order in stub.sides.items() if not order.done}


def test_a_position_moves_its_month_most_its_neighbour_less_and_their_spread_by_the_rest() -> None:
    maker, stub = quoting(correlation=0.9, far_share=1.0)
    before = shown(stub)
    stub.positions[1] = 250
    maker.on_timer()
    moved = {place: price - before[place] for place, price in shown(stub).items()}
    assert moved[1, "b"] < moved[2, "b"] < 0 and moved[1, "s"] < moved[2, "s"] < 0
    assert moved[2, "b"] == pytest.approx(0.9 * moved[1, "b"], abs=1)
    assert moved[3, "b"] == pytest.approx(moved[1, "b"] - moved[2, "b"], abs=1)


def test_a_trade_moves_the_curve_by_its_regression() -> None:
    maker, _ = quoting(correlation=0.9, far_share=1.0, follow=0.5)
    before = dict(maker.fair)
    maker.on_trades(1, Trades(1, 1, 1, 1, [(5, round(before[84]) + 20, 1, "b")]))
    assert maker.fair[84] - before[84] == pytest.approx(10.0)
    assert maker.fair[85] - before[85] == pytest.approx(9.0)


def test_at_the_limit_only_what_reduces_a_month_is_quoted() -> None:
    maker, stub = quoting(inventory_lots_max=50)
    stub.positions[1] = 60
    maker.on_timer()
    sides = {place for place, order in stub.sides.items() if not order.done}
    assert sides == {(1, "s"), (2, "b"), (2, "s"), (3, "s")}, "neither F27 nor the spread is bought"


@pytest.mark.rule("IMP-001", "SMP-010")
@pytest.mark.parametrize(("own", "gives_way"), [(True, False), (False, True)])
def test_it_gives_way_to_implied_prices_of_others_but_not_to_its_own(own: bool, gives_way: bool) -> None:
    """A bid for the spread and one for G27 imply a bid for F27, here above where it wants to sell F27."""
    maker, stub = quoting()
    ask, spread_bid, back_bid = (shown(stub)[place] for place in ((1, "s"), (3, "b"), (2, "b")))
    implied = ask + 3
    stub.sides[3, "b"].price_tick = implied - back_bid - (0 if own else 1)
    stub.load(3, [[stub.sides[3, "b"].price_tick if own else implied - back_bid - 1, 20]], [])
    stub.load(2, [[back_bid if own else back_bid + 1, 20]], [])
    if not own:
        stub.sides[3, "b"].price_tick = spread_bid
    stub.books[1].imply(Side.BUY, [implied, 5])
    assert (implied in maker.own_implied(maker.lines[0], 1)) == own
    maker.on_timer()
    assert shown(stub)[1, "s"] == (implied + 1 if gives_way else ask)


def test_its_quotes_allow_no_arbitrage_between_them() -> None:
    """A spread is bid below what its own quotes of the legs sell it for, even if the view of the spread is off."""
    maker, stub = quoting(risk_aversion=1e-5, fill_decay=2.0)
    maker.lines[2].half_spread_tick = -5.0
    maker.refresh(maker.lines)
    prices = shown(stub)
    assert prices[3, "b"] < prices[1, "s"] - prices[2, "b"] and prices[3, "s"] > prices[1, "b"] - prices[2, "s"]


def test_the_close_of_the_day_is_its_horizon() -> None:
    maker, stub = quoting(horizon_h_min=4.0)
    for hour, left in ((0, 21.0), (10, 11.0), (19, 4.0), (21, 4.0), (22, 23.0)):
        stub.core.venue_us = hour * 3_600_000_000
        assert maker.hours_left() == left, hour


def test_the_venue_cancels_its_quotes_soon_after_a_disconnect() -> None:
    _, stub = quoting(grace_ms=500)
    assert stub.cancel_terms == {"grace_ms": 500} and stub.protection["lots"] == 600
