"""Orders of the reference whose time has come before they work: TIF-009."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exchange.codes import CancelReason, EventKind, OrderState, TimeInForce

if TYPE_CHECKING:
    from exchange.reference.book import Order
    from exchange.reference.engine import Reference


def is_over(order: Order, now_ns: int) -> bool:
    """Whether the time of a GTD order has come."""
    return order.tif == TimeInForce.GTD and order.expiry_ns <= now_ns


def expire_replaced(reference: Reference, order: Order, changed: Order) -> None:
    """A replace to a time that has come amounts to a cancel."""
    order.tif, order.expiry_ns, order.tag = changed.tif, changed.expiry_ns, changed.tag
    reference.order_event(
        EventKind.ORDER_REPLACED, order, reference=reference.command.request_id, working_lots=order.leaves_lots,
        leaves_lots=0, state=OrderState.EXPIRED,
    )  # fmt: skip
    reference.cancel_order(order, CancelReason.EXPIRED)
