"""A taker: buys or sells a few lots at the best price, at random times.

Each month has a mood, a random walk between strong selling and strong buying. So buys or sells come in runs and move
prices. Orders are immediate-or-cancel and never rest. An inventory limit keeps the account within its funds.
"""

import random
from collections.abc import Sequence

from clients.local_book import LocalBook
from clients.strategies.strategy import Strategy
from exchange.wire.messages import InstrumentDefinition

MOOD_MAX = 90  # in percent: at this mood 95 of 100 orders are on one side


class Taker(Strategy):
    """Sends immediate-or-cancel orders.

    symbols              the months it trades
    rng                  source of all choices: the same seed and market give the same orders
    orders_per_second    average number of orders, over all months
    lots_max             largest order
    slippage_ticks       how far beyond the best price an order may trade
    inventory_lots_max   position from which only orders that reduce it are sent
    """

    def __init__(
        self,
        symbols: Sequence[str],
        rng: random.Random,
        *,
        orders_per_second: float = 5.0,
        lots_max: int = 12,
        slippage_ticks: int = 2,
        inventory_lots_max: int = 300,
    ) -> None:
        self.symbols, self.rng = symbols, rng
        self.chance = orders_per_second * self.timer_s
        self.lots_max, self.slippage_ticks = lots_max, slippage_ticks
        self.inventory_lots_max = inventory_lots_max
        self.books: list[tuple[InstrumentDefinition, LocalBook]] = []
        self.moods: list[int] = []

    async def start(self) -> None:
        for symbol in self.symbols:
            instrument = await self.session.instrument(symbol)
            self.books.append((instrument, await self.session.book(instrument, cadence_ms=100, levels=10)))
            self.moods.append(self.rng.randint(-MOOD_MAX, MOOD_MAX))

    def on_timer(self) -> None:
        orders, rest = divmod(self.chance, 1)
        for _ in range(int(orders) + (self.rng.random() < rest)):
            self.trade(self.rng.randrange(len(self.books)))

    def trade(self, choice: int) -> None:
        """Send one order in one month, on the side that mood and inventory suggest."""
        instrument, book = self.books[choice]
        mood = self.moods[choice] + self.rng.randint(-10, 10)
        self.moods[choice] = max(-MOOD_MAX, min(MOOD_MAX, mood))
        buys = self.rng.randint(-100, 100) < mood
        held_lots = self.session.position_lots(instrument)
        if abs(held_lots) >= self.inventory_lots_max:
            buys = held_lots < 0
        touch = book.best_ask if buys else book.best_bid
        if touch is None:
            return
        price_tick = touch.price_tick + (self.slippage_ticks if buys else -self.slippage_ticks)
        lots = self.rng.randint(1, self.lots_max)
        self.session.place("b" if buys else "s", instrument, lots, price_tick=price_tick, tif="ioc")
