"""The limit price of a NEW: the one it gives, or one that follows from its type and the book (TIF-006, ORDER-008 to
ORDER-012). Nothing is written."""

import numpy as np

from exchange.book.levels import place_of, round_inward, tick_of, ticks_better, worse_of
from exchange.engine.entry.price_range import best_tick_allowed
from exchange.engine.entry.stop_terms import stop_tick
from exchange.engine.predicates import best_opposite, is_market, is_stop
from exchange.kernel import kernel, leaf_kernel
from exchange.kernel_codes import FLAG_TIGHTEN, MARKET_OPEN, ORDER_MARKET, POST_ONLY_SLIDE, sign_of


@leaf_kernel
def entry_tick(state, book, command):
    """The limit price of a NEW, ticks.

    A limit order gives its own. A post-only order with SLIDE stops one increment before the best opposite price
    (TIF-006). A market order takes it from the best opposite price; if there is none, the result has no meaning, and
    `check_terms` refuses the order.
    """
    side = np.int64(command.side)
    tick = np.int64(command.price)
    if is_stop(command.order_type):
        return stop_tick(book, command)
    if is_market(command.order_type):
        return _market_tick(state, book, command, side)
    if command.post_only == POST_ONLY_SLIDE and book.market_state == MARKET_OPEN:
        best = best_opposite(state, command)
        if best != 0 and best >= place_of(book, 1 - side, tick):
            # An implied price may lie between two increments, so the result is rounded.
            return round_inward(side, tick_of(book, 1 - side, best) - sign_of(side), np.int64(book.min_inc))
    return tick


@kernel
def _market_tick(state, book, command, side):
    """The limit price of a market order: best opposite price plus protection, inside reject band and daily limits,
    rounded inward to an increment (ORDER-008 to ORDER-012)."""
    best = tick_of(book, 1 - side, best_opposite(state, command))
    points = np.int64(book.protection_ticks) if command.order_type == ORDER_MARKET else np.int64(0)
    tighten = command["flags"] & FLAG_TIGHTEN != 0
    tick = worse_of(side, best + points * sign_of(side), best_tick_allowed(book, side))
    if tighten:
        tick = worse_of(side, tick, np.int64(command.price))
    rounded = round_inward(side, tick, np.int64(book.min_inc))
    # An implied price between two increments can be taken all the same (SPEC-002).
    return best if ticks_better(side, rounded, best) < 0 <= ticks_better(side, tick, best) else rounded
