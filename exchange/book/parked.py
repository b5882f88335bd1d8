"""Parked orders. Their price is outside the daily limits, so they are in no queue but in a list of their book
(BAND-004)."""

from exchange.kernel import kernel, leaf_kernel


@kernel
def join_parked(state, book, slot):
    """Put an order that is in no queue into its book's list of parked orders."""
    first = book.first_parked
    state.links[slot].newer = first
    if first != 0:
        state.links[first].older = slot
    book.first_parked = slot


@leaf_kernel
def leave_parked(state, book, slot):
    """Take an order that is in no queue out of its book's list of parked orders, if it is there."""
    link = state.links[slot]
    newer, older = link.newer, link.older
    if older != 0:
        state.links[older].newer = newer
    elif book.first_parked == slot:
        book.first_parked = newer
    else:
        return
    if newer != 0:
        state.links[newer].older = older
    link.newer = 0
    link.older = 0
