"""Stops of the reference: they wait in no structure; each question looks at all orders (STOP-001 to STOP-010)."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from exchange.codes import (
    CancelReason,
    CommandFlag,
    EventFlag,
    EventKind,
    MarketState,
    OrderState,
    OrderType,
    RejectReason,
    Side,
)
from exchange.reference import checks
from exchange.reference.book import STAMPS, Book, Order, Uncross, signed
from exchange.reference.expiry import expire_replaced, is_over

if TYPE_CHECKING:
    from exchange.reference.engine import Reference


def is_true(order: Order, price: int) -> bool:
    """STOP-001."""
    return signed(order.side) * price >= signed(order.side) * order.trigger


def unelected(reference: Reference, index: int) -> list[Order]:
    return [
        order
        for order in reference.orders.values()
        if order.pending and order.instrument == index and order not in reference.elected
    ]


def elect(reference: Reference, index: int, price: int, origin: int | None) -> None:
    """STOP-004, STOP-005: sticky, nearest to `origin` first, then by stamp."""

    def distance(order: Order) -> int:
        return 0 if origin is None else abs(order.trigger - origin)

    found = [order for order in unelected(reference, index) if is_true(order, price)]
    reference.elected += sorted(found, key=lambda order: (distance(order), order.stamp))


def elect_if_true(reference: Reference, order: Order) -> None:
    """STOP-002, REPL-007: a trigger that is true in OPEN does not wait."""
    last = reference.books[order.instrument].last_tick
    is_open = reference.market_state(order.instrument) == MarketState.OPEN
    if is_open and last is not None and is_true(order, last):
        reference.elected.append(order)


def cascade(reference: Reference) -> None:
    """STOP-006 to STOP-008: one at a time, first in first out; those of books that do not match stay."""
    while True:
        ready = [order for order in reference.elected if reference.market_state(order.instrument) == MarketState.OPEN]
        if not ready:
            return
        inject(reference, ready[0])
        reference.enter(ready[0])


def inject(reference: Reference, order: Order) -> None:
    """TRG; from now on it is a limit order inside the band (STOP-009)."""
    if order in reference.elected:
        reference.elected.remove(order)
    order.price = injection_price(reference, order)
    order.pending = False
    order.stamp = next(STAMPS)
    reference.order_event(EventKind.STOP_TRIGGERED, order, working_lots=order.leaves_lots)


def injection_price(reference: Reference, order: Order) -> int:
    instrument, sign = reference.clearing.instruments[order.instrument], signed(order.side)
    worst = checks.worst_price(reference, order.instrument, order.side)
    price = min(sign * order.price, sign * worst) * sign
    while price % instrument.min_inc:
        price -= sign
    inside = max(instrument.low_tick, min(price, instrument.high_tick))
    return min(sign * inside, sign * order.price) * sign  # outside on the passive side it will be parked (BAND-004)


def entry_price(reference: Reference, command: Any) -> int:
    """STOP-003: a stop-limit has its own limit, a plain stop its trigger and protection, or a tighter price."""
    if command.order_type == OrderType.STOP_LIMIT:
        return command.price
    tighten = bool(command.flags & CommandFlag.TIGHTEN)
    return protected(reference, command.instrument, command.side, command.trigger, command.price if tighten else None)


def protected(reference: Reference, index: int, side: int, trigger: int, price: int | None) -> int:
    instrument, sign = reference.clearing.instruments[index], signed(side)
    limit = trigger + sign * instrument.protection_ticks
    while limit % instrument.min_inc:
        limit -= sign
    return limit if price is None else min(sign * limit, sign * price) * sign


# --- uncross


def join_auction(reference: Reference, index: int, price: int) -> None:
    """Those that a halt held up first, then, round by round, those that the price elects (STOP-008, AUC-009)."""
    for order in [order for order in reference.elected if order.instrument == index]:
        _join(reference, order)
    while True:
        result = reference.books[index].uncross(price, reference.guards[index].collar_ticks)
        found = [] if result is None else [o for o in unelected(reference, index) if is_true(o, result.price)]
        if not found:
            return
        for order in sorted(found, key=lambda order: order.stamp):
            _join(reference, order)


def _join(reference: Reference, order: Order) -> None:
    inject(reference, order)
    if order.minimum_lots:
        reference.cancel_order(order, CancelReason.MINQTY)
    else:
        reference.rest(order)


def expected_uncross(reference: Reference, index: int, price: int) -> Uncross | None:
    """What the uncross would be if no collar minded."""
    return expected_book(reference, index, price).uncross(price)


def expected_book(reference: Reference, index: int, price: int) -> Book:
    """A book of copies, with the stops that would join; only prices inside the collar elect."""
    book = Book()
    for side in Side:
        for order in reference.books[index].orders(side):
            book.rest(dataclasses.replace(order))
    waiting = [order for order in unelected(reference, index) if not order.minimum_lots]
    found = [order for order in reference.elected if order.instrument == index and not order.minimum_lots]
    while True:
        for order in found:
            book.rest(dataclasses.replace(order, price=injection_price(reference, order)))
        waiting = [order for order in waiting if order not in found]
        result = book.uncross(price, reference.guards[index].collar_ticks)
        found = [] if result is None else [order for order in waiting if is_true(order, result.price)]
        if not found:
            return book


# --- replace


def changed(reference: Reference, order: Order, command: Any) -> Order:
    """What a REPLACE of a waiting stop asks for (REPL-007)."""
    flags = command.flags
    trigger = command.trigger if flags & CommandFlag.SET_TRIGGER else order.trigger
    price = order.price if flags & CommandFlag.KEEP_PRICE else command.price
    if order.order_type == OrderType.STOP and flags & CommandFlag.KEEP_PRICE:
        price = order.price + trigger - order.trigger
    elif order.order_type == OrderType.STOP:
        price = protected(reference, order.instrument, order.side, trigger, command.price)
    return dataclasses.replace(checks.changed_by(order, command), trigger=trigger, price=price)


def replace(reference: Reference, order: Order) -> None:
    command, new = reference.command, changed(reference, order, reference.command)
    reason = checks.first_failure(checks.stop_replace_checks(reference, order, new))
    if reason != RejectReason.NONE:
        told = checks.told_beside(reference, reason, new, order)
        reference.refuse_change(EventKind.REPLACE_REJECTED, reason, order, **told)
        return
    if is_over(new, command.time_ns):
        expire_replaced(reference, order, new)
        return
    lost = new.trigger != order.trigger or new.leaves_lots > order.leaves_lots
    for name in ("trigger", "price", "order_lots", "leaves_lots", "display_lots", "tif", "expiry_ns", "tag"):
        setattr(order, name, getattr(new, name))
    if lost:
        order.stamp = next(STAMPS)
    reference.order_event(
        EventKind.ORDER_REPLACED, order, reference=command.request_id, working_lots=order.leaves_lots,
        state=OrderState.PENDING, flags=EventFlag.LOST if lost else EventFlag.KEPT,
    )  # fmt: skip
    if lost:
        elect_if_true(reference, order)
