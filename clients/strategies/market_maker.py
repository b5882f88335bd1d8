"""A market maker over several months of one chip: quotes around a fair-price curve, skewed by its inventory.

The curve has one fair price for each month. It starts at the last settlement price, which is the maker's opinion. A
trade moves the fair price of its month towards the trade price, and the fair prices of the neighbouring months half as
far, because the months of a chip move together. Without trades the curve returns to the opinion.

A venue refuses a trade whose price is 3 % away from a trade of the last 6 s, and reserves a market for minutes before a
trade at 10 % from any trade of the last hour (BAND-012). So quotes beyond these limits cannot trade. The curve
therefore has a maximal speed and a maximal distance from the opinion. If orders are more one-sided than that, the
maker's inventory grows, up to its limit.

The maker quotes a bid and an ask around the fair price. Its inventory shifts both down (when long) or up (when short),
so that the next trade is more likely to reduce it. At the inventory limit the maker quotes only the side that reduces
it. A month whose book is stale is not quoted again until the book is synced.

One mass quote has all months whose quotes change. It has market-maker protection: when the fills of a rolling window
reach a threshold, the venue removes all quotes at once (ENTRY-023). The maker then quotes nothing for `rest_s`, while
the trades move the curve. After that it resets the protection and quotes around the new prices. The number of such
trips is not limited, because the inventory limit bounds the losses.
"""

from collections.abc import Sequence
from typing import Literal

from clients.events import Event
from clients.local_book import LocalBook
from clients.orders import Order
from clients.session.quoting import QuoteEntry
from clients.strategies.strategy import Strategy
from exchange.units import share_floor
from exchange.wire.errors import ErrorCode
from exchange.wire.messages import Fill, InstrumentDefinition, ProtectionEvent, Trades

CENTI = 100  # fair prices are in hundredths of a tick
GROUP = 1  # protection group of all months
ENTRIES_MAX = 32  # most entries of a mass quote
Side = Literal["b", "s"]


class Month:
    """One month: its fair price, and its book."""

    def __init__(self, instrument: InstrumentDefinition, book: LocalBook) -> None:
        self.instrument, self.book = instrument, book
        self.opinion_centitick = self.fair_centitick = instrument.settle_tick * CENTI
        self.stride_centitick = 0  # how far the fair price may still move before the next timer

    def draw(self, step_centitick: int, reach_centitick: int) -> None:
        """Move the fair price by a step, within the rest of its stride and within a distance of the opinion.

        step_centitick, reach_centitick   step and largest distance, in hundredths of a tick
        """
        step_centitick = max(-self.stride_centitick, min(self.stride_centitick, step_centitick))
        self.stride_centitick -= abs(step_centitick)
        away_centitick = self.fair_centitick + step_centitick - self.opinion_centitick
        self.fair_centitick = self.opinion_centitick + max(-reach_centitick, min(reach_centitick, away_centitick))


class MarketMaker(Strategy):
    """Keeps a bid and an ask in every month it is given.

    symbols              the months, in order: neighbours in the list are neighbours on the curve
    lots                 lots of each side of a quote
    half_spread_ticks    distance of a quote from the fair price
    skew_ticks           shift of both quotes for each full `lots` of the position
    inventory_lots_max   position from which only the side that reduces it is quoted
    follow_percent       how much of the distance to a trade price the curve moves
    return_percent       how much of the distance to the opinion the curve moves back each `timer_s`
    pace_bp              largest move of the curve in a second, in basis points of the opinion; it can always move a
                         hundredth of a tick each `timer_s`
    reach_bp             largest distance of the curve from the opinion, in basis points of the opinion
    requote_ticks        a quote moves if it is at least so far from its target price
    window_ms            rolling window of the protection; its thresholds are multiples of `lots`:
    traded_times           lots traded
    delta_times            lots bought less lots sold, over all months
    rest_s               pause after the protection has removed the quotes
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
        pace_bp: int = 15,
        reach_bp: int = 300,
        requote_ticks: int = 2,
        window_ms: int = 1_000,
        traded_times: int = 30,
        delta_times: int = 12,
        rest_s: float = 0.5,
    ) -> None:
        assert 0 < requote_ticks <= 2 * half_spread_ticks, "an unchanged side must not cross one that moves"
        self.symbols, self.lots = symbols, lots
        self.half_spread_ticks, self.skew_ticks = half_spread_ticks, skew_ticks
        self.inventory_lots_max, self.follow_percent = inventory_lots_max, follow_percent
        self.return_percent, self.requote_ticks = return_percent, requote_ticks
        self.pace_bp, self.reach_bp = pace_bp, reach_bp
        self.window_ms, self.traded_times, self.delta_times = window_ms, traded_times, delta_times
        self.rest_s = rest_s
        self.months: list[Month] = []
        self.resting_s = 0.0  # rest of the pause after a trip
        self.tripped = False
        self.trips = 0

    async def start(self) -> None:
        for symbol in self.symbols:
            instrument = await self.session.instrument(symbol)
            book = await self.session.book(instrument, cadence_ms=100, levels=10)
            await self.session.trades(instrument)
            self.months.append(Month(instrument, book))
        await self.session.set_protection(
            GROUP,
            window_ms=self.window_ms,
            lots=self.traded_times * self.lots,
            delta_lots=self.delta_times * self.lots,
        )

    # -- the curve ----------------------------------------------------------------------------------------------------

    def on_trades(self, instrument: int, trades: Trades) -> None:
        price_tick = trades.rows[-1][1]
        index = next(n for n, month in enumerate(self.months) if month.instrument.instrument == instrument)
        step = (price_tick * CENTI - self.months[index].fair_centitick) * self.follow_percent // 100
        for distance in (-1, 0, 1):
            if 0 <= index + distance < len(self.months):
                self.draw(self.months[index + distance], step if distance == 0 else step // 2)

    def draw(self, month: Month, step_centitick: int) -> None:
        month.draw(step_centitick, share_floor(abs(month.opinion_centitick), self.reach_bp))

    # -- when to quote ------------------------------------------------------------------------------------------------

    def on_fill(self, order: Order, fill: Fill) -> None:
        self.refresh([month for month in self.months if month.instrument.instrument == fill.instrument])

    def on_timer(self) -> None:
        for month in self.months:
            self.draw(month, (month.opinion_centitick - month.fair_centitick) * self.return_percent // 100)
            pace_centitick = share_floor(abs(month.opinion_centitick), self.pace_bp)
            month.stride_centitick = max(1, int(pace_centitick * self.timer_s))
        if self.tripped:
            self.rest()
        else:
            self.refresh(self.months)

    def on_event(self, event: Event) -> None:
        if isinstance(event, ProtectionEvent) and event.group == GROUP:
            self.trip() if event.group_state == "tripped" else self.go_on()

    def on_order(self, order: Order) -> None:
        if order.error is not None and order.error.code == ErrorCode.MMP_TRIPPED:
            self.trip()  # it happened while we were disconnected

    def trip(self) -> None:
        if not self.tripped:
            self.tripped, self.resting_s = True, self.rest_s
            self.trips += 1

    def rest(self) -> None:
        """Request a reset when the pause is over, and again after another pause if no answer comes."""
        self.resting_s -= self.timer_s
        if self.resting_s <= 0:
            self.session.send_reset(GROUP)
            self.resting_s = self.rest_s

    def go_on(self) -> None:
        self.tripped = False
        self.refresh(self.months)

    # -- where to quote -----------------------------------------------------------------------------------------------

    def refresh(self, months: Sequence[Month]) -> None:
        """Quote both sides of these months at their target prices, in as few mass quotes as possible."""
        if self.tripped:
            return
        entries = [entry for month in months if (entry := self.entry_of(month)) is not None]
        for start in range(0, len(entries), ENTRIES_MAX):
            self.session.send_quotes(GROUP, entries[start : start + ENTRIES_MAX])

    def entry_of(self, month: Month) -> QuoteEntry | None:
        """The quotes that a month should have. None: they rest already, or a reply is outstanding."""
        bid, ask = self.session.quotes(month.instrument)
        if not month.book.synced or any(order is not None and order.unanswered for order in (bid, ask)):
            return None
        now = self.resting(bid), self.resting(ask)
        wanted = self.side_of(month, "b", bid), self.side_of(month, "s", ask)
        return QuoteEntry(month.instrument, *wanted[0], *wanted[1]) if wanted != now else None

    def resting(self, order: Order | None) -> tuple[int, int]:
        """(price in ticks, lots) of a resting side; (0, 0) if it does not rest."""
        return (order.price_tick, order.leaves_lots) if order is not None and order.working else (0, 0)

    def side_of(self, month: Month, side: Side, order: Order | None) -> tuple[int, int]:
        """(price, lots) to quote on a side. A quote near its target price with half of its lots left is unchanged."""
        price_tick = self.price_of(month, side)
        if price_tick is None:
            return 0, 0
        shown_tick, shown_lots = self.resting(order)
        if abs(price_tick - shown_tick) < self.requote_ticks and 2 * shown_lots >= self.lots:
            return shown_tick, shown_lots
        return price_tick, self.lots

    def price_of(self, month: Month, side: Side) -> int | None:
        """The target price of a side; None if the inventory or the daily limits forbid it."""
        sign = 1 if side == "s" else -1
        held_lots = self.session.position_lots(month.instrument)
        if -sign * held_lots >= self.inventory_lots_max:
            return None
        lean_centitick = self.skew_ticks * CENTI * held_lots // self.lots
        price_tick = (month.fair_centitick - lean_centitick) // CENTI + sign * self.half_spread_ticks
        opposite = month.book.best_bid if side == "s" else month.book.best_ask
        if opposite is not None and sign * (price_tick - opposite.price_tick) <= 0:
            price_tick = opposite.price_tick + sign  # stay behind the opposite best price: a maker never takes
        low_tick, high_tick = month.instrument.limit_ticks
        return price_tick if low_tick <= price_tick <= high_tick else None
