"""Checks and books the two sides of a reported block (LIMIT-006, MARGIN-013, FEE-001)."""

import numpy as np

from exchange.clearing.ledger import post
from exchange.clearing.margin import hold_lots
from exchange.clearing.positions import (
    find_position,
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
    return risk_of_side(state, account, side, index, lots, price, fee_mills)


@kernel
def risk_of_side(
    state: np.record, account: int, side: int, index: int, lots: int, price: int, fee_mills: int
) -> np.int64:
    """As `refusal_of_side`, for an account that is known, whether or not it is killed."""
    book = state.books[index]
    row = find_position(state, account, index)
    loss = max((np.int64(price) - book.mark_tick) * sign_of(side), 0) * book.hours + fee_mills * book.fee_hours
    reason = check_risk(state, account, row, book, side, np.int64(lots), loss * lots)
    if reason == REJECT_NONE and positions_left(state) < 2:
        return REJECT_FULL
    return np.int64(reason)


@kernel
def lots_in(state: np.record, account: int, index: int) -> np.int64:
    """Lots that a defined account holds in a book, signed."""
    return np.int64(state.positions[find_position(state, account, index)].lots)


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
        signed = np.int64(lots) * sign_of(side)
        rows[side] = open_position(state, account, index)
        hold_lots(state, account, rows[side], signed, signed * price)
