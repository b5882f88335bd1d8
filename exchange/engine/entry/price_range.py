"""Prices that an order of a side may have: inside the daily limits and the reject band (BAND-001, BAND-002, BAND-004).
Nothing is written."""

import numpy as np

from exchange.book.levels import in_limits, lowest_and_highest, ticks_better, worse_of
from exchange.engine.entry.day_prices import can_park
from exchange.kernel import leaf_kernel
from exchange.kernel_codes import REJECT_BAND, REJECT_NONE, sign_of


@leaf_kernel
def _reference_tick(book):
    """Middle of the reject band: last price, else indicative price, else mark (BAND-002)."""
    if book.has_last != 0:
        return np.int64(book.last_tick)
    if book.has_indicative != 0:
        return np.int64(book.indicative_tick)
    return np.int64(book.settle_tick)


@leaf_kernel
def is_in_range(book, side, tick):
    """Whether an order of this side may have this price. The daily limits bound it in both directions, the reject band
    only in the aggressive one (BAND-001, BAND-002, BAND-004)."""
    if not in_limits(book, tick):
        return False
    return book.band_ticks == 0 or ticks_better(side, tick, _reference_tick(book)) <= book.band_ticks


@leaf_kernel
def best_tick_allowed(book, side):
    """The most aggressive price that an order of this side may have: the highest for a buy, the lowest for a sell."""
    edge = np.int64(book.edge_tick[1 - side])
    if book.band_ticks == 0:
        return edge
    return worse_of(side, edge, _reference_tick(book) + book.band_ticks * sign_of(side))


@leaf_kernel
def price_range(book, side):
    """The lowest and the highest price that an order of this side may have."""
    return lowest_and_highest(side, np.int64(book.edge_tick[side]), best_tick_allowed(book, side))


@leaf_kernel
def check_price(book, side, tick, tif):
    """Check of rank 10: BAND, or NONE if the price is in range or the order can be parked at it."""
    if not in_limits(book, tick) and can_park(book, side, tick, tif):
        return REJECT_NONE
    return REJECT_NONE if is_in_range(book, side, tick) else REJECT_BAND
