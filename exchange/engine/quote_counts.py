"""How many quotes work in a book and in a protection group: the book's flag, and what a pull will find."""

import numpy as np

from exchange.codes import BookFeature
from exchange.kernel import kernel

QUOTES = np.int64(BookFeature.QUOTES)


@kernel
def count_quote(state, order, change):
    """A quote entered its book (1) or leaves it (-1): while there is one its fills may have to be counted."""
    book = state.books[order.book]
    book.quotes += change
    if book.quotes != 0:
        book.features |= QUOTES
    else:
        book.features &= ~QUOTES


@kernel
def join_protection(state, order, row):
    """From now on the quote's fills count in this group, 0 in none."""
    if order.trigger == row:
        return
    if order.trigger != 0:
        state.protections[order.trigger].quotes -= 1
    if row != 0:
        state.protections[row].quotes += 1
    order.trigger = row


@kernel
def forget_quote(state, order):
    """The quote ends."""
    count_quote(state, order, -1)
    join_protection(state, order, np.int64(0))
