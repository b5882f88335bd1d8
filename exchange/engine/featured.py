"""One step of matching in a book with BookFeature bits: what plain price-time matching need not ask.

Plain books never come here: `matching.match_once` tests `book.features` once.
"""

import numpy as np

from exchange.book.levels import best_row, crosses
from exchange.engine.self_match import is_own, prevent_self_match
from exchange.engine.trades import trade_lots
from exchange.kernel import kernel


@kernel
def match_featured(state, out, slot):
    """As `matching.match_once`."""
    order = state.orders[slot]
    book = state.books[order.book]
    side = np.int64(order.side)
    if order.leaves_lots == 0 or not crosses(book, side, np.int64(order.price)):
        return False
    resting = np.int64(state.levels[best_row(book, 1 - side)].head)
    maker = state.orders[resting]
    if is_own(order, maker):
        prevent_self_match(state, out, slot, resting)
        return True
    lots = min(np.int64(maker.shown_lots), np.int64(order.leaves_lots))
    trade_lots(state, out, book, resting, slot, np.int64(maker.price), lots, False)
    return True
