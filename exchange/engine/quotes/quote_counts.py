"""Quotes that work in a book, in a list, and in a protection group: the book's flag, and what a pull will find."""

import numpy as np

from exchange.kernel import kernel
from exchange.kernel_codes import FEATURE_QUOTES


@kernel
def count_quote(state, slot):
    """A quote entered its book: while there is one its fills may have to be counted.

    A quote waits for no price, so the node that its slot has in the heap is free to hold its neighbours in the list.
    """
    book = state.books[state.orders[slot].book]
    book.quotes += 1
    book.features |= FEATURE_QUOTES
    first = book.first_quote
    state.heap[slot].next_quote = first
    if first != 0:
        state.heap[first].previous_quote = slot
    book.first_quote = slot


@kernel
def _leave_book(state, slot):
    book = state.books[state.orders[slot].book]
    book.quotes -= 1
    if book.quotes == 0:
        book.features &= ~FEATURE_QUOTES
    node = state.heap[slot]
    if node.previous_quote == 0:
        book.first_quote = node.next_quote
    else:
        state.heap[node.previous_quote].next_quote = node.next_quote
    if node.next_quote != 0:
        state.heap[node.next_quote].previous_quote = node.previous_quote
    node.next_quote = 0
    node.previous_quote = 0


@kernel
def next_quote(state, slot):
    """The quote behind this one in its book's list, 0 after the last."""
    return np.int64(state.heap[slot].next_quote)


@kernel
def join_protection(state, order, row):
    """From now on the quote's fills count in this group, 0 in none."""
    if order.protection == row:
        return
    if order.protection != 0:
        state.protections[order.protection].quotes -= 1
    if row != 0:
        state.protections[row].quotes += 1
    order.protection = row


@kernel
def uncount_quote(state, slot):
    """The quote ends."""
    _leave_book(state, slot)
    join_protection(state, state.orders[slot], np.int64(0))
