"""Marks: prices at which positions are valued, of all books at one instant (MARGIN-014)."""

import numpy as np

from exchange.book.quoted import quoted_tick
from exchange.kernel import kernel
from exchange.kernel_codes import COMBO_STRIP, LIFE_LISTED, MARKET_CLOSED, MARKET_OPEN


@kernel
def find_marks(state: np.record, min_lots: int, ticks: np.ndarray) -> None:
    """Write the mark of each book.

    min_lots  lots that an outright must have printed on the day for another mark; 0: none
    ticks     by book, int32: an outright that is OPEN, or at noon not CLOSED, gets its price between the quotes, a
              combination with a leg whose mark moves what follows from its legs (SPEC-053); all others keep their mark
    """
    for index in range(1, np.int64(state.books_listed) + 1):
        book = state.books[index]
        ticks[index] = book.mark_tick
        if book.leg_count == 1 and _is_marked(book, min_lots):
            ticks[index] = quoted_tick(book)
    for index in range(1, np.int64(state.books_listed) + 1):
        book = state.books[index]
        if book.leg_count > 1 and book.life == LIFE_LISTED and _has_moved_leg(state, book, ticks):
            ticks[index] = _combination_mark(state, book, ticks)


@kernel
def _is_marked(book, min_lots):
    """Whether the book gets a mark; a close within the day forgets its last price."""
    if min_lots == 0:
        return book.market_state != MARKET_CLOSED
    return book.market_state == MARKET_OPEN and book.has_last != 0 and book.volume_lots >= min_lots


@kernel
def _has_moved_leg(state, book, ticks):
    for leg in range(np.int64(book.leg_count)):
        index = np.int64(book.legs[leg].book)
        if ticks[index] != state.books[index].mark_tick:
            return True
    return False


@kernel
def _combination_mark(state, book, ticks):
    """Mark of a combination: of a spread the first leg's less the second's, of a strip the mean by hours, nearest, half
    up."""
    if book.combo != COMBO_STRIP:
        return np.int64(ticks[book.legs[0].book]) - np.int64(ticks[book.legs[1].book])
    value = hours = np.int64(0)
    for leg in range(np.int64(book.leg_count)):
        index = np.int64(book.legs[leg].book)
        value += np.int64(ticks[index]) * state.books[index].hours
        hours += state.books[index].hours
    return (2 * value + hours) // (2 * hours)
