"""Orders, and the book where they rest: queues by price and time, the auction price, order ids.

Every figure is computed from the orders each time it is needed. No best price or level total is kept that could be
wrong.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from sortedcontainers import SortedDict

from exchange.codes import CancelReason, OrderType, Side, TimeInForce

SLOT_BITS = 24  # low bits of an order id (WIRE-012)
STAMPS = itertools.count(1)
STOP_TYPES = (OrderType.STOP, OrderType.STOP_LIMIT)
MARKET_TYPES = (OrderType.MARKET, OrderType.MARKET_TO_LIMIT)
IMMEDIATE = (TimeInForce.IOC, TimeInForce.FOK)


@dataclass
class Order:
    """One order, from its acceptance to its end. Prices in ticks."""

    order_id: int
    entry: int  # counts accepted orders of all books; never changes (ORDER-014)
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
    pending: bool = False  # a stop that was not injected yet
    reject_if_elected: bool = False
    shown_lots: int = 0  # while the order rests
    filled_lots: int = 0
    value_tick_lots: int = 0
    resting: bool = False
    no_cod: bool = False
    protection: int = 0  # protection group of a quote (MMP-001)
    pending_cancel: CancelReason | None = None  # of a cancel that waits until the market state allows it (COD-004)
    liquidation: bool = False  # the venue closes a position of an account in liquidation
    stamp: int = 0  # time priority: rises whenever the order joins a queue; of a stop, the waiting stops

    def __deepcopy__(self, memo: dict[int, object]) -> Order:
        """A shallow copy is enough: all fields are immutable."""
        return copy.copy(self)

    def has_expired(self, now_ns: int) -> bool:
        """TIF-009: whether this is a GTD order whose expiry has come."""
        return self.tif == TimeInForce.GTD and self.expiry_ns <= now_ns


@dataclass(frozen=True)
class Uncross:
    """The result of an uncross: price in ticks, lots traded, lots left over (> 0 buys, < 0 sells)."""

    price: int
    volume: int
    imbalance: int


def signed(side: int) -> int:
    """+1 for a buy, -1 for a sell."""
    return 1 if side == Side.BUY else -1


class Owner(NamedTuple):
    """What has_same_owner must know of an order that is not entered yet."""

    account: int
    smp_id: int
    order_type: int


def has_same_owner(order: Order | Owner, maker: Order) -> bool:
    """SMP-001: whether both orders have the same self-match id; if one is a quote, the same account (SMP-008)."""
    if OrderType.QUOTE in (order.order_type, maker.order_type):
        return order.smp_id != 0 and order.account == maker.account
    return order.smp_id != 0 and order.smp_id == maker.smp_id


def opposite(side: int) -> int:
    return Side.SELL if side == Side.BUY else Side.BUY


class Book:
    """The resting orders of one book. Each side maps `-signed(side) * price` to a queue: the best price is first."""

    def __init__(self) -> None:
        self.sides: tuple[SortedDict, SortedDict] = (SortedDict(), SortedDict())
        self.last_tick: int | None = None
        self.indicative_tick: int | None = None
        self.window_lots = self.window_tick_lots = 0  # printed in the closing window; sum of price * lots (SETTLE-002)
        self.quoted_tick: int | None = None  # price between the quotes at the close; None: no trade and no quote
        self.volume_lots = 0  # printed on the day
        self.settled_day = 0  # day that its settlement was published for last
        self.top: list[Order | None] = [None, None]  # last order that bettered each side in OPEN (PRO-002); may be gone

    def rest(self, order: Order) -> None:
        """Put an order at the back of the queue at its limit, and show a full slice (ICE-001, ICE-002)."""
        order.shown_lots = min(order.display_lots or order.leaves_lots, order.leaves_lots)
        self.sides[order.side].setdefault(-signed(order.side) * order.price, []).append(order)
        order.resting = True
        order.stamp = next(STAMPS)

    def remove(self, order: Order) -> None:
        """Take an order out of its queue; all others keep their place (MATCH-005)."""
        key = -signed(order.side) * order.price
        queue = self.sides[order.side][key]
        queue.remove(order)
        if not queue:
            del self.sides[order.side][key]
        order.resting = False

    def orders(self, side: int) -> Iterator[Order]:
        """Resting orders of a side, best price first, then oldest first (MATCH-001)."""
        for queue in self.sides[side].values():
            yield from queue

    def quoted(self, settle_tick: int) -> int | None:
        """SETTLE-003: the last price of the day, else the settlement, raised to the bid, then lowered to the ask. None:
        there is no trade, no bid and no ask."""
        bid, ask = self.best(Side.BUY), self.best(Side.SELL)
        if self.last_tick is None and bid is None and ask is None:
            return None
        tick = settle_tick if self.last_tick is None else self.last_tick
        tick = tick if bid is None else max(tick, bid.price)
        return tick if ask is None else min(tick, ask.price)

    def best(self, side: int) -> Order | None:
        return next(self.orders(side), None)

    def level(self, side: int) -> list[Order]:
        """The orders at the best price, oldest first."""
        return list(next(iter(self.sides[side].values()), []))

    def level_lots(self, side: int, price: int) -> int:
        return sum(order.shown_lots for order in self.sides[side].get(-signed(side) * price, []))

    def levels(self, side: int) -> list[tuple[int, int]]:
        """(price, lots shown) of each level of a side, best first."""
        return [(queue[0].price, sum(order.shown_lots for order in queue)) for queue in self.sides[side].values()]

    def takes(self, side: int, price: int, maker: Order) -> bool:
        """Whether an order with this side and limit can trade with the resting order `maker`."""
        return signed(side) * price >= signed(side) * maker.price

    def uncross(self, reference_tick: int, collar_ticks: int = 0) -> Uncross | None:
        """Price and volume at which the book would uncross (AUC-002 to AUC-007); None if it is not crossed.

        reference_tick   the reference price (AUC-008)
        collar_ticks     a price further from it is moved to the edge of the collar (AUC-014); 0: no collar
        """
        result = self._equilibrium(reference_tick)
        if result is None or not collar_ticks or abs(result.price - reference_tick) <= collar_ticks:
            return result
        return self._at(reference_tick + (collar_ticks if result.price > reference_tick else -collar_ticks))

    def _equilibrium(self, reference_tick: int) -> Uncross | None:
        """Apply AUC-002 to AUC-007 one after the other; None if the book is not crossed."""
        bid, ask = self.best(Side.BUY), self.best(Side.SELL)
        if bid is None or ask is None or bid.price < ask.price:
            return None
        # AUC-002: candidates are all ticks from the best ask to the best bid.
        candidates = [self._at(price) for price in range(ask.price, bid.price + 1)]
        # AUC-003: keep those with the largest volume. AUC-004: of these, those with the smallest imbalance.
        volume = max(candidate.volume for candidate in candidates)
        candidates = [candidate for candidate in candidates if candidate.volume == volume]
        imbalance = min(abs(candidate.imbalance) for candidate in candidates)
        candidates = [candidate for candidate in candidates if abs(candidate.imbalance) == imbalance]
        # AUC-005: if buys are left over at all of them, take the highest price; if sells are, the lowest.
        if all(candidate.imbalance > 0 for candidate in candidates):
            return candidates[-1]
        if all(candidate.imbalance < 0 for candidate in candidates):
            return candidates[0]
        # AUC-007: if both occur, keep the two neighbours between which the sign changes.
        if imbalance:
            first = max(number for number, candidate in enumerate(candidates) if candidate.imbalance > 0)
            candidates = candidates[first : first + 2]
        # AUC-006: take the reference price, moved into the remaining interval.
        price = min(max(reference_tick, candidates[0].price), candidates[-1].price)
        return next(candidate for candidate in candidates if candidate.price == price)

    def parts(self, side: int, price: int, volume: int) -> list[tuple[Order, int]]:
        """(order, lots) of one side that trade in an uncross, in order (AUC-010).

        First orders with a better price, in full; then at the price the shown lots by time, then the hidden ones.
        """
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
        """Assert that the queues are sound (INV-010, INV-011)."""
        for side in Side:
            for key, queue in self.sides[side].items():
                assert queue, "no level is empty (INV-011)"
                for order in queue:
                    assert -signed(side) * order.price == key and order.side == side, "an order rests at its limit"
                    assert 0 < order.shown_lots <= order.leaves_lots and order.resting, "it shows some lots (INV-010)"


class OrderIds:
    """Makes order ids from a slot and how often it was used; the slot released last is used next (WIRE-012)."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.generations: dict[int, int] = {}
        self.free: list[int] = []

    def has_free(self, count: int) -> bool:
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
