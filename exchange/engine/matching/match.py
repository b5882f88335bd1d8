"""Price-time matching: an order arrives at its book and trades with the best opposite prices, oldest orders first."""

import numpy as np

from exchange.book.levels import available_lots, crosses, may_trade, place_of, row_of, tick_of
from exchange.engine.matching.dry_run import executable_lots
from exchange.engine.matching.featured import fill_oldest, match_featured, prevents
from exchange.engine.matching.self_match import is_own, prevent_self_match
from exchange.engine.matching.trades import book_aggressor_fills, trade_oldest
from exchange.engine.orders import cancel_remainder, end_matching, rest_order
from exchange.engine.predicates import is_immediate
from exchange.engine.prefetch import PREFETCH_ALL, prefetch_makers, prefetch_next
from exchange.kernel import kernel, leaf_kernel
from exchange.kernel_codes import CANCEL_FOK, CANCEL_MINQTY, MARKET_OPEN, TIF_FOK
from exchange.limits import STEP_EVENTS
from exchange.machine import opaque_row


@leaf_kernel
def unmet_condition(state, book, order, minimum_lots):
    """CancelReason of a FOK order, or one with a minimum quantity, that cannot execute enough lots at once; else 0
    (TIF-002 to TIF-004)."""
    reason = CANCEL_MINQTY
    wanted = np.int64(minimum_lots)
    if order.tif == TIF_FOK:
        reason = CANCEL_FOK
        wanted = max(wanted, np.int64(order.order_lots))
    if wanted == 0:
        return 0
    # Nothing matches outside OPEN, and an order executes at most its own lots.
    if book.market_state != MARKET_OPEN or wanted > order.order_lots:
        return reason
    if order.smp_id != 0 or book.features != 0:
        found = executable_lots(state, book, order)
    else:
        found = available_lots(state, book, np.int64(order.side), np.int64(order.price), wanted)
    return 0 if found >= wanted else reason


@leaf_kernel
def match_once(state, out, slot):
    """Run one step of matching an aggressor. False: nothing is left to match, or a breach of a window has ended it.

    A step is one fill; in an outright without features it is as many fills as the event buffer takes.
    """
    book = state.books[state.orders[slot].book]
    if book.features != 0:
        return match_featured(state, out, slot)
    if book.leg_count > 1:
        return _match_combination(state, out, slot)
    return _match_outright(state, out, slot)


@kernel
def _match_combination(state, out, slot):
    """Trade once with the oldest order at the best opposite price (MATCH-001, MATCH-002). False: no price crosses."""
    order = state.orders[slot]
    if order.leaves_lots == 0 or not crosses(state.books[order.book], np.int64(order.side), np.int64(order.price)):
        return False
    if not prevents(state, out, slot):
        fill_oldest(state, out, slot)
    return True


@kernel
def _match_outright(whole, out, slot):
    """Trade with the oldest orders at the best opposite prices (MATCH-001, MATCH-002), as often as the event buffer
    takes.

    The aggressor's position and money are booked once, for the sum of its fills.

    whole  STATE; each round of the loop uses its own `opaque_row` of it
    """
    state = whole
    order = state.orders[slot]
    book = state.books[order.book]
    side = np.int64(order.side)
    tick, lots_before, value_before = np.int64(order.price), np.int64(order.leaves_lots), order.value_tick_lots
    count_max = out.capacity - STEP_EVENTS
    other = 1 - side
    first, worst = row_of(book, other, np.int64(0)), place_of(book, other, tick)
    best = np.int64(book.best[other])
    own = np.int64(0)
    first_price, last_price = tick_of(book, other, best), np.int64(0)
    if out.prefetch_extent == PREFETCH_ALL:
        prefetch_makers(state, book, other, worst, np.int64(order.leaves_lots), True)
    while own == 0 and out.count <= count_max and order.leaves_lots != 0 and best != 0 and best >= worst:
        state = opaque_row(whole)
        resting = np.int64(state.levels[first + best].head)
        if is_own(order, state.orders[resting]):
            own = resting
        else:
            prefetch_next(state, book, other, resting, out.prefetch_extent)
            last_price = trade_oldest(state, out, book, other, best, first + best, resting, slot)
            best = np.int64(book.best[other])
    lots, value = lots_before - order.leaves_lots, order.value_tick_lots - value_before
    book_aggressor_fills(state, book, order, lots, value, first_price, last_price)
    if own != 0:
        prevent_self_match(state, out, slot, own)
    return own != 0 or out.count > count_max


@leaf_kernel
def start_order(state, out, slot, minimum_lots):
    """Begin the matching of an order that arrives at its book. True: it may trade, and `match_once` has to follow.

    False: it was cancelled, because a condition is not met or it cannot trade at once as an IOC, or it rests.
    """
    order = state.orders[slot]
    book = state.books[order.book]
    reason = unmet_condition(state, book, order, minimum_lots)
    if reason != 0:
        cancel_remainder(state, out, slot, reason)
    elif book.market_state == MARKET_OPEN and may_trade(book, np.int64(order.side), np.int64(order.price)):
        return True
    elif is_immediate(order.tif):
        end_matching(state, out, slot)
    else:
        rest_order(state, out, slot)
    return False
