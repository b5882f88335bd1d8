"""What a day's limits make of a price: inside, out of reach, to be parked (BAND-004). Nothing is written."""

import numpy as np

from exchange.kernel import kernel, leaf_kernel
from exchange.kernel_codes import COMBO_OUTRIGHT, COMBO_STRIP, SIDE_BUY, TIF_GTC, TIF_GTD
from exchange.units import PRICE_MAX


@leaf_kernel
def is_known(book, tick):
    """Whether a book may ever have this price, whatever its limits are (SPEC-004)."""
    lowest = 1 if book.combo == COMBO_OUTRIGHT or book.combo == COMBO_STRIP else -PRICE_MAX
    return lowest <= tick <= PRICE_MAX


@leaf_kernel
def can_park(book, side, tick, tif):
    """Whether an order outside the daily limits is accepted and waits for a day that covers it (BAND-004)."""
    if tif != TIF_GTC and tif != TIF_GTD:
        return False
    passive = tick < book.low_tick if side == SIDE_BUY else tick > book.high_tick
    return passive and is_known(book, tick)


@kernel
def is_out_of_reach(book, side, trigger, tif):
    """Whether no print of this day elects a stop of this trigger, and it outlives the day."""
    if tif != TIF_GTC and tif != TIF_GTD:
        return False
    beyond = trigger > book.high_tick if side == SIDE_BUY else trigger < book.low_tick
    return beyond and is_known(book, trigger)


@kernel
def in_limits(book, tick):
    """Whether a tick lies inside the daily limits."""
    return book.low_tick <= tick <= book.high_tick


@kernel
def window_tick(book, tick):
    """The price of the window that is nearest to a tick."""
    return min(max(tick, np.int64(book.low_tick)), np.int64(book.high_tick))
