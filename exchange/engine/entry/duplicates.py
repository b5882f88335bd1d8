"""A NEW under the client order id of a live order of its account (ENTRY-003, ORDER-005)."""

import numpy as np

from exchange.engine.emit import order_event
from exchange.engine.predicates import is_stop
from exchange.kernel import kernel
from exchange.kernel_codes import EVENT_FLAG_SAME, EVENT_ORDER_REJECTED, ORDER_LIMIT, ORDER_STOP_LIMIT, REJECT_DUP_ID


@kernel
def has_same_content(order, command):
    """Whether a NEW repeats a live order: same instrument, side, type, total lots, and the prices that its type states.

    A market order's limit came from the book, so it is not compared.
    """
    kind = command.order_type
    if order.book != command.instrument or order.side != command.side or order.order_type != kind:
        return False
    if order.order_lots != command.lots or (is_stop(kind) and order.trigger != command.trigger):
        return False
    return (kind != ORDER_LIMIT and kind != ORDER_STOP_LIMIT) or order.price == command.price


@kernel
def repeat_order(state, out, command, order):
    """REJ with the live order's present state. It takes no number of the account's stream, as nothing has changed."""
    row = order_event(state, out, EVENT_ORDER_REJECTED, order, np.int64(0), np.int64(0))
    row.reason = REJECT_DUP_ID
    row.session = command.session
    row.reference = command.request_id
    row["flags"] = EVENT_FLAG_SAME
