"""What must hold when a new day's terms move the price windows and increments, folded into the ledger."""

from typing import Any

from exchange.clearing_codes import CashReason, Life
from exchange.codes import CancelReason, EventKind
from tests.properties.invariants import Ledger


def fold_day_limits(ledger: Ledger, events: list[Any]) -> None:
    """SPEC-002: who is off a new increment has left. BAND-004: who is outside the new limits shows nothing; who is
    inside stands where its turn has been."""
    for event in events:
        if event.kind == EventKind.ORDER_CANCELLED:
            assert event.cancel_reason == CancelReason.ADMIN, (
                "nothing leaves but what a new increment leaves off (SPEC-002)"
            )
            ledger.check_stream(event)
            ledger.cancel(event)
    fold_variation(ledger, events)
    rests = [event for event in events if event.kind == EventKind.ORDER_RESTED]
    for event in rests:
        order = ledger.orders[event.order_id]
        assert bool(event.shown_lots) != bool(order.stamp), "who rested is parked, who was parked rests"
        order.stamp = 0 if order.stamp else order.turn
        order.shown_lots = event.shown_lots
    for event in rests:
        if event.shown_lots:
            ledger.show(event, ledger.orders[event.order_id])
            ledger.check_level(event, ledger.orders[event.order_id])


def fold_variation(ledger: Ledger, events: list[Any]) -> None:
    """SETTLE-007: what some receive others pay, and every position counts from the mark. SETTLE-012: both are in the
    account's stream."""
    received = 0
    for event in events:
        if event.kind in (EventKind.CASH_MOVED, EventKind.POSITION_CHANGED):
            ledger.check_stream(event)
        if event.kind == EventKind.CASH_MOVED:
            assert event.cash_reason == CashReason.VARIATION and event.amount_mills
            received += event.amount_mills
        if event.kind == EventKind.POSITION_CHANGED:
            assert event.open_value_tick_lots == event.mark_tick * event.position_lots
    assert received == 0, "the house keeps nothing of variation margin"


def fold_endings(ledger: Ledger, events: list[Any]) -> None:
    """SESSION-002, CASCADE-002: orders leave first; money moves between accounts, but for fees; what has ended is
    empty."""
    received, ended = 0, {event.instrument for event in events if event.kind == EventKind.INSTRUMENT_ENDED}
    waits = {
        event.instrument for event in events if event.kind == EventKind.INSTRUMENT_ENDED and event.life == Life.EXPIRED
    }
    for event in events:
        if event.kind == EventKind.ORDER_CANCELLED:
            assert event.cancel_reason in (CancelReason.EXPIRED, CancelReason.CASCADED) and event.instrument in ended
            ledger.check_stream(event)
            ledger.cancel(event)
        if event.kind in (EventKind.CASH_MOVED, EventKind.POSITION_CHANGED, EventKind.POSITION_CASCADED):
            ledger.check_stream(event)
        if event.kind == EventKind.CASH_MOVED and event.cash_reason == CashReason.FEE:
            assert event.amount_mills < 0, "a fee is paid"
        elif event.kind == EventKind.CASH_MOVED:
            received += event.amount_mills
    last = {(event.account, event.instrument): event for event in events if event.kind == EventKind.POSITION_CHANGED}
    assert all(not event.position_lots for (_, book), event in last.items() if book in ended - waits), "lots are left"
    assert received == 0, "the house keeps nothing of variation margin"
    assert not [order for order in ledger.orders.values() if order.book in ended], "orders have left"


def fold_calls(ledger: Ledger, events: list[Any]) -> None:
    """MARGIN-012: orders leave an account that is called, for that reason alone; the house alone pays for others."""
    called = {event.account for event in events if event.kind == EventKind.MARGIN_CALLED}
    for event in events:
        ledger.check_stream(event)
        if event.kind == EventKind.ORDER_CANCELLED:
            assert event.cancel_reason == CancelReason.DEFAULT
            ledger.cancel(event)
        if event.kind == EventKind.CASH_MOVED:
            assert event.cash_reason == CashReason.SHORTFALL and event.amount_mills > 0 and event.account in called


def fold_block(ledger: Ledger, events: list[Any]) -> None:
    """LIMIT-006: what one buys another sells; both pay the same fee."""
    for event in events:
        ledger.check_stream(event)
    fees = [event.amount_mills for event in events if event.kind == EventKind.CASH_MOVED]
    assert len(fees) in (0, 2) and len(set(fees)) <= 1, fees
    assert sum(event.kind == EventKind.POSITION_CHANGED for event in events) == 2
