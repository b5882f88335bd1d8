"""The prices that an order of a side may have: daily limits and reject band (BAND-001, BAND-002, BAND-004)."""

import numpy as np

from exchange.engine.entry.day_prices import can_park
from exchange.kernel import leaf_kernel
from exchange.kernel_codes import REJECT_BAND, REJECT_NONE, SIDE_BUY
from exchange.units import PRICE_MAX

ANY_PRICE = 2 * PRICE_MAX + 1  # beyond every price from every other


@leaf_kernel
def _reference_tick(book):
    """What the reject band is measured from (BAND-002)."""
    if book.has_last != 0:
        return np.int64(book.last_tick)
    if book.has_indicative != 0:
        return np.int64(book.indicative_tick)
    return np.int64(book.mark_tick)


@leaf_kernel
def is_in_range(book, side, tick):
    """Whether an order of this side may have this price: daily limits on both sides, reject band on the aggressive
    one (BAND-001, BAND-002, BAND-004)."""
    if tick < book.low_tick or tick > book.high_tick:
        return False
    return book.band_ticks == 0 or (tick - _reference_tick(book)) * (1 - 2 * side) <= book.band_ticks


@leaf_kernel
def price_range(book, side):
    """Lowest and highest price for which `is_in_range`."""
    reference = _reference_tick(book)
    band = np.int64(book.band_ticks) if book.band_ticks != 0 else ANY_PRICE
    lowest = max(np.int64(book.low_tick), reference - band - (1 - side) * ANY_PRICE)
    highest = min(np.int64(book.high_tick), reference + band + side * ANY_PRICE)
    return lowest, highest


@leaf_kernel
def worst_tick(book, side):
    """The worst price an order of this side may have."""
    lowest, highest = price_range(book, side)
    return highest if side == SIDE_BUY else lowest


@leaf_kernel
def check_price(book, side, tick, tif):
    """Rank 10: daily limits on both sides, reject band on the aggressive side."""
    if (tick < book.low_tick or tick > book.high_tick) and can_park(book, side, tick, tif):
        return REJECT_NONE
    return REJECT_NONE if is_in_range(book, side, tick) else REJECT_BAND
