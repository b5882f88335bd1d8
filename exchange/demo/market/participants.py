"""Participants of the living market whose wishes change: they use the trading programs of `clients.strategies`.

Each wish is drawn from a seed and returns to its mean, so that nobody only buys or only sells.
"""

import random
from collections.abc import Mapping, Sequence

from clients.orders import Order
from clients.strategies.curve_maker import View
from clients.strategies.executable import touch
from clients.strategies.inference_router import InferenceRouter
from clients.strategies.protected_quotes import ProtectedQuotes, QuotedInstrument, Side, within_limits
from clients.strategies.strategy import Strategy
from clients.strategies.strip_hedger import StripHedger
from clients.strategies.term_buyer import TermBuyer
from clients.strategies.twap import Twap
from exchange.wire.messages import InstrumentDefinition, Trades


class Wish:
    """A number that is drawn again from time to time, uniformly within `share` of a mean."""

    def __init__(self, rng: random.Random, mean: int, share: float, every_s: float) -> None:
        self._rng, self._mean, self._share, self._every_s = rng, mean, share, every_s
        self._left_s = rng.uniform(0.0, every_s)
        self.value = mean

    def pass_time(self, seconds: float) -> bool:
        """Whether the wish has changed."""
        self._left_s -= seconds
        if self._left_s > 0:
            return False
        self._left_s += self._every_s
        self.value = round(self._mean * (1 + self._rng.uniform(-self._share, self._share)))
        return True


class Dealer(ProtectedQuotes[QuotedInstrument]):
    """Quotes longer periods and quality tiers, each by its own opinion, and leans against what it holds.

    symbols        outrights, and tier spreads whose value is the difference of their legs
    view           opinion of an outright
    half_tick      distance of its quotes
    lean_lots      position for which both quotes shift by a tick
    """

    def __init__(
        self, symbols: Sequence[str], view: View, lots: int, half_tick: int, lean_lots: int, lots_max: int = 400
    ) -> None:
        super().__init__(lots, 1, 1.0)
        self.symbols, self.view, self.half_tick = symbols, view, half_tick
        self.lean_lots, self.lots_max = lean_lots, lots_max
        self._by_number: Mapping[int, InstrumentDefinition] = {}

    async def start(self) -> None:
        self._by_number = {row.instrument: row for row in (await self.session.instruments()).values()}
        for symbol in self.symbols:
            row = await self.session.instrument(symbol)
            self.lines.append(QuotedInstrument(row, await self.session.book(row, cadence_ms=1000, levels=1)))
        await self.protect(1_000, 60, 30)

    def on_timer(self) -> None:
        self.quote_or_rest()

    def held(self, row: InstrumentDefinition) -> int:
        """Lots of an outright; of a spread those of its first leg."""
        return self.session.position_lots(self._by_number[row.legs[0][0]] if row.legs else row)

    def value_tick(self, row: InstrumentDefinition) -> float:
        if not row.legs:
            return self.view(row)
        return sum(sign * self.view(self._by_number[number]) for number, sign in row.legs)

    def price_of(self, line: QuotedInstrument, side: Side) -> int | None:
        sign, held = (1 if side == "s" else -1), self.held(line.instrument)
        if -sign * held >= self.lots_max:
            return None
        price_tick = round(self.value_tick(line.instrument) - held / self.lean_lots + sign * self.half_tick)
        opposite = touch(line.book, side == "b")
        if opposite is not None and sign * (price_tick - opposite.price_tick) <= 0:
            price_tick = opposite.price_tick + sign
        return within_limits(line.instrument, price_tick)


class Operator(StripHedger):
    """A cloud operator whose capacity changes: it sells what comes, and buys back what fails to come."""

    def __init__(self, chip: str, months: Sequence[int], wish: Wish, seconds: float) -> None:
        super().__init__(chip, dict.fromkeys(months, wish.value), seconds, lots_max=5)
        self._wish, self._months = wish, months

    def on_timer(self) -> None:
        if self._wish.pass_time(self.timer_s):
            self.capacity = dict.fromkeys(self._months, self._wish.value)
        super().on_timer()


class Lab(TermBuyer):
    """A lab whose need for three years of capacity changes: it buys terms or strips, and sells what is too much."""

    def __init__(self, chip: str, first_year: int, wish: Wish) -> None:
        super().__init__(chip, first_year, wish.value, slice_lots=2, names=("term", "years", "quarters"))
        self._wish = wish

    def on_timer(self) -> None:
        if self._wish.pass_time(self.timer_s):
            self.lots = self._wish.value
        if sum(self.decided.values()) > self.lots and not any(not order.done for order in self.working):
            self.release()
        super().on_timer()

    def release(self) -> None:
        """Give a slice of an alternative up: sell a lot of each of its contracts at the bid."""
        name = max(self.decided, key=lambda one: self.decided[one])
        way = next(one for one in self.alternatives if one.name == name)
        self.decided[name] -= 1
        self.working = []
        for purchase in way.purchases:
            row = purchase.instrument
            self.targets.append((purchase, -1))
            level = touch(self.books[row.instrument], False)
            if level is not None and self.session.position_lots(row) > 0:
                self.working.append(self.session.place("s", row, 1, price_tick=level.price_tick, tif="ioc"))


class Fleet(InferenceRouter):
    """An inference service whose demand changes from month to month of its contracts."""

    def __init__(
        self, chips: Sequence[str], wishes: Mapping[str, Wish], rates: Mapping[str, int] | None = None
    ) -> None:
        super().__init__(chips, {code: wish.value for code, wish in wishes.items()}, rates=rates, lots_max=6)
        self._wishes = wishes

    def on_timer(self) -> None:
        for code, wish in self._wishes.items():
            if wish.pass_time(self.timer_s):
                self.demand[code] = wish.value
        super().on_timer()


class TwapDesk(Strategy):
    """An execution desk: works one order after the other in each of its markets by TWAP, in both directions.

    symbols      its markets
    seconds      of an order
    lots         largest order
    lots_max     position at which all orders reduce it
    """

    def __init__(
        self, symbols: Sequence[str], rng: random.Random, *, seconds: float, lots: int = 12, lots_max: int = 60
    ) -> None:
        self.symbols, self._rng, self._seconds, self._lots, self._lots_max = symbols, rng, seconds, lots, lots_max
        self.orders: dict[str, Twap] = {}
        self.completed = 0

    async def start(self) -> None:
        for symbol in self.symbols:
            twap = self.next_order(symbol, 0)
            await twap.start()
            self.orders[symbol] = twap

    def next_order(self, symbol: str, held_lots: int) -> Twap:
        """A random order; the larger the position, the more likely one that reduces it."""
        buys = self._rng.random() * 2 - 1 > held_lots / self._lots_max
        lots = self._rng.randint(1, self._lots)
        twap = Twap(symbol, "b" if buys else "s", lots, self._seconds, slices=min(lots, 10))
        twap.session, twap.timer_s = self.session, self.timer_s
        return twap

    def on_trades(self, instrument: int, trades: Trades) -> None:
        for twap in self.orders.values():
            twap.on_trades(instrument, trades)

    def on_order(self, order: Order) -> None:
        for twap in self.orders.values():
            twap.on_order(order)

    def on_timer(self) -> None:
        for symbol, twap in self.orders.items():
            twap.on_timer()
            if twap.is_over or twap.elapsed_s > 3 * self._seconds:
                self.completed += 1
                later = self.next_order(symbol, self.session.position_lots(twap.instrument))
                later.follow(twap.instrument, twap.book)
                self.orders[symbol] = later
