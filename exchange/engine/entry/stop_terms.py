"""Trigger and limit price of a stop, and which it may have, for NEW and REPLACE (STOP-003, STOP-009). Nothing is
written."""

import numpy as np

from exchange.book.levels import in_limits, is_behind_window, round_inward, worse_of
from exchange.book.stops import reaches
from exchange.engine.entry.day_prices import can_park, is_possible_price, may_wait_beyond_limits
from exchange.kernel import kernel
from exchange.kernel_codes import FLAG_TIGHTEN, MARKET_OPEN, ORDER_STOP_LIMIT, REJECT_BAND, REJECT_NONE, sign_of


@kernel
def protected_tick(book, side, trigger):
    """Limit price of a plain stop: its trigger plus protection, rounded inward to an increment (STOP-003)."""
    return round_inward(side, trigger + book.protection_ticks * sign_of(side), np.int64(book.min_inc))


@kernel
def stop_tick(book, command):
    """Limit price of the stop of a NEW after its injection, unless the reject band limits it then (STOP-009)."""
    price = np.int64(command.price)
    if command.order_type == ORDER_STOP_LIMIT:
        return price
    side = np.int64(command.side)
    tick = protected_tick(book, side, np.int64(command.trigger))
    return worse_of(side, tick, price) if command["flags"] & FLAG_TIGHTEN != 0 else tick


@kernel
def check_stop_prices(book, side, tif, trigger, priced, price):
    """Check of rank 10 for a stop: BAND or NONE. Daily limits apply on entry, the reject band only at injection
    (STOP-009).

    If no print can reach the trigger today, the stop is for a later day with other limits: then any possible price is
    accepted.

    priced  whether the command gives a limit price
    """
    if may_wait_beyond_limits(book, side, trigger, tif):
        return REJECT_BAND if priced and not is_possible_price(book, price) else REJECT_NONE
    if not in_limits(book, trigger):
        return REJECT_BAND
    if priced and not in_limits(book, price) and not can_park(book, side, price, tif):
        return REJECT_BAND
    return REJECT_NONE


@kernel
def check_moved_limit(book, side, tif, trigger, tick):
    """Check of rank 10 for a limit price that moves with the trigger: BAND or NONE. It may be outside the daily limits
    on the passive side only if the order can be parked there, or if no print can reach the trigger today."""
    allowed = can_park(book, side, tick, tif) or may_wait_beyond_limits(book, side, trigger, tif)
    return REJECT_BAND if is_behind_window(book, side, tick) and not allowed else REJECT_NONE


@kernel
def is_elected_now(book, side, trigger):
    """Whether the last price has already reached this trigger, so that the stop is elected at once (STOP-002)."""
    return book.market_state == MARKET_OPEN and book.has_last != 0 and reaches(side, trigger, np.int64(book.last_tick))
