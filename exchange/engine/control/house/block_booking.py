"""Checks and books the two sides of a reported block (LIMIT-006, MARGIN-013, FEE-001)."""

import numpy as np

from exchange.clearing.ledger import post
from exchange.clearing.margin import own_risk
from exchange.clearing.positions import (
    change_lots,
    find_position,
    largest_possible_lots,
    open_position,
    positions_left,
)
from exchange.engine.predicates import is_killed, known_account
from exchange.engine.risk import check_risk
from exchange.kernel import kernel
from exchange.kernel_codes import (
    HOUSE_FEES,
    REJECT_FULL,
    REJECT_KILLED,
    REJECT_NONE,
    REJECT_UNKNOWN_ACCOUNT,
    SIDE_BUY,
    sign_of,
)


@kernel
def refusal_of_side(
    state: np.record, account: int, side: int, index: int, lots: int, price: int, fee_mills: int
) -> np.int64:
    """Why an account may not trade its side of a block, as a RejectReason. Nothing is written.

    index      book of an outright
    fee_mills  fee of each side, mills per GPU-hour
    """
    if not known_account(state, account):
        return REJECT_UNKNOWN_ACCOUNT
    if is_killed(state, account, 0):
        return REJECT_KILLED
    book = state.books[index]
    row = find_position(state, account, index)
    loss = max((np.int64(price) - book.mark_tick) * sign_of(side), 0) * book.hours + fee_mills * book.fee_hours
    reason = check_risk(state, account, row, book, side, np.int64(lots), loss * lots)
    if reason == REJECT_NONE and positions_left(state) < 2:
        return REJECT_FULL
    return np.int64(reason)


@kernel
def book_sides(
    state: np.record, buyer: int, seller: int, index: int, lots: int, price: int, fee_mills: int,
    paid_mills: np.ndarray, rows: np.ndarray,
) -> None:  # fmt: skip
    """Book both sides of a checked block, and their fees. The holds of both accounts are computed again afterwards.

    fee_mills   fee of each side, mills per GPU-hour
    paid_mills  by account, int64: the fees are added here
    rows        int64, shape (2,): gets the POSITION rows of buyer and seller
    """
    fee = fee_mills * np.int64(state.books[index].fee_hours) * lots
    for side in range(2):
        account = buyer if side == SIDE_BUY else seller
        post(state, account, HOUSE_FEES, -fee)
        paid_mills[account] += fee
        rows[side] = _hold_lots(state, account, index, np.int64(lots) * sign_of(side), price)


@kernel
def _hold_lots(state, account, index, lots, price):
    """Add signed lots to the account's position in an outright and to its RISK row. Returns the position's row."""
    row = open_position(state, account, index)
    position, book = state.positions[row], state.books[index]
    risk, before = own_risk(state, account, book), largest_possible_lots(position)
    change_lots(state, account, position, book, lots, lots * price)
    risk.net_hours += lots * book.margin_hours
    risk.gross_hours += (largest_possible_lots(position) - before) * book.margin_hours
    risk.spot_lots += book.spot_weight * lots
    state.accounts[account].changed_scans |= book.commodity_bit
    return row
