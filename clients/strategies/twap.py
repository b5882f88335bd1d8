"""Works a large order in equal slices over time: TWAP, with a participation cap and a limit price.

Source: D. Bertsimas and A. Lo (1998), "Optimal control of execution costs", Journal of Financial Markets 1(1). If the
price walks at random and an order moves it in proportion to its size, equal slices have the least expected cost.

- A slice is an immediate-or-cancel order at the best price, implied prices included; nothing rests.
- Of what trades in the market since the start, at most `participation` is its own. It waits for the others.
- It never trades beyond its limit price. Slices that it has missed for the limit or the cap are made up later, each
  within the cap and the size that the best level shows.
- While the market is not OPEN its clock stops, so that the time of a halt is added at the end.
- After a refusal it waits, longer each time. After `refusals_max` in a row it ends and `failure` says why.
"""

from clients.local_book import LocalBook
from clients.orders import Order
from clients.strategies.executable import OPEN, touch
from clients.strategies.strategy import Strategy
from exchange.wire.messages import InstrumentDefinition, Trades
from exchange.wire.requests import SideText

PAUSE_S = 1.0  # after a first refusal; doubled with each


class Twap(Strategy):
    """One order, worked over time.

    symbol          what it trades
    side, lots      of the whole order
    seconds         in which it should trade
    slices          number of equal parts
    limit_tick      price beyond which it does not trade; None: any
    participation   its largest share of the lots that trade from its start on; 1: no cap
    """

    instrument: InstrumentDefinition
    book: LocalBook

    def __init__(
        self,
        symbol: str,
        side: SideText,
        lots: int,
        seconds: float,
        *,
        slices: int = 20,
        limit_tick: int | None = None,
        participation: float = 1.0,
        refusals_max: int = 5,
    ) -> None:
        assert lots > 0 and seconds > 0 and slices > 0 and 0 < participation <= 1
        self.symbol, self.side, self.lots, self.seconds, self.slices = symbol, side, lots, seconds, slices
        self.limit_tick, self.participation, self.refusals_max = limit_tick, participation, refusals_max
        self.elapsed_s = self.pause_s = 0.0
        self.market_lots = 0  # traded since the start, its own too
        self.refusals = 0
        self.failure = ""
        self.orders: list[Order] = []

    async def start(self) -> None:
        instrument = await self.session.instrument(self.symbol)
        self.follow(instrument, await self.session.book(instrument, cadence_ms=100, levels=10))
        await self.session.trades(instrument)

    def follow(self, instrument: InstrumentDefinition, book: LocalBook) -> None:
        """Work the order in a book that the session subscribes to already."""
        self.instrument, self.book = instrument, book

    # -- how far it is ------------------------------------------------------------------------------------------------

    @property
    def filled_lots(self) -> int:
        return sum(order.filled_lots for order in self.orders)

    @property
    def average_tick(self) -> float | None:
        """Average price so far; None: nothing has traded."""
        lots = self.filled_lots
        return sum(order.value_tick_lots for order in self.orders) / lots if lots else None

    @property
    def is_over(self) -> bool:
        return bool(self.failure) or self.filled_lots >= self.lots

    def due_lots(self) -> int:
        """Lots that should have traded by now: those of all slices that have begun."""
        begun = min(self.slices, 1 + int(self.elapsed_s * self.slices / self.seconds))
        return self.lots * begun // self.slices

    def allowed_lots(self) -> int:
        """Lots that it may have traded by now: its share of the market, of which it is a part itself."""
        if self.participation == 1:
            return self.lots
        others = self.market_lots - self.filled_lots
        return int(others * self.participation / (1 - self.participation))

    # -- what it does -------------------------------------------------------------------------------------------------

    def on_trades(self, instrument: int, trades: Trades) -> None:
        if instrument == self.instrument.instrument:
            self.market_lots += sum(row[2] for row in trades.rows)

    def on_order(self, order: Order) -> None:
        if order not in self.orders or not order.done:
            return
        if order.error is None:
            self.refusals = 0
            return
        self.refusals += 1
        self.pause_s = PAUSE_S * 2**self.refusals
        if self.refusals >= self.refusals_max:
            self.failure = f"{order.error.name}: {order.error.message}"

    def on_timer(self) -> None:
        if self.is_over or self.session.core.feeds.phases.get(self.instrument.instrument) != OPEN:
            return
        self.elapsed_s += self.timer_s
        self.pause_s -= self.timer_s
        if self.pause_s > 0 or (self.orders and not self.orders[-1].done):
            return
        self.trade()

    def trade(self) -> None:
        """Send what is due, as far as cap, limit price and the best level allow."""
        buys = self.side == "b"
        level = touch(self.book, buys)
        if level is None or not self.is_within_limit(level.price_tick):
            return
        lots = min(min(self.due_lots(), self.allowed_lots()) - self.filled_lots, level.lots)
        if lots > 0:
            self.orders.append(
                self.session.place(self.side, self.instrument, lots, price_tick=level.price_tick, tif="ioc")
            )

    def is_within_limit(self, price_tick: int) -> bool:
        if self.limit_tick is None:
            return True
        return price_tick <= self.limit_tick if self.side == "b" else price_tick >= self.limit_tick
