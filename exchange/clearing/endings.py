"""What becomes of positions when an instrument ends: they are closed at its last price, or become positions in its
children (CASCADE-002).

The mark of the instrument is that last price, and variation has been paid against it.
"""

import numpy as np

from exchange.clearing.ledger import post
from exchange.clearing.margin import hold_short, most_short, own_risk
from exchange.clearing.positions import change_lots, largest_possible_lots, open_position
from exchange.kernel import kernel
from exchange.kernel_codes import HOUSE_FEES


@kernel
def close_positions(state: np.record, index: int, fee_mills: int, paid_mills: np.ndarray) -> None:
    """Close all positions in a book at its mark. Each side pays a fee on its GPU-hours (FEE-001).

    fee_mills   mills per GPU-hour
    paid_mills  by account, int64: the fee that each account pays is added here
    """
    book = state.books[index]
    for row in range(1, np.int64(state.used_positions) + 1):
        position = state.positions[row]
        if position.book == index and position.lots != 0:
            account, lots = np.int64(position.account), np.int64(position.lots)
            fee = fee_mills * book.hours * abs(lots)
            post(state, account, HOUSE_FEES, -fee)
            paid_mills[account] += fee
            _shift_lots(state, account, row, -lots, np.int64(book.mark_tick) * -lots)


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
                _shift_lots(state, account, child, lots, price * lots)
            _shift_lots(state, account, np.int64(row), -lots, price * -lots)


@kernel
def _shift_lots(state, account, row, lots, value):
    """Add signed lots, opened for `value` ticks x lots, to a position and its account's RISK row. The account's hold is
    computed again afterwards (`recompute_holds`)."""
    position = state.positions[row]
    book = state.books[position.book]
    risk, before = own_risk(state, account, book), largest_possible_lots(position)
    short = most_short(position, np.int64(0))
    change_lots(state, account, position, book, lots, value)
    risk.net_hours += lots * book.margin_hours
    risk.gross_hours += (largest_possible_lots(position) - before) * book.margin_hours
    risk.spot_lots += book.spot_weight * lots
    hold_short(state, account, book, position, short)
    state.accounts[account].changed_scans |= book.commodity_bit
