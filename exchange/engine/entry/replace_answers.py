"""The events that answer an accepted REPLACE."""

import numpy as np

from exchange.engine.emit import next_in_stream, order_event
from exchange.engine.orders import cancel_remainder
from exchange.kernel import kernel, leaf_kernel
from exchange.kernel_codes import CANCEL_EXPIRED, EVENT_ORDER_REPLACED, ORDER_STATE_EXPIRED


@leaf_kernel
def answer_replace(state, out, command, order, level_lots):
    """Emit the RPL of an order as it is now. Returns the row, to which the caller adds the flag KEPT or LOST."""
    row = order_event(state, out, EVENT_ORDER_REPLACED, order, np.int64(order.leaves_lots), level_lots)
    row.reference = command.request_id
    row.account_sequence = next_in_stream(state, np.int64(order.account))
    return row


@kernel
def expire_replaced(state, out, command, slot):
    """End an order whose new expiry is in the past. Emits RPL, then CXL (TIF-009)."""
    row = answer_replace(state, out, command, state.orders[slot], np.int64(0))
    row.state = ORDER_STATE_EXPIRED
    row.leaves_lots = 0
    cancel_remainder(state, out, slot, CANCEL_EXPIRED)
