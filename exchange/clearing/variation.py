"""Variation margin: the gains of positions against their marks become cash (SETTLE-007)."""

import numpy as np

from exchange.clearing.ledger import post
from exchange.kernel import kernel
from exchange.kernel_codes import HOUSE_VARIATION


@kernel
def settle_positions(state: np.record, is_settled: np.ndarray, received_mills: np.ndarray) -> None:
    """Pay the gain or loss of every position in a settled book in cash; the position then counts from the mark.

    is_settled      by book, uint8
    received_mills  by account, int64: what each account receives is added here, negative if it pays

    Lots of a book sum to zero, and so do their open values. So what some receive is what others pay.
    """
    for number in range(1, np.int64(state.used_positions) + 1):
        position = state.positions[number]
        if is_settled[position.book] != 0:
            book = state.books[position.book]
            value = np.int64(book.mark_tick) * position.lots
            gain = (value - position.open_value_tick_lots) * book.hours
            position.open_value_tick_lots = value
            position.paid_mills += gain
            post(state, np.int64(position.account), HOUSE_VARIATION, gain)
            state.accounts[position.account].unrealised_pnl_mills -= gain
            received_mills[position.account] += gain
