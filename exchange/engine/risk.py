"""Pre-trade checks of rank 11 (see `codes.REJECT_PRECEDENCE`): close-only, position limits, margin, capacity.

The checks write nothing; only `recompute_scans_if_short` and `write_money` write."""

import numpy as np

from exchange.book.slots import can_take_slot
from exchange.clearing.margin import leg_position, margin_held_mills, margin_rise, own_risk, recompute_scans
from exchange.clearing.positions import missing_positions, positions_left
from exchange.kernel import kernel, leaf_kernel
from exchange.kernel_codes import (
    ACCOUNT_FLAG_LIQUIDATING,
    ACCOUNT_RESTRICTED,
    REJECT_CLOSE_ONLY,
    REJECT_INSUFFICIENT_MARGIN,
    REJECT_NONE,
    REJECT_POSITION,
    leg_side,
    sign_of,
)

LOTS_CEILING = 0x7FFFFFFF  # of one side of a book: levels, auctions and events count lots in 32 bits


@leaf_kernel
def equity_mills(account_row):
    """Equity: cash plus unrealised P&L, mills. Maintenance margin is measured against it (MARGIN-012)."""
    return account_row.cash_mills + account_row.unrealised_pnl_mills


@leaf_kernel
def unpaid_mills(account_row):
    """Unrealised gain of all positions together, mills, 0 for a loss. It is part of the equity but not of the funds,
    until variation margin pays it (MARGIN-015)."""
    return max(account_row.unrealised_pnl_mills, np.int64(0))


@leaf_kernel
def funds_mills(account_row):
    """Funds: cash less the unrealised loss of all positions together, mills; a gain does not count (MARGIN-015)."""
    return account_row.cash_mills + min(account_row.unrealised_pnl_mills, np.int64(0))


@leaf_kernel
def free_margin_mills(state, account):
    """Free margin: funds less initial margin, mills. Orders and withdrawals may use it."""
    return funds_mills(state.accounts[account]) - margin_held_mills(state, account)


@leaf_kernel
def free_margin_floor_mills(account_row):
    """A lower bound of `free_margin_mills` that needs no new scans (`clearing/margin.py`)."""
    return funds_mills(account_row) - account_row.initial_margin_mills - account_row.scan_rise_bound_mills


@leaf_kernel
def recompute_scans_if_short(state, account):
    """Compute an account's scans again if its lower bound of free margin is below 0, so that the bound is exact for its
    next order."""
    if free_margin_floor_mills(state.accounts[account]) < 0:
        _recompute_scans(state, account)


@kernel
def _recompute_scans(state, account):
    """As `recompute_scans`, but not inlined, because it is rarely called here."""
    recompute_scans(state, account)


@leaf_kernel
def possible_lots(position, side, lots):
    """Lots that a position would have in the direction of a side if all working orders of that side filled, and `lots`
    more. Negative: still on the other side."""
    held = position.lots * sign_of(side)
    return held + position.working_lots[side] + lots


@leaf_kernel
def only_closes(state, account, row, book, side, lots):
    """Whether `lots` more, with all working orders on their side, would only close positions, so that no position, in
    no leg, passes zero (MARGIN-016). `row`: as for `check_risk`."""
    if row != 0:
        return possible_lots(state.positions[row], side, lots) <= 0
    for leg in range(book.leg_count):
        position = state.positions[leg_position(state, account, row, book, leg)]
        if possible_lots(position, leg_side(side, book.legs[leg].sign), lots) > 0:
            return False
    return True


@leaf_kernel
def _exceeds_own_limits(state, account, row, book, side, lots):
    """Whether `lots` more would exceed, in any leg, the account's limit of position or of term lots (LIMIT-004)."""
    account_row = state.accounts[account]
    if row != 0 and book.term == 0:
        return possible_lots(state.positions[row], side, lots) > account_row.position_lots_max
    for leg in range(book.leg_count):
        position = state.positions[leg_position(state, account, row, book, leg)]
        own_side = leg_side(side, book.legs[leg].sign)
        possible = possible_lots(position, own_side, lots)
        if possible > account_row.position_lots_max:
            return True
        if state.books[book.legs[leg].book].term != 0:
            # What this order adds to `largest_possible_lots` of this position (LIMIT-004).
            other = possible_lots(position, 1 - own_side, np.int64(0))
            before = max(abs(possible - lots), abs(other))
            if account_row.term_lots + max(abs(possible), abs(other)) - before > account_row.term_lots_max:
                return True
    return False


@leaf_kernel
def _exceeds_spot_limit(state, account, book, side, lots):
    """Whether `lots` more, with all working orders, would exceed the limit of spot-month lots (LIMIT-001)."""
    if book.spot_weight == 0:
        return False
    limit = state.commodities[book.commodity].spot_lots_max
    if limit == 0:
        return False
    risk = own_risk(state, account, book)
    spot_side = leg_side(side, book.spot_weight)
    held = risk.spot_lots * sign_of(spot_side)
    return held + risk.spot_working[spot_side] + abs(np.int64(book.spot_weight)) * lots > limit


@leaf_kernel
def has_plain_limits(state, account, row, book):
    """Whether only the largest position and free margin limit an account's orders in a book, as the fast path needs."""
    if row == 0 or book.term != 0 or state.accounts[account]["flags"] & ACCOUNT_RESTRICTED != 0:
        return False
    return book.spot_weight == 0 or state.commodities[book.commodity].spot_lots_max == 0


@leaf_kernel
def check_limits(state, account, row, book, side, lots):
    """Reason to refuse `lots` more on a side: CLOSE_ONLY, POSITION, or NONE.

    An order that only closes is allowed even if the account is above a limit that was lowered (LIMIT-004); in
    liquidation also if the other side of a hedge exceeds the spot limit meanwhile (FALL-003).
    """
    close_only = state.accounts[account]["flags"] & ACCOUNT_RESTRICTED != 0
    held_back = close_only or _exceeds_own_limits(state, account, row, book, side, lots)
    if held_back and not only_closes(state, account, row, book, side, lots):
        return REJECT_CLOSE_ONLY if close_only else REJECT_POSITION
    if not _exceeds_spot_limit(state, account, book, side, lots):
        return REJECT_NONE
    in_liquidation = state.accounts[account]["flags"] & ACCOUNT_FLAG_LIQUIDATING != 0
    return REJECT_NONE if in_liquidation else REJECT_POSITION


@leaf_kernel
def check_risk(state, account, row, book, side, lots, loss_mills):
    """Reason of rank 11 to refuse `lots` more on a side, but for FULL; NONE if there is none.

    row         the account's position in the book, 0 if there is none or the book is a combination
    lots        change of working lots, may be negative
    loss_mills  change of what working orders can lose
    Rules LIMIT-001, LIMIT-004, MARGIN-012, MARGIN-013, MARGIN-015, MARGIN-016.
    """
    reason = check_limits(state, account, row, book, side, lots)
    if reason != REJECT_NONE:
        return reason
    # A bound of the rise against a bound of free margin: it decides unless the free margin is nearly used up.
    if max(lots, 0) * book.margin_bound_mills + loss_mills <= free_margin_floor_mills(state.accounts[account]):
        return REJECT_NONE
    if only_closes(state, account, row, book, side, lots):
        return REJECT_NONE
    rise = margin_rise(state, account, row, book, side, lots, loss_mills)
    return REJECT_INSUFFICIENT_MARGIN if rise > free_margin_mills(state, account) else REJECT_NONE


@leaf_kernel
def side_is_full(book, side, lots):
    """Whether `lots` more would exceed the working lots that one side of a book can count (SPEC-004)."""
    return book.working_lots[side] + lots > LOTS_CEILING


@leaf_kernel
def is_full(state, account, row, book, side, lots):
    """Whether there is no space for a new order: no free order slot or position, or the side of the book is full."""
    if not can_take_slot(state) or (row == 0 and missing_positions(state, account, book) > positions_left(state)):
        return True
    return side_is_full(book, side, lots)


@kernel
def write_money(state, row, account, book, side, lots, loss_mills):
    """Write into a REJ or RREJ (`row`) for RISK the margin that the order would have needed and the free margin, mills.

    lots, loss_mills  as for `check_risk`
    """
    row.needed_mills = margin_rise(state, account, np.int64(0), book, side, lots, loss_mills)
    row.free_margin_mills = free_margin_mills(state, account)
