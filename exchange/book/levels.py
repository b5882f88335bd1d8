"""The price ladder: queues of orders by tick and side, the best price, the next occupied price.

A *place* is the number of a tick on one side of the window of daily limits. Place 1 is the worst tick, a better price
has a larger place, and 0 means none. Buys and sells thus share all code; only this file knows which price is better.
Each side has its own rows in the level table, a bitmap of occupied places, and a summary with a bit for each word of
the bitmap: a few steps find the next occupied price.
"""

import numpy as np

from exchange.book.layout import NEWER
from exchange.kernel import kernel, leaf_kernel
from exchange.kernel_codes import FEATURE_IMPLIED, SIDE_BUY, sign_of
from exchange.machine import highest_bit, put_word

ONE = np.uint64(1)
ZERO = np.uint64(0)
SHIFT_32 = np.uint64(32)
# The two bitmaps of books in `state.marked_books`.
IMPLIED_CHANGED = 0  # other books' implied prices that use this book are out of date
IMPLIED_DUE = 1  # the book's own implied prices must be computed again
CHANGED_STATE = 4  # bit of IMPLIED_QUOTE's `changed`, beside one for each side: the book has entered or left OPEN


@leaf_kernel
def place_of(book, side, tick):
    """Place of a tick on one side. Without a branch, because the processor cannot predict the side of an order.

    The result is below 1, or above `window_ticks`, for a price outside the daily limits.
    """
    return ((np.int64(tick) - book.edge_tick[side]) ^ -side) + side + 1


@leaf_kernel
def tick_of(book, side, place):
    """Tick of a place: the inverse of `place_of`."""
    return book.edge_tick[side] + ((place - 1) ^ -side) + side


@leaf_kernel
def ticks_better(side, tick, other):
    """Ticks by which a price is better than another, negative if it is worse. Higher is better for a buy."""
    return (tick - other) * sign_of(side)


@leaf_kernel
def worse_of(side, tick, other):
    """The worse of two limit prices: the lower one for a buy, the higher one for a sell."""
    return min(tick, other) if side == SIDE_BUY else max(tick, other)


@leaf_kernel
def round_inward(side, tick, increment):
    """Round a price to the nearest multiple of `increment` that is not better: down for a buy, up for a sell."""
    sign = sign_of(side)
    return tick - sign * (sign * tick % increment)


@leaf_kernel
def lowest_and_highest(side, worst, best):
    """The worst and the best price of a range, put in ascending order."""
    return (worst, best) if side == SIDE_BUY else (best, worst)


@leaf_kernel
def in_limits(book, tick):
    """Whether a price lies inside the daily limits."""
    return book.low_tick <= tick <= book.high_tick


@leaf_kernel
def is_behind_window(book, side, tick):
    """Whether a price is outside the daily limits on the passive side: below them for a buy, above them for a sell."""
    return place_of(book, side, tick) < 1


@leaf_kernel
def is_beyond_window(book, side, tick):
    """Whether a price is outside the daily limits on the aggressive side: above them for a buy, below for a sell."""
    return place_of(book, side, tick) > window_ticks(book)


@leaf_kernel
def window_ticks(book):
    """Number of places of a side: ticks from one daily limit to the other, both included."""
    return np.int64(book.high_tick) - book.low_tick + 1


@leaf_kernel
def row_of(book, side, place):
    """Row of a place in the level table."""
    return np.int64(book.first_level_row) + side * np.int64(book.side_rows) + place


@leaf_kernel
def best_row(book, side):
    """Row of the best level of a side. Call it only for a side that has orders."""
    return row_of(book, side, np.int64(book.best[side]))


@leaf_kernel
def best_tick(book, side):
    """Best price of a side, ticks. Call it only for a side that has orders."""
    return tick_of(book, side, np.int64(book.best[side]))


@leaf_kernel
def crosses(book, side, tick):
    """Whether an aggressor of `side` with this limit price can trade with the best opposite order."""
    other = 1 - side
    best = np.int64(book.best[other])
    return best != 0 and best >= place_of(book, other, tick)


@leaf_kernel
def crosses_at(book, side, place):
    """As `crosses`, for a limit given as its place on the aggressor's own side.

    The places of one tick on both sides add up to `window_ticks` + 1.
    """
    return book.best[1 - side] + place > window_ticks(book)


@leaf_kernel
def may_trade(book, side, tick):
    """Whether an aggressor with this limit price may be able to trade. Always True in a book with implied prices."""
    return book.features & FEATURE_IMPLIED != 0 or crosses(book, side, tick)


@leaf_kernel
def _mark_occupied(state, book, side, place, row):
    state.occupied[row >> 6] |= ONE << np.uint64(row & 63)
    word = place >> 6
    book.summary[2 * (word >> 6) + side] |= ONE << np.uint64(word & 63)


@leaf_kernel
def _mark_empty(state, book, side, place, row):
    state.occupied[row >> 6] &= ~(ONE << np.uint64(row & 63))
    if state.occupied[row >> 6] == ZERO:
        word = place >> 6
        book.summary[2 * (word >> 6) + side] &= ~(ONE << np.uint64(word & 63))


@leaf_kernel
def worse_place(state, book, side, place):
    """The next worse place that holds orders, 0 if there is none."""
    first = (np.int64(book.first_level_row) + side * np.int64(book.side_rows)) >> 6
    word = place >> 6
    bits = state.occupied[first + word] & ((ONE << np.uint64(place & 63)) - ONE)
    if bits != ZERO:
        return (word << 6) + highest_bit(bits)
    block = word >> 6
    bits = book.summary[2 * block + side] & ((ONE << np.uint64(word & 63)) - ONE)
    while bits == ZERO:
        if block == 0:
            return np.int64(0)
        block -= 1
        bits = book.summary[2 * block + side]
    word = (block << 6) + highest_bit(bits)
    return (word << 6) + highest_bit(state.occupied[first + word])


@leaf_kernel
def set_book_bit(state, kind, index):
    """Set a book's bit in one of the bitmaps. `kind`: IMPLIED_CHANGED or IMPLIED_DUE."""
    word = index >> 6
    state.marked_books[kind * (state.marked_books.shape[0] >> 1) + word] |= ONE << np.uint64(index & 63)
    state.marked_words[kind] |= ONE << np.uint64(word)


@leaf_kernel
def mark_book(state, index, bits):
    """Note that the implied prices that use a book are out of date.

    bits  what has changed: a bit for each side (1 << side), or CHANGED_STATE
    """
    state.implied[index].changed |= bits
    set_book_bit(state, IMPLIED_CHANGED, index)


@leaf_kernel
def _note_change(state, book, index, side, place):
    """After a change of a level: if it is the best of its side, mark the implied prices that use it as out of date."""
    if book.features & FEATURE_IMPLIED != 0 and place >= book.best[side]:
        mark_book(state, np.int64(index), 1 << side)


@leaf_kernel
def _terms(order):
    """An order's book, side, tick, shown lots and hidden lots."""
    shown = np.int64(order.shown_lots)
    return np.int64(order.book), np.int64(order.side), np.int64(order.price), shown, order.leaves_lots - shown


@leaf_kernel
def link_order(state, book, slot):
    """Put an order at the back of its level's queue (MATCH-004). Returns the lots that the level then shows."""
    order = state.orders[slot]
    order.resting = 1
    index, side, tick, shown, hidden = _terms(order)
    place = place_of(book, side, tick)
    return link_at(state, book, slot, index, side, place, row_of(book, side, place), shown, hidden)


@leaf_kernel
def link_at(state, book, slot, index, side, place, row, shown_lots, hidden_lots):
    """As `link_order`, for a level whose place and row are known. Does not touch the ORDER row: the caller sets
    `resting`."""
    level = state.levels[row]
    tail = np.int64(level.tail)
    if tail == 0:
        level.head = slot
        _mark_occupied(state, book, side, place, row)
        if place > book.best[side]:
            book.best[side] = place
    else:
        state.links[tail].newer = slot
    put_word(state.links[slot], NEWER, np.uint64(tail) << SHIFT_32)
    level.tail = slot
    shown_lots += level.shown_lots
    level.shown_lots = shown_lots
    level.hidden_lots += hidden_lots
    _note_change(state, book, index, side, place)
    return shown_lots


@leaf_kernel
def unlink_order(state, book, slot):
    """Take an order out of its level's queue, wherever it stands (MATCH-005). Returns the lots that the level then
    shows."""
    order = state.orders[slot]
    order.resting = 0
    index, side, tick, shown, hidden = _terms(order)
    place = place_of(book, side, tick)
    return unlink_at(state, book, slot, index, side, place, row_of(book, side, place), shown, hidden)


@leaf_kernel
def unlink_at(state, book, slot, index, side, place, row, shown_lots, hidden_lots):
    """As `unlink_order`, for a level whose place and row are known. Does not touch the ORDER row: the caller clears
    `resting`."""
    level = state.levels[row]
    link = state.links[slot]
    newer = np.int64(link.newer)
    older = np.int64(link.older)
    if older == 0:
        level.head = newer
    else:
        state.links[older].newer = newer
    if newer == 0:
        level.tail = older
    else:
        state.links[newer].older = older
    put_word(link, NEWER, ZERO)
    level.shown_lots -= shown_lots
    level.hidden_lots -= hidden_lots
    _note_change(state, book, index, side, place)
    if level.head == 0:
        _mark_empty(state, book, side, place, row)
        if place == book.best[side]:
            book.best[side] = worse_place(state, book, side, place)
    return np.int64(level.shown_lots)


@kernel
def relink_order(state, book, slot, older, newer):
    """Undo `unlink_order`: put an order back between the neighbours that it had.

    older, newer  slots of these neighbours, 0 none; they must be neighbours again. Implied prices are not marked.
    """
    order = state.orders[slot]
    side = np.int64(order.side)
    place = place_of(book, side, np.int64(order.price))
    row = row_of(book, side, place)
    level = state.levels[row]
    if level.head == 0:
        _mark_occupied(state, book, side, place, row)
        book.best[side] = max(place, np.int64(book.best[side]))
    if older == 0:
        level.head = slot
    else:
        state.links[older].newer = slot
    if newer == 0:
        level.tail = slot
    else:
        state.links[newer].older = slot
    link = state.links[slot]
    link.older = older
    link.newer = newer
    level.shown_lots += order.shown_lots
    level.hidden_lots += order.leaves_lots - order.shown_lots
    order.resting = 1


@leaf_kernel
def reduce_order(state, book, slot, lots):
    """Take lots off an order that stays in its queue, shown lots first. Returns the lots that its level then shows."""
    order = state.orders[slot]
    side = np.int64(order.side)
    place = place_of(book, side, np.int64(order.price))
    return reduce_at(state, book, slot, side, place, row_of(book, side, place), lots)


@leaf_kernel
def reduce_at(state, book, slot, side, place, row, lots):
    """As `reduce_order`, for a level whose place and row are known."""
    order, level = state.orders[slot], state.levels[row]
    shown = min(lots, np.int64(order.shown_lots))
    order.leaves_lots -= lots
    order.shown_lots -= shown
    level.shown_lots -= shown
    level.hidden_lots -= lots - shown
    _note_change(state, book, order.book, side, place)
    return np.int64(level.shown_lots)


@leaf_kernel
def take_hidden_first(state, book, slot, lots):
    """Take lots off an order that stays in its queue, hidden lots first (ICE-005). Returns the lots that its level
    then shows."""
    order = state.orders[slot]
    side = np.int64(order.side)
    place = place_of(book, side, np.int64(order.price))
    level = state.levels[row_of(book, side, place)]
    hidden = min(lots, np.int64(order.leaves_lots) - order.shown_lots)
    order.leaves_lots -= lots
    order.shown_lots -= lots - hidden
    level.hidden_lots -= hidden
    level.shown_lots -= lots - hidden
    _note_change(state, book, order.book, side, place)
    return np.int64(level.shown_lots)


@kernel
def available_lots(state, book, side, tick, wanted):
    """Lots, shown and hidden, that an aggressor of `side` could execute within its limit price (TIF-003).

    tick    the limit price
    wanted  lots; counting stops as soon as so many are found
    """
    other = 1 - side
    worst = place_of(book, other, tick)
    place = np.int64(book.best[other])
    found = np.int64(0)
    while place != 0 and place >= worst and found < wanted:
        level = state.levels[row_of(book, other, place)]
        found += np.int64(level.shown_lots) + level.hidden_lots
        place = worse_place(state, book, other, place)
    return found
