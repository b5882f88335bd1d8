"""Price and volume of an uncross, the one trade at the end of an auction (AUC-002 to AUC-008). Nothing is written."""

import numpy as np

from exchange.book.levels import best_tick, place_of, row_of
from exchange.kernel import kernel
from exchange.kernel_codes import SIDE_BUY, SIDE_SELL


@kernel
def _lots_at(state, book, side, tick):
    level = state.levels[row_of(book, side, place_of(book, side, tick))]
    return np.int64(level.shown_lots) + level.hidden_lots


@kernel
def _clamp(value, low, high):
    return min(max(value, low), high)


@kernel
def clamp_to_collar(price, reference, collar_ticks):
    """Limit a price to the collar around a reference price (AUC-014).

    collar_ticks   how far the result may be from the reference, 0: no collar
    """
    if collar_ticks == 0:
        return price
    return _clamp(price, reference - collar_ticks, reference + collar_ticks)


@kernel
def is_crossed(book):
    """Whether the best bid is at or above the best ask. Only a book that collects orders can be crossed (AUC-001)."""
    if book.best[SIDE_BUY] == 0 or book.best[SIDE_SELL] == 0:
        return False
    return best_tick(book, SIDE_BUY) >= best_tick(book, SIDE_SELL)


@kernel
def equilibrium(state, book, reference):
    """Price, volume and imbalance of an uncross. Call it only for a crossed book.

    reference   price that decides between equal ticks (AUC-008)
    returns     price in ticks; volume in lots; imbalance at that price, buys less sells, in lots

    One pass over the ticks from best ask to best bid. The ticks of largest volume (AUC-003) and smallest imbalance
    (AUC-004) are one interval, and the imbalance never rises along it. So the remaining rules need its two ends and
    the pair of ticks where the sign of the imbalance changes.
    """
    low = best_tick(book, SIDE_SELL)
    high = best_tick(book, SIDE_BUY)
    buys = np.int64(0)
    for tick in range(low, high + 1):
        buys += _lots_at(state, book, SIDE_BUY, tick)
    sells = np.int64(0)
    volume = np.int64(-1)
    least = np.int64(0)
    first = last = last_positive = first_negative = low
    any_positive = any_negative = False
    for tick in range(low, high + 1):
        sells += _lots_at(state, book, SIDE_SELL, tick)
        traded = min(buys, sells)
        imbalance = buys - sells
        if traded > volume or (traded == volume and abs(imbalance) < least):
            volume, least, first = traded, abs(imbalance), tick
            any_positive = any_negative = False
        if traded == volume and abs(imbalance) == least:
            last = tick
            if imbalance > 0:
                any_positive, last_positive = True, tick
            elif imbalance < 0 and not any_negative:
                any_negative, first_negative = True, tick
        buys -= _lots_at(state, book, SIDE_BUY, tick)
    if any_positive and any_negative:  # AUC-007: the pair where the sign changes
        price = _clamp(reference, last_positive, first_negative)
        return price, volume, least if price == last_positive else -least
    if any_positive:  # AUC-005
        return last, volume, least
    if any_negative:
        return first, volume, -least
    return _clamp(reference, first, last), volume, np.int64(0)  # AUC-006


@kernel
def collared_equilibrium(state, book, reference, collar_ticks):
    """As `equilibrium`; if its price lies outside the collar, the figures at the edge of the collar (AUC-014)."""
    price, volume, imbalance = equilibrium(state, book, reference)
    edge = clamp_to_collar(price, reference, collar_ticks)
    if edge == price:
        return price, volume, imbalance
    buys = sells = np.int64(0)
    for tick in range(edge, best_tick(book, SIDE_BUY) + 1):
        buys += _lots_at(state, book, SIDE_BUY, tick)
    for tick in range(best_tick(book, SIDE_SELL), edge + 1):
        sells += _lots_at(state, book, SIDE_SELL, tick)
    return edge, min(buys, sells), buys - sells
