"""Books a fill in the account of the order's owner: position, initial margin, fee.

A fill of a combination is booked in its legs, each at a price that is assigned to it. There is no position in the
combination itself (SPEC-041).
"""

import numpy as np

from exchange.clearing.ledger import post
from exchange.clearing.margin import add_held_lots, fill_lots, leg_position, loss_per_lot, release_working
from exchange.kernel import kernel, leaf_kernel
from exchange.kernel_codes import (
    COMBO_STRIP,
    HOUSE_FEES,
    HOUSE_ROUNDING,
    LIQUIDITY_MAKER,
    LIQUIDITY_TAKER,
    sign_of,
)


@leaf_kernel
def fee_mills(book, liquidity, lots):
    """Fee of a fill in mills: rate * hours * lots. A spread pays for its longer leg only (FEE-001).

    liquidity  Liquidity: decides which of the book's rates applies
    """
    rate = book.auction_fee
    if liquidity == LIQUIDITY_MAKER:
        rate = book.maker_fee
    elif liquidity == LIQUIDITY_TAKER:
        rate = book.taker_fee
    return np.int64(rate) * book.fee_hours * lots


@kernel
def base_tick(state, book, price):
    """The figure that all leg prices of a combination's trade at `price` follow from, ticks.

    Strip: `k` of CASCADE-006, by which each leg trades above its settlement price. Spread: price of the second leg.
    """
    if book.combo == COMBO_STRIP:
        hours = np.int64(0)
        base = np.int64(0)
        for leg in range(book.leg_count):
            hours += state.books[book.legs[leg].book].hours
            base += np.int64(state.books[book.legs[leg].book].settle_tick) * state.books[book.legs[leg].book].hours
        return (price * hours - base) // hours
    front = state.books[book.legs[0].book]
    back = state.books[book.legs[1].book]
    tick = np.int64(back.last_tick) if back.has_last != 0 else np.int64(back.settle_tick)
    low = max(np.int64(back.low_tick), front.low_tick - price)
    high = min(np.int64(back.high_tick), front.high_tick - price)
    return min(max(tick, low), high)


@kernel
def leg_price(state, book, price, base, leg):
    """Price assigned to one leg when two orders of a combination trade, ticks (IMP-010, CASCADE-006).

    price  of the combination, ticks
    base   its `base_tick`
    leg    number of the leg, from 0
    """
    if book.combo == COMBO_STRIP:
        return state.books[book.legs[leg].book].settle_tick + base
    return base + price if leg == 0 else base


@leaf_kernel
def traded_leg_price(route, leg):
    """Price at which one leg of a combination has traded in an implied group, ticks.

    route  of the group. If the aggressor is in a leg, its first order is the combination's; the aggressor is in none.
    leg    number of the leg, from 0
    """
    own_leg = np.int64(route.own_leg)
    if leg + 1 == own_leg:
        return np.int64(route.tick)
    return np.int64(route.ticks[leg + 1 if leg + 1 < own_leg else leg])


@kernel
def _strip_residual(state, book, price, base):
    """`r` of CASCADE-006: mills per lot that the buyer of a strip pays the seller beyond the prices of the legs."""
    residual = np.int64(0)
    for leg in range(book.leg_count):
        leg_book = state.books[book.legs[leg].book]
        residual += (price - leg_book.settle_tick - base) * leg_book.hours
    return residual


@kernel
def _hold_legs(state, account, book, signed_lots, price):
    base = base_tick(state, book, price)
    for leg in range(book.leg_count):
        row = leg_position(state, account, np.int64(0), book, leg)
        leg_lots = signed_lots * book.legs[leg].sign
        add_held_lots(state, account, row, leg_lots, leg_lots * leg_price(state, book, price, base, leg))
    if book.combo == COMBO_STRIP:
        post(state, account, HOUSE_ROUNDING, -_strip_residual(state, book, price, base) * signed_lots)


@leaf_kernel
def clear_fill(state, book, order, lots, price, liquidity):
    """Book one fill of an order: its lots become held at `price`, and the fee is charged. Returns the fee, mills."""
    if order.position != 0:
        return clear_fills(state, book, order, lots, price * lots, liquidity)
    account = np.int64(order.account)
    side = np.int64(order.side)
    loss = lots * loss_per_lot(book, side, np.int64(order.price))
    release_working(state, account, np.int64(0), book, side, lots, loss)
    _hold_legs(state, account, book, lots * sign_of(side), price)
    return _take_fee(state, account, book, liquidity, lots)


@leaf_kernel
def clear_fills(state, book, order, lots, value, liquidity):
    """As `clear_fill`, for several fills of an order of an outright at once.

    lots   of all these fills
    value  sum of price * lots
    """
    account = np.int64(order.account)
    side = np.int64(order.side)
    loss = lots * loss_per_lot(book, side, np.int64(order.price))
    fill_lots(state, account, np.int64(order.position), book, side, lots, value, loss)
    return _take_fee(state, account, book, liquidity, lots)


@leaf_kernel
def clear_internal_fill(state, book, order, lots, price):
    """As `clear_fill`, for an outright order's fill in an internal leg: without a fee (SMP-010)."""
    side = np.int64(order.side)
    loss = lots * loss_per_lot(book, side, np.int64(order.price))
    fill_lots(state, np.int64(order.account), np.int64(order.position), book, side, lots, price * lots, loss)


@leaf_kernel
def _take_fee(state, account, book, liquidity, lots):
    fee = fee_mills(book, liquidity, lots)
    post(state, account, HOUSE_FEES, -fee)
    return fee


@kernel
def clear_implied_fill(state, book, order, lots, liquidity):
    """As `clear_fill`, for the combination's order in an implied fill. Its legs are booked at the prices that they
    really traded at, from `state.route` (IMP-007); so a strip has no residual (IMP-013)."""
    account = np.int64(order.account)
    side = np.int64(order.side)
    signed_lots = lots * sign_of(side)
    loss = loss_per_lot(book, side, np.int64(order.price))
    release_working(state, account, np.int64(0), book, side, lots, lots * loss)
    for leg in range(np.int64(book.leg_count)):
        row = leg_position(state, account, np.int64(0), book, leg)
        leg_lots = signed_lots * book.legs[leg].sign
        add_held_lots(state, account, row, leg_lots, leg_lots * traded_leg_price(state.route, leg))
    return _take_fee(state, account, book, liquidity, lots)
