"""Which prices outside the daily limits an order or a stop may have (BAND-004). Nothing is written."""

import numpy as np

from exchange.book.levels import is_behind_window, is_beyond_window
from exchange.kernel import kernel, leaf_kernel
from exchange.kernel_codes import COMBO_OUTRIGHT, COMBO_STRIP, TIF_GTC, TIF_GTD
from exchange.units import PRICE_MAX


@leaf_kernel
def is_possible_price(book, tick):
    """Whether a price is possible for the instrument on any day (SPEC-004)."""
    lowest = 1 if book.combo == COMBO_OUTRIGHT or book.combo == COMBO_STRIP else -PRICE_MAX
    return lowest <= tick <= PRICE_MAX


@leaf_kernel
def can_park(book, side, tick, tif):
    """Whether an order is accepted and parked: its price is outside the daily limits on the passive side, and it lives
    until a later day's limits may cover it, as GTC and GTD orders do (BAND-004)."""
    if tif != TIF_GTC and tif != TIF_GTD:
        return False
    return is_behind_window(book, side, tick) and is_possible_price(book, tick)


@kernel
def may_wait_beyond_limits(book, side, trigger, tif):
    """Whether a stop is accepted although no print can reach its trigger today. It must be GTC or GTD."""
    if tif != TIF_GTC and tif != TIF_GTD:
        return False
    return is_beyond_window(book, side, trigger) and is_possible_price(book, trigger)


@kernel
def window_tick(book, tick):
    """A price limited to the daily limits."""
    return min(max(tick, np.int64(book.low_tick)), np.int64(book.high_tick))
