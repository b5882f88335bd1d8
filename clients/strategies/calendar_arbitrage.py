"""Arbitrage between a quarter and its three months.

A quarter becomes its three months at one price (CASCADE-002), so it is worth their average, weighted by hours: the
law of one price, as power traders apply it to cascading contracts (F. Benth, J. Benth and S. Koekebakker (2008),
"Stochastic Modelling of Electricity and Related Markets", World Scientific, chapter 7). When the quarter is bid above
what its months are offered for, after all fees, this strategy sells the quarter and buys the months; in the other
direction it does the reverse, which also closes what it holds. What is left at the quarter's last trading day closes
itself by the cascade.

The months are bought one by one, or as the strip that the venue lists, which has less leg risk and pays less fees.
How legs that fill in part are repaired says `packages`: here the positions of the quarter and of the three months
must be opposite; the median of the four is kept, because it needs the fewest lots to repair.
"""

from collections.abc import Iterator, Sequence
from statistics import median_low

from clients.strategies.delivery import BENCHMARK_BP, hours_of
from clients.strategies.packages import Leg, Package, PackageTrader, reversed_legs


class CalendarArbitrage(PackageTrader):
    """Keeps quarters and their months in line.

    symbols              quarters, like H100.G90.Q2-27
    edge_tick            least gain for each GPU-hour of the quarter after fees, in ticks
    inventory_lots_max   most lots of a quarter, long or short
    """

    def __init__(
        self,
        symbols: Sequence[str],
        *,
        lots: int = 10,
        edge_tick: int = 1,
        inventory_lots_max: int = 60,
        slippage_ticks: int = 5,
    ) -> None:
        super().__init__(lots, slippage_ticks)
        self.symbols, self.edge_tick, self.inventory_lots_max = symbols, edge_tick, inventory_lots_max
        self.sets: list[list[Leg]] = []  # a quarter that is sold, and its months that are bought
        self.strips: list[Leg | None] = []

    async def start(self) -> None:
        known = await self.session.instruments()
        for symbol in self.symbols:
            quarter = await self.leg(symbol, -1)
            row = quarter.instrument
            alike = [
                other
                for other in known.values()
                if (other.chip, other.family, other.floor_bp or BENCHMARK_BP) == (row.chip, row.family, row.floor_bp)
            ]
            months = [
                other
                for other in alike
                if other.period_kind == "month" and not other.combo and hours_of(other).keys() <= hours_of(row).keys()
            ]
            numbers = {other.instrument for other in months}
            strips = [
                other
                for other in alike
                if other.combo == "strip" and {number for number, _ in other.legs or ()} == numbers
            ]
            self.sets.append([quarter, *[await self.leg(other.symbol) for other in months]])
            self.strips.append(await self.leg(strips[0].symbol) if strips else None)

    def offers(self) -> Iterator[tuple[Package, int, int]]:
        for legs, strip in zip(self.sets, self.strips, strict=True):
            quarter, held = legs[0], self.session.position_lots(legs[0].instrument)
            least_mills = self.edge_tick * quarter.instrument.hours
            if sum(leg.instrument.hours for leg in legs[1:]) != quarter.instrument.hours:
                continue  # a month is not listed
            for package in [tuple(legs)] if strip is None else [tuple(legs), (quarter, strip)]:
                yield package, self.inventory_lots_max + held, least_mills
                yield reversed_legs(package), self.inventory_lots_max - held, least_mills

    def surplus(self) -> Iterator[tuple[Leg, int]]:
        for legs in self.sets:
            held = [leg.sign * self.session.position_lots(leg.instrument) for leg in legs]
            whole = median_low(held)
            for leg, lots in zip(legs, held, strict=True):
                if lots != whole:
                    yield (leg if lots < whole else leg.reverse), abs(lots - whole)
