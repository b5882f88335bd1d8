"""Self-match prevention of the reference: what becomes of two orders of one owner that meet (SMP-001 to SMP-006)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exchange.codes import CancelReason, EventFlag, EventKind, OrderState, SmpMode
from exchange.reference.book import Order

if TYPE_CHECKING:
    from exchange.reference.engine import Reference


def prevent_self_match(reference: Reference, order: Order, maker: Order) -> None:
    """Do as the aggressor says; it may be gone afterwards."""
    if order.smp_mode == SmpMode.DECREMENT:
        lots = min(order.leaves_lots, maker.leaves_lots)
        _decrement(reference, maker, lots)
        _decrement(reference, order, lots)
        if not maker.leaves_lots:
            reference.end_order(maker)
        return
    if order.smp_mode != SmpMode.CANCEL_AGGRESSOR:
        reference.cancel_order(maker, CancelReason.SMP)
    if order.smp_mode != SmpMode.CANCEL_RESTING:
        reference.cancel_order(order, CancelReason.SMP)


def _decrement(reference: Reference, order: Order, lots: int) -> None:
    """SMP-005: lots go without a trade."""
    book, rested = reference.books[order.instrument], order.resting
    order.leaves_lots -= lots
    order.shown_lots = min(order.shown_lots, order.leaves_lots)  # hidden ones go first
    if rested and not order.leaves_lots:
        book.remove(order)
    reference.order_event(
        EventKind.SELF_MATCH_DECREMENTED, order, lots=lots, flags=0 if rested else EventFlag.NEVER_RESTED,
        level_lots=book.level_lots(order.side, order.price) if rested else 0,
        state=OrderState.OPEN if order.leaves_lots else OrderState.CANCELLED,
    )  # fmt: skip
