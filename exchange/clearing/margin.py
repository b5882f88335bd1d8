"""The margin that an account holds (the *hold*), kept up to date with each order and fill (MARGIN-013).

The hold has two parts: the scans, one for each RISK row of the account, and what its working orders can lose against
the mark, taker fees included. Whatever part of its working orders fills, the positions that follow never require more
(MARGIN-001). A fill does not raise it: hours move from working to held, and the loss that the fill realises has been
part of it since the order was entered.

The possible loss is updated with each change. The scans are not: they are computed again only when an exact figure is
needed (*lazy margin*). Until then `initial_margin_mills` has the scans as last computed, and `scan_rise_bound_mills` is
an upper bound of what orders have added since. So their sum is never too small.

Without lazy margin the mixed flow takes 1.08 times as long and 1,000 books 1.03 times. `LAZY_MARGIN = False` switches
it off.
"""

import numpy as np

from exchange.clearing.positions import (
    book_lots,
    change_lots,
    find_position,
    largest_possible_lots,
    queue_position_report,
)
from exchange.kernel import kernel, leaf_kernel
from exchange.kernel_codes import SIDE_SELL, leg_side, sign_of
from exchange.machine import likely, lowest_bit, prefetch

LAZY_MARGIN = True  # False: scans are computed with every change, and `scan_rise_bound_mills` stays 0


@leaf_kernel
def risk_row(state, account, commodity):
    """Number of an account's RISK row in a commodity.

    Rows of one commodity are neighbours, not rows of one account: the cache then holds more accounts that trade it.
    """
    return (np.int64(commodity) - 1) * np.int64(state.accounts.shape[0]) + account


@leaf_kernel
def own_risk(state, account, book):
    """The account's RISK row in a book's commodity."""
    return state.risks[np.int64(book.first_risk) + account]


@leaf_kernel
def prefetch_risk(state, account, book):
    """Prefetch the RISK row that an order in a book changes."""
    prefetch(state.risks, np.int64(book.first_risk) + account, np.int64(0))


@leaf_kernel
def loss_per_lot(book, side, price):
    """Mills that one lot of a working order can lose when it fills: price against mark, taker fee, and the residual of
    a combination (`residual_mills`)."""
    edge = (price - book.mark_tick) * sign_of(side)
    # A combination's legs differ in hours; the longer leg bounds what a tick of its price is worth.
    return (max(edge, 0) + book.taker_fee) * book.fee_hours + book.residual_mills


@leaf_kernel
def scan_mills(commodity, net, adding, taking, gross):
    """The part of the hold that one commodity needs, mills: scan, intra and tier charge (MARGIN-013).

    net             GPU-hours held, signed
    adding, taking  GPU-hours that working orders would add, and would take away
    gross           `gross_hours` of the RISK row

    Positions of L long and S short hours pay the scan range for |L - S| hours, and at most the charge for min(L, S)
    hours. That is, for each hour of |L - S| the scan range less half the charge, and half the charge for each hour of
    L + S. Whatever fills, |L - S| is at most the larger of both ends, and L + S at most `gross`. An hour is matched
    against another month or another quality tier, not against both, so the larger rate is charge enough.
    """
    widest, charge = max(abs(net + adding), abs(net - taking)), max(commodity.intra_mills, commodity.tier_mills)
    return (widest * max(2 * commodity.psr_mills - charge, 0) + gross * charge + 1) // 2


@leaf_kernel
def _scan_now(commodity, risk):
    """As `scan_mills`, for the hours of a RISK row, with its delivery add-on."""
    scan = scan_mills(commodity, risk.net_hours, risk.working_hours[0], risk.working_hours[1], risk.gross_hours)
    return scan + risk.addon_mills


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
        risk = state.risks[risk_row(state, account, number + 1)]
        scan = _scan_now(state.commodities[number + 1], risk)
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
def recompute_holds(state, accounts):
    """Make `initial_margin_mills` of these accounts exact. `accounts`: their numbers, int64."""
    for place in range(accounts.shape[0]):
        recompute_scans(state, accounts[place])


@kernel
def margin_held_mills(state, account):
    """The exact hold of an account, mills. Unlike `recompute_scans` it writes nothing."""
    return state.accounts[account].initial_margin_mills + _scan_rise(state, account, False)


@kernel
def margin_rise(state, account, row, book, side, lots, loss_mills):
    """Mills by which the hold would rise if more lots worked on a side of a book. Nothing is written.

    row         the account's position in the book, 0 if there is none or the book is a combination
    lots        change of working lots, may be negative
    loss_mills  change of what working orders can lose
    """
    commodity, risk = state.commodities[book.commodity], own_risk(state, account, book)
    hours = book.margin_hours * sign_of(side)
    adding = risk.working_hours[0] + max(hours, 0) * lots
    taking = risk.working_hours[1] + max(-hours, 0) * lots
    gross, addon = np.int64(risk.gross_hours), np.int64(risk.addon_mills)
    for leg in range(np.int64(book.leg_count)):
        position, leg_book = (
            state.positions[leg_position(state, account, row, book, leg)],
            state.books[book.legs[leg].book],
        )
        own_side = leg_side(side, book.legs[leg].sign)
        gross += _more_lots(position, own_side, lots) * leg_book.margin_hours
        if own_side == SIDE_SELL:
            addon += (most_short(position, lots) - most_short(position, np.int64(0))) * leg_book.addon_mills
    scan = scan_mills(commodity, risk.net_hours, adding, taking, gross) + addon
    return loss_mills + scan - _scan_now(commodity, risk)


@leaf_kernel
def _work_spot(state, account, book, side, lots):
    """Count working lots of a book among those of the spot month (LIMIT-003). `lots`: negative to take away."""
    if book.spot_weight != 0:
        spot_side = leg_side(side, book.spot_weight)
        own_risk(state, account, book).spot_working[spot_side] += abs(book.spot_weight) * lots


@leaf_kernel
def _work_leg(state, account, row, book, side, lots):
    """Add working lots (negative: take away) of an outright to the account's position there, and to `gross_hours`.
    Returns by how much its `largest_possible_lots` has risen."""
    position = state.positions[row]
    more = _more_lots(position, side, lots)
    position.working_lots[side] += lots
    own_risk(state, account, book).gross_hours += more * book.margin_hours
    return more


@leaf_kernel
def _more_lots(position, side, lots):
    """By how much `largest_possible_lots` of a position would rise if more lots worked on a side. `lots`: may be
    negative."""
    held = position.lots * sign_of(side)
    own, other = held + position.working_lots[side], position.working_lots[1 - side] - held
    return max(own + lots, other) - max(own, other)


@leaf_kernel
def most_short(position, lots):
    """Lots that a position would be short if all its working sells filled and `lots` more, none of its buys, >= 0."""
    return max(position.working_lots[SIDE_SELL] + lots - position.lots, 0)


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
    if likely(book.plain != 0):
        own_risk(state, account, book).working_hours[side] += book.margin_hours * lots
        _work_leg(state, account, row, book, side, lots)
    else:
        _work_legs(state, account, row, book, side, lots)
    _work_spot(state, account, book, side, lots)
    _add_possible_loss(state, account, book, loss_mills)


@leaf_kernel
def _add_possible_loss(state, account, book, rise_mills):
    """Add to the possible loss in `initial_margin_mills`, and mark the scan of the book's commodity as changed."""
    account_row = state.accounts[account]
    account_row.initial_margin_mills += rise_mills
    account_row.changed_scans |= book.commodity_bit
    if not LAZY_MARGIN:
        recompute_scans(state, account)


@kernel
def _work_legs(state, account, row, book, side, lots):
    """Add working lots to positions, `term_lots` and the RISK row, for a book that is not plain. `lots`: negative to
    take away."""
    hours = book.margin_hours
    own_risk(state, account, book).working_hours[leg_side(side, hours)] += abs(hours) * lots
    for leg in range(book.leg_count):
        leg_row, leg_book = leg_position(state, account, row, book, leg), state.books[book.legs[leg].book]
        position = state.positions[leg_row]
        short = most_short(position, np.int64(0))
        more = _work_leg(state, account, leg_row, leg_book, leg_side(side, book.legs[leg].sign), lots)
        hold_short(state, account, leg_book, position, short)
        if leg_book.term != 0:
            state.accounts[account].term_lots += more


@leaf_kernel
def hold_short(state, account, book, position, before):
    """Count the delivery add-on of an outright's lots short (MARGIN-009). `before`: its `most_short` so far."""
    if book.addon_mills != 0:
        own_risk(state, account, book).addon_mills += (most_short(position, np.int64(0)) - before) * book.addon_mills


@leaf_kernel
def _hold_spot(state, account, book, lots):
    """Count signed lots held of a book among those of the spot month (LIMIT-003)."""
    if book.spot_weight != 0:
        own_risk(state, account, book).spot_lots += book.spot_weight * lots


@kernel
def add_held_lots(state, account, row, lots, value):
    """Add signed lots to a position, and to its account's P&L and RISK row.

    row    the position
    value  sum of price * signed lots

    `scan_rise_bound_mills` stays: these lots have been counted as working, so holding them raises no scan.
    """
    hold_lots(state, account, row, lots, value)
    queue_position_report(state, account, state.positions[row], row)


@kernel
def hold_lots(state, account, row, lots, value):
    """As `add_held_lots`, without a POS. The caller computes the hold again, if the lots were not working before."""
    position = state.positions[row]
    book = state.books[position.book]
    risk, before = own_risk(state, account, book), largest_possible_lots(position)
    short = most_short(position, np.int64(0))
    change_lots(state, account, position, book, lots, value)
    risk.net_hours += lots * book.margin_hours
    risk.gross_hours += (largest_possible_lots(position) - before) * book.margin_hours
    hold_short(state, account, book, position, short)
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
    if book.plain == 0:
        release_working(state, account, row, book, side, lots, loss_mills)
        add_held_lots(state, account, row, signed, value * sign)
        return
    book.working_lots[side] -= lots
    hours = book.margin_hours
    risk = own_risk(state, account, book)
    position = state.positions[row]
    # Its own side can lead to the same as before: lots that were working are held now. The other side loses as many.
    risk.gross_hours += _more_lots(position, 1 - side, -lots) * hours
    position.working_lots[side] -= lots
    book_lots(state, account, position, row, book, signed, value * sign)
    risk.net_hours += hours * signed
    risk.working_hours[side] -= hours * lots
    _work_spot(state, account, book, side, -lots)
    _hold_spot(state, account, book, signed)
    _add_possible_loss(state, account, book, -loss_mills)
