"""What an aggressor would execute: the matcher's way through the book, writing nothing (TIF-003)."""

import numpy as np

from exchange.book.levels import place_of, row_of, worse_place
from exchange.codes import Matching
from exchange.engine.self_match import CANCEL_RESTING, DECREMENT, is_own
from exchange.kernel import kernel

PRO_RATA = np.int64(Matching.PRO_RATA)


@kernel
def executable_lots(state, book, order):
    """Lots that a new order would execute now in a book with features, or with a self-match id."""
    side = np.int64(order.side)
    worst = place_of(book, 1 - side, np.int64(order.price))
    place = np.int64(book.best[1 - side])
    left = np.int64(order.leaves_lots)
    found = np.int64(0)
    while place != 0 and place >= worst and left > 0:
        head = np.int64(state.levels[row_of(book, 1 - side, place)].head)
        if book.matching == PRO_RATA:
            taken, left = _from_shared_level(state, order, head, left)
        else:
            taken, left = _from_level(state, order, head, left)
        found += taken
        place = worse_place(state, book, 1 - side, place)
    return found


@kernel
def _from_level(state, order, head, left):
    """(lots executed at one price-time level, lots left after it; 0 if it ends the aggressor)."""
    found = np.int64(0)
    hidden = np.int64(0)
    slot = head
    while slot != 0 and left > 0:
        maker = state.orders[slot]
        if not is_own(order, maker):
            lots = min(left, np.int64(maker.shown_lots))
            found += lots
            left -= lots
            hidden += maker.leaves_lots - maker.shown_lots
        elif order.smp_mode == DECREMENT:
            left -= min(left, np.int64(maker.leaves_lots))
        elif order.smp_mode != CANCEL_RESTING:
            return found, np.int64(0)
        slot = np.int64(state.links[slot].newer)
    lots = min(left, hidden)
    return found + lots, left - lots


@kernel
def _from_shared_level(state, order, head, left):
    """The same at a pro-rata level: however it is shared out, all of it is there but own orders (SMP-007)."""
    there = np.int64(0)
    slot = head
    while slot != 0:
        maker = state.orders[slot]
        if not is_own(order, maker):
            there += maker.leaves_lots
        elif order.smp_mode != CANCEL_RESTING and order.smp_mode != DECREMENT:
            return np.int64(0), np.int64(0)
        slot = np.int64(state.links[slot].newer)
    lots = min(left, there)
    return lots, left - lots
