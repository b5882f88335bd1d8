"""Cancel/replace of the reference: what an order becomes, and whether it keeps its turn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exchange.codes import CancelReason, EventFlag, EventKind, RejectReason
from exchange.reference import stops
from exchange.reference.book import STAMPS
from exchange.reference.checks import changed_by, keeps_priority, replace_reason, told_beside
from exchange.reference.expiry import expire_replaced, is_over

if TYPE_CHECKING:
    from exchange.reference.engine import Reference


def replace_order(reference: Reference) -> None:
    """REPLACE: the order keeps its turn or starts again (REPL-001 to REPL-007)."""
    command = reference.command
    order = reference.find(command)
    if order is not None and order.pending:
        stops.replace(reference, order)
        return
    reason = replace_reason(reference, command)
    if order is None or reason != RejectReason.NONE:
        told = told_beside(reference, reason, changed_by(order, command), order) if order else {}
        reference.refuse_change(EventKind.REPLACE_REJECTED, reason, order, **told)
        return
    changed = changed_by(order, command)
    kept = keeps_priority(order, changed)
    if changed.leaves_lots > 0 and is_over(changed, command.time_ns):
        expire_replaced(reference, order, changed)
        return
    book, old_price = reference.books[order.instrument], order.price
    if changed.leaves_lots > 0 and not kept:
        if order.resting:
            book.remove(order)
        order.stamp = next(STAMPS)
        book.top = [None if holder is order else holder for holder in book.top]
    order.tif, order.expiry_ns, order.tag = changed.tif, changed.expiry_ns, changed.tag
    if changed.leaves_lots <= 0:
        reference.order_event(
            EventKind.ORDER_REPLACED, order, reference=command.request_id, working_lots=order.leaves_lots
        )
        reference.cancel_order(order, CancelReason.IFM)
        return
    order.price, order.order_lots, order.leaves_lots = changed.price, changed.order_lots, changed.leaves_lots
    order.display_lots, order.shown_lots = changed.display_lots, min(order.shown_lots, order.leaves_lots)
    level = book.level_lots(order.side, old_price)
    if kept:
        reference.order_event(
            EventKind.ORDER_REPLACED, order, reference=command.request_id, flags=EventFlag.KEPT, level_lots=level,
            working_lots=order.leaves_lots,
        )  # fmt: skip
        return
    reference.order_event(
        EventKind.ORDER_REPLACED, order, reference=command.request_id, flags=EventFlag.LOST, level_lots=level,
        old_tick=old_price, working_lots=order.leaves_lots,
    )  # fmt: skip
    reference.aggress(order)
