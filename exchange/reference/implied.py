"""Implied prices and trades through combinations (IMP-001 to IMP-014).

Every combination is tried each time. The equation of IMP-012 is solved with fractions.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from exchange.clearing_codes import Life
from exchange.codes import ComboKind, EventFlag, EventKind, Liquidity, MarketState, OrderType, Side
from exchange.reference.book import Order, Owner, has_same_owner, opposite, signed
from exchange.reference.clearing import Instrument
from exchange.reference.market import Market
from exchange.reference.orders import end_order, refresh
from exchange.reference.protection import pull_tripped
from exchange.reference.trades import fill, note_print


@dataclass
class ImpliedRoute:
    """The real orders that one implied fill trades.

    combination  the combination that connects the books
    index        book of the aggressor
    side         side of the aggressor
    price        price of the aggressor, ticks
    makers       resting orders in the order of their fills; the combination's order is first if there is one
    expiry_ns    the first last trading day among the other legs (IMP-009)
    """

    combination: Instrument
    index: int
    side: int
    price: int
    makers: list[Order]
    expiry_ns: int

    @property
    def lots(self) -> int:
        """IMP-002: the smallest number of lots that one of the makers shows."""
        return min(maker.shown_lots for maker in self.makers)

    def is_traded_before(self, order: Order, real: Order | None) -> bool:
        """Whether the route's price is within the aggressor's limit and better than the best real order's (IMP-003,
        IMP-004)."""
        sign = signed(self.side)
        if sign * order.price < sign * self.price:
            return False
        return real is None or sign * self.price < sign * real.price

    def is_internal(self, maker: Order) -> bool:
        """Whether a maker trades in an internal leg: with the combination's order, of the same owner (SMP-010)."""
        whole = self.makers[0]
        if self.index == self.combination.index or maker is whole:
            return False
        return has_same_owner(whole, maker) or has_same_owner(maker, whole)

    def leg_ticks(self) -> list[int]:
        """The price of each leg of the combination (IMP-007)."""
        prices = {maker.instrument: maker.price for maker in self.makers} | {self.index: self.price}
        return [prices[leg] for leg, _ in self.combination.legs]


def weights(market: Market, combination: Instrument) -> tuple[list[int], int]:
    """Signed weights of the legs, and the divisor (IMP-012 to IMP-014)."""
    if combination.combo != ComboKind.STRIP:
        return [sign for _, sign in combination.legs], 1
    hours = [market.clearing.instruments[leg].hours for leg, _ in combination.legs]
    return hours, sum(hours)


def routes(market: Market, index: int, side: int) -> Iterator[ImpliedRoute]:
    """Yield the route of each implied combination for an aggressor in a book; all its books must be OPEN (IMP-006).

    The makers are the earliest orders of the best levels, of any owner (IMP-002).
    """
    for combination in market.clearing.instruments.values():
        if not combination.implied or combination.life != Life.LISTED:
            continue
        books = [combination.index, *(leg for leg, _ in combination.legs)]
        if index not in books:
            continue
        if any(market.market_state(book) != MarketState.OPEN for book in books):
            continue
        makers = [market.books[book].best(wanted) for book, wanted in route_legs(combination, index, side)]
        found = [maker for maker in makers if maker is not None]
        if len(found) < len(makers):
            continue
        price = implied_price(market, combination, index, side, tuple(found))
        low, high = (getattr(market.clearing.instruments[index], name) for name in ("low_tick", "high_tick"))
        others = [market.clearing.instruments[leg].ltd_ns for leg, _ in combination.legs if leg != index]
        if low <= price <= high:
            yield ImpliedRoute(combination, index, side, price, found, min(others))


def route_legs(combination: Instrument, index: int, side: int) -> list[tuple[int, int]]:
    """(book, side of the resting orders) of a route, for an aggressor in book `index` on `side`."""
    if index == combination.index:
        return [(leg, opposite(side) if sign > 0 else side) for leg, sign in combination.legs]
    own_sign = dict(combination.legs)[index]
    # If the combination buys this leg, the leg's seller needs a seller of the combination.
    party = opposite(side) if own_sign > 0 else side
    legs = [(leg, opposite(party) if sign > 0 else party) for leg, sign in combination.legs if leg != index]
    return [(combination.index, party), *legs]


def implied_price(market: Market, combination: Instrument, index: int, side: int, makers: tuple[Order, ...]) -> int:
    """The price of a route for the aggressor, from the prices of its makers.

    IMP-012: sum of weight * leg price = divisor * price of the combination, solved for the missing price.
    IMP-013: rounded up for a buyer, down for a seller.
    """
    prices = {maker.instrument: maker.price for maker in makers}
    factors, divisor = weights(market, combination)
    known = sum(
        factor * prices[leg] for (leg, _), factor in zip(combination.legs, factors, strict=True) if leg in prices
    )
    if index == combination.index:
        exact = Fraction(known, divisor)
    else:
        own = next(factor for (leg, _), factor in zip(combination.legs, factors, strict=True) if leg == index)
        exact = Fraction(divisor * prices[combination.index] - known, own)
    return math.ceil(exact) if side == Side.BUY else math.floor(exact)


def best_route(market: Market, index: int, side: int, owner: Order | Owner | None = None) -> ImpliedRoute | None:
    """The best route for an aggressor (IMP-009); None: there is none.

    owner   the aggressor: routes with a level that has an order of the same owner are left out (SMP-010);
            None: no route is left out
    """
    found = routes(market, index, side)
    open_to_owner = [route for route in found if owner is None or not meets_owner(market, route, owner)]

    def rank(route: ImpliedRoute) -> tuple[int, int, int]:
        return signed(side) * route.price, route.expiry_ns, route.makers[0].stamp

    return min(open_to_owner, key=rank, default=None)


def meets_owner(market: Market, route: ImpliedRoute, owner: Order | Owner) -> bool:
    """SMP-010: whether a level of the route has an order of this owner."""
    levels = [market.books[maker.instrument].level(maker.side) for maker in route.makers]
    return any(has_same_owner(owner, order) for level in levels for order in level)


def best_tradeable_price(market: Market, index: int, side: int, owner: Order | Owner) -> int | None:
    """The best price at which an aggressor can trade, real or implied; None: there is none."""
    real, route = market.books[index].best(opposite(side)), best_route(market, index, side, owner)
    prices = [order.price for order in (real,) if order] + [route.price for route in (route,) if route]
    return min(prices, key=lambda price: signed(side) * price, default=None)


def trade_route(market: Market, order: Order, route: ImpliedRoute) -> None:
    """Trade a route as one linked group of fills: outrights first, then the combination's order (IMP-007, IMP-008).

    An internal leg does not print (SMP-010).
    """
    lots = min(route.lots, order.leaves_lots)
    outrights = [order] if route.index != route.combination.index else []
    outrights += [maker for maker in route.makers if maker.instrument != route.combination.index]
    whole = order if route.index == route.combination.index else route.makers[0]
    for member in (*outrights, whole):
        price = route.price if member is order else member.price
        role = Liquidity.TAKER if member is order else Liquidity.MAKER
        legs = route.leg_ticks() if member is whole else None
        flags = EventFlag.IMPLIED
        if member is not order and route.is_internal(member):
            flags |= EventFlag.INTERNAL
        else:
            market.trades += 1
            note_print(market, member.instrument, price, lots)
        fill(market, member, price, lots, role, legs, flags)
    # MMP-004: all fills are counted by now; tripped protection groups pull their quotes in the order of the makers.
    groups = [(maker.account, maker.protection) for maker in route.makers if maker.order_type == OrderType.QUOTE]
    market.tripped.sort(key=lambda group: groups.index((group.account, group.number)))
    for member in (*outrights, whole):
        if member is not order and not member.leaves_lots:
            end_order(market, member)
        elif member is not order and not member.shown_lots:
            refresh(market, member)
    pull_tripped(market)


def shown_prices(market: Market, index: int) -> dict[int, tuple[int, int]]:
    """Implied prices that a book shows: side -> (price, lots). One that locks or crosses is not shown (IMP-005)."""
    shown: dict[int, tuple[int, int]] = {}
    for side in Side:
        route, real = best_route(market, index, opposite(side)), market.books[index].best(opposite(side))
        if route and not (real and signed(side) * (route.price - real.price) >= 0):
            shown[side] = route.price, route.lots
    if len(shown) == 2 and shown[Side.BUY][0] >= shown[Side.SELL][0]:
        return {}
    return shown


def report_implied_prices(market: Market) -> None:
    """Report each side whose implied price or size has changed since the last report (IMP-011)."""
    for index in sorted(market.books):
        shown = shown_prices(market, index)
        for side in Side:
            price, lots = market.implied.get((index, side), (0, 0))
            now = shown.get(side, (price, 0))
            if now != (price, lots):
                market.implied[index, side] = now
                market.emit(
                    EventKind.IMPLIED_PRICE, instrument=index, side=side, implied_tick=now[0], implied_lots=now[1]
                )
