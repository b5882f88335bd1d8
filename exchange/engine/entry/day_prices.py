"""Prices outside the daily limits: which of them an order or a stop may have (BAND-004). Nothing is written."""

import numpy as np

from exchange.book.levels import is_behind_window, is_beyond_window
from exchange.kernel import kernel, leaf_kernel
from exchange.kernel_codes import COMBO_OUTRIGHT, COMBO_STRIP, TIF_GTC, TIF_GTD
from exchange.units import PRICE_MAX


@leaf_kernel
def is_known(book, tick):
    """Whether this is a price of the instrument at all, whatever the daily limits are (SPEC-004)."""
    lowest = 1 if book.combo == COMBO_OUTRIGHT or book.combo == COMBO_STRIP else -PRICE_MAX
    return lowest <= tick <= PRICE_MAX


@leaf_kernel
def can_park(book, side, tick, tif):
    """Whether an order beyond the daily limits on its passive side is accepted and parked, until a day's limits cover
    it (BAND-004). Only GTC and GTD orders live that long."""
    if tif != TIF_GTC and tif != TIF_GTD:
        return False
    return is_behind_window(book, side, tick) and is_known(book, tick)


@kernel
def is_out_of_reach(book, side, trigger, tif):
    """Whether a stop's trigger lies beyond what can print today, and the stop outlives the day."""
    if tif != TIF_GTC and tif != TIF_GTD:
        return False
    return is_beyond_window(book, side, trigger) and is_known(book, trigger)


@kernel
def window_tick(book, tick):
    """The price inside the daily limits that is nearest to a tick."""
    return min(max(tick, np.int64(book.low_tick)), np.int64(book.high_tick))
