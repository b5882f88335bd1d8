"""The living market over hours of simulated time: two-sided, moving, without drift, and within everybody's margin."""

import asyncio
import random
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from statistics import fmean, pstdev, pvariance
from typing import Any

import pytest

from clients.client import Session
from clients.strategies.strategy import run
from exchange.demo.market.population import CHIPS, DEMO, STEADY, WIDE, Pace, Participant, choose, population
from exchange.engine import query
from exchange.units import NS_PER_HOUR, NS_PER_US
from exchange.venue.day_schedule import DaySchedule
from exchange.wire.messages import InstrumentDefinition
from tests.clients.stub_session import instrument
from tests.simulated import SimulatedMarket

PERIODS = ("F27", "G27", "H27")
HOURS, LOOK_S = 2, 30
SEEDS = (1,)
AFTER_US = 36 * NS_PER_HOUR // NS_PER_US


def symbols_of(*chips: str) -> list[str]:
    """What the population trades of some chips."""
    found = []
    for chip in chips:
        found += [f"{chip}.G90.{period}" for period in (*PERIODS, "F27-G27", "G27-H27")]
        if chip in WIDE:
            longer = ("Q1-27", "Q2-27", "Q3-27", "Q4-27", "C27", "C28", "C29", "T3-27")
            found += [f"{chip}.G90.{period}" for period in longer]
            found += [f"{chip}.G{tier}.{period}" for tier in (95, 85, 80) for period in PERIODS]
            found += [f"{chip}.{tiers}.{period}" for tiers in ("G95-G90", "G90-G85") for period in PERIODS]
    return found


class Observed:
    """What is seen of a market each LOOK_S.

    middles    of each front month, ticks
    values     its fundamental value then
    one_sided  looks at which a side was not quoted
    """

    def __init__(self, members: list[Participant], rows: list[InstrumentDefinition]) -> None:
        self.members: list[Any] = list(members)
        self.rows = rows
        self.view = self.members[0].strategy.view.fundamental
        self.middles: dict[str, list[float]] = {row.symbol: [] for row in rows}
        self.values: dict[str, list[float]] = {row.symbol: [] for row in rows}
        self.one_sided: Counter[str] = Counter()
        self.trades: list[int] = []
        self.halts: list[str] = []
        self.called: set[int] = set()
        self.orders: Counter[str] = Counter()  # filled orders and quotes by kind of client
        self.equity_mills: dict[int, int] = {}
        self.required_mills: dict[int, int] = {}

    def look(self, market: SimulatedMarket) -> None:
        for row in self.rows:
            bids, asks = query.depth(market.states, market.index(row.symbol), 1)
            if not bids or not asks:
                self.one_sided[row.symbol] += 1
                continue
            self.middles[row.symbol].append((bids[0][0] + asks[0][0]) / 2)
            self.values[row.symbol].append(self.view.tick(row))
        self.halts += market.halted()
        for account in range(1, len(self.members) + 1):
            money = query.margin(market.states, account)
            if money.equity_mills < money.required_mills or money.free_margin_mills < 0:
                self.called.add(account)


def watched(folder: Path, seed: int, chips: tuple[str, ...], pace: Pace, seconds: int, look_s: int) -> Observed:
    """Let the population of some chips trade."""
    symbols = symbols_of(*chips)
    with SimulatedMarket(str(folder), symbols, 26, limits="venue", schedule=DaySchedule()) as market:

        async def scene() -> Observed:
            first = await market.log_on(1)
            months = choose(await first.instruments(), market.clock.wall_us() + AFTER_US, chips)
            members = population(await first.instruments(), months, seed, pace, market.loop.time)
            sessions = [first, *[await market.log_on(account) for account in range(2, len(members) + 1)]]
            tasks = [
                asyncio.create_task(run(member.strategy, session))
                for member, session in zip(members, sessions, strict=True)
            ]
            seen = Observed(members, [row for rows in months for row in rows])
            await asyncio.sleep(60 * look_s)  # until the first positions are built
            for _ in range(seconds // look_s):
                await asyncio.sleep(look_s)
                seen.look(market)
                seen.trades.append(market.venue.counters.trades)
            for task in tasks:
                assert not task.done(), task.result()
            count_fills(seen, members, sessions)
            return seen

        found: Observed = market.run(scene())
    return found


def count_fills(seen: Observed, members: list[Participant], sessions: list[Session]) -> None:
    for member, session in zip(members, sessions, strict=True):
        account = session.core.accounts[session.core.account]
        filled = sum(order.filled_lots > 0 for order in session.orders)
        seen.orders[member.kind] += filled or any(position.lots for position in account.positions.values())


def variance_ratio(series: list[float], lag: int) -> float:
    """Lo and MacKinlay (1988): variance of steps of `lag` looks over `lag` times that of steps of one. A random walk
    has 1, a drift more than 1, a price that returns less than 1."""
    ones = [late - early for early, late in pairwise(series)]
    longs = [late - early for early, late in zip(series, series[lag:], strict=False)]
    return pvariance(longs, mu=0.0) / (lag * pvariance(ones, mu=0.0))


@pytest.mark.long
@pytest.mark.parametrize("seed", SEEDS)
def test_hours_of_the_living_market(seed: int, tmp_path: Path) -> None:
    seen = watched(tmp_path, seed, ("H100", "A100"), replace(STEADY, timer_s=8.0), HOURS * 3_600, LOOK_S)
    looks = HOURS * 3_600 // LOOK_S
    for symbol, middles in seen.middles.items():
        assert seen.one_sided[symbol] < 0.05 * looks, (symbol, seen.one_sided)
        assert pstdev(middles) > 1.0, (symbol, "it does not freeze")
    assert not seen.halts and not seen.called
    quiet = [late - early for early, late in zip(seen.trades[::10], seen.trades[10::10], strict=False)]
    assert min(quiet) > 20, ("trades keep coming, in each five minutes", quiet)
    no_drift(seen)
    assert all(seen.orders[member.kind] for member in seen.members), ("each kind trades", seen.orders)


def no_drift(seen: Observed) -> None:
    """Prices stay near the value and do not leave it: with desks that only buy they end 2 % to 4 % above it."""
    for symbol, middles in seen.middles.items():
        gaps = [middle - value for middle, value in zip(middles, seen.values[symbol], strict=True)]
        third, price = len(gaps) // 3, fmean(middles)
        moved = fmean(gaps[-third:]) - fmean(gaps[:third])
        assert abs(fmean(gaps)) < 0.003 * price, (symbol, "the market is near the value", fmean(gaps))
        assert abs(moved) < 0.005 * price, (symbol, "and stays there", moved)
        assert variance_ratio(gaps, 40) < 1.5, (symbol, "what it adds to the value returns", variance_ratio(gaps, 40))


@pytest.mark.long
@pytest.mark.rule("BAND-012", "STATE-004")
@pytest.mark.parametrize("seed", SEEDS)
def test_every_market_of_the_demo_trades_on_and_stays_open(seed: int, tmp_path: Path) -> None:
    """At the pace of the demo, with a look each second: each front month trades within ten seconds."""
    seen = watched(tmp_path, seed, CHIPS, replace(DEMO, timer_s=0.5), 30, 1)
    assert not seen.halts and not seen.called and not any(seen.one_sided.values())
    assert len(seen.middles) == 12 and seen.trades[-1] > 12 * 30 // 10


def test_a_run_is_distinguished_from_noise() -> None:
    """The measure itself: a steady run has the lag as its ratio, noise around a level far less than 1."""
    rng = random.Random(1)
    assert variance_ratio([float(place) for place in range(240)], 40) == pytest.approx(40.0)
    assert variance_ratio([rng.gauss(0.0, 1.0) for _ in range(240)], 40) < 0.1


def known_of(*symbols: str) -> dict[str, InstrumentDefinition]:
    return {
        symbol: instrument(number, symbol, chip=symbol.partition(".")[0], **{"from": f"2027-0{number}-01"})
        for number, symbol in enumerate(symbols, 1)
    }


def test_members_without_contracts_are_left_out() -> None:
    known = known_of("H100.G90.F27", "H100.G90.G27")
    months = choose(known, 0)
    kinds = Counter(member.kind for member in population(known, months, 1, STEADY, lambda: 0.0))
    assert kinds == {"curve maker": 2, "operator": 1, "desk": 1, "inference router": 2}
    assert population({}, choose({}, 0), 1, STEADY, lambda: 0.0) == []


def test_the_nearest_months_that_trade_on_are_chosen() -> None:
    known = known_of("H100.G90.F27", "H100.G90.G27", "H100.G90.H27", "H100.G90.J27", "H100.G90.K27")
    known["H100.G90.F27"] = instrument(1, "H100.G90.F27", ltd=1_000, **{"from": "2027-01-01"})
    assert [row.symbol for row in choose(known, 1_000)[0]] == ["H100.G90.G27", "H100.G90.H27", "H100.G90.J27"]
    assert len(choose(known, 1_000)) == len(CHIPS)


def test_a_member_has_the_pace_of_the_market() -> None:
    known = known_of("H100.G90.F27")
    members: list[Any] = population(known, choose(known, 0), 1, STEADY, lambda: 0.0)
    assert {member.strategy.timer_s for member in members} == {STEADY.timer_s}
