"""One step of matching in a book with BookFeature bits: implied prices, pro-rata levels, windows of prints.

`match.match_once` does not call this for books without features.
"""

import numpy as np

from exchange.book.implied import clear_route, find_route
from exchange.book.levels import best_row, place_of, tick_of
from exchange.book.windows import breach_of_route, breach_reason
from exchange.engine.matching.implied_fills import trade_route
from exchange.engine.matching.level_pass import NO_PASS, begin_pass, continue_pass, prevent_on_level
from exchange.engine.matching.self_match import is_own, prevent_self_match
from exchange.engine.matching.trades import trade_lots
from exchange.engine.matching.velocity import note_breach
from exchange.kernel import kernel
from exchange.kernel_codes import FEATURE_IMPLIED, FEATURE_VELOCITY, MATCHING_PRO_RATA, STATE_REASON_NONE


@kernel
def match_featured(state, out, slot):
    """As `match.match_once`, for a book with features."""
    if state.cursor.pass_step != NO_PASS:
        continue_pass(state, out, slot)
        return True
    order = state.orders[slot]
    book = state.books[order.book]
    side = np.int64(order.side)
    if order.leaves_lots == 0:
        return False
    worst = place_of(book, 1 - side, np.int64(order.price))
    real = np.int64(book.best[1 - side])
    if real < worst:
        real = np.int64(0)
    if book.features & FEATURE_IMPLIED != 0:
        # A better implied price trades before real orders; at the same price real orders come first (IMP-003, IMP-004).
        floor_place = max(real, worst - 1, 0)
        index, smp_id, account = np.int64(order.book), np.int64(order.smp_id), np.int64(order.account)
        if find_route(state, index, side, smp_id, account, floor_place) != 0:
            if _route_breaches(state, index):
                return False
            trade_route(state, out, slot)
            return True
    if real == 0:
        return False
    if prevents(state, out, slot):
        return True
    if book.features & FEATURE_VELOCITY != 0 and _breaches(state, np.int64(order.book), tick_of(book, 1 - side, real)):
        return False
    if book.matching == MATCHING_PRO_RATA:
        begin_pass(state, slot)
    else:
        fill_oldest(state, out, slot)
    return True


@kernel
def prevents(state, out, slot):
    """Apply self-match prevention if the next resting order has the aggressor's owner (SMP-006, SMP-007). True: it has
    acted, which is the whole step."""
    order = state.orders[slot]
    book = state.books[order.book]
    if book.matching == MATCHING_PRO_RATA:
        return prevent_on_level(state, out, slot)
    resting = np.int64(state.levels[best_row(book, 1 - np.int64(order.side))].head)
    if not is_own(order, state.orders[resting]):
        return False
    prevent_self_match(state, out, slot, resting)
    return True


@kernel
def _breaches(state, index, tick):
    """Whether a print at this tick would breach a window of the book. If so, the breach is noted in the cursor: there
    is no fill, and matching ends (BAND-005)."""
    reason = breach_reason(state, index, tick)
    if reason == STATE_REASON_NONE:
        return False
    note_breach(state, index, reason)
    return True


@kernel
def _route_breaches(state, index):
    """Whether any print of the implied fill in `state.route` would breach a window of its book. If so, the breach is
    noted in the cursor: the whole group does not trade, and matching ends (BAND-009)."""
    reason, breached = breach_of_route(state, index)
    if reason == STATE_REASON_NONE:
        return False
    note_breach(state, breached, reason)
    clear_route(state)
    return True


@kernel
def fill_oldest(state, out, slot):
    """Trade once with the oldest order at the best opposite price."""
    order = state.orders[slot]
    book = state.books[order.book]
    resting = np.int64(state.levels[best_row(book, 1 - np.int64(order.side))].head)
    maker = state.orders[resting]
    lots = min(np.int64(maker.shown_lots), np.int64(order.leaves_lots))
    trade_lots(state, out, book, resting, slot, np.int64(maker.price), lots, False)
