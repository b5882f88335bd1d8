"""Puts all orders of books into their new daily limits, in one call of a kernel."""

from exchange.book.levels import in_limits, link_order
from exchange.book.parked import join_parked
from exchange.engine.orders import slice_lots
from exchange.kernel import kernel


@kernel
def rest_or_park_orders(state, slots, moved):
    """Put orders into the queues of their books' new windows, or park them. The windows must be empty.

    slots    slots of all orders of these books but waiting stops; of each book the oldest stamp first
    moved    int64, as long as `slots`; filled with the slots of orders that are now parked or rest again
    returns  number of slots in `moved`
    """
    count = 0
    for number in range(slots.shape[0]):
        slot = slots[number]
        order, link = state.orders[slot], state.links[slot]
        book = state.books[order.book]
        rested, covered = order.resting != 0, in_limits(book, order.price)
        link.newer = 0
        link.older = 0
        order.resting = 0
        if rested != covered:
            moved[count] = slot
            count += 1
            order.shown_lots = slice_lots(order) if covered else 0
        if covered:
            link_order(state, book, slot)
        else:
            join_parked(state, book, slot)
    return count
