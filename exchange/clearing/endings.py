"""What becomes of positions when an instrument ends: they are closed at its last price, or become positions in its
children (CASCADE-002).

The mark of the instrument is that last price, and variation has been paid against it.
"""

import numpy as np

from exchange.clearing.ledger import post
from exchange.clearing.margin import hold_lots
from exchange.clearing.positions import open_position
from exchange.kernel import kernel
from exchange.kernel_codes import HOUSE_FEES


@kernel
def close_positions(state: np.record, closes: np.ndarray, fee_mills: int, paid_mills: np.ndarray) -> None:
    """Close all positions in some books at their marks. Each side pays a fee on its GPU-hours (FEE-001).

    closes      by book, uint8
    fee_mills   mills per GPU-hour
    paid_mills  by account, int64: the fee that each account pays is added here
    """
    for row in range(1, np.int64(state.used_positions) + 1):
        position = state.positions[row]
        if closes[position.book] != 0 and position.lots != 0:
            book = state.books[position.book]
            account, lots = np.int64(position.account), np.int64(position.lots)
            fee = fee_mills * book.hours * abs(lots)
            post(state, account, HOUSE_FEES, -fee)
            paid_mills[account] += fee
            hold_lots(state, account, row, -lots, np.int64(book.mark_tick) * -lots)


@kernel
def cascade_positions(state: np.record, parent: int, children: np.ndarray) -> None:
    """Turn each position in a parent into positions of the same lots in its children, opened at the parent's mark: no
    money moves (CASCADE-002).

    children  their books, int64; there must be rows for their positions (`positions_left`)
    """
    price = np.int64(state.books[parent].mark_tick)
    for row in range(1, np.int64(state.used_positions) + 1):
        position = state.positions[row]
        if position.book == parent and position.lots != 0:
            account, lots = np.int64(position.account), np.int64(position.lots)
            for number in range(children.shape[0]):
                child = open_position(state, account, np.int64(children[number]))
                hold_lots(state, account, child, lots, price * lots)
            hold_lots(state, account, np.int64(row), -lots, price * -lots)
