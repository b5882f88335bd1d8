"""Books what a bust takes back: lots at the price of the trade, fees and remainders."""

import numpy as np

from exchange.clearing.ledger import post
from exchange.clearing.margin import hold_lots
from exchange.clearing.positions import open_position, positions_left
from exchange.kernel import kernel
from exchange.kernel_codes import HOUSE_FEES, HOUSE_ROUNDING


@kernel
def free_positions(state: np.record) -> np.int64:
    """Number of POSITION rows that are free."""
    return np.int64(positions_left(state))


@kernel
def book_reversals(state: np.record, fills: np.ndarray, rows: np.ndarray) -> None:
    """Take fills back from their accounts. The holds of all accounts are computed again afterwards.

    fills  account, book, lots (sold: below 0) and price in ticks of each, int64, shape (n, 4)
    rows   int64, shape (n,): gets the POSITION row of each
    """
    for number in range(fills.shape[0]):
        account, index, lots, tick = fills[number, 0], fills[number, 1], fills[number, 2], fills[number, 3]
        rows[number] = open_position(state, account, index)
        hold_lots(state, account, rows[number], -lots, -lots * tick)


@kernel
def pay_back(state: np.record, paid: np.ndarray, moved_mills: np.ndarray) -> None:
    """Pay accounts back what they have paid with trades.

    paid         account, fee and remainder in mills of each, int64, shape (n, 3); a remainder may be below 0
    moved_mills  by account, int64: what each is paid is added here
    """
    for number in range(paid.shape[0]):
        account, fee, rounding = paid[number, 0], paid[number, 1], paid[number, 2]
        post(state, account, HOUSE_FEES, fee)
        post(state, account, HOUSE_ROUNDING, rounding)
        moved_mills[account] += fee + rounding
