"""Pre-trade checks of rank 11: close-only, position limits, margin hold, capacity. Nothing is written."""

import numpy as np

from exchange.book.slots import can_take_slot
from exchange.clearing.margin import held_mills, hold_rise, leg_position, spot_row, weigh_account
from exchange.clearing.positions import missing_positions, positions_left
from exchange.codes import AccountFlag, RejectReason, Side
from exchange.kernel import kernel, leaf_kernel

BUY = np.int64(Side.BUY)
NONE = np.int64(RejectReason.NONE)
CLOSE_ONLY = np.int64(RejectReason.CLOSE_ONLY)
POSITION = np.int64(RejectReason.POSITION)
RISK = np.int64(RejectReason.RISK)
CLOSE_ONLY_FLAG = np.int64(AccountFlag.CLOSE_ONLY)
LOTS_CEILING = 0x7FFFFFFF  # of one side of a book: levels, auctions and events count lots in 32 bits


@leaf_kernel
def equity_mills(account_row):
    """Cash plus positions at the last mark."""
    return account_row.cash_mills + account_row.gain_mills


@leaf_kernel
def free_mills(state, account):
    """Equity that nothing is held for."""
    return equity_mills(state.accounts[account]) - held_mills(state, account)


@leaf_kernel
def surely_free_mills(account_row):
    """What is free at least, whatever a weighing would tell: no more than `free_mills`."""
    return equity_mills(account_row) - account_row.hold_mills - account_row.unweighed_mills


@leaf_kernel
def weigh_used_up(state, account):
    """Weigh an account that has nothing surely free, so that the next order need not ask what is free."""
    if surely_free_mills(state.accounts[account]) < 0:
        _weigh(state, account)


@kernel
def _weigh(state, account):
    """`weigh_account`, where it is rare."""
    weigh_account(state, account)


@leaf_kernel
def reach_of(position, side, lots):
    """Lots held in the direction of a side if all its working orders fill, and `lots` more."""
    held = position.lots * (1 - 2 * side)
    return held + position.working[side] + lots


@leaf_kernel
def _leg_reasons(state, account, row, book, side, lots, close_only):
    """CLOSE_ONLY or POSITION over the legs that an order of these lots would change, NONE if all allow it."""
    account_row = state.accounts[account]
    if row != 0 and book.term == 0 and not close_only:
        return NONE if reach_of(state.positions[row], side, lots) <= account_row.position_lots_max else POSITION
    for leg in range(book.leg_count):
        position = state.positions[leg_position(state, account, row, book, leg)]
        leg_side = side if book.legs[leg].sign > 0 else 1 - side
        reach = reach_of(position, leg_side, lots)
        if close_only and reach > 0:
            return CLOSE_ONLY
        if reach > account_row.position_lots_max:
            return POSITION
        if state.books[book.legs[leg].book].term != 0:
            # LIMIT-004: what this order adds to the larger side of this position.
            other = reach_of(position, 1 - leg_side, np.int64(0))
            before = max(abs(reach - lots), abs(other))
            if account_row.term_lots + max(abs(reach), abs(other)) - before > account_row.term_lots_max:
                return POSITION
    return NONE


@leaf_kernel
def _exceeds_spot_limit(state, account, book, side, lots):
    """LIMIT-001: spot-month lots of the commodity, working orders of the side included."""
    if book.spot_weight == 0:
        return False
    limit = state.commodities[book.commodity].spot_lots_max
    if limit == 0:
        return False
    risk = spot_row(state, account, book)
    weight = np.int64(book.spot_weight) if side == BUY else -np.int64(book.spot_weight)
    if weight > 0:
        return risk.spot_lots + risk.spot_working[0] + weight * lots > limit
    return -risk.spot_lots + risk.spot_working[1] - weight * lots > limit


@leaf_kernel
def has_plain_limits(state, account, row, book):
    """Whether an account's orders in a book meet no limits but its largest position and its equity."""
    if row == 0 or book.term != 0 or state.accounts[account]["flags"] & CLOSE_ONLY_FLAG != 0:
        return False
    return book.spot_weight == 0 or state.commodities[book.commodity].spot_lots_max == 0


@leaf_kernel
def check_risk(state, account, row, book, side, lots, loss_mills):
    """First failing reason of rank 11 for `lots` more working on this side, NONE if all pass.

    row         the account's position in the book, 0 if there is none or it is a combination
    lots        more lots working than now, > 0
    loss_mills  change of the working orders' possible loss
    Rules LIMIT-001, LIMIT-004, MARGIN-012, MARGIN-013.
    """
    account_row = state.accounts[account]
    close_only = account_row["flags"] & CLOSE_ONLY_FLAG != 0
    reason = _leg_reasons(state, account, row, book, side, lots, close_only)
    if reason != NONE:
        return reason
    if _exceeds_spot_limit(state, account, book, side, lots):
        return POSITION
    # The bound settles it for all but an account that is nearly used up.
    if close_only or max(lots, 0) * book.hold_bound_mills + loss_mills <= surely_free_mills(account_row):
        return NONE
    rise = hold_rise(state, account, book, side, lots, loss_mills)
    return RISK if rise > free_mills(state, account) else NONE


@leaf_kernel
def side_is_full(book, side, lots):
    """Whether a side of a book could not count so many more lots, wherever they would wait or rest (SPEC-004)."""
    return book.working[side] + lots > LOTS_CEILING


@leaf_kernel
def is_full(state, account, row, book, side, lots):
    """Whether a table or a side could not take a new order."""
    if not can_take_slot(state) or (row == 0 and missing_positions(state, account, book) > positions_left(state)):
        return True
    return side_is_full(book, side, lots)


@kernel
def tell_money(state, row, account, book, side, lots, loss_mills):
    """What an order that was refused for RISK would have needed, and what was free. `row`: its REJ or RREJ."""
    row.amount_mills = hold_rise(state, account, book, side, lots, loss_mills)
    row.value_tick_lots = free_mills(state, account)
