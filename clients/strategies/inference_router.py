"""Buys the cheapest useful compute for a demand profile, mixing newer and older chips.

A demand profile is a number of useful PFLOP-hours for each month. A lot of a chip gives

    hours * reference TFLOP/s * goodput floor      PFLOP-hours a month (ROUTE-001)

so that its cost for a useful PFLOP-hour is its price over reference rate and floor. Both stand in the definition of
each instrument. A workload that cannot fill a large chip has reference rates of its own (`rates`); then older chips
win.

At each step the router takes the cheapest offer: the merit order of power dispatch (F. Schweppe, M. Caramanis, R.
Tabors and R. Bohn (1988), "Spot Pricing of Electricity"), which for divisible offers is the cheapest cover of a
demand (G. Dantzig (1957), "Discrete-variable extremum problems", Operations Research 5(2)). When the cheapest chip is
sold out at its price, the next chip is cheaper than a worse price of the first, and both are used. The last lots
count only with what is still needed of them. When demand falls, the lots that fetch most for a PFLOP-hour are sold.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from clients.local_book import LocalBook
from clients.orders import Order
from clients.strategies.delivery import BENCHMARK_BP, find
from clients.strategies.executable import OPEN, Pauses, cost_tick, touch
from clients.strategies.strategy import Strategy
from exchange.wire.messages import InstrumentDefinition

PAUSE_S = 10.0  # of a contract whose last order traded nothing, by velocity for instance (BAND-006)
SCALE = 10**8  # of basis points and tenths of TFLOP/s to PFLOP/s


class ComputeSource(NamedTuple):
    """One contract: `useful` PFLOP-hours that a lot of it gives, times SCALE."""

    instrument: InstrumentDefinition
    book: LocalBook
    useful: int


class Trade(NamedTuple):
    """An order that the router may send, and its mills for each PFLOP-hour needed or no longer needed."""

    mills: float
    source: ComputeSource
    lots: int
    price_tick: int
    buys: bool


class InferenceRouter(Strategy):
    """Keeps a demand for useful compute covered.

    chips       that the workload can run on
    demand      PFLOP-hours by month code, like F27; a program may change it at any time
    floors      quality tiers that are bought, as goodput floors in basis points
    rates       reference rate of the workload by chip, in tenths of TFLOP/s; by default that of the definition
    lots_max    largest order
    limit_mills highest cost of a PFLOP-hour for which it buys; None: any
    """

    def __init__(
        self,
        chips: Sequence[str],
        demand: Mapping[str, int],
        *,
        floors: Sequence[int] = (BENCHMARK_BP,),
        rates: Mapping[str, int] | None = None,
        lots_max: int = 10,
        limit_mills: float | None = None,
    ) -> None:
        self.chips, self.demand, self.floors, self.rates = chips, dict(demand), floors, rates or {}
        self.lots_max, self.limit_mills = lots_max, limit_mills
        self.sources: dict[str, list[ComputeSource]] = {}  # by month code
        self.working: dict[str, Order] = {}  # by month code
        self.pauses = Pauses(PAUSE_S)  # instruments

    async def start(self) -> None:
        known = await self.session.instruments()
        rows = [
            row for chip in self.chips for floor in self.floors for row in find(known, chip, "month", floor_bp=floor)
        ]
        for row in rows:
            code, rate = row.symbol.rpartition(".")[2], self.rates.get(row.chip, row.reference_tenths)
            if code in self.demand and rate:  # without a rate there is no offer (ROUTE-002)
                book = await self.session.book(row, cadence_ms=100, levels=1)
                self.sources.setdefault(code, []).append(ComputeSource(row, book, row.hours * row.floor_bp * rate))

    def covered(self, code: str) -> int:
        """Useful PFLOP-hours held for a month, times SCALE."""
        return sum(self.session.position_lots(one.instrument) * one.useful for one in self.sources.get(code, ()))

    def on_timer(self) -> None:
        self.pauses.pass_time(self.timer_s)
        for code in self.sources:
            order = self.working.get(code)
            if order is not None and order.done and not order.filled_lots:
                self.pauses.note(order.instrument)
            if order is None or order.done:
                self.route(code)

    def route(self, code: str) -> None:
        """Send the best order for one month, if it needs any."""
        missing = self.demand[code] * SCALE - self.covered(code)
        buys = missing > 0
        trades = [*(self.purchases if buys else self.sales)(code, abs(missing))]
        self.working.pop(code, None)
        best = min(trades, key=lambda trade: trade.mills if buys else -trade.mills, default=None)
        if best is None or (buys and self.limit_mills is not None and best.mills > self.limit_mills):
            return
        self.working[code] = self.session.place(
            "b" if buys else "s", best.source.instrument, best.lots, price_tick=best.price_tick, tif="ioc"
        )

    def purchases(self, code: str, missing: int) -> Iterator[Trade]:
        """What may be bought. Of the last lots only what is needed counts, so that a small chip may fit better."""
        for source, price_tick, shown_lots in self.shown(code, True):
            needed = -(-missing // source.useful)
            lots = min(needed, shown_lots, self.lots_max)
            paid = cost_tick(price_tick, source.instrument, True) * source.instrument.hours * lots
            yield Trade(paid * SCALE / min(missing, lots * source.useful), source, lots, price_tick, True)

    def sales(self, code: str, excess: int) -> Iterator[Trade]:
        """What may be sold without falling short of the demand."""
        for source, price_tick, shown_lots in self.shown(code, False):
            held = self.session.position_lots(source.instrument)
            lots = min(excess // source.useful, held, shown_lots, self.lots_max)
            if lots > 0:
                received = cost_tick(price_tick, source.instrument, False) * source.instrument.hours
                yield Trade(received * SCALE / source.useful, source, lots, price_tick, False)

    def shown(self, code: str, buys: bool) -> Iterator[tuple[ComputeSource, int, int]]:
        """(source, price, lots) of the best prices in open markets."""
        for source in self.sources[code]:
            number = source.instrument.instrument
            if self.session.core.feeds.phases.get(number) == OPEN and number not in self.pauses:
                level = touch(source.book, buys)
                if level is not None:
                    yield source, level.price_tick, level.lots
