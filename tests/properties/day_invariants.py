"""What must hold when a new day's limits move the price windows, folded into the ledger."""

from typing import Any

from exchange.codes import EventKind
from tests.properties.invariants import Ledger


def fold_day_limits(ledger: Ledger, events: list[Any]) -> None:
    """BAND-004: who is outside the new limits shows nothing; who is inside stands where its turn has been."""
    rests = [event for event in events if event.kind == EventKind.RST]
    for event in rests:
        order = ledger.orders[event.order_id]
        assert bool(event.lots) != bool(order.stamp), "who rested is parked, who was parked rests"
        order.stamp = 0 if order.stamp else order.turn
        order.shown_lots = event.lots
    for event in rests:
        if event.lots:
            ledger.show(event, ledger.orders[event.order_id])
            ledger.check_level(event, ledger.orders[event.order_id])
