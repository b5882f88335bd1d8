"""Incremental margin hold of an account: MARGIN-013, for positions and working orders together.

The hold is kept per combined commodity in a RISK row and summed in the account. Whatever part of the working orders
fills, the hold does not rise: hours move from working to held, and the loss against the mark that a fill realises was
held since entry.
"""

import numpy as np

from exchange.clearing.positions import find_position
from exchange.codes import Side
from exchange.kernel import kernel

BUY = int(Side.BUY)


@kernel
def risk_row(state, account, book):
    """The account's RISK row for the book's commodity."""
    return state.risks[account * np.int64(state.commodities.shape[0]) + book.commodity]


@kernel
def loss_per_lot(book, side, price):
    """Mills that one lot of a working order can lose on filling: price against mark, combination residual, fee."""
    edge = np.int64(price) - book.mark_tick
    if side != BUY:
        edge = -edge
    # A combination's legs differ in hours; the longer leg bounds what a tick of its price is worth.
    return max(edge, 0) * book.fee_hours + book.residual_mills + np.int64(book.taker_fee) * book.fee_hours


@kernel
def hold_with(state, risk, book, side, lots, loss_mills):
    """The commodity's hold if `lots` more of this book were working on this side; writes nothing.

    lots        change of working lots, negative to take away
    loss_mills  change of the working orders' possible loss
    returns     mills, rounded nowhere: every factor is an integer
    """
    commodity = state.commodities[book.commodity]
    both_mills = commodity.intra_mills + commodity.tier_mills
    total = risk.loss_mills + loss_mills
    for tier in range(2):
        hours = book.scan_hours[tier] * lots
        added = book.scan_hours[tier]
        if side != BUY:
            added = -added
        up = np.int64(risk.up_hours[tier])
        down = np.int64(risk.down_hours[tier])
        if added >= 0:
            up += abs(hours) if lots >= 0 else -abs(hours)
        else:
            down += abs(hours) if lots >= 0 else -abs(hours)
        crossed = risk.crossed_hours[tier] + book.crossed_hours[tier] * lots
        long = np.int64(risk.long_hours[tier])
        short = np.int64(risk.short_hours[tier])
        net = long - short
        total += max(abs(net + up), abs(net - down)) * commodity.psr_mills
        total += min(long + up + crossed, short + down + crossed) * both_mills
    return total


@kernel
def set_hold(state, account, risk, hold_mills):
    """Store a commodity's new hold."""
    state.accounts[account].hold_mills += hold_mills - risk.hold_mills
    risk.hold_mills = hold_mills


@kernel
def refresh_hold(state, account, book):
    """Bring the hold of the book's commodity up to date with its RISK row."""
    risk = risk_row(state, account, book)
    set_hold(state, account, risk, hold_with(state, risk, book, 0, 0, 0))


@kernel
def _side_of_leg(side, sign):
    return side if sign > 0 else 1 - side


@kernel
def _worst_lots(position):
    """The larger side of a position, if all working orders of that side fill (LIMIT-004)."""
    return max(abs(position.lots + position.working[0]), abs(position.lots - position.working[1]))


@kernel
def work_lots(state, account, row, book, side, lots):
    """Count working lots (negative: take away) at the order's legs. `row`: position of an outright, 0 otherwise."""
    if row != 0 and book.term == 0:
        state.positions[row].working[side] += lots
        return
    for leg in range(book.leg_count):
        position = state.positions[leg_position(state, account, row, book, leg)]
        before = _worst_lots(position)
        position.working[_side_of_leg(side, book.signs[leg])] += lots
        if state.books[book.legs[leg]].term != 0:
            state.accounts[account].term_lots += _worst_lots(position) - before


@kernel
def leg_position(state, account, row, book, leg):
    """Position row of one leg; an outright's own is at hand."""
    if row != 0:
        return row
    return find_position(state, account, np.int64(book.legs[leg]))


@kernel
def change_working(state, account, row, book, side, lots, loss_mills):
    """Add working lots of an order (negative: take away) to positions and risk; `refresh_hold` follows.

    row         position of the owner in the book, 0 for a combination
    loss_mills  their `loss_per_lot`, times lots
    """
    work_lots(state, account, row, book, side, lots)
    risk = risk_row(state, account, book)
    risk.loss_mills += loss_mills
    for tier in range(2):
        hours = book.scan_hours[tier] if side == BUY else -book.scan_hours[tier]
        if hours >= 0:
            risk.up_hours[tier] += hours * lots
        else:
            risk.down_hours[tier] -= hours * lots
        risk.crossed_hours[tier] += book.crossed_hours[tier] * lots
    if book.spot_weight != 0:
        weight = book.spot_weight if side == BUY else -book.spot_weight
        risk.spot_working[0 if weight > 0 else 1] += abs(weight) * lots

