"""Buys three years of capacity: as one take-or-pay term, or as years or quarters, whichever costs less in all.

Each alternative is a list of purchases, now or later. The cost of a purchase for each GPU-hour, in ticks, is

    price + taker's fee + initial margin * funding rate * years from purchase to delivery + cost of a later roll

- The price of a later purchase is today's price of the same period: the forward price is the market's forecast.
- The longer a contract is held before delivery, the longer its margin has to be funded. That is what rolling saves.
- Rolling costs half a spread more each time, `roll_tick`, and leaves the price of the later periods open.

The trade-off between one long contract and a chain of shorter ones is that of C. Culp and M. Miller (1995),
"Metallgesellschaft and the economics of synthetic storage", Journal of Applied Corporate Finance 7(4), and A.
Neuberger (1999), Review of Financial Studies 12(3). The order is worked in slices; each takes the alternative that is
cheapest when it begins. Nothing is bought while the cheapest one costs more than `limit_tick`.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from clients.local_book import LocalBook
from clients.orders import Order
from clients.strategies.delivery import BENCHMARK_BP, find
from clients.strategies.executable import OPEN, cost_tick, touch
from clients.strategies.strategy import Strategy
from exchange.wire.messages import InstrumentDefinition

US_PER_YEAR = 365 * 86_400 * 1_000_000
LEAD_US = 14 * 86_400 * 1_000_000  # a later purchase begins so long before its last trading day
YEARS = 3
BP = 10_000


class Purchase(NamedTuple):
    """A contract, and when it is bought (venue time). `rolls`: it replaces one that has expired."""

    instrument: InstrumentDefinition
    buy_us: int
    rolls: bool


class Alternative(NamedTuple):
    """One way to buy all three years."""

    name: str
    purchases: tuple[Purchase, ...]


class TermBuyer(Strategy):
    """Buys capacity for three calendar years.

    chip, first_year    what and from when on, like H100 and 2027
    lots                of each hour of the three years
    slice_lots          lots of a slice
    funding_bp          what it pays a year for the money that margin binds, in basis points
    roll_tick           half a spread, for each GPU-hour of a later purchase
    limit_tick          highest cost in all of each purchase, when it buys, in ticks for a GPU-hour; None: any
    names               alternatives that it compares: term, years, rolling years, quarters, rolling quarters
    """

    def __init__(
        self,
        chip: str,
        first_year: int,
        lots: int,
        *,
        slice_lots: int = 5,
        funding_bp: int = 800,
        roll_tick: int = 5,
        limit_tick: float | None = None,
        floor_bp: int = BENCHMARK_BP,
        names: Sequence[str] = ("term", "years", "rolling years", "quarters", "rolling quarters"),
    ) -> None:
        self.chip, self.first_year, self.lots, self.slice_lots = chip, first_year, lots, slice_lots
        self.funding_bp, self.roll_tick, self.limit_tick = funding_bp, roll_tick, limit_tick
        self.floor_bp, self.names = floor_bp, names
        self.alternatives: list[Alternative] = []
        self.books: dict[int, LocalBook] = {}
        self.decided: dict[str, int] = {}  # lots by alternative
        self.targets: list[tuple[Purchase, int]] = []
        self.working: list[Order] = []

    async def start(self) -> None:
        known = await self.session.instruments()
        years = [str(self.first_year + place) for place in range(YEARS)]
        of_kind = {kind: find(known, self.chip, kind, floor_bp=self.floor_bp) for kind in ("term3", "year", "quarter")}
        term = [row for row in of_kind["term3"] if row.first_day.startswith(years[0])]
        annual = [row for row in of_kind["year"] if row.first_day[:4] in years]
        quarterly = [row for row in of_kind["quarter"] if row.first_day.startswith(years[0])]
        for name, rows in (("term", term), ("years", annual), ("quarters", quarterly + annual[1:])):
            if sum(row.hours for row in rows) == sum(row.hours for row in annual) and len(annual) == YEARS:
                self.alternatives.append(Alternative(name, tuple(Purchase(row, 0, False) for row in rows)))
                if len(rows) > 1:
                    self.alternatives.append(Alternative(f"rolling {name}", tuple(later(rows))))
        self.alternatives = [one for one in self.alternatives if one.name in self.names]
        for row in {
            one.instrument.symbol: one.instrument for way in self.alternatives for one in way.purchases
        }.values():
            self.books[row.instrument] = await self.session.book(row, cadence_ms=100, levels=1)

    # -- what it costs ------------------------------------------------------------------------------------------------

    def cost_of(self, purchase: Purchase, now_us: int) -> float | None:
        """Cost in all of each GPU-hour of a purchase, in ticks; None: nobody offers it now."""
        row = purchase.instrument
        level = touch(self.books[row.instrument], True)
        if level is None or self.session.core.feeds.phases.get(row.instrument) != OPEN:
            return None
        middle_us = (row.delivery_from_us + row.delivery_to_us) // 2
        years = max(0, middle_us - max(now_us, purchase.buy_us)) / US_PER_YEAR
        margin_mills = row.margin_rates.psr_mills if row.margin_rates else 0
        funding = margin_mills * self.funding_bp / BP * years
        return cost_tick(level.price_tick, row, True) + funding + (self.roll_tick if purchase.rolls else 0)

    def is_within_limit(self, cost: float | None) -> bool:
        """Whether it buys at this cost in all."""
        return self.limit_tick is None or (cost is not None and cost <= self.limit_tick)

    def all_in(self, alternative: Alternative, now_us: int) -> float | None:
        """Cost in all of each GPU-hour of an alternative, in ticks; None: a part of it is not offered."""
        costs = [self.cost_of(purchase, now_us) for purchase in alternative.purchases]
        if None in costs:
            return None
        hours = [purchase.instrument.hours for purchase in alternative.purchases]
        return sum(cost * count for cost, count in zip(costs, hours, strict=True) if cost is not None) / sum(hours)

    def cheapest(self, now_us: int) -> tuple[float, Alternative] | None:
        """(cost in all, alternative) of the cheapest one; None: none is offered whole and within the limit."""
        found = [
            (cost, way)
            for way in self.alternatives
            if (cost := self.all_in(way, now_us)) is not None
            and all(self.is_within_limit(self.cost_of(one, now_us)) for one in way.purchases)
        ]
        return min(found, key=lambda pair: pair[0], default=None)

    # -- what it does -------------------------------------------------------------------------------------------------

    def on_timer(self) -> None:
        if any(not order.done for order in self.working):
            return
        now_us = self.venue_us
        missing = [*self.missing(now_us)]
        if not missing and self.decide(now_us):
            missing = [*self.missing(now_us)]
        self.working = []
        for purchase, lots in missing:
            row, cost = purchase.instrument, self.cost_of(purchase, now_us)
            level = touch(self.books[row.instrument], True)
            if level is not None and cost is not None and self.is_within_limit(cost):
                size = min(lots, level.lots)
                self.working.append(self.session.place("b", row, size, price_tick=level.price_tick, tif="ioc"))

    def decide(self, now_us: int) -> bool:
        """Choose the alternative of the next slice. Returns whether there is one."""
        lots = min(self.slice_lots, self.lots - sum(self.decided.values()))
        found = self.cheapest(now_us)
        if lots <= 0 or found is None:
            return False
        _, way = found
        self.decided[way.name] = self.decided.get(way.name, 0) + lots
        self.targets += [(purchase, lots) for purchase in way.purchases]
        return True

    def missing(self, now_us: int) -> Iterator[tuple[Purchase, int]]:
        """(purchase, lots) of the instruments whose time has come and that are not complete."""
        wanted: dict[str, tuple[Purchase, int]] = {}
        for purchase, lots in self.targets:
            if purchase.buy_us <= now_us:
                symbol = purchase.instrument.symbol
                found, before = wanted.get(symbol, (purchase, 0))
                wanted[symbol] = (purchase if purchase.rolls else found), before + lots
        for purchase, lots in wanted.values():
            missing = lots - self.session.position_lots(purchase.instrument)
            if missing > 0 and purchase.instrument.symbol in self.session.core.feeds.by_symbol:
                yield purchase, missing


def later(rows: Sequence[InstrumentDefinition]) -> Iterator[Purchase]:
    """The first contract now, each other one shortly before its last trading day."""
    for place, row in enumerate(rows):
        yield Purchase(row, row.last_trading_us - LEAD_US if place else 0, place > 0)
