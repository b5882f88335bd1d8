"""Implied trading of the reference: every combination, every choice of real orders, tried out (IMP-001 to IMP-014).

The identity of IMP-012 is solved with fractions for whatever leg is asked for; nothing is remembered.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import permutations, product
from typing import TYPE_CHECKING

from exchange.codes import ComboKind, EventFlag, EventKind, Liquidity, MarketState, OrderType, Side
from exchange.reference.book import Order, Owner, is_own, opposite, signed

if TYPE_CHECKING:
    from exchange.reference.clearing import Instrument
    from exchange.reference.engine import Reference


@dataclass
class Path:
    """Real orders that one implied fill would trade.

    combination  the one that ties the books together
    side         the aggressor's
    price        what he trades at
    makers       in the order of their fills: the combination's order first if it is one of them
    """

    combination: Instrument
    index: int
    side: int
    price: int
    makers: list[Order]
    expiry_ns: int

    @property
    def lots(self) -> int:
        return min(maker.shown_lots for maker in self.makers)

    def is_traded_before(self, order: Order, real: Order | None) -> bool:
        """Inside the aggressor's limit, and better than the best real order (IMP-003, IMP-004)."""
        sign = signed(self.side)
        if sign * order.price < sign * self.price:
            return False
        return real is None or sign * self.price < sign * real.price

    def leg_ticks(self) -> list[int]:
        """What each leg of the combination trades at."""
        prices = {maker.instrument: maker.price for maker in self.makers} | {self.index: self.price}
        return [prices[leg] for leg, _ in self.combination.legs]


def weights(reference: Reference, combination: Instrument) -> tuple[list[int], int]:
    """Signed weights of the legs, and the divisor (IMP-012, IMP-013)."""
    if combination.combo != ComboKind.STRIP:
        return [sign for _, sign in combination.legs], 1
    hours = [reference.clearing.instruments[leg].hours for leg, _ in combination.legs]
    return hours, sum(hours)


def paths(reference: Reference, index: int, side: int) -> Iterator[Path]:
    """Every path to a book for an aggressor of this side, through each combination the earliest orders that go."""
    for combination in reference.clearing.instruments.values():
        if not combination.implied:
            continue
        books = [combination.index, *(leg for leg, _ in combination.legs)]
        if index not in books:
            continue
        if any(reference.market_state(book) != MarketState.OPEN for book in books):
            continue
        levels = [reference.books[book].level(wanted) for book, wanted in sources(combination, index, side)]
        for makers in product(*levels):
            if not any(is_own(one, other) for one, other in permutations(makers, 2)):
                price = solve(reference, combination, index, side, makers)
                low, high = (getattr(reference.clearing.instruments[index], name) for name in ("low_tick", "high_tick"))
                others = [reference.clearing.instruments[leg].ltd_ns for leg, _ in combination.legs if leg != index]
                if low <= price <= high:
                    yield Path(combination, index, side, price, list(makers), min(others))
                break


def sources(combination: Instrument, index: int, side: int) -> list[tuple[int, int]]:
    """(book, side of its orders) of a path: buying the combination buys its bought legs and sells the others."""
    if index == combination.index:
        return [(leg, opposite(side) if sign > 0 else side) for leg, sign in combination.legs]
    own_sign = dict(combination.legs)[index]
    # Who sells the leg to the aggressor sells a combination that buys it.
    party = opposite(side) if own_sign > 0 else side
    legs = [(leg, opposite(party) if sign > 0 else party) for leg, sign in combination.legs if leg != index]
    return [(combination.index, party), *legs]


def solve(reference: Reference, combination: Instrument, index: int, side: int, makers: tuple[Order, ...]) -> int:
    """sum of weight * price = divisor * combination's price, for the one that is missing; an ask is rounded up."""
    prices = {maker.instrument: maker.price for maker in makers}
    factors, divisor = weights(reference, combination)
    known = sum(
        factor * prices[leg] for (leg, _), factor in zip(combination.legs, factors, strict=True) if leg in prices
    )
    if index == combination.index:
        exact = Fraction(known, divisor)
    else:
        own = next(factor for (leg, _), factor in zip(combination.legs, factors, strict=True) if leg == index)
        exact = Fraction(divisor * prices[combination.index] - known, own)
    return math.ceil(exact) if side == Side.BUY else math.floor(exact)


def best_route(reference: Reference, index: int, side: int, owner: Order | Owner | None = None) -> Path | None:
    """What an aggressor trades next (IMP-009), without the paths that an own order bars for him (SMP-010).

    `owner`: his order; None asks for everybody.
    """
    found = paths(reference, index, side)
    open_to_him = [path for path in found if owner is None or not meets_owner(reference, path, owner)]

    def rank(path: Path) -> tuple[int, int, int]:
        return signed(side) * path.price, path.expiry_ns, path.makers[0].stamp

    return min(open_to_him, key=rank, default=None)


def meets_owner(reference: Reference, path: Path, owner: Order | Owner) -> bool:
    levels = [reference.books[maker.instrument].level(maker.side) for maker in path.makers]
    return any(is_own(owner, order) for level in levels for order in level)


def best_tradeable(reference: Reference, index: int, side: int, owner: Order | Owner) -> int | None:
    """The best price that an aggressor could trade at, real or implied."""
    real, path = reference.books[index].best(opposite(side)), best_route(reference, index, side, owner)
    prices = [order.price for order in (real,) if order] + [path.price for path in (path,) if path]
    return min(prices, key=lambda price: signed(side) * price, default=None)


def trade_route(reference: Reference, order: Order, path: Path) -> None:
    """IMP-007, IMP-008: outrights in the order of their fills, then the combination's order at its own price."""
    lots = min(path.lots, order.leaves_lots)
    outrights = [order] if path.index != path.combination.index else []
    outrights += [maker for maker in path.makers if maker.instrument != path.combination.index]
    whole = order if path.index == path.combination.index else path.makers[0]
    for member in (*outrights, whole):
        price = path.price if member is order else member.price
        reference.trades += 1
        reference.note_print(member.instrument, price)
        role = Liquidity.TAKER if member is order else Liquidity.MAKER
        legs = path.leg_ticks() if member is whole else None
        reference.fill(member, price, lots, role, legs, EventFlag.IMPLIED)
    # MMP-004: all are counted by now; the first maker is checked first, and of a combination's order that is it.
    groups = [(maker.account, maker.protection) for maker in path.makers if maker.order_type == OrderType.QUOTE]
    reference.tripped.sort(key=lambda group: groups.index((group.account, group.number)))
    for member in (*outrights, whole):
        if member is not order and not member.leaves_lots:
            reference.end_order(member)
        elif member is not order and not member.shown_lots:
            reference.refresh(member)
    reference.pull_tripped()


def shown_prices(reference: Reference, index: int) -> dict[int, tuple[int, int]]:
    """Implied bid and ask of a book as everybody may see them: (price, lots) by side, without what locks or crosses
    (IMP-005)."""
    shown: dict[int, tuple[int, int]] = {}
    for side in Side:
        path, real = best_route(reference, index, opposite(side)), reference.books[index].best(opposite(side))
        if path and not (real and signed(side) * (path.price - real.price) >= 0):
            shown[side] = path.price, path.lots
    if len(shown) == 2 and shown[Side.BUY][0] >= shown[Side.SELL][0]:
        return {}
    return shown


def emit_implied_prices(reference: Reference) -> None:
    """IMP of every side of a book that shows another implied price than before (IMP-011)."""
    for index in sorted(reference.books):
        shown = shown_prices(reference, index)
        for side in Side:
            price, lots = reference.implied.get((index, side), (0, 0))
            told = shown.get(side, (price, 0))
            if told != (price, lots):
                reference.implied[index, side] = told
                reference.emit(
                    EventKind.IMPLIED_PRICE, instrument=index, side=side, implied_tick=told[0], implied_lots=told[1]
                )
