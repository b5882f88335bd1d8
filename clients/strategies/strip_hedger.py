"""Sells an operator's capacity month by month, as years, quarters and months: whichever pays most for the same hours.

A capacity schedule is a number of lots for each month. A year sells a lot in all of its twelve months, so it fits as
often as the schedule of its smallest month allows; so does a quarter. Where a longer contract fits, the hedger
compares its bid with the best that its parts are bid, by hours and after fees, and sells the dearer. Periods are
nested: two of them share no month, or one contains the other. So this choice from the longest period down is the best
one at the prices shown (D. Fulkerson (1974), "Packing rooted directed cuts in a weighted directed graph",
Mathematical Programming 6: greedy solutions over laminar families).

The hedge is built over `seconds`, in equal steps, because a delivery far ahead is best hedged in pieces, with what is
listed by then (A. Neuberger (1999), "Hedging long-term exposures with multiple short-term futures contracts", Review
of Financial Studies 12(3)). What no listed contract fits stays open until months that do are listed. When capacity
falls below what is sold, the hedger buys back where it costs least.

Positions say how much is sold. A cascade changes nothing: a quarter's lots become those of its months.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from clients.local_book import LocalBook
from clients.orders import Order
from clients.strategies.delivery import BENCHMARK_BP, Hours, find, hours_of
from clients.strategies.executable import OPEN, cost_tick, touch
from clients.strategies.strategy import Strategy
from exchange.wire.messages import InstrumentDefinition

KINDS = ("year", "quarter", "month")


class StripContract(NamedTuple):
    """A contract that can hedge: its hours by month, and the next shorter ones that make it up together."""

    instrument: InstrumentDefinition
    book: LocalBook
    hours: Hours
    parts: tuple["StripContract", ...]


class Way(NamedTuple):
    """A way to trade one lot of some months: for how much a GPU-hour after fees, in which contracts."""

    value_tick: float
    contracts: tuple[StripContract, ...]


class StripHedger(Strategy):
    """Keeps an operator's capacity sold.

    chip, floor_bp    what it delivers
    capacity          lots by month, by number as in `delivery`
    seconds           in which the whole capacity is sold
    steps             number of equal parts
    lots_max          largest order
    limit_tick        lowest price that it sells at
    kinds             periods that it uses
    """

    def __init__(
        self,
        chip: str,
        capacity: Mapping[int, int],
        seconds: float,
        *,
        floor_bp: int = BENCHMARK_BP,
        steps: int = 20,
        lots_max: int = 20,
        limit_tick: int = 1,
        kinds: tuple[str, ...] = KINDS,
    ) -> None:
        self.chip, self.floor_bp, self.kinds = chip, floor_bp, kinds
        self.capacity, self.seconds, self.steps = dict(capacity), seconds, steps
        self.lots_max, self.limit_tick = lots_max, limit_tick
        self.elapsed_s = 0.0
        self.contracts: list[StripContract] = []  # the longest ones first
        self.working: list[Order] = []

    async def start(self) -> None:
        known = await self.session.instruments()
        contracts: list[StripContract] = []
        rows = find(known, self.chip, *self.kinds, floor_bp=self.floor_bp)
        for row in sorted(rows, key=lambda row: row.hours):
            hours = hours_of(row)
            if hours.keys() & self.capacity.keys():
                book = await self.session.book(row, cadence_ms=100, levels=1)
                contracts.append(StripContract(row, book, hours, parts_of(hours, contracts)))
        self.contracts = sorted(contracts, key=lambda contract: -len(contract.hours))

    # -- how much -----------------------------------------------------------------------------------------------------

    def sold(self) -> dict[int, int]:
        """Lots sold by month, in contracts of every period."""
        found = dict.fromkeys(self.capacity, 0)
        for contract in self.contracts:
            lots = self.session.position_lots(contract.instrument)
            for month in contract.hours:
                found[month] = found.get(month, 0) - lots
        return found

    def unhedged(self) -> dict[int, int]:
        """Lots by month that should be sold by now and are not; below 0: too many are sold."""
        begun = min(self.steps, 1 + int(self.elapsed_s * self.steps / self.seconds))
        sold = self.sold()
        due = {month: lots * begun // self.steps for month, lots in self.capacity.items()}
        return {
            month: due.get(month, 0) - lots if lots < due.get(month, 0) else min(0, self.capacity.get(month, 0) - lots)
            for month, lots in sold.items()
        }

    # -- where --------------------------------------------------------------------------------------------------------

    def best_way(self, contract: StripContract, buys: bool) -> Way | None:
        """The best way to trade one lot in all months of a contract; None: nobody shows a price for all of them."""
        ways = []
        level = touch(contract.book, buys)
        if level is not None and self.session.core.feeds.phases.get(contract.instrument.instrument) == OPEN:
            ways.append(Way(cost_tick(level.price_tick, contract.instrument, buys), (contract,)))
        parts = [self.best_way(part, buys) for part in contract.parts]
        if parts and None not in parts:
            found = [way for way in parts if way is not None]
            hours = [sum(part.hours.values()) for part in contract.parts]
            value = sum(way.value_tick * count for way, count in zip(found, hours, strict=True)) / sum(hours)
            ways.append(Way(value, tuple(one for way in found for one in way.contracts)))
        if not ways:
            return None
        return min(ways, key=lambda way: way.value_tick) if buys else max(ways, key=lambda way: way.value_tick)

    def trades(self) -> Iterator[tuple[StripContract, bool, int]]:
        """(contract, whether to buy it, lots) that make the hedge complete."""
        open_lots = self.unhedged()
        for contract in self.contracts:
            for buys in (False, True):
                sign = -1 if buys else 1
                lots = min(sign * open_lots[month] for month in contract.hours)
                way = self.best_way(contract, buys) if lots > 0 else None
                if way is None or (not buys and way.value_tick < self.limit_tick):
                    continue
                for month in contract.hours:
                    open_lots[month] -= sign * lots
                for part in way.contracts:
                    yield part, buys, lots

    def on_timer(self) -> None:
        self.elapsed_s += self.timer_s
        if any(not order.done for order in self.working):
            return
        self.working = []
        for contract, buys, lots in self.trades():
            level = touch(contract.book, buys)
            if level is not None:
                size = min(lots, self.lots_max, level.lots)
                self.working.append(
                    self.session.place(
                        "b" if buys else "s", contract.instrument, size, price_tick=level.price_tick, tif="ioc"
                    )
                )


def parts_of(hours: Hours, shorter: list[StripContract]) -> tuple[StripContract, ...]:
    """The longest contracts of a list that make these months up together; none if they leave a gap."""
    parts: list[StripContract] = []
    missing = set(hours)
    for contract in reversed(shorter):
        if contract.hours.keys() <= missing:
            parts.append(contract)
            missing -= contract.hours.keys()
    return () if missing else tuple(parts)
