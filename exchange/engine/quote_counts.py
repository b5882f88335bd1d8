"""Counts the quotes at work: in each book (a list, a number, a feature bit) and in each protection group."""

import numpy as np

from exchange.kernel import kernel
from exchange.kernel_codes import FEATURE_QUOTES


@kernel
def count_quote(state, slot):
    """Add a quote to its book's list. As long as a book has quotes, FEATURE_QUOTES makes matching count their fills.

    A quote never waits for a price, so its heap node is free to hold its neighbours in this list.
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
    """Take a quote out of the list of its book's quotes."""
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
    """Slot of the next quote in the list of a book, 0 after the last."""
    return np.int64(state.heap[slot].next_quote)


@kernel
def join_protection(state, order, row):
    """Make the fills of a quote count in another protection group. `row`: PROTECTION row of the group, 0 none."""
    if order.protection == row:
        return
    if order.protection != 0:
        state.protections[order.protection].quotes -= 1
    if row != 0:
        state.protections[row].quotes += 1
    order.protection = row


@kernel
def uncount_quote(state, slot):
    """Take a quote that has ended out of its book's list and its protection group."""
    _leave_book(state, slot)
    join_protection(state, state.orders[slot], np.int64(0))
