"""Incremental margin hold of an account: MARGIN-013, for positions and working orders together.

An account holds what the scan tiers of its RISK rows contribute, and what its working orders can lose against the mark,
taker fees included. Whatever part of the working orders fills, the hold does not rise: hours move from working to held,
and the loss against the mark that a fill realises was held since entry.

The loss is counted at once, the tiers are weighed when somebody asks: until then `hold_mills` has what they contributed
at the last weighing, `unweighed_mills` a bound of what orders have added since. The sum of both is never too small.
"""

import numpy as np

from exchange.clearing.positions import book_lots, find_position, worst_lots
from exchange.codes import Side
from exchange.kernel import kernel, leaf_kernel, likely, lowest_bit, prefetch
from exchange.limits import SCAN_TIERS

BUY = np.int64(Side.BUY)
ONE = np.uint32(1)


@leaf_kernel
def risk_place(state, account, commodity):
    """Number of an account's RISK row for a commodity. All rows of a commodity follow each other: accounts that trade
    it lie side by side, not one in so many rows, where a cache has room for a few of them only."""
    return np.int64(commodity) * np.int64(state.accounts.shape[0]) + account


@leaf_kernel
def risk_row(state, account, book):
    """The account's RISK row for the book's commodity."""
    return state.risks[risk_place(state, account, book.commodity)]


@leaf_kernel
def ask_for_risk(state, account, book):
    """Ask memory for what an order of an outright will change in its owner's RISK row."""
    prefetch(state.risks, risk_place(state, account, book.commodity), np.int64(book.one_tier >> 1))


@leaf_kernel
def loss_per_lot(book, side, price):
    """Mills that one lot of a working order can lose on filling: price against mark, combination residual, fee."""
    edge = (price - book.mark_tick) * (1 - 2 * side)
    # A combination's legs differ in hours; the longer leg bounds what a tick of its price is worth.
    return (max(edge, 0) + book.taker_fee) * book.fee_hours + book.residual_mills


@leaf_kernel
def _scan_mills(commodity, long, short, adding, taking, crossed):
    """One scan tier's part of the hold: GPU-hours in, mills out.

    long, short     hours held
    adding, taking  hours that working orders add and take away
    crossed         hours that working combinations buy and sell at once
    """
    net = long - short
    scan = max(abs(net + adding), abs(net - taking)) * commodity.psr_mills
    # The smaller of hours bought and hours sold, if all working orders fill.
    return scan + (min(long + adding, short + taking) + crossed) * (commodity.intra_mills + commodity.tier_mills)


@leaf_kernel
def _scan_now(commodity, tier):
    """What a scan tier contributes to the hold with the hours that it has now."""
    return _scan_mills(commodity, tier.held[0], tier.held[1], tier.working[0], tier.working[1], tier.crossed)


@leaf_kernel
def _unweighed_rise(state, account, write):
    """By how much the account's scan tiers have risen since the last weighing. `write`: bring them up to date."""
    rise = np.int64(0)
    left = np.int64(state.accounts[account].unweighed)
    while left != 0:
        number = lowest_bit(left)
        left &= left - 1
        risk = state.risks[risk_place(state, account, number)]
        for place in range(SCAN_TIERS):
            tier = risk.tiers[place]
            scan = _scan_now(state.commodities[number], tier)
            rise += scan - tier.scan_mills
            if write:
                tier.scan_mills = scan
    return rise


@leaf_kernel
def weigh_account(state, account):
    """Bring `hold_mills` up to date: afterwards it is what the account's positions and working orders hold."""
    account_row = state.accounts[account]
    account_row.hold_mills += _unweighed_rise(state, account, True)
    account_row.unweighed = 0
    account_row.unweighed_mills = 0


@kernel
def held_mills(state, account):
    """What the account's positions and working orders hold: `hold_mills` after a weighing, but nothing is written."""
    return state.accounts[account].hold_mills + _unweighed_rise(state, account, False)


@kernel
def hold_rise(state, risk, book, side, lots, loss_mills):
    """How much more would be held than now if `lots` more of this book were working on this side; writes nothing.

    lots        change of working lots, negative to take away
    loss_mills  change of the working orders' possible loss
    returns     mills, rounded nowhere: every factor is an integer
    """
    commodity = state.commodities[book.commodity]
    rise = np.int64(loss_mills)
    for number in range(SCAN_TIERS):
        tier = risk.tiers[number]
        hours = book.scan_hours[number] if side == BUY else -book.scan_hours[number]
        adding = tier.working[0] + max(hours, 0) * lots
        taking = tier.working[1] + max(-hours, 0) * lots
        crossed = tier.crossed + book.crossed_hours[number] * lots
        rise += _scan_mills(commodity, tier.held[0], tier.held[1], adding, taking, crossed) - _scan_now(commodity, tier)
    return rise


@leaf_kernel
def _work_spot(risk, book, side, lots):
    """Count working lots of the spot month (LIMIT-003)."""
    if book.spot_weight != 0:
        weight = book.spot_weight if side == BUY else -book.spot_weight
        risk.spot_working[0 if weight > 0 else 1] += abs(weight) * lots


@leaf_kernel
def _side_of_leg(side, sign):
    return side if sign > 0 else 1 - side


@leaf_kernel
def _work_lots(state, account, row, book, side, lots):
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
    _count_working(state, account, row, book, side, lots, loss_mills)
    state.accounts[account].unweighed_mills += max(lots, 0) * book.hold_bound_mills


@leaf_kernel
def add_working(state, account, row, book, side, lots, loss_mills):
    """As `change_working`, of lots that come: `lots` > 0."""
    _count_working(state, account, row, book, side, lots, loss_mills)
    state.accounts[account].unweighed_mills += lots * book.hold_bound_mills


@leaf_kernel
def release_working(state, account, row, book, side, lots, loss_mills):
    """As `change_working`, of lots that leave: `lots` > 0. Without them no scan is larger."""
    _count_working(state, account, row, book, side, -lots, -loss_mills)


@leaf_kernel
def _count_working(state, account, row, book, side, lots, loss_mills):
    """`change_working` but for what the lots may raise the scans by."""
    book.working[side] += lots
    if likely(book.one_tier != 0):
        number = book.one_tier - 1
        risk = risk_row(state, account, book)
        state.positions[row].working[side] += lots
        risk.tiers[number].working[side] += book.scan_hours[number] * lots
        _work_spot(risk, book, side, lots)
    else:
        _work_legs(state, account, row, book, side, lots)
    _change_hold(state, account, book, loss_mills)


@leaf_kernel
def _change_hold(state, account, book, rise_mills):
    """The working orders can lose more, and the hours of the book's commodity have changed."""
    account_row = state.accounts[account]
    account_row.hold_mills += rise_mills
    account_row.unweighed |= ONE << np.uint32(book.commodity)


@kernel
def _work_legs(state, account, row, book, side, lots):
    """Count working lots of a book whose lots weigh on more than one scan tier or position."""
    _work_lots(state, account, row, book, side, lots)
    risk = risk_row(state, account, book)
    _work_spot(risk, book, side, lots)
    for number in range(SCAN_TIERS):
        tier = risk.tiers[number]
        hours = book.scan_hours[number]
        tier.working[_side_of_leg(side, hours)] += abs(hours) * lots
        tier.crossed += book.crossed_hours[number] * lots


@leaf_kernel
def _hold_hours(tier, hours, before, after):
    """Hours of a position's lots, long and short apart."""
    longer = max(after, 0) - max(before, 0)
    tier.held[0] += hours * longer
    tier.held[1] += hours * (longer - (after - before))


@kernel
def hold_lots(state, account, row, lots, value):
    """Add signed lots to a position, and to its account's gain and risk. `value`: sum of price * lots.

    They have been working lots: no scan is larger than before.
    """
    position = state.positions[row]
    book = state.books[position.book]
    before = np.int64(position.lots)
    book_lots(state, account, position, row, book, lots, value)
    risk = risk_row(state, account, book)
    for number in range(SCAN_TIERS):
        _hold_hours(risk.tiers[number], book.scan_hours[number], before, before + lots)
    risk.spot_lots += book.spot_weight * lots
    _change_hold(state, account, book, np.int64(0))


@leaf_kernel
def fill_lots(state, account, row, book, side, lots, value, loss_mills):
    """Working lots of an outright become held ones: as `release_working` and `hold_lots`.

    lots        > 0
    value       sum of price * lots
    loss_mills  their `loss_per_lot` at the order's own price, times lots
    """
    sign = 1 - 2 * side
    signed = lots * sign
    if book.one_tier == 0:
        release_working(state, account, row, book, side, lots, loss_mills)
        hold_lots(state, account, row, signed, value * sign)
        return
    book.working[side] -= lots
    number = book.one_tier - 1
    hours = book.scan_hours[number]
    risk = risk_row(state, account, book)
    tier = risk.tiers[number]
    position = state.positions[row]
    before = np.int64(position.lots)
    position.working[side] -= lots
    tier.working[side] -= hours * lots
    book_lots(state, account, position, row, book, signed, value * sign)
    _hold_hours(tier, hours, before, before + signed)
    if book.spot_weight != 0:
        _work_spot(risk, book, side, -lots)
        risk.spot_lots += book.spot_weight * signed
    _change_hold(state, account, book, -loss_mills)
