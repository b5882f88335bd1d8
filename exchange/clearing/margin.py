"""Initial margin of an account, kept up to date with each order and fill (MARGIN-013).

Initial margin has two parts: the scans, one for each RISK row of the account, and what its working orders can lose
against the mark, taker fees included. A fill does not raise it: hours move from working to held, and the loss that the
fill realises has been part of the margin since the order was entered.

The possible loss is updated with each change. The scans are not: they are computed again only when an exact figure is
needed (*lazy margin*). Until then `initial_margin_mills` has the scans as last computed, and `scan_rise_bound_mills` is
an upper bound of what orders have added since. So their sum is never too small.

Without lazy margin the mixed flow takes 1.08 times as long and 1,000 books 1.03 times. `LAZY_MARGIN = False` switches
it off.
"""

import numpy as np

from exchange.clearing.positions import book_lots, find_position, largest_possible_lots
from exchange.kernel import kernel, leaf_kernel
from exchange.kernel_codes import leg_side, sign_of
from exchange.limits import SCAN_TIERS
from exchange.machine import likely, lowest_bit, prefetch

FRONT = np.int64(0)
LAZY_MARGIN = True  # False: scans are computed with every change, and `scan_rise_bound_mills` stays 0


@leaf_kernel
def scan_tier_number(commodity, tier):
    """Number of a commodity's scan tier among those of all commodities, from 0. It is also the number of the tier's bit
    in ACCOUNT's `changed_scans` and in BOOK's `scan_bits`."""
    return (np.int64(commodity) - 1) * SCAN_TIERS + tier


@leaf_kernel
def risk_row(state, account, number):
    """Number of an account's RISK row. `number`: the `scan_tier_number` of the tier.

    Rows of one tier are neighbours, not rows of one account: the cache then holds more accounts that trade the tier.
    """
    return number * np.int64(state.accounts.shape[0]) + account


@leaf_kernel
def _scan_row(state, account, book, tier):
    """The account's RISK row in a scan tier of the book's commodity."""
    return state.risks[risk_row(state, account, scan_tier_number(book.commodity, tier))]


@leaf_kernel
def spot_row(state, account, book):
    """The account's RISK row that counts its lots of the spot month in the book's commodity."""
    return _scan_row(state, account, book, FRONT)


@leaf_kernel
def _own_row(state, account, book):
    """The account's RISK row in the one scan tier of a book. Call it only for a book with `one_tier`."""
    return state.risks[np.int64(book.first_risk) + account]


@kernel
def set_scan_tiers(state, book):
    """Write `first_risk`, `scan_bits` and `tier_hours` of a book, which follow from its hours in each scan tier."""
    book.first_risk = risk_row(state, np.int64(0), scan_tier_number(book.commodity, FRONT))
    book.scan_bits = 0
    book.tier_hours = 0
    for tier in range(SCAN_TIERS):
        if book.scan_hours[tier] != 0 or book.crossed_hours[tier] != 0:
            number = scan_tier_number(book.commodity, tier)
            book.scan_bits |= np.int64(1) << number
            if book.one_tier != 0:
                book.tier_hours = book.scan_hours[tier]
                book.first_risk = risk_row(state, np.int64(0), number)


@leaf_kernel
def prefetch_risk(state, account, book):
    """Prefetch the RISK row that an order in a book with `one_tier` changes."""
    prefetch(state.risks, np.int64(book.first_risk) + account, np.int64(0))


@leaf_kernel
def loss_per_lot(book, side, price):
    """Mills that one lot of a working order can lose when it fills: price against mark, taker fee, and the residual of
    a combination (`residual_mills`)."""
    edge = (price - book.mark_tick) * sign_of(side)
    # A combination's legs differ in hours; the longer leg bounds what a tick of its price is worth.
    return (max(edge, 0) + book.taker_fee) * book.fee_hours + book.residual_mills


@leaf_kernel
def _scan_mills(commodity, long, short, adding, taking, crossed):
    """Scan of one tier: its part of initial margin, mills.

    long, short     GPU-hours held
    adding, taking  GPU-hours that working orders would add, and would take away
    crossed         GPU-hours that working combinations would both buy and sell
    """
    net = long - short
    scan = max(abs(net + adding), abs(net - taking)) * commodity.psr_mills
    # The charges apply to the smaller of long and short hours, as if all working orders filled.
    return scan + (min(long + adding, short + taking) + crossed) * (commodity.intra_mills + commodity.tier_mills)


@leaf_kernel
def _scan_now(commodity, risk):
    """As `_scan_mills`, for the hours of a RISK row."""
    long, short = risk.held_hours[0], risk.held_hours[1]
    adding, taking = risk.working_hours[0], risk.working_hours[1]
    return _scan_mills(commodity, long, short, adding, taking, risk.crossed_hours)


@leaf_kernel
def _scan_rise(state, account, write):
    """Mills by which the account's scans have risen since they were last computed, negative if they fell.

    write  True: store the present scan in each RISK row that has changed
    """
    rise = np.int64(0)
    left = state.accounts[account].changed_scans
    while left != 0:
        number = lowest_bit(left)
        left &= left - 1
        risk = state.risks[risk_row(state, account, number)]
        scan = _scan_now(state.commodities[1 + number // SCAN_TIERS], risk)
        rise += scan - risk.scan_mills
        if write:
            risk.scan_mills = scan
    return rise


@leaf_kernel
def recompute_scans(state, account):
    """Make `initial_margin_mills` exact: compute again the scans that have changed."""
    account_row = state.accounts[account]
    account_row.initial_margin_mills += _scan_rise(state, account, True)
    account_row.changed_scans = 0
    account_row.scan_rise_bound_mills = 0


@kernel
def margin_held_mills(state, account):
    """The exact initial margin of an account, mills. Unlike `recompute_scans` it writes nothing."""
    return state.accounts[account].initial_margin_mills + _scan_rise(state, account, False)


@kernel
def margin_rise(state, account, book, side, lots, loss_mills):
    """Mills by which initial margin would rise if more lots worked on a side of a book. Nothing is written.

    lots        change of working lots, may be negative
    loss_mills  change of what working orders can lose
    """
    commodity = state.commodities[book.commodity]
    rise = np.int64(loss_mills)
    for number in range(SCAN_TIERS):
        risk = _scan_row(state, account, book, number)
        hours = book.scan_hours[number] * sign_of(side)
        adding = risk.working_hours[0] + max(hours, 0) * lots
        taking = risk.working_hours[1] + max(-hours, 0) * lots
        crossed = risk.crossed_hours + book.crossed_hours[number] * lots
        rise += _scan_mills(commodity, risk.held_hours[0], risk.held_hours[1], adding, taking, crossed)
        rise -= _scan_now(commodity, risk)
    return rise


@leaf_kernel
def _work_spot(state, account, book, side, lots):
    """Count working lots of a book among those of the spot month (LIMIT-003). `lots`: negative to take away."""
    if book.spot_weight != 0:
        spot_side = leg_side(side, book.spot_weight)
        spot_row(state, account, book).spot_working[spot_side] += abs(book.spot_weight) * lots


@leaf_kernel
def _work_lots(state, account, row, book, side, lots):
    """Add working lots (negative: take away) to the account's positions in all legs of a book, and to `term_lots`.

    row  the account's position in an outright, 0 for a combination
    """
    if row != 0 and book.term == 0:
        state.positions[row].working_lots[side] += lots
        return
    for leg in range(book.leg_count):
        position = state.positions[leg_position(state, account, row, book, leg)]
        before = largest_possible_lots(position)
        position.working_lots[leg_side(side, book.legs[leg].sign)] += lots
        if state.books[book.legs[leg].book].term != 0:
            state.accounts[account].term_lots += largest_possible_lots(position) - before


@leaf_kernel
def leg_position(state, account, row, book, leg):
    """Row of the account's position in one leg. `row`: its position in an outright, 0 for a combination."""
    if row != 0:
        return row
    return find_position(state, account, np.int64(book.legs[leg].book))


@leaf_kernel
def change_working(state, account, row, book, side, lots, loss_mills):
    """Count more lots of an order as working: in the book, positions, RISK rows and initial margin.

    row         the owner's position in the book, 0 for a combination
    lots        negative: count fewer
    loss_mills  lots * `loss_per_lot`, signed as lots are
    """
    _count_working(state, account, row, book, side, lots, loss_mills)
    _bound_rise(state, account, book, max(lots, 0))


@leaf_kernel
def add_working(state, account, row, book, side, lots, loss_mills):
    """As `change_working`, for more working lots only: `lots` > 0."""
    _count_working(state, account, row, book, side, lots, loss_mills)
    _bound_rise(state, account, book, lots)


@leaf_kernel
def _bound_rise(state, account, book, lots):
    """Count in `scan_rise_bound_mills` what more working lots may add to the scans."""
    if LAZY_MARGIN:
        state.accounts[account].scan_rise_bound_mills += lots * book.margin_bound_mills


@leaf_kernel
def release_working(state, account, row, book, side, lots, loss_mills):
    """Count fewer lots as working, the opposite of `add_working`; `lots` and `loss_mills` are positive here.

    It adds nothing to `scan_rise_bound_mills`, because fewer working lots raise no scan.
    """
    _count_working(state, account, row, book, side, -lots, -loss_mills)


@leaf_kernel
def _count_working(state, account, row, book, side, lots, loss_mills):
    """As `change_working`, without the addition to `scan_rise_bound_mills`."""
    book.working_lots[side] += lots
    if likely(book.one_tier != 0):
        state.positions[row].working_lots[side] += lots
        _own_row(state, account, book).working_hours[side] += book.tier_hours * lots
        _work_spot(state, account, book, side, lots)
    else:
        _work_legs(state, account, row, book, side, lots)
    _add_possible_loss(state, account, book, loss_mills)


@leaf_kernel
def _add_possible_loss(state, account, book, rise_mills):
    """Add to the possible loss in `initial_margin_mills`, and mark the book's scan tiers as changed."""
    account_row = state.accounts[account]
    account_row.initial_margin_mills += rise_mills
    account_row.changed_scans |= book.scan_bits
    if not LAZY_MARGIN:
        recompute_scans(state, account)


@kernel
def _work_legs(state, account, row, book, side, lots):
    """Add working lots to positions and RISK rows, for a book without `one_tier`. `lots`: negative to take away."""
    _work_lots(state, account, row, book, side, lots)
    _work_spot(state, account, book, side, lots)
    for number in range(SCAN_TIERS):
        risk = _scan_row(state, account, book, number)
        hours = book.scan_hours[number]
        risk.working_hours[leg_side(side, hours)] += abs(hours) * lots
        risk.crossed_hours += book.crossed_hours[number] * lots


@leaf_kernel
def _hold_hours(risk, hours, before, after):
    """Update the long and short hours held of a RISK row after a position has changed.

    hours          GPU-hours of one lot in this scan tier
    before, after  the position, signed lots
    """
    longer = max(after, 0) - max(before, 0)
    risk.held_hours[0] += hours * longer
    risk.held_hours[1] += hours * (longer - (after - before))


@leaf_kernel
def _hold_spot(state, account, book, lots):
    """Count signed lots held of a book among those of the spot month (LIMIT-003)."""
    if book.spot_weight != 0:
        spot_row(state, account, book).spot_lots += book.spot_weight * lots


@kernel
def add_held_lots(state, account, row, lots, value):
    """Add signed lots to a position, and to its account's P&L and RISK rows.

    row    the position
    value  sum of price * signed lots

    `scan_rise_bound_mills` stays: these lots have been counted as working, so holding them raises no scan.
    """
    position = state.positions[row]
    book = state.books[position.book]
    before = np.int64(position.lots)
    book_lots(state, account, position, row, book, lots, value)
    for number in range(SCAN_TIERS):
        _hold_hours(_scan_row(state, account, book, number), book.scan_hours[number], before, before + lots)
    _hold_spot(state, account, book, lots)
    _add_possible_loss(state, account, book, np.int64(0))


@leaf_kernel
def fill_lots(state, account, row, book, side, lots, value, loss_mills):
    """Turn working lots of an outright into held lots: `release_working` and `add_held_lots` in one.

    lots        > 0
    value       sum of price * lots of the fills
    loss_mills  lots * `loss_per_lot` at the order's own price
    """
    sign = sign_of(side)
    signed = lots * sign
    if book.one_tier == 0:
        release_working(state, account, row, book, side, lots, loss_mills)
        add_held_lots(state, account, row, signed, value * sign)
        return
    book.working_lots[side] -= lots
    hours = book.tier_hours
    risk = _own_row(state, account, book)
    position = state.positions[row]
    before = np.int64(position.lots)
    position.working_lots[side] -= lots
    risk.working_hours[side] -= hours * lots
    book_lots(state, account, position, row, book, signed, value * sign)
    _hold_hours(risk, hours, before, before + signed)
    _work_spot(state, account, book, side, -lots)
    _hold_spot(state, account, book, signed)
    _add_possible_loss(state, account, book, -loss_mills)
