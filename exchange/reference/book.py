"""The judge of the compiled book: price-time queues on SortedDict and Python ints, slow and obvious.

Nothing here is shared with `exchange.book`: every figure is computed from the orders themselves each time it is
asked for, so there is no cached best price, level total or bitmap that could be wrong.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from sortedcontainers import SortedDict

from exchange.codes import CancelReason, OrderType, Side

SLOT_BITS = 24
STAMPS = itertools.count(1)


@dataclass
class Order:
    """One order from its acceptance to its end."""

    order_id: int
    entry: int  # order of acceptance over all books; never changes (ORDER-014)
    account: int
    session: int
    instrument: int
    side: int
    tif: int
    post_only: int
    price: int
    order_lots: int
    leaves_lots: int
    minimum_lots: int
    client_order_id: tuple[int, int, int]
    tag: int
    smp_id: int = 0
    smp_mode: int = 0
    order_type: int = 0
    display_lots: int = 0
    expiry_ns: int = 0
    trigger: int = 0
    pending: bool = False  # a stop that was not injected
    reject_if_elected: bool = False
    shown_lots: int = 0  # while it rests
    filled_lots: int = 0
    value_tick_lots: int = 0
    resting: bool = False
    no_cod: bool = False
    protection: int = 0  # of a quote: number of its protection group (MMP-001)
    waits: CancelReason | None = None  # why it leaves as soon as its market's state allows it (COD-004)
    stamp: int = 0  # when it last joined a queue, or a stop those that wait

    def __deepcopy__(self, memo: dict[int, object]) -> Order:
        """No field can change from within: a copy of them is a copy of all."""
        return copy.copy(self)


@dataclass(frozen=True)
class Uncross:
    """Where an auction book trades (UNX, IOP)."""

    price: int
    volume: int
    imbalance: int


def signed(side: int) -> int:
    """+1 for a buy, -1 for a sell."""
    return 1 if side == Side.BUY else -1


class Owner(NamedTuple):
    """Whose an order would be."""

    account: int
    smp_id: int
    order_type: int


def is_own(order: Order | Owner, maker: Order) -> bool:
    """SMP-001: the two orders belong to one owner who does not trade with himself; a quote to its account (SMP-008)."""
    if OrderType.QUOTE in (order.order_type, maker.order_type):
        return order.smp_id != 0 and order.account == maker.account
    return order.smp_id != 0 and order.smp_id == maker.smp_id


def opposite(side: int) -> int:
    return Side.SELL if side == Side.BUY else Side.BUY


class Book:
    """Two queues of resting orders. A side is keyed by `-signed(side) * price`, so the best price is the first key."""

    def __init__(self) -> None:
        self.sides: tuple[SortedDict, SortedDict] = (SortedDict(), SortedDict())
        self.last_tick: int | None = None
        self.indicative_tick: int | None = None
        self.top: list[Order | None] = [None, None]  # who bettered each side in OPEN (PRO-002); may have left

    def rest(self, order: Order) -> None:
        """Join the back of the queue at the order's own limit, with a fresh slice (ICE-001, ICE-002)."""
        order.shown_lots = min(order.display_lots or order.leaves_lots, order.leaves_lots)
        self.sides[order.side].setdefault(-signed(order.side) * order.price, []).append(order)
        order.resting = True
        order.stamp = next(STAMPS)

    def remove(self, order: Order) -> None:
        """Leave the queue; everybody else keeps their place (MATCH-005)."""
        key = -signed(order.side) * order.price
        queue = self.sides[order.side][key]
        queue.remove(order)
        if not queue:
            del self.sides[order.side][key]
        order.resting = False

    def orders(self, side: int) -> Iterator[Order]:
        """Best price first, then time (MATCH-001)."""
        for queue in self.sides[side].values():
            yield from queue

    def best(self, side: int) -> Order | None:
        return next(self.orders(side), None)

    def level(self, side: int) -> list[Order]:
        """The orders at the best price, oldest first."""
        return list(next(iter(self.sides[side].values()), []))

    def level_lots(self, side: int, price: int) -> int:
        return sum(order.shown_lots for order in self.sides[side].get(-signed(side) * price, []))

    def levels(self, side: int) -> list[tuple[int, int]]:
        """(price, lots shown), best first."""
        return [(queue[0].price, sum(order.shown_lots for order in queue)) for queue in self.sides[side].values()]

    def takes(self, side: int, price: int, maker: Order) -> bool:
        """Would an order of this side and limit trade with that resting order?"""
        return signed(side) * price >= signed(side) * maker.price

    def uncross(self, reference: int, collar_ticks: int = 0) -> Uncross | None:
        """AUC-002 to AUC-007, at the edge of the collar if there is one and the price lies beyond (AUC-014); None if
        the book does not cross."""
        result = self._equilibrium(reference)
        if result is None or not collar_ticks or abs(result.price - reference) <= collar_ticks:
            return result
        return self._at(reference + (collar_ticks if result.price > reference else -collar_ticks))

    def _equilibrium(self, reference: int) -> Uncross | None:
        """Tick by tick."""
        bid, ask = self.best(Side.BUY), self.best(Side.SELL)
        if bid is None or ask is None or bid.price < ask.price:
            return None
        candidates = [self._at(price) for price in range(ask.price, bid.price + 1)]
        volume = max(candidate.volume for candidate in candidates)
        candidates = [candidate for candidate in candidates if candidate.volume == volume]
        imbalance = min(abs(candidate.imbalance) for candidate in candidates)
        candidates = [candidate for candidate in candidates if abs(candidate.imbalance) == imbalance]
        if all(candidate.imbalance > 0 for candidate in candidates):
            return candidates[-1]
        if all(candidate.imbalance < 0 for candidate in candidates):
            return candidates[0]
        if imbalance:  # both signs: only the pair where the sign flips
            first = max(number for number, candidate in enumerate(candidates) if candidate.imbalance > 0)
            candidates = candidates[first : first + 2]
        price = min(max(reference, candidates[0].price), candidates[-1].price)
        return next(candidate for candidate in candidates if candidate.price == price)

    def parts(self, side: int, price: int, volume: int) -> list[tuple[Order, int]]:
        """Who trades how much of an uncross, in order: strictly better orders whole, at the price what is shown by
        time, then what is hidden by time (AUC-010)."""
        at_price = self.sides[side].get(-signed(side) * price, [])
        better = [order for order in self.orders(side) if signed(side) * (order.price - price) > 0]
        wanted = [(order, order.leaves_lots) for order in better]
        wanted += [(order, order.shown_lots) for order in at_price]
        wanted += [(order, order.leaves_lots - order.shown_lots) for order in at_price]
        found = []
        for order, lots in wanted:
            part = min(lots, volume)
            volume -= part
            found += [(order, part)] if part else []
        return found

    def _at(self, price: int) -> Uncross:
        buys = sum(order.leaves_lots for order in self.orders(Side.BUY) if order.price >= price)
        sells = sum(order.leaves_lots for order in self.orders(Side.SELL) if order.price <= price)
        return Uncross(price, min(buys, sells), buys - sells)

    def check(self) -> None:
        """Every invariant of one side's queues, in words."""
        for side in Side:
            for key, queue in self.sides[side].items():
                assert queue, "no level is empty (INV-011)"
                for order in queue:
                    assert -signed(side) * order.price == key and order.side == side, "an order stands at its limit"
                    assert 0 < order.shown_lots <= order.leaves_lots and order.resting, "what rests shows (INV-010)"


class OrderIds:
    """Ids as generation and slot: the slot given back last is taken first (WIRE-012)."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.generations: dict[int, int] = {}
        self.free: list[int] = []

    def is_full(self) -> bool:
        return not self.free and len(self.generations) == self.capacity

    def has_room(self, count: int) -> bool:
        return len(self.free) + self.capacity - len(self.generations) >= count

    def peek(self) -> int:
        slot = self.free[-1] if self.free else len(self.generations) + 1
        return (self.generations.get(slot, 0) + 1) << SLOT_BITS | slot

    def take(self) -> None:
        slot = self.peek() & (1 << SLOT_BITS) - 1
        self.generations[slot] = self.generations.get(slot, 0) + 1
        if self.free:
            self.free.pop()

    def release(self, order_id: int) -> None:
        self.free.append(order_id & (1 << SLOT_BITS) - 1)
