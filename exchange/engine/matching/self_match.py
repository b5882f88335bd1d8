"""Self-match prevention in price-time books (SMP-001 to SMP-006).

Two orders with the same self-match id never trade with each other in OPEN. Prevention acts only when the resting order
is the next to trade; the aggressor's instruction decides which of the two is cancelled.
"""

import numpy as np

from exchange.book.levels import take_hidden_first, unlink_order
from exchange.book.owners import is_of_owner
from exchange.engine.emit import next_in_stream, order_event
from exchange.engine.orders import cancel_remainder, release_order, work_order
from exchange.kernel import kernel, leaf_kernel
from exchange.kernel_codes import (
    CANCEL_SMP,
    EVENT_FLAG_NEVER_RESTED,
    EVENT_SELF_MATCH_DECREMENTED,
    ORDER_STATE_CANCELLED,
    SMP_CANCEL_AGGRESSOR,
    SMP_CANCEL_RESTING,
    SMP_DECREMENT,
)


@leaf_kernel
def is_own(order, maker):
    """Whether the resting order `maker` has the aggressor's owner, so that the two may not trade."""
    return is_of_owner(order.smp_id, order.account, maker)


@kernel
def prevent_self_match(state, out, slot, resting):
    """Carry out the self-match instruction of the aggressor `slot` against the order `resting`, the next to trade.

    If the aggressor is cancelled, its row is free afterwards.
    """
    mode = np.int64(state.orders[slot].smp_mode)
    if mode == SMP_DECREMENT:
        lots = min(np.int64(state.orders[slot].leaves_lots), np.int64(state.orders[resting].leaves_lots))
        _decrement(state, out, resting, lots)
        _decrement(state, out, slot, lots)
        if state.orders[resting].leaves_lots == 0:
            release_order(state, resting)
        return
    if mode != SMP_CANCEL_AGGRESSOR:
        cancel_remainder(state, out, resting, CANCEL_SMP)
    if mode != SMP_CANCEL_RESTING:
        cancel_remainder(state, out, slot, CANCEL_SMP)


@kernel
def _decrement(state, out, slot, lots):
    """Take lots off one of the two orders, without a trade or a fee (SMP-005). Emits DEC."""
    order = state.orders[slot]
    book = state.books[order.book]
    work_order(state, order, -lots)
    level_lots = np.int64(0)
    flags = EVENT_FLAG_NEVER_RESTED
    if order.resting == 0:
        order.leaves_lots -= lots
    else:
        flags = np.int64(0)
        if lots == order.leaves_lots:
            level_lots = unlink_order(state, book, slot)
            order.leaves_lots = 0
            order.shown_lots = 0
        else:
            level_lots = take_hidden_first(state, book, slot, lots)
    if order.leaves_lots == 0:
        order.state = ORDER_STATE_CANCELLED
    row = order_event(state, out, EVENT_SELF_MATCH_DECREMENTED, order, lots, level_lots)
    row["flags"] |= flags
    row.account_sequence = next_in_stream(state, np.int64(order.account))
