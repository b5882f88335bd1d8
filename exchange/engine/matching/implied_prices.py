"""Publishes implied prices at the end of a command: IMP for each side of a book whose shown implied price has changed.

While a command runs, `book.levels` marks books whose best level changes as IMPLIED_CHANGED. At its end, books whose
implied prices use such a book are marked as IMPLIED_DUE: the combinations on it, and their other legs. Only books that
are IMPLIED_DUE are computed again and checked for whether their prices may be shown (IMP-005, IMP-011).
"""

import numpy as np

from exchange.book.implied import clear_route, search_route
from exchange.book.levels import CHANGED_STATE, IMPLIED_CHANGED, IMPLIED_DUE, ONE, ZERO, crosses, set_book_bit, tick_of
from exchange.engine.emit import market_event
from exchange.kernel import kernel, leaf_kernel
from exchange.kernel_codes import EVENT_IMPLIED_PRICE, SIDE_BUY, SIDE_SELL, leg_side
from exchange.limits import STEP_EVENTS
from exchange.machine import highest_bit

BOTH = 3
DUE_LOOK = 4  # bit of IMPLIED_QUOTE's `due`, beside one for each side: only check again whether prices may be shown


@leaf_kernel
def emit_implied_prices(state, out):
    """Emit IMP of the next books, as many as fit into one step. False: nothing is left to publish."""
    return state.marked_words[IMPLIED_CHANGED] | state.marked_words[IMPLIED_DUE] != ZERO and _emit_marked(state, out)


@kernel
def _emit_marked(state, out):
    while state.marked_words[IMPLIED_CHANGED] != ZERO:
        _mark_dependents(state, _take_first(state, IMPLIED_CHANGED))
    count = out.count
    while state.marked_words[IMPLIED_DUE] != ZERO and out.count - count + 2 <= STEP_EVENTS:
        index = _take_first(state, IMPLIED_DUE)
        _compute(state, index)
        _emit_changes(state, out, index)
    return out.count != count


@leaf_kernel
def _lowest_bit(word):
    return highest_bit(word & (~word + ONE))


@kernel
def _take_first(state, kind):
    """Remove the first mark of a bitmap and return its book. `kind`: IMPLIED_CHANGED or IMPLIED_DUE."""
    word = _lowest_bit(state.marked_words[kind])
    place = kind * (state.marked_books.shape[0] >> 1) + word
    bit = _lowest_bit(state.marked_books[place])
    state.marked_books[place] &= ~(ONE << np.uint64(bit))
    if state.marked_books[place] == ZERO:
        state.marked_words[kind] &= ~(ONE << np.uint64(word))
    return np.int64(word * 64 + bit)


@leaf_kernel
def _mark_due(state, index, bits):
    state.implied[index].due |= bits
    set_book_bit(state, IMPLIED_DUE, index)


@kernel
def _mark_dependents(state, index):
    """Mark an IMPLIED_CHANGED book and the books whose implied prices use it as IMPLIED_DUE."""
    quote = state.implied[index]
    changed = np.int64(quote.changed)
    quote.changed = 0
    _mark_due(state, index, np.int64(BOTH if changed & CHANGED_STATE != 0 else DUE_LOOK))
    first = np.int64(state.route_ranges[index].first)
    for number in range(first, first + state.route_ranges[index].count):
        implied_route = state.implied_routes[number]
        if changed & CHANGED_STATE != 0:
            _mark_combination(state, np.int64(implied_route.combination))
        else:
            for side in range(2):
                if changed >> side & 1 != 0:
                    _mark_side(
                        state, np.int64(implied_route.combination), np.int64(implied_route.own_leg), np.int64(side)
                    )


@kernel
def _mark_combination(state, combination):
    """Mark both sides of a combination and of its legs as IMPLIED_DUE."""
    combo = state.books[combination]
    _mark_due(state, combination, np.int64(BOTH))
    for leg in range(np.int64(combo.leg_count)):
        _mark_due(state, np.int64(combo.legs[leg].book), np.int64(BOTH))


@kernel
def _mark_side(state, combination, own_leg, side):
    """Mark as IMPLIED_DUE what uses one side of a book in one combination: its implied price, and those of its legs.

    own_leg  number of the book among the legs, from 1; 0: the book is the combination
    """
    combo = state.books[combination]
    combination_side = side
    if own_leg != 0:
        # A leg's price is part of the combination's price, and with the combination's other side of other legs' prices.
        whole = leg_side(side, combo.legs[own_leg - 1].sign)
        _mark_due(state, combination, np.int64(1) << whole)
        combination_side = 1 - whole
    for leg in range(np.int64(combo.leg_count)):
        if leg + 1 != own_leg:
            implied = leg_side(combination_side, combo.legs[leg].sign)
            _mark_due(state, np.int64(combo.legs[leg].book), np.int64(1) << implied)


@kernel
def _compute(state, index):
    """Compute the implied prices of the sides that are due, for an aggressor without self-match prevention."""
    quote = state.implied[index]
    for side in range(2):
        if quote.due >> side & 1 != 0:
            place = search_route(state, index, np.int64(1 - side), np.int64(0), np.int64(0), np.int64(0))
            quote.lots[side] = state.route.lots
            quote.tick[side] = tick_of(state.books[index], side, place) if place != 0 else 0
            clear_route(state)
    quote.due = 0


@leaf_kernel
def _may_show(state, index, side):
    """Whether a side has an implied price that neither locks nor crosses a real price (IMP-005)."""
    quote = state.implied[index]
    return quote.lots[side] != 0 and not crosses(state.books[index], np.int64(side), np.int64(quote.tick[side]))


@kernel
def _emit_changes(state, out, index):
    """Emit IMP for each side whose shown price or lots have changed."""
    quote = state.implied[index]
    bid = _may_show(state, index, SIDE_BUY)
    ask = _may_show(state, index, SIDE_SELL)
    if bid and ask and quote.tick[SIDE_BUY] >= quote.tick[SIDE_SELL]:
        bid = False
        ask = False
    _emit_side(state, out, index, SIDE_BUY, bid)
    _emit_side(state, out, index, SIDE_SELL, ask)


@kernel
def _emit_side(state, out, index, side, shown):
    """Emit IMP for one side if its shown price or lots have changed. `shown`: result of `_may_show`."""
    quote = state.implied[index]
    lots = np.int64(quote.lots[side]) if shown else np.int64(0)
    tick = np.int64(quote.tick[side]) if shown else np.int64(quote.shown_tick[side])
    if lots == quote.shown_lots[side] and tick == quote.shown_tick[side]:
        return
    quote.shown_lots[side] = lots
    quote.shown_tick[side] = tick
    row = market_event(state, out, EVENT_IMPLIED_PRICE, index)
    row.side = side
    row.implied_tick = tick
    row.implied_lots = lots
