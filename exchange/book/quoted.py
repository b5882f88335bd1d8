"""The price of a book between its quotes: T2 of a settlement, and the mark within the day (SETTLE-003)."""

import numpy as np

from exchange.book.levels import best_tick
from exchange.kernel import kernel, leaf_kernel
from exchange.kernel_codes import SIDE_BUY, SIDE_SELL


@leaf_kernel
def has_quote(book):
    """Whether the book has a trade of the day, or an order of its own, so that `quoted_tick` is more than the last
    settlement. Implied prices do not count."""
    return book.has_last != 0 or book.best[SIDE_BUY] != 0 or book.best[SIDE_SELL] != 0


@leaf_kernel
def quoted_tick(book):
    """The last price of the day, else the last settlement, raised to the best bid, then lowered to the best ask."""
    tick = np.int64(book.last_tick) if book.has_last != 0 else np.int64(book.settle_tick)
    if book.best[SIDE_BUY] != 0:
        tick = max(tick, best_tick(book, SIDE_BUY))
    if book.best[SIDE_SELL] != 0:
        tick = min(tick, best_tick(book, SIDE_SELL))
    return tick


@kernel
def note_closing_quote(book):
    """Keep the price of a book that closes, before its DAY orders end: the next settlement may be made from it."""
    book.quoted_tick = quoted_tick(book)
    book.is_quoted = int(has_quote(book))
