"""Incremental margin hold of an account: MARGIN-013, for positions and working orders together.

The hold is kept per combined commodity in a RISK row and summed in the account. Whatever part of the working orders
fills, the hold does not rise: hours move from working to held, and the loss against the mark that a fill realises was
held since entry.
"""

import numpy as np

from exchange.clearing.positions import book_lots, find_position, worst_lots
from exchange.codes import Side
from exchange.kernel import leaf_kernel
from exchange.limits import SCAN_TIERS

BUY = np.int64(Side.BUY)


@leaf_kernel
def risk_row(state, account, book):
    """The account's RISK row for the book's commodity."""
    return state.risks[account * np.int64(state.commodities.shape[0]) + book.commodity]


@leaf_kernel
def loss_per_lot(book, side, price):
    """Mills that one lot of a working order can lose on filling: price against mark, combination residual, fee."""
    edge = price - book.mark_tick
    if side != BUY:
        edge = -edge
    # A combination's legs differ in hours; the longer leg bounds what a tick of its price is worth.
    return max(edge, 0) * book.fee_hours + book.residual_mills + np.int64(book.taker_fee) * book.fee_hours


@leaf_kernel
def _scan_mills(commodity, net, up, down, longer, shorter):
    """One scan tier's part of the hold: GPU-hours in, mills out.

    net              hours held, long less short
    up, down         hours that working orders add and take away
    longer, shorter  hours bought and sold if all working orders fill
    """
    scan = max(abs(net + up), abs(net - down)) * commodity.psr_mills
    return scan + min(longer, shorter) * (commodity.intra_mills + commodity.tier_mills)


@leaf_kernel
def hold_with(state, risk, book, side, lots, loss_mills):
    """The commodity's hold if `lots` more of this book were working on this side; writes nothing.

    lots        change of working lots, negative to take away
    loss_mills  change of the working orders' possible loss
    returns     mills, rounded nowhere: every factor is an integer
    """
    commodity = state.commodities[book.commodity]
    total = risk.hold_mills + loss_mills
    for number in range(SCAN_TIERS):
        hours = book.scan_hours[number] if side == BUY else -book.scan_hours[number]
        if hours != 0 or book.crossed_hours[number] != 0:
            tier = risk.tiers[number]
            up = tier.up_hours + max(hours, 0) * lots
            down = tier.down_hours + max(-hours, 0) * lots
            crossed = tier.crossed_hours + book.crossed_hours[number] * lots
            longer = tier.long_hours + up + crossed
            shorter = tier.short_hours + down + crossed
            total += _scan_mills(commodity, tier.long_hours - tier.short_hours, up, down, longer, shorter)
            total -= tier.scan_mills
    return total


@leaf_kernel
def weigh_tier(commodity, tier):
    """Bring a scan tier's part of the hold up to date with its hours."""
    longer = tier.long_hours + tier.up_hours + tier.crossed_hours
    shorter = tier.short_hours + tier.down_hours + tier.crossed_hours
    net = tier.long_hours - tier.short_hours
    tier.scan_mills = _scan_mills(commodity, net, tier.up_hours, tier.down_hours, longer, shorter)


@leaf_kernel
def sum_hold(account_row, risk):
    """The commodity's hold from its parts, and the account's from it."""
    hold = risk.loss_mills + risk.tiers[0].scan_mills + risk.tiers[1].scan_mills
    account_row.hold_mills += hold - risk.hold_mills
    risk.hold_mills = hold


@leaf_kernel
def _side_of_leg(side, sign):
    return side if sign > 0 else 1 - side


@leaf_kernel
def work_lots(state, account, row, book, side, lots):
    """Count working lots (negative: take away) at the order's legs. `row`: position of an outright, 0 otherwise."""
    if row != 0 and book.term == 0:
        state.positions[row].working[side] += lots
        return
    for leg in range(book.leg_count):
        position = state.positions[leg_position(state, account, row, book, leg)]
        before = worst_lots(position)
        position.working[_side_of_leg(side, book.legs[leg].sign)] += lots
        if state.books[book.legs[leg].book].term != 0:
            state.accounts[account].term_lots += worst_lots(position) - before


@leaf_kernel
def leg_position(state, account, row, book, leg):
    """Position row of one leg; an outright's own is at hand."""
    if row != 0:
        return row
    return find_position(state, account, np.int64(book.legs[leg].book))


@leaf_kernel
def change_working(state, account, row, book, side, lots, loss_mills):
    """Add working lots of an order (negative: take away) to positions, risk and hold.

    row         position of the owner in the book, 0 for a combination
    loss_mills  their `loss_per_lot`, times lots
    """
    work_lots(state, account, row, book, side, lots)
    risk = risk_row(state, account, book)
    commodity = state.commodities[book.commodity]
    for number in range(SCAN_TIERS):
        hours = book.scan_hours[number] if side == BUY else -book.scan_hours[number]
        if hours != 0 or book.crossed_hours[number] != 0:
            tier = risk.tiers[number]
            tier.up_hours += max(hours, 0) * lots
            tier.down_hours += max(-hours, 0) * lots
            tier.crossed_hours += book.crossed_hours[number] * lots
            weigh_tier(commodity, tier)
    if book.spot_weight != 0:
        weight = book.spot_weight if side == BUY else -book.spot_weight
        risk.spot_working[0 if weight > 0 else 1] += abs(weight) * lots
    risk.loss_mills += loss_mills
    sum_hold(state.accounts[account], risk)


@leaf_kernel
def hold_lots(state, account, row, lots, price):
    """Add signed lots at a price to a position, and to its account's gain, risk and hold."""
    position = state.positions[row]
    book = state.books[position.book]
    before = np.int64(position.lots)
    book_lots(state, row, lots, price)
    after = before + lots
    risk = risk_row(state, account, book)
    commodity = state.commodities[book.commodity]
    for number in range(SCAN_TIERS):
        hours = book.scan_hours[number]
        if hours != 0:
            tier = risk.tiers[number]
            tier.long_hours += hours * (max(after, 0) - max(before, 0))
            tier.short_hours += hours * (max(-after, 0) - max(-before, 0))
            weigh_tier(commodity, tier)
    risk.spot_lots += book.spot_weight * lots
    sum_hold(state.accounts[account], risk)
