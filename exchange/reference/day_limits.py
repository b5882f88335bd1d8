"""A new day's terms in the reference: orders off a new increment leave (SPEC-002), orders outside the new limits are
parked, covered ones rest again (BAND-004)."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from exchange.codes import CancelReason, EventKind, OrderType
from exchange.reference.book import signed
from exchange.reference.velocity import lead_month

if TYPE_CHECKING:
    from exchange.reference.book import Order
    from exchange.reference.engine import Reference


def one_person_may(reference: Reference, books: list[dict[str, Any]], day: int) -> bool:
    """SEC-061: a whole group, once a day, within the limits of its outrights; or once more what stands already."""
    if day < 1:
        return False
    instruments, named = reference.clearing.instruments, {limits["index"]: limits for limits in books}
    for group in {instruments[index].group for index in named}:
        members = {index: one for index, one in instruments.items() if one.group == group}
        settled = reference.settled_days.get(group, 0)
        if settled > day or not members.keys() <= named.keys():
            return False
        for index, one in members.items():
            settle = named[index]["settle_tick"]
            asked = (settle, named[index]["low_tick"], named[index]["high_tick"])
            if settled == day and asked != (one.settle_tick, one.low_tick, one.high_tick):
                return False
            if settled < day and not one.combo and not one.low_tick <= settle <= one.high_tick:
                return False
    return True


def set_day_limits(reference: Reference, books: list[dict[str, Any]], day: int) -> None:
    """DAY_LIMITS of books that are CLOSED."""
    instruments = reference.clearing.instruments
    if day:
        reference.settled_days |= {instruments[limits["index"]].group: day for limits in books}
    increments = {limits["index"]: limits["min_inc"] for limits in books if "min_inc" in limits}
    for order in list(reference.orders.values()):
        if order.instrument in increments and any(tick % increments[order.instrument] for tick in _named_ticks(order)):
            reference.cancel_order(order, CancelReason.ADMIN)
    for index, increment in increments.items():
        instruments[index] = dataclasses.replace(instruments[index], min_inc=increment)
    for limits in books:
        terms = {name: limits[name] for name in ("settle_tick", "low_tick", "high_tick")}
        instruments[limits["index"]] = dataclasses.replace(instruments[limits["index"]], **terms)
        guard = reference.guards[limits["index"]]
        guard.velocity.width_ticks = limits.get("velocity_ticks", 0)
        guard.breaker.width_ticks = limits.get("breaker_ticks", 0)
        guard.collar_ticks = limits.get("collar_ticks", 0)
    moved = [entry for limits in books for entry in _place_orders(reference, limits["index"])]
    for order in sorted(moved, key=lambda order: order.entry):
        level = reference.books[order.instrument].level_lots(order.side, order.price)
        reference.order_event(
            EventKind.ORDER_RESTED, order, shown_lots=order.shown_lots, in_stream=False,
            hidden_lots=order.leaves_lots - order.shown_lots if order.resting else 0,
            level_lots=level if order.resting else 0,
        )  # fmt: skip
    for limits in books:
        index = limits["index"]
        reference.emit(EventKind.INSTRUMENT_LISTED, instrument=index, settlement_tick=instruments[index].settle_tick)
        group = instruments[index].group
        reference.lead_months[group] = lead_month(reference.clearing, group)


def _named_ticks(order: Order) -> list[int]:
    """The prices that have to be on the increment: of a stop that waits its trigger, and its limit if it named one."""
    if not order.pending:
        return [order.price]
    return [order.trigger] if order.order_type == OrderType.STOP else [order.trigger, order.price]


def _place_orders(reference: Reference, index: int) -> list[Order]:
    """Lay the queues out anew, in order of stamps. Returns who parks or rests again."""
    instrument, book = reference.clearing.instruments[index], reference.books[index]
    working = [order for order in reference.orders.values() if order.instrument == index and not order.pending]
    moved = []
    for order in sorted(working, key=lambda order: order.stamp):
        rested, stamp, shown = order.resting, order.stamp, order.shown_lots
        if rested:
            book.remove(order)
        covered = instrument.low_tick <= order.price <= instrument.high_tick
        if covered:
            book.rest(order)
            order.stamp = stamp
        if covered and rested:
            order.shown_lots = shown
        if covered != rested:
            moved.append(order)
            order.shown_lots = order.shown_lots if covered else 0
            top = book.top[order.side]
            if covered and top and signed(order.side) * (order.price - top.price) > 0:
                book.top[order.side] = None
    return moved
