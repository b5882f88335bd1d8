"""A NEW of the reference: refused, a repetition of a live order, over before it works, or accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from exchange.codes import CancelReason, EventFlag, EventKind, OrderState, OrderType, RejectReason
from exchange.reference import stops
from exchange.reference.checks import STOP_TYPES, client_words, new_reason, told_of_new
from exchange.reference.expiry import is_over

if TYPE_CHECKING:
    from exchange.reference.book import Order
    from exchange.reference.engine import Reference


def new(reference: Reference) -> None:
    """NEW: ACK and what follows, or REJ (ORDER-003)."""
    command = reference.command
    reason = new_reason(reference, command)
    live = reference.find_client(command.account, client_words(command))
    if reason == RejectReason.DUP_ID and live is not None and has_same_content(live, command):
        reference.order_event(
            EventKind.ORDER_REJECTED, live, in_stream=False, reason=reason, session=command.session,
            reference=command.request_id, flags=EventFlag.SAME,
        )  # fmt: skip
    elif reason != RejectReason.NONE:
        reference.refuse(EventKind.ORDER_REJECTED, reason, **told_of_new(reference, reason))
    else:
        _take(reference, reference.draft(command))


def has_same_content(order: Order, command: Any) -> bool:
    """ENTRY-003: what a NEW asks for is what the live order is now."""
    kind = command.order_type
    asked = (command.instrument, command.side, kind, command.lots)
    if asked != (order.instrument, order.side, order.order_type, order.order_lots):
        return False
    if kind in STOP_TYPES and order.trigger != command.trigger:
        return False
    return kind not in (OrderType.LIMIT, OrderType.STOP_LIMIT) or order.price == command.price


def _take(reference: Reference, order: Order) -> None:
    if is_over(order, reference.command.time_ns):
        reference.accept(order, state=OrderState.EXPIRED, leaves_lots=0)
        reference.cancel_order(order, CancelReason.EXPIRED)
        return
    reference.accept(order)
    if order.pending:
        stops.elect_if_true(reference, order)
    else:
        reference.enter(order)
