"""Stops that join an uncross: first those that were elected earlier, then those that its price elects (AUC-009)."""

import numpy as np

from exchange.book.auction import clamp_to_collar, collared_equilibrium, equilibrium, is_crossed
from exchange.book.heap import remove_node
from exchange.book.levels import in_limits, place_of, row_of
from exchange.book.stops import leave_injection_queue, take_reached, wait_for_trigger
from exchange.engine.entry.stops import inject_stop, injection_tick
from exchange.engine.orders import cancel_remainder, rest_order
from exchange.kernel import kernel
from exchange.kernel_codes import CANCEL_MINQTY


@kernel
def join_auction_once(state, out, book, reference, collar_ticks):
    """Let the next stop join this book's uncross as a limit order. False: no other stop joins.

    The cursor holds the stops that the price has elected and that have not joined yet. When all have joined, the price
    is computed again and may elect more stops. If it lies beyond the collar, it cannot print: then the edge of the
    collar elects (AUC-014).
    """
    cursor = state.cursor
    slot = np.int64(book.injection_first)
    if slot != 0:
        leave_injection_queue(state, slot)
        _join(state, out, slot)
        return True
    if cursor.elected_root == 0 and is_crossed(book):
        price, _, _ = collared_equilibrium(state, book, reference, collar_ticks)
        cursor.elected_root = take_reached(state, book, price, False, np.int64(0))
    slot = np.int64(cursor.elected_root)
    if slot == 0:
        return False
    cursor.elected_root = remove_node(state, slot, slot)
    _join(state, out, slot)
    return True


@kernel
def _join(state, out, slot):
    """Inject a stop and rest it. Emits TRG, then RST. A stop with a minimum quantity is cancelled, because nothing
    trades yet (TIF-004)."""
    if inject_stop(state, out, slot) != 0:
        cancel_remainder(state, out, slot, CANCEL_MINQTY)
    else:
        rest_order(state, out, slot)


@kernel
def expected_uncross(state, book, reference, collar_ticks):
    """Price and volume at which a book would uncross now, with the stops that would join. Afterwards levels and stops
    are as before.

    For the computation, lots of these stops are added to the levels of their limits as hidden lots.

    reference, collar_ticks  as for `collared_equilibrium`
    returns                  whether it would uncross; price, ticks; volume, lots; imbalance, lots; lots that would
                             trade inside the collar
    """
    bid, ask = np.int64(book.best[0]), np.int64(book.best[1])
    slot = np.int64(book.injection_first)
    while slot != 0:
        _add_lots(state, book, slot, 1)
        slot = np.int64(state.links[slot].newer)
    added = np.int64(0)
    price, volume, imbalance, inside_lots = np.int64(0), np.int64(0), np.int64(0), np.int64(0)
    crossed = is_crossed(book)
    growing = crossed
    while growing:
        price, volume, imbalance = equilibrium(state, book, reference)
        more = _add_reached(state, book, clamp_to_collar(price, reference, collar_ticks), added)
        growing = more != added
        added = more
    if crossed:
        _, inside_lots, _ = collared_equilibrium(state, book, reference, collar_ticks)
    book.best[0] = bid
    book.best[1] = ask
    _remove_all(state, book, added)
    return crossed, price, volume, imbalance, inside_lots


@kernel
def _add_reached(state, book, price, added):
    """Add the lots of the stops that a price elects. Their slots are appended to the scratch table, which has `added`
    already. Returns the number of slots in it."""
    root = take_reached(state, book, price, False, np.int64(0))
    while root != 0:
        slot = root
        root = remove_node(state, root, slot)
        _add_lots(state, book, slot, 1)
        state.scratch[added] = slot
        added += 1
    return added


@kernel
def _remove_all(state, book, added):
    """Take away the lots of all added stops, and put stops back into the heaps that they were taken from."""
    slot = np.int64(book.injection_first)
    while slot != 0:
        _add_lots(state, book, slot, -1)
        slot = np.int64(state.links[slot].newer)
    for place in range(added):
        slot = np.int64(state.scratch[place])
        state.scratch[place] = 0
        _add_lots(state, book, slot, -1)
        wait_for_trigger(state, book, slot)


@kernel
def _add_lots(state, book, slot, sign):
    """Add a stop's lots to the level of its limit (`sign` 1), or take them away again (-1). Skips stops that would not
    join: those with a minimum quantity, and those that would be parked."""
    order = state.orders[slot]
    if order.shown_lots != 0:
        return
    side = np.int64(order.side)
    tick = injection_tick(book, order)
    if not in_limits(book, tick):
        return  # it would be parked
    place = place_of(book, side, tick)
    state.levels[row_of(book, side, place)].hidden_lots += sign * order.leaves_lots
    if sign > 0 and place > book.best[side]:
        book.best[side] = place
