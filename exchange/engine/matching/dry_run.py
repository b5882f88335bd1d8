"""A dry run: counts the lots that an aggressor would execute, without trading (TIF-003).

It follows the same rules as the matcher. Afterwards the state is as it was before."""

import numpy as np

from exchange.book.implied import clear_route, find_route
from exchange.book.levels import (
    link_order,
    place_of,
    reduce_order,
    relink_order,
    row_of,
    tick_of,
    unlink_order,
    worse_place,
)
from exchange.book.windows import add_dry_print, breach_of_route, breach_reason, end_dry_prints
from exchange.engine.matching.self_match import is_own
from exchange.engine.orders import slice_lots
from exchange.engine.quotes.protection import count_dry_fill, end_dry_fills, is_protected, is_pulled
from exchange.kernel import kernel
from exchange.kernel_codes import (
    FEATURE_IMPLIED,
    MATCHING_PRO_RATA,
    SMP_CANCEL_RESTING,
    SMP_DECREMENT,
    STATE_REASON_NONE,
)

# The dry run keeps each order that it changes in the scratch table, as an entry of ENTRY_WORDS, to restore it.
ENTRY_WORDS = 7  # words: slot, two neighbours, leaves_lots, shown_lots, stamp in two halves
HALF = 32
LOW_HALF = (1 << HALF) - 1


@kernel
def executable_lots(state, book, order):
    """Lots that a new order would execute now. For a book with features, or an order with a self-match id.

    Orders of its own book are only read. From orders of other books, lots of implied fills are really taken, because
    later implied prices depend on them. Each such change is kept in the scratch table and undone at the end. When the
    table is full, no further implied fills are counted.

    Prints widen the windows, and fills count in the quotes' protection groups, both until the end of the dry run. If a
    group would trip, its quotes are skipped in this book and taken out of other books (MMP-002).
    """
    index, other = np.int64(order.book), 1 - np.int64(order.side)
    worst = place_of(book, other, np.int64(order.price))
    place = np.int64(book.best[other])
    left = np.int64(order.leaves_lots)
    found = np.int64(0)
    stamp = np.int64(state.stamp)
    entries = np.int64(0)
    while left > 0:
        real = place if place >= worst else np.int64(0)
        taken = np.int64(0)
        if book.features & FEATURE_IMPLIED != 0:
            taken, entries = _from_route(state, order, max(real, worst - 1, 0), left, entries)
            if taken < 0:
                break
            left -= taken
        if taken == 0:
            if real == 0:
                break
            taken, left, entries = _from_real(state, book, order, place, left, entries)
            tick = tick_of(book, other, place)
            if taken > 0 and breach_reason(state, index, tick) != STATE_REASON_NONE:
                break
            if taken > 0:
                add_dry_print(state, index, tick)
            place = worse_place(state, book, other, place)
        found += taken
    while entries > 0:
        entries -= 1
        _restore(state, entries)
    state.stamp = stamp
    end_dry_prints(state)
    end_dry_fills(state)
    return found


@kernel
def _from_real(state, book, order, place, left, entries):
    """Count what the order would execute at one level of its own book.

    left     lots that the order has left
    entries  entries in the scratch table
    returns  (lots executed, lots left, entries); 0 lots left also if self-match prevention would cancel the aggressor
    """
    head = np.int64(state.levels[row_of(book, 1 - np.int64(order.side), place)].head)
    if book.matching == MATCHING_PRO_RATA:
        return _from_shared_level(state, order, head, left, entries)
    return _from_level(state, order, head, left, entries)


@kernel
def _from_route(state, order, floor_place, left, entries):
    """Execute one implied fill, if its price is better than the place `floor_place`.

    returns  (lots executed, or -1 if a print would breach a window; entries in the scratch table)
    """
    side = np.int64(order.side)
    if find_route(state, np.int64(order.book), side, np.int64(order.smp_id), np.int64(order.account), floor_place) == 0:
        return np.int64(0), entries
    if breach_of_route(state, np.int64(order.book))[0] != STATE_REASON_NONE:
        clear_route(state)
        return np.int64(-1), entries
    lots = min(left, np.int64(state.route.lots))
    if (entries + state.route.count) * ENTRY_WORDS > state.scratch.shape[0]:
        lots = np.int64(0)
    else:
        add_dry_print(state, np.int64(order.book), np.int64(state.route.tick))
        for number in range(state.route.count):
            if state.route.internal[number] == 0:
                add_dry_print(state, np.int64(state.route.books[number]), np.int64(state.route.ticks[number]))
        entries = _reduce_route(state, entries, lots)
        for number in range(state.route.count):
            entries = _count(state, order, state.orders[state.route.slots[number]], lots, entries)
    clear_route(state)
    return lots, entries


@kernel
def _from_level(state, order, head, left, entries):
    """As `_from_real`, for a price-time level. `head`: its first order."""
    found = np.int64(0)
    hidden = np.int64(0)
    slot = head
    while slot != 0 and left > 0:
        maker = state.orders[slot]
        if not is_pulled(state, maker):
            if not is_own(order, maker):
                lots = min(left, np.int64(maker.shown_lots))
                found += lots
                left -= lots
                hidden += maker.leaves_lots - maker.shown_lots
                entries = _count(state, order, maker, lots, entries)
            elif order.smp_mode == SMP_DECREMENT:
                left -= min(left, np.int64(maker.leaves_lots))
            elif order.smp_mode != SMP_CANCEL_RESTING:
                return found, np.int64(0), entries
        slot = np.int64(state.links[slot].newer)
    lots = min(left, hidden)
    return found + lots, left - lots, entries


@kernel
def _from_shared_level(state, order, head, left, entries):
    """As `_from_real`, for a pro-rata level. Whatever the allocation, all orders but those of the same owner can be
    executed (SMP-007)."""
    there = np.int64(0)
    slot = head
    while slot != 0:
        maker = state.orders[slot]
        if not is_pulled(state, maker):
            if not is_own(order, maker):
                there += maker.leaves_lots
            elif order.smp_mode != SMP_CANCEL_RESTING and order.smp_mode != SMP_DECREMENT:
                return np.int64(0), np.int64(0), entries
        slot = np.int64(state.links[slot].newer)
    if left <= there:
        return left, np.int64(0), entries
    slot = head
    while slot != 0:
        maker = state.orders[slot]
        if not is_pulled(state, maker) and not is_own(order, maker):
            entries = _count(state, order, maker, np.int64(maker.leaves_lots), entries)
        slot = np.int64(state.links[slot].newer)
    return there, left - there, entries


@kernel
def _count(state, order, maker, lots, entries):
    """Count a fill of `maker`, if it is a quote, in its protection group. If the group would trip, take its quotes out
    of other books, as far as the scratch table has space. Returns the entries in the table."""
    row = count_dry_fill(state, maker, lots)
    if row == 0:
        return entries
    quotes = np.int64(state.protections[row].quotes)
    slot = np.int64(state.accounts[maker.account].first_order)
    while slot != 0 and quotes != 0:
        quote = state.orders[slot]
        if is_protected(quote, row):
            quotes -= 1
            fits = (entries + 1) * ENTRY_WORDS <= state.scratch.shape[0]
            if quote.book != order.book and quote.resting != 0 and fits:
                _reduce_noted(state, entries, slot, np.int64(quote.leaves_lots))
                entries += 1
        slot = np.int64(state.links[slot].account_newer)
    return entries


@kernel
def _reduce_route(state, entries, lots):
    """Take lots from every order of the route, without events. Returns the entries in the scratch table."""
    for number in range(state.route.count):
        _reduce_noted(state, entries, np.int64(state.route.slots[number]), lots)
        entries += 1
    return entries


@kernel
def _reduce_noted(state, entry, slot, lots):
    """Take lots off a resting order. Entry number `entry` of the scratch table keeps what `_restore` needs."""
    order = state.orders[slot]
    book = state.books[order.book]
    link = state.links[slot]
    at = entry * ENTRY_WORDS
    state.scratch[at] = slot
    state.scratch[at + 1] = link.older
    state.scratch[at + 2] = link.newer
    state.scratch[at + 3] = order.leaves_lots
    state.scratch[at + 4] = order.shown_lots
    state.scratch[at + 5] = order.stamp >> HALF
    state.scratch[at + 6] = (order.stamp & LOW_HALF) - (1 << (HALF - 1))
    if lots < order.shown_lots:
        reduce_order(state, book, slot, lots)
        return
    unlink_order(state, book, slot)
    order.leaves_lots -= lots
    order.shown_lots = 0
    if order.leaves_lots != 0:
        state.stamp += 1
        order.stamp = state.stamp
        order.shown_lots = slice_lots(order)
        link_order(state, book, slot)


@kernel
def _restore(state, entry):
    """Undo one `_reduce_noted`. Call it for the latest entry first, so that the neighbours are as they were."""
    at = entry * ENTRY_WORDS
    slot = np.int64(state.scratch[at])
    order = state.orders[slot]
    book = state.books[order.book]
    if order.resting != 0:
        unlink_order(state, book, slot)
    order.leaves_lots = state.scratch[at + 3]
    order.shown_lots = state.scratch[at + 4]
    order.stamp = (np.int64(state.scratch[at + 5]) << HALF) + state.scratch[at + 6] + (1 << (HALF - 1))
    relink_order(state, book, slot, np.int64(state.scratch[at + 1]), np.int64(state.scratch[at + 2]))
    for word in range(at, at + ENTRY_WORDS):
        state.scratch[word] = 0
