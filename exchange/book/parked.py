"""Orders that the daily limits leave outside: they stand at no level but in a list of their book's (BAND-004)."""

from exchange.kernel import kernel, leaf_kernel


@kernel
def join_parked(state, book, slot):
    """Put an order that is in no queue among the parked ones of its book."""
    first = book.first_parked
    state.links[slot].newer = first
    if first != 0:
        state.links[first].older = slot
    book.first_parked = slot


@leaf_kernel
def leave_parked(state, book, slot):
    """Take an order that stands at no level out of the parked ones of its book, if it is among them."""
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
