"""A market maker over several months of one chip: quotes around a fair curve, leaning against its inventory.

The curve holds one fair price a month. It starts at the last settlement and follows the prints: a trade draws its own
month a step towards its price, and the neighbouring months half as far, because the months of a chip move together.
Left alone, it returns to where it started, which is the maker's own opinion.

Around the fair price stand a bid and an ask. What the maker holds shifts both down (when long) or up (when short), so
that the next trade is more likely to bring it back to flat; at its limit it only quotes the side that helps. A month
whose book is not in step is left alone until it is.
"""

from collections.abc import Sequence

from clients.local_book import LocalBook
from clients.orders import Order
from clients.strategy import Strategy
from exchange.wire.messages import Fill, InstrumentDefinition, Trades
from exchange.wire.requests import SideText

CENTI = 100  # the curve is kept in hundredths of a tick


class Quote:
    """One month: its fair price and the two orders around it."""

    def __init__(self, instrument: InstrumentDefinition) -> None:
        self.instrument = instrument
        self.opinion_centitick = self.fair_centitick = instrument.settle_tick * CENTI
        self.book: LocalBook | None = None
        self.orders: dict[SideText, Order | None] = {"b": None, "s": None}


class MarketMaker(Strategy):
    """Keeps a bid and an ask in every month it is given.

    symbols              the months, in order: neighbours in the list are neighbours on the curve
    lots                 shown on each side
    half_spread_ticks    fair price to quote
    skew_ticks           shift of both quotes for each full `lots` held
    inventory_lots_max   beyond it, only the side that reduces the position is quoted
    follow_percent       how far one trade draws the curve towards its price
    return_percent       how much of the way back to its own opinion it goes each `timer_s`
    requote_ticks        a quote moves once it is this far from where it should be
    """

    def __init__(
        self,
        symbols: Sequence[str],
        *,
        lots: int = 20,
        half_spread_ticks: int = 3,
        skew_ticks: int = 1,
        inventory_lots_max: int = 200,
        follow_percent: int = 20,
        return_percent: int = 1,
        requote_ticks: int = 2,
    ) -> None:
        self.symbols, self.lots = symbols, lots
        self.half_spread_ticks, self.skew_ticks = half_spread_ticks, skew_ticks
        self.inventory_lots_max, self.follow_percent = inventory_lots_max, follow_percent
        self.return_percent, self.requote_ticks = return_percent, requote_ticks
        self.quotes: list[Quote] = []

    async def start(self) -> None:
        for symbol in self.symbols:
            quote = Quote(await self.session.instrument(symbol))
            quote.book = await self.session.book(quote.instrument, cadence_ms=100, levels=10)
            await self.session.trades(quote.instrument)
            self.quotes.append(quote)

    def on_trades(self, instrument: int, trades: Trades) -> None:
        price_tick = trades.rows[-1][1]
        place = next(n for n, quote in enumerate(self.quotes) if quote.instrument.instrument == instrument)
        step = (price_tick * CENTI - self.quotes[place].fair_centitick) * self.follow_percent // 100
        for distance in (-1, 0, 1):
            if 0 <= place + distance < len(self.quotes):
                self.quotes[place + distance].fair_centitick += step if distance == 0 else step // 2

    def on_fill(self, order: Order, fill: Fill) -> None:
        for quote in self.quotes:
            if quote.instrument.instrument == fill.instrument:
                self.refresh(quote)

    def on_timer(self) -> None:
        for quote in self.quotes:
            quote.fair_centitick += (quote.opinion_centitick - quote.fair_centitick) * self.return_percent // 100
            self.refresh(quote)

    def refresh(self, quote: Quote) -> None:
        """Bring both sides of a month to where they should be."""
        assert quote.book is not None
        if quote.book.synced:
            for side in quote.orders:
                self.refresh_side(quote, side)

    def refresh_side(self, quote: Quote, side: SideText) -> None:
        order = quote.orders[side]
        if order is not None and order.unanswered:
            return
        price_tick = self.price_of(quote, side)
        if order is None or order.done:
            if price_tick is not None:
                placed = self.session.place(
                    side, quote.instrument, self.lots, price_tick=price_tick, post_only="reject"
                )
                quote.orders[side] = placed
        elif price_tick is None:
            self.session.send_cancel(order)
        elif abs(price_tick - order.price_tick) >= self.requote_ticks or 2 * order.leaves_lots < self.lots:
            self.session.send_replace(order, order.filled_lots + self.lots, price_tick=price_tick)

    def price_of(self, quote: Quote, side: SideText) -> int | None:
        """Where to quote a side; None if the inventory or the day's limits forbid it."""
        assert quote.book is not None
        sign = 1 if side == "s" else -1
        held_lots = self.session.position_lots(quote.instrument)
        if -sign * held_lots >= self.inventory_lots_max:
            return None
        lean_centitick = self.skew_ticks * CENTI * held_lots // self.lots
        price_tick = (quote.fair_centitick - lean_centitick) // CENTI + sign * self.half_spread_ticks
        opposite = quote.book.best_bid if side == "s" else quote.book.best_ask
        if opposite is not None and sign * (price_tick - opposite.price_tick) <= 0:
            price_tick = opposite.price_tick + sign  # stay behind the other side: a maker never takes
        low_tick, high_tick = quote.instrument.limit_ticks
        return price_tick if low_tick <= price_tick <= high_tick else None
