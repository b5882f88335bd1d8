"""A NEW with the client order id of a live order of its account: a repeat, or a mistake (ENTRY-003, ORDER-005)."""

import numpy as np

from exchange.engine.emit import order_event
from exchange.engine.predicates import is_stop
from exchange.kernel import kernel
from exchange.kernel_codes import EVENT_FLAG_SAME, EVENT_ORDER_REJECTED, ORDER_LIMIT, ORDER_STOP_LIMIT, REJECT_DUP_ID


@kernel
def has_same_content(order, command):
    """Whether a NEW repeats a live order: same instrument, side, type, total lots, limit price and trigger.

    The limit of a market order or a plain stop is not compared, because it came from the book or the trigger.
    """
    kind = command.order_type
    if order.book != command.instrument or order.side != command.side or order.order_type != kind:
        return False
    if order.order_lots != command.lots or (is_stop(kind) and order.trigger != command.trigger):
        return False
    return (kind != ORDER_LIMIT and kind != ORDER_STOP_LIMIT) or order.price == command.price


@kernel
def repeat_order(state, out, command, order):
    """Emit a REJ with the present state of the live order. It has no stream number, because nothing has changed."""
    row = order_event(state, out, EVENT_ORDER_REJECTED, order, np.int64(0), np.int64(0))
    row.reason = REJECT_DUP_ID
    row.session = command.session
    row.reference = command.request_id
    row["flags"] = EVENT_FLAG_SAME
