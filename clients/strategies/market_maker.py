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

Mass quotes and their protection are those of `protected_quotes`.
"""

from collections.abc import Sequence

from clients.local_book import LocalBook
from clients.strategies.protected_quotes import ProtectedQuotes, QuotedInstrument, Side, within_limits
from exchange.units import share_floor
from exchange.wire.messages import InstrumentDefinition, Trades

CENTI = 100  # fair prices are in hundredths of a tick


class Month(QuotedInstrument):
    """One month: its fair price, and its book."""

    def __init__(self, instrument: InstrumentDefinition, book: LocalBook) -> None:
        super().__init__(instrument, book)
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


class MarketMaker(ProtectedQuotes[Month]):
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
        super().__init__(lots, requote_ticks, rest_s)
        self.symbols = symbols
        self.half_spread_ticks, self.skew_ticks = half_spread_ticks, skew_ticks
        self.inventory_lots_max, self.follow_percent = inventory_lots_max, follow_percent
        self.return_percent = return_percent
        self.pace_bp, self.reach_bp = pace_bp, reach_bp
        self.window_ms, self.traded_times, self.delta_times = window_ms, traded_times, delta_times

    @property
    def months(self) -> list[Month]:
        """What it quotes, in order along the curve."""
        return self.lines

    async def start(self) -> None:
        for symbol in self.symbols:
            instrument = await self.session.instrument(symbol)
            book = await self.session.book(instrument, cadence_ms=100, levels=10)
            await self.session.trades(instrument)
            self.lines.append(Month(instrument, book))
        await self.protect(self.window_ms, self.traded_times, self.delta_times)

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

    def on_timer(self) -> None:
        for month in self.months:
            self.draw(month, (month.opinion_centitick - month.fair_centitick) * self.return_percent // 100)
            pace_centitick = share_floor(abs(month.opinion_centitick), self.pace_bp)
            month.stride_centitick = max(1, int(pace_centitick * self.timer_s))
        self.quote_or_rest()

    # -- where to quote -----------------------------------------------------------------------------------------------

    def price_of(self, line: Month, side: Side) -> int | None:
        """The target price of a side; None if the inventory or the daily limits forbid it."""
        month, sign = line, 1 if side == "s" else -1
        held_lots = self.session.position_lots(month.instrument)
        if -sign * held_lots >= self.inventory_lots_max:
            return None
        lean_centitick = self.skew_ticks * CENTI * held_lots // self.lots
        price_tick = (month.fair_centitick - lean_centitick) // CENTI + sign * self.half_spread_ticks
        opposite = month.book.best_bid if side == "s" else month.book.best_ask
        if opposite is not None and sign * (price_tick - opposite.price_tick) <= 0:
            price_tick = opposite.price_tick + sign  # stay behind the opposite best price: a maker never takes
        return within_limits(month.instrument, price_tick)
