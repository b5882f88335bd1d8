"""Base class of arbitrage: trades packages of legs at once, and closes what is left of one that filled in part.

The legs of a package are immediate-or-cancel orders in one atomic batch: if the venue refuses one, none runs
(ENTRY-013). Each may still fill in part, or not at all. So before anything else each timer compares the positions
with what a package would hold; what differs is traded at the best price, at a loss if need be. Positions, not memory,
say what differs, so that a restart loses nothing. The account must be used by this strategy alone.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from clients.local_book import LocalBook, PriceLevel
from clients.orders import Order
from clients.strategies.executable import OPEN, Pauses, touch
from clients.strategies.strategy import Strategy
from exchange.wire.messages import InstrumentDefinition


class Leg(NamedTuple):
    """One instrument of a package: bought (sign 1) or sold (sign -1), a lot for each lot of the package."""

    instrument: InstrumentDefinition
    book: LocalBook
    sign: int

    @property
    def reverse(self) -> "Leg":
        return self._replace(sign=-self.sign)

    @property
    def level(self) -> PriceLevel | None:
        return touch(self.book, self.sign > 0)


Package = tuple[Leg, ...]
PAUSE_S = 10.0  # of a package that was refused or traded nothing


def reversed_legs(package: Package) -> Package:
    return tuple(leg.reverse for leg in package)


class PackageTrader(Strategy, ABC):
    """Trades the package with the largest gain, after fees.

    lots             most lots of a package at once
    slippage_ticks   how far beyond the best price a leg that is left over may trade
    """

    def __init__(self, lots: int, slippage_ticks: int) -> None:
        self.lots, self.slippage_ticks = lots, slippage_ticks
        self.working: list[Order] = []
        self.packages_sent = self.repairs = 0
        self.pauses = Pauses(PAUSE_S)  # instruments of packages
        self._paid_hours: dict[int, int] = {}  # by instrument: GPU-hours that a taker pays the fee on

    @abstractmethod
    def offers(self) -> Iterator[tuple[Package, int, int]]:
        """(package, most lots that limits allow, least gain in mills a lot) of what may be traded now."""

    @abstractmethod
    def surplus(self) -> Iterator[tuple[Leg, int]]:
        """(leg, lots) to trade because positions do not form whole packages."""

    async def leg(self, symbol: str, sign: int = 1) -> Leg:
        """Follow an instrument that is a leg."""
        row = await self.session.instrument(symbol)
        by_number = {one.instrument: one for one in (await self.session.instruments()).values()}
        legs = [by_number[number].hours for number, _ in row.legs or ()]
        self._paid_hours[row.instrument] = max(legs) if legs else row.hours  # FEE-001: a spread pays on its longer leg
        return Leg(row, await self.session.book(row, cadence_ms=100, levels=1), sign)

    def on_timer(self) -> None:
        self.pauses.pass_time(self.timer_s)
        if any(not order.done for order in self.working):
            return
        if self.working and not any(order.filled_lots for order in self.working):
            self.pauses.note(frozenset(order.instrument for order in self.working))
        self.working = []
        left_over = next(self.surplus(), None)
        if left_over is not None:
            self.repair(*left_over)
            return
        gains = [(gain_mills, package, lots) for package, lots, gain_mills in self.good_offers()]
        if gains:
            _, package, lots = max(gains, key=lambda found: found[0] * found[2])
            self.trade(package, lots)

    def good_offers(self) -> Iterator[tuple[Package, int, int]]:
        """(package, lots, gain in mills a lot) of the offers that gain enough at the best prices."""
        for package, room_lots, least_mills in self.offers():
            if frozenset(leg.instrument.instrument for leg in package) in self.pauses:
                continue
            gain_mills, shown_lots = self.gain(package)
            lots = min(self.lots, room_lots, shown_lots)
            if lots > 0 and gain_mills >= least_mills:
                yield package, lots, gain_mills

    def gain(self, package: Package) -> tuple[int, int]:
        """(mills that a lot of the package gains now after fees, lots at the best prices); no lots: a leg has none."""
        gain_mills, shown = 0, []
        for leg in package:
            level = leg.level
            if level is None or self.session.core.feeds.phases.get(leg.instrument.instrument) != OPEN:
                return 0, 0
            fee_mills = leg.instrument.taker_fee * self._paid_hours[leg.instrument.instrument]
            gain_mills -= leg.sign * level.price_tick * leg.instrument.hours + fee_mills
            shown.append(level.lots)
        return gain_mills, min(shown)

    def trade(self, package: Package, lots: int) -> None:
        """Send all legs at their best prices."""
        self.packages_sent += 1
        self._send([(leg, lots, level.price_tick) for leg in package if (level := leg.level) is not None])

    def repair(self, leg: Leg, lots: int) -> None:
        """Trade a leg that is left over, at the best price or a little worse."""
        level = leg.level
        if level is not None:
            self.repairs += 1
            self._send([(leg, min(lots, level.lots), level.price_tick + leg.sign * self.slippage_ticks)])

    def _send(self, parts: Sequence[tuple[Leg, int, int]]) -> None:
        requests = [
            self.session.new("b" if leg.sign > 0 else "s", leg.instrument, lots, price_tick=price_tick, tif="ioc")
            for leg, lots, price_tick in parts
        ]
        self.session.send_batch(*requests, atomic=True)
        account = self.session.core.account
        orders = [self.session.orders.get(account, request.client_order_id) for request in requests]
        self.working = [order for order in orders if order is not None]
