"""Pre-trade checks of ranks 11 and 12: close-only, position limits, margin, capacity. The checks write nothing."""

import numpy as np

from exchange.book.slots import can_take_slot
from exchange.clearing.margin import leg_position, margin_held_mills, margin_rise, spot_row, weigh_account
from exchange.clearing.positions import missing_positions, positions_left
from exchange.kernel import kernel, leaf_kernel
from exchange.kernel_codes import (
    ACCOUNT_FLAG_CLOSE_ONLY,
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
    """Cash plus positions at the last mark: what maintenance is measured against (MARGIN-012)."""
    return account_row.cash_mills + account_row.unrealised_pnl_mills


@leaf_kernel
def unpaid_mills(account_row):
    """The part of the equity that is no funds yet: the gain of all positions together, until variation pays it
    (MARGIN-015)."""
    return max(account_row.unrealised_pnl_mills, np.int64(0))


@leaf_kernel
def funds_mills(account_row):
    """Cash less the loss of all positions together against the mark; a gain does not count (MARGIN-015)."""
    return account_row.cash_mills + min(account_row.unrealised_pnl_mills, np.int64(0))


@leaf_kernel
def free_margin_mills(state, account):
    """Funds that no margin is held for: orders and withdrawals may use them."""
    return funds_mills(state.accounts[account]) - margin_held_mills(state, account)


@leaf_kernel
def free_margin_floor_mills(account_row):
    """A lower bound of `free_margin_mills` that needs no weighing."""
    return funds_mills(account_row) - account_row.initial_margin_mills - account_row.unweighed_mills


@leaf_kernel
def weigh_used_up(state, account):
    """Weigh an account whose lower bound is used up, so that its next order is checked against an exact one."""
    if free_margin_floor_mills(state.accounts[account]) < 0:
        _weigh(state, account)


@kernel
def _weigh(state, account):
    """`weigh_account`, not inlined: it is rare here."""
    weigh_account(state, account)


@leaf_kernel
def reach_of(position, side, lots):
    """Lots held in the direction of a side if all its working orders filled, and `lots` more."""
    held = position.lots * sign_of(side)
    return held + position.working[side] + lots


@leaf_kernel
def only_closes(state, account, row, book, side, lots):
    """Whether `lots` more, together with all that works on their side, only close positions: none passes zero, and of a
    combination none of its legs (MARGIN-016). `row`: see `check_risk`."""
    if row != 0:
        return reach_of(state.positions[row], side, lots) <= 0
    for leg in range(book.leg_count):
        position = state.positions[leg_position(state, account, row, book, leg)]
        if reach_of(position, leg_side(side, book.legs[leg].sign), lots) > 0:
            return False
    return True


@leaf_kernel
def _exceeds_own_limits(state, account, row, book, side, lots):
    """Whether these lots would exceed the account's largest position, or its limit of term lots (LIMIT-004), in any
    leg."""
    account_row = state.accounts[account]
    if row != 0 and book.term == 0:
        return reach_of(state.positions[row], side, lots) > account_row.position_lots_max
    for leg in range(book.leg_count):
        position = state.positions[leg_position(state, account, row, book, leg)]
        own_side = leg_side(side, book.legs[leg].sign)
        reach = reach_of(position, own_side, lots)
        if reach > account_row.position_lots_max:
            return True
        if state.books[book.legs[leg].book].term != 0:
            # LIMIT-004: what this order adds to the larger side of this position.
            other = reach_of(position, 1 - own_side, np.int64(0))
            before = max(abs(reach - lots), abs(other))
            if account_row.term_lots + max(abs(reach), abs(other)) - before > account_row.term_lots_max:
                return True
    return False


@leaf_kernel
def _exceeds_spot_limit(state, account, book, side, lots):
    """Whether these lots would exceed the commodity's limit of spot-month lots, working orders included (LIMIT-001)."""
    if book.spot_weight == 0:
        return False
    limit = state.commodities[book.commodity].spot_lots_max
    if limit == 0:
        return False
    risk = spot_row(state, account, book)
    spot_side = leg_side(side, book.spot_weight)
    held = risk.spot_lots * sign_of(spot_side)
    return held + risk.spot_working[spot_side] + abs(np.int64(book.spot_weight)) * lots > limit


@leaf_kernel
def has_plain_limits(state, account, row, book):
    """Whether an account's orders in a book have no limits but its largest position and its free funds."""
    if row == 0 or book.term != 0 or state.accounts[account]["flags"] & ACCOUNT_FLAG_CLOSE_ONLY != 0:
        return False
    return book.spot_weight == 0 or state.commodities[book.commodity].spot_lots_max == 0


@leaf_kernel
def check_limits(state, account, row, book, side, lots):
    """CLOSE_ONLY or POSITION for `lots` more working on this side, NONE if no limit is exceeded.

    An order that only closes raises no count of LIMIT-004: it passes even if a lowered limit is exceeded already.
    """
    close_only = state.accounts[account]["flags"] & ACCOUNT_FLAG_CLOSE_ONLY != 0
    held_back = close_only or _exceeds_own_limits(state, account, row, book, side, lots)
    if held_back and not only_closes(state, account, row, book, side, lots):
        return REJECT_CLOSE_ONLY if close_only else REJECT_POSITION
    return REJECT_POSITION if _exceeds_spot_limit(state, account, book, side, lots) else REJECT_NONE


@leaf_kernel
def check_risk(state, account, row, book, side, lots, loss_mills):
    """First failing reason of rank 11 for `lots` more working on this side, NONE if all pass.

    row         the account's position in the book, 0 if there is none or it is a combination
    lots        more lots working than now, negative: fewer
    loss_mills  change of the working orders' possible loss
    Rules LIMIT-001, LIMIT-004, MARGIN-012, MARGIN-013, MARGIN-015, MARGIN-016.
    """
    reason = check_limits(state, account, row, book, side, lots)
    if reason != REJECT_NONE:
        return reason
    # Bounds decide for all accounts but those that are nearly used up.
    if max(lots, 0) * book.margin_bound_mills + loss_mills <= free_margin_floor_mills(state.accounts[account]):
        return REJECT_NONE
    if only_closes(state, account, row, book, side, lots):
        return REJECT_NONE
    rise = margin_rise(state, account, book, side, lots, loss_mills)
    return REJECT_INSUFFICIENT_MARGIN if rise > free_margin_mills(state, account) else REJECT_NONE


@leaf_kernel
def side_is_full(book, side, lots):
    """Whether the working lots of a side, at rest or waiting, would exceed what it can count (SPEC-004)."""
    return book.working[side] + lots > LOTS_CEILING


@leaf_kernel
def is_full(state, account, row, book, side, lots):
    """Whether orders, positions or the side of the book have no space for a new order."""
    if not can_take_slot(state) or (row == 0 and missing_positions(state, account, book) > positions_left(state)):
        return True
    return side_is_full(book, side, lots)


@kernel
def write_money(state, row, account, book, side, lots, loss_mills):
    """Write into a REJ or RREJ for RISK what the order would have needed and what was free, mills."""
    row.needed_mills = margin_rise(state, account, book, side, lots, loss_mills)
    row.free_margin_mills = free_margin_mills(state, account)
