"""What the tests of strategies share: other clients of a simulated market, price paths, and results of accounts."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from math import log, sqrt
from pathlib import Path
from typing import Any

from clients.local_book import LocalBook
from clients.strategies.executable import touch
from clients.strategies.protected_quotes import ProtectedQuotes, QuotedInstrument, Side, within_limits
from clients.strategies.strategy import Strategy, run
from exchange.wire.messages import InstrumentDefinition
from tests.simulated import SimulatedMarket

Fair = Callable[[InstrumentDefinition], float]


class Walk:
    """A fair price of each symbol: a random walk that all share, and a part of its own that returns to zero.

    step_tick      standard deviation of a second's step of the shared walk
    own_tick       standard deviation of the own part
    own_s          time in which the own part is forgotten
    """

    def __init__(
        self, rng: random.Random, now_s: Callable[[], float], step_tick: float, own_tick: float, own_s: float = 60.0
    ) -> None:
        self._rng, self._now_s, self._step, self._own_tick, self._own_s = rng, now_s, step_tick, own_tick, own_s
        self._second = 0
        self._common = 0.0
        self._own: dict[str, float] = {}

    def fair(self, row: InstrumentDefinition) -> float:
        keep = 1 - 1 / self._own_s
        while self._second < int(self._now_s()):
            self._second += 1
            self._common += self._rng.gauss(0, self._step)
            for symbol in self._own:
                noise = self._rng.gauss(0, self._own_tick * sqrt(1 - keep * keep))
                self._own[symbol] = keep * self._own[symbol] + noise
        if row.symbol not in self._own:
            self._own[row.symbol] = self._rng.gauss(0, self._own_tick)
        return row.settle_tick + self._common + self._own[row.symbol]


class Crowd(Strategy):
    """Takers that arrive at random: each trades if the best price is within a random distance of the fair one.

    The distance is exponential, so the rate of fills falls exponentially with the distance of a quote, as in
    Avellaneda and Stoikov (2008).

    rate       takers a second, over all instruments
    decay      kappa of their distance, for each tick
    """

    def __init__(
        self, symbols: Sequence[str], fair: Fair, rng: random.Random, rate: float, decay: float, lots: int = 5
    ) -> None:
        self.symbols, self.fair, self.rng, self.rate, self.decay, self.lots = symbols, fair, rng, rate, decay, lots
        self.markets: list[tuple[InstrumentDefinition, LocalBook]] = []
        self.timer_s = 1.0

    async def start(self) -> None:
        for symbol in self.symbols:
            row = await self.session.instrument(symbol)
            self.markets.append((row, await self.session.book(row, cadence_ms=100, levels=1)))

    def on_timer(self) -> None:
        # The same draws whatever the market does, so that two makers meet the same takers.
        if self.rng.random() >= self.rate * self.timer_s:
            return
        (row, book), buys = self.rng.choice(self.markets), self.rng.random() < 0.5
        distance = -log(1 - self.rng.random()) / self.decay
        sign = 1 if buys else -1
        reach_tick = self.fair(row) + sign * distance
        level = touch(book, buys)
        if level is not None and sign * (level.price_tick - reach_tick) <= 0:
            self.session.place("b" if buys else "s", row, self.lots, price_tick=level.price_tick, tif="ioc")


class Dealer(ProtectedQuotes[QuotedInstrument]):
    """Quotes every symbol around a fair price, whatever it holds, at a distance in ticks or basis points of it."""

    def __init__(self, symbols: Sequence[str], fair: Fair, half_tick: int, lots: int, half_bp: int = 0) -> None:
        super().__init__(lots, 1, 1.0)
        self.symbols, self.fair, self.half_tick, self.half_bp = symbols, fair, half_tick, half_bp

    async def start(self) -> None:
        for symbol in self.symbols:
            row = await self.session.instrument(symbol)
            self.lines.append(QuotedInstrument(row, await self.session.book(row, cadence_ms=100, levels=1)))
        await self.protect(1_000, 1_000, 1_000)

    def on_timer(self) -> None:
        self.quote_or_rest()

    def price_of(self, line: QuotedInstrument, side: Side) -> int | None:
        sign = 1 if side == "s" else -1
        fair_tick = self.fair(line.instrument)
        price_tick = round(fair_tick + sign * (self.half_tick + fair_tick * self.half_bp / 10_000))
        opposite = touch(line.book, side == "b")
        if opposite is not None and sign * (price_tick - opposite.price_tick) <= 0:
            price_tick = opposite.price_tick + sign
        return within_limits(line.instrument, price_tick)


async def start(market: SimulatedMarket, account: int, strategy: Strategy, timer_s: float = 1.0) -> asyncio.Task[None]:
    """Let a strategy trade an account until the scene ends."""
    strategy.timer_s = timer_s
    session = await market.log_on(account)
    task = asyncio.create_task(run(strategy, session))
    await asyncio.sleep(0.5)  # it has started
    return task


def play(folder: Path, symbols: Sequence[str], scene: Callable[[SimulatedMarket], Awaitable[Any]], **terms: Any) -> Any:
    """Run a scene in a new market. Returns what it returns; an error of a strategy ends it."""

    async def guarded(market: SimulatedMarket) -> Any:
        result = await scene(market)
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            if task.done():
                task.result()
        return result

    with SimulatedMarket(str(folder), symbols, **terms) as market:
        return market.run(guarded(market))


def gain_mills(market: SimulatedMarket, account: int, fair: Fair) -> float:
    """What an account has gained since the start, at these fair prices and after fees."""
    gains = 0.0
    for symbol, position in market.positions(account).items():
        row = market.definition(symbol)
        gains += (fair(row) * position.lots - position.open_value_tick_lots) * row.hours
    return gains + market.cash_mills(account) - market.deposit_mills
