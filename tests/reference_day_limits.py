"""A new day's settlement and limits in the reference: orders outside are parked, covered ones rest again (BAND-004)."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from exchange.codes import EventKind
from tests.reference_velocity import lead_month

if TYPE_CHECKING:
    from tests.reference_engine import Reference


def set_day_limits(reference: Reference, books: list[dict[str, Any]]) -> None:
    """DAY_LIMITS of books that are CLOSED."""
    instruments = reference.clearing.instruments
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
            EventKind.RST, order, lots=order.shown_lots, in_stream=False,
            hidden_lots=order.leaves_lots - order.shown_lots if order.resting else 0,
            level_lots=level if order.resting else 0,
        )  # fmt: skip
    for limits in books:
        index = limits["index"]
        reference.emit(EventKind.LISTED, instrument=index, price=instruments[index].settle_tick)
        group = instruments[index].group
        reference.lead_months[group] = lead_month(reference.clearing, group)


def _place_orders(reference: Reference, index: int) -> list[Any]:
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
    return moved
