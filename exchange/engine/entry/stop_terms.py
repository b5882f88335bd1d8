"""The trigger and the limit that a stop may have, by NEW or REPLACE (STOP-003, STOP-009). Nothing is written."""

import numpy as np

from exchange.book.levels import in_limits, is_behind_window, round_inward, worse_of
from exchange.book.stops import reaches
from exchange.engine.entry.day_prices import can_park, is_known, is_out_of_reach
from exchange.kernel import kernel
from exchange.kernel_codes import FLAG_TIGHTEN, MARKET_OPEN, ORDER_STOP_LIMIT, REJECT_BAND, REJECT_NONE, sign_of


@kernel
def protected_tick(book, side, trigger):
    """The limit of a plain stop: its trigger plus protection, rounded to an increment (STOP-003)."""
    return round_inward(side, trigger + book.protection_ticks * sign_of(side), np.int64(book.min_inc))


@kernel
def stop_tick(book, command):
    """The limit that a NEW stop will work at after its injection, unless the reject band caps it then (STOP-009)."""
    price = np.int64(command.price)
    if command.order_type == ORDER_STOP_LIMIT:
        return price
    side = np.int64(command.side)
    tick = protected_tick(book, side, np.int64(command.trigger))
    return worse_of(side, tick, price) if command["flags"] & FLAG_TIGHTEN != 0 else tick


@kernel
def check_stop_prices(book, side, tif, trigger, priced, price):
    """Rank 10 of a stop. The daily limits apply on entry, the reject band only at its injection (STOP-009).

    A trigger out of reach today is for a later day, whose limits will be others: then its limit only has to be a price.

    priced  whether the command states a limit
    """
    if is_out_of_reach(book, side, trigger, tif):
        return REJECT_BAND if priced and not is_known(book, price) else REJECT_NONE
    if not in_limits(book, trigger):
        return REJECT_BAND
    if priced and not in_limits(book, price) and not can_park(book, side, price, tif):
        return REJECT_BAND
    return REJECT_NONE


@kernel
def check_moved_limit(book, side, tif, trigger, tick):
    """Rank 10 of a replace whose limit moves with the trigger: it may leave the daily limits on the passive side only
    where it can be parked, or while the trigger is out of reach."""
    allowed = can_park(book, side, tick, tif) or is_out_of_reach(book, side, trigger, tif)
    return REJECT_BAND if is_behind_window(book, side, tick) and not allowed else REJECT_NONE


@kernel
def is_elected_now(book, side, trigger):
    """Whether the last price has reached this trigger already, so that the stop need not wait (STOP-002)."""
    return book.phase == MARKET_OPEN and book.has_last != 0 and reaches(side, trigger, np.int64(book.last_tick))
