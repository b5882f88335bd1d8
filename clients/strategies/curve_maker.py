"""A market maker over a whole curve: months, quarters and calendar spreads of one chip, as one inventory.

Source: M. Avellaneda and S. Stoikov (2008), "High-frequency trading in a limit order book", Quantitative Finance
8(3). A maker that holds q lots of an asset with volatility s, until a time T, quotes around the reservation price

    r = fair - q * gamma * s^2 * (T - t)    at the distance    gamma * s^2 * (T - t) / 2 + ln(1 + gamma / kappa) / gamma

Here q and s^2 become the inventory of each month of delivery, and the covariance of the months (O. Gueant (2017),
"Optimal market making", Applied Mathematical Finance 24(2), has this form for several assets). So:

- An instrument is its GPU-hours by month. A quarter is three months, a calendar spread is one month less another.
- Lots of one month shift the quotes of its neighbours too, by their covariance: long F27, it sells G27 more cheaply,
  and what it then sells hedges it. The spread between them is shifted by what remains.
- Distant months move less (P. Samuelson (1965)), and months further apart move less alike.
- A trade moves the fair prices of all months by their regression on the instrument that traded.
- T is the close of the trading day, whose settlement pays the gains out, but at least `horizon_h_min` away.

It knows which implied prices come from its own quotes. No order of its own can trade at such a price (SMP-010), so it
does not move a quote out of its way. Behind all others it stays: a maker never takes. And its own quotes allow no
arbitrage between them: its bid for a spread is below what its own quotes of the legs sell the spread for.

Mass quotes and their protection are those of `protected_quotes`. The venue cancels the quotes `grace_ms` after the
connection is lost.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from math import exp, log, sqrt

from clients.client import Cadence
from clients.local_book import LocalBook
from clients.orders import Order
from clients.strategies.delivery import Hours, exposure_of
from clients.strategies.protected_quotes import ProtectedQuotes, QuotedInstrument, Side, resting, within_limits
from exchange.wire.messages import Fill, InstrumentDefinition, Trades

LOT_HOURS = 730  # of inventory: one lot of an average month
US_PER_HOUR = 3_600_000_000
CLOSE_HOUR = 21  # UTC: the close of the trading day
View = Callable[[InstrumentDefinition], float]


class CurveLine(QuotedInstrument):
    """One instrument of the curve.

    lots_by_month     lots of an average month that one lot of it is
    weights           share of each month in its price
    """

    def __init__(self, instrument: InstrumentDefinition, book: LocalBook, hours: Hours) -> None:
        super().__init__(instrument, book)
        self.lots_by_month = {month: count / LOT_HOURS for month, count in hours.items()}
        sign_sum = sum(hours.values()) if not instrument.legs or instrument.combo == "strip" else 0
        self.weights = {
            month: count / sign_sum if sign_sum else (1.0 if count > 0 else -1.0) for month, count in hours.items()
        }
        self.shift_tick = 0.0  # what the inventory takes from its fair price
        self.half_spread_tick = 0.0


class Covariance:
    """How the prices of the months move together, in ticks^2 an hour.

    volatility_tick   of the nearest month, in ticks for the square root of an hour
    far_share         volatility of a very distant month, as a share of it
    decay             by which the rest falls from month to month
    correlation       of neighbouring months; that of months further apart is its power
    """

    def __init__(self, volatility_tick: float, far_share: float, decay: float, correlation: float) -> None:
        self._near, self._far, self._decay = volatility_tick, far_share, decay
        self._correlation = correlation
        self.first_month = 0

    def volatility(self, month: int) -> float:
        return self._near * (self._far + (1 - self._far) * exp(-self._decay * max(0, month - self.first_month)))

    def times(self, month: int, amounts: Mapping[int, float]) -> float:
        """A row of the matrix times a vector by month."""
        return self.volatility(month) * sum(
            self._correlation ** abs(month - other) * self.volatility(other) * amount
            for other, amount in amounts.items()
        )

    def variance(self, weights: Mapping[int, float]) -> float:
        return sum(weight * self.times(month, weights) for month, weight in weights.items())


class CurveMaker(ProtectedQuotes[CurveLine]):
    """Keeps a bid and an ask in every instrument of the curve.

    symbols             outrights and calendar spreads of one chip and tier
    view                its opinion of the price of an outright, in ticks; by default the last settlement
    lots                lots of each side of a quote
    risk_aversion       gamma, for each tick and lot of an average month
    fill_decay          kappa: the rate of fills falls by this share with each tick of distance
    volatility_tick, far_share, decay, correlation    as in `Covariance`
    follow              how much of the distance to a trade price the curve moves
    pull                how much of the distance to its view the curve moves back each `timer_s`
    reach_bp            largest distance of the curve from its view, in basis points of the view
    inventory_lots_max  lots of an average month from which only what reduces a month is quoted
    horizon_h_min       shortest time to T, in hours
    cadence_ms          how often books are updated
    """

    def __init__(
        self,
        symbols: Sequence[str],
        *,
        view: View | None = None,
        lots: int = 20,
        risk_aversion: float = 1.5e-5,
        fill_decay: float = 0.35,
        volatility_tick: float = 20.0,
        far_share: float = 0.5,
        decay: float = 0.1,
        correlation: float = 0.97,
        follow: float = 0.05,
        pull: float = 0.05,
        reach_bp: int = 300,
        inventory_lots_max: int = 300,
        horizon_h_min: float = 4.0,
        requote_ticks: int = 2,
        rest_s: float = 0.5,
        grace_ms: int = 1_000,
        cadence_ms: Cadence = 100,
    ) -> None:
        super().__init__(lots, requote_ticks, rest_s)
        self.symbols, self.view = symbols, view or (lambda row: float(row.settle_tick))
        self.risk_aversion, self.fill_decay = risk_aversion, fill_decay
        self.covariance = Covariance(volatility_tick, far_share, decay, correlation)
        self.follow, self.pull, self.reach_bp = follow, pull, reach_bp
        self.inventory_lots_max, self.horizon_h_min = inventory_lots_max, horizon_h_min
        self.grace_ms, self.cadence_ms = grace_ms, cadence_ms
        self.fair: dict[int, float] = {}  # by month, ticks
        self._by_number: dict[int, CurveLine] = {}
        self.held: dict[int, float] = {}  # by month, lots of an average month

    async def start(self) -> None:
        await self.session.set_cancel_terms(grace_ms=self.grace_ms)
        known = await self.session.instruments()
        by_number = {row.instrument: row for row in known.values()}
        for symbol in self.symbols:
            row = await self.session.instrument(symbol)
            book = await self.session.book(row, cadence_ms=self.cadence_ms, levels=10)
            await self.session.trades(row)
            line = CurveLine(row, book, exposure_of(row, by_number))
            self.lines.append(line)
            self._by_number[row.instrument] = line
        self.covariance.first_month = min(month for line in self.lines for month in line.weights)
        self.fair = self.opinions()
        self.note_inventory()
        await self.protect(window_ms=1_000, traded_times=30, delta_times=12)

    # -- fair prices --------------------------------------------------------------------------------------------------

    def opinions(self) -> dict[int, float]:
        """The view of each month: of the shortest outright that covers it."""
        found: dict[int, float] = {}
        for line in sorted(self.lines, key=lambda line: -len(line.weights)):
            if not line.instrument.legs:
                found |= dict.fromkeys(line.weights, self.view(line.instrument))
        return found

    def fair_tick(self, line: CurveLine) -> float:
        return sum(weight * self.fair[month] for month, weight in line.weights.items())

    def on_trades(self, instrument: int, trades: Trades) -> None:
        """Move the curve by its regression on what has traded."""
        line = self._by_number[instrument]
        step = self.follow * (trades.rows[-1][1] - self.fair_tick(line)) / self.covariance.variance(line.weights)
        for month in self.fair:
            self.fair[month] += step * self.covariance.times(month, line.weights)

    def on_timer(self) -> None:
        for month, opinion in self.opinions().items():
            reach = abs(opinion) * self.reach_bp / 10_000
            moved = self.fair[month] + self.pull * (opinion - self.fair[month])
            self.fair[month] = max(opinion - reach, min(opinion + reach, moved))
        self.note_inventory()
        self.quote_or_rest()

    def on_fill(self, order: Order, fill: Fill) -> None:
        self.note_inventory()
        self.refresh(self.lines)  # one month's fill moves the quotes of all

    # -- inventory ----------------------------------------------------------------------------------------------------

    def inventory(self) -> dict[int, float]:
        """Lots of an average month held, by month."""
        held = dict.fromkeys(self.fair, 0.0)
        for line in self.lines:
            if not line.instrument.legs and (lots := self.session.position_lots(line.instrument)):
                for month, amount in line.lots_by_month.items():
                    held[month] += lots * amount
        return held

    def hours_left(self) -> float:
        """Hours to the close, and `horizon_h_min` at least."""
        hour = self.venue_us / US_PER_HOUR % 24
        return max(self.horizon_h_min, (CLOSE_HOUR - hour) % 24)

    def note_inventory(self) -> None:
        """Compute the shift and the distance of all quotes. A month shifts by gamma * (T - t) * covariance * held."""
        self.held = self.inventory()
        risk = self.risk_aversion * self.hours_left()
        shifts = {month: risk * self.covariance.times(month, self.held) for month in self.held}
        fill_tick = log(1 + self.risk_aversion / self.fill_decay) / self.risk_aversion
        for line in self.lines:
            line.shift_tick = sum(weight * shifts[month] for month, weight in line.weights.items())
            line.half_spread_tick = risk * self.covariance.variance(line.weights) / 2 + fill_tick

    def has_room(self, line: CurveLine, sign: int) -> bool:
        """Whether a fill leaves each of its months within the limit, or nearer to it. `sign`: 1 for an ask."""
        return all(
            abs(self.held[month]) < self.inventory_lots_max or sign * self.held[month] * amount > 0
            for month, amount in line.lots_by_month.items()
        )

    # -- where to quote -----------------------------------------------------------------------------------------------

    def price_of(self, line: CurveLine, side: Side) -> int | None:
        """The target price of a side; None if the inventory or the daily limits forbid it."""
        sign = 1 if side == "s" else -1
        if not self.has_room(line, sign):
            return None
        price_tick = round(self.fair_tick(line) - line.shift_tick + sign * line.half_spread_tick)
        for opposite_tick in self.opposite_ticks(line, sign):
            if sign * (price_tick - opposite_tick) <= 0:
                price_tick = opposite_tick + sign
        return within_limits(line.instrument, price_tick)

    def opposite_ticks(self, line: CurveLine, sign: int) -> Iterator[int]:
        """Prices that a quote must stay behind: the best one of others, and what its own legs trade a spread for."""
        best = line.book.best_bid if sign > 0 else line.book.best_ask
        if best is not None:
            yield best.price_tick
        implied = line.book.implied_bid if sign > 0 else line.book.implied_ask
        if implied is not None and implied.price_tick not in self.own_implied(line, sign):
            yield implied.price_tick
        if line.instrument.legs and (own := self.own_legs_tick(line, sign)) is not None:
            yield own

    def own_legs_tick(self, line: CurveLine, sign: int) -> int | None:
        """What its own quotes of the legs trade a calendar spread for, on the other side; None: a leg is not quoted."""
        prices = [
            weight * price_tick
            for number, weight in line.instrument.legs or ()
            if (price_tick := self.own_tick(number, sign * weight)) is not None
        ]
        return sum(prices) if len(prices) == len(line.instrument.legs or ()) else None

    def own_tick(self, number: int, sign: int) -> int | None:
        """Price of its own resting bid (sign above 0) or ask in an instrument; None: there is none."""
        line = self._by_number.get(number)
        if line is None:
            return None
        bid, ask = self.session.quotes(line.instrument)
        price_tick, lots = resting(bid if sign > 0 else ask)
        return price_tick if lots else None

    def own_implied(self, line: CurveLine, sign: int) -> set[int]:
        """Implied prices on the other side that need an order of its own: it cannot trade at them (IMP-001, SMP-010).

        sign   1: bids, -1: asks
        """
        found = set()
        for spread in self.lines:
            legs = spread.instrument.legs or ()
            if spread is line:
                found |= self._path(sign, [(number, weight) for number, weight in legs])
            elif (own := next((weight for number, weight in legs if number == line.instrument.instrument), 0)) != 0:
                others = [(number, -own * weight) for number, weight in legs if number != line.instrument.instrument]
                found |= self._path(sign, [(spread.instrument.instrument, own), *others])
        return found

    def _path(self, sign: int, parts: Sequence[tuple[int, int]]) -> set[int]:
        """The price of a path through best prices of books, if an order of its own is among them."""
        total, is_own = 0, False
        for number, weight in parts:
            line = self._by_number.get(number)
            if line is None:
                return set()
            best = line.book.best_bid if sign * weight > 0 else line.book.best_ask
            if best is None:
                return set()
            total += weight * best.price_tick
            is_own = is_own or best.price_tick == self.own_tick(number, sign * weight)
        return {total} if is_own else set()


def hourly(annual_volatility: float, price_tick: float) -> float:
    """Volatility in ticks for the square root of an hour, from one of a year as a share of the price."""
    return annual_volatility * price_tick / sqrt(24 * 365)
