"""Writes the market state of a group or a book, and all that depends on it: states in force, reopening times, fields of
the day."""

import numpy as np

from exchange.book.levels import CHANGED_STATE, mark_book
from exchange.book.windows import empty_windows
from exchange.engine.emit import market_event
from exchange.engine.entry.fast_path import refresh_fast_path
from exchange.kernel import kernel
from exchange.kernel_codes import (
    EVENT_STATE_CHANGED,
    FEATURE_IMPLIED,
    MARKET_CLOSED,
    MARKET_HALT,
    MARKET_NOCANCEL,
    MARKET_NONE,
    MARKET_OPEN,
    MARKET_PAUSED,
    MARKET_PREOPEN,
    MARKET_RESERVED,
    STATE_REASON_HALT_INDEX,
)

# As `until_ns`: a change of state that keeps the timer. A halt stops the timer; after the halt it runs on.
KEEP_TIMER = np.int64(-1)


@kernel
def effective_state(group_state, own_state):
    """The state in force in a book, from its group's state and its own.

    A book's own CLOSED always counts; its own HALT until its group is CLOSED; any other state of its own while its
    group is OPEN. Otherwise the group's state counts.
    """
    stays = own_state == MARKET_CLOSED or (own_state == MARKET_HALT and group_state != MARKET_CLOSED)
    if stays or (group_state == MARKET_OPEN and own_state != MARKET_NONE):
        return np.int64(own_state)
    return np.int64(group_state)


@kernel
def reference_tick(book):
    """Reference price of an auction: last price of the day, else the settlement (AUC-008)."""
    return np.int64(book.last_tick) if book.has_last != 0 else np.int64(book.settle_tick)


@kernel
def change_state(state, out, index, group_number, target, reason, until_ns):
    """Change the state of a book, or of a whole group if `index` is 0. Emits STA.

    STA has the time at which the venue's timer ends the state, 0 if none does. If a halt of the group hides the book's
    own state, it has minus the time that the timer will have left after the halt.

    target    MarketState
    reason    StateReason
    until_ns  when the venue's timer ends the state, 0 if none does; KEEP_TIMER: the present timer stays
    """
    if index != 0:
        _change_book(state, index, target, reason, until_ns)
        reopen_ns = np.int64(state.guards[index].reopen_ns)
        if state.books[index].market_state == MARKET_HALT:
            reopen_ns = np.int64(0) if target == MARKET_HALT else -np.int64(state.guards[index].left_ns)
    else:
        _change_group(state, group_number, target, reason, until_ns)
        reopen_ns = np.int64(0) if target == MARKET_HALT else np.int64(state.groups[group_number].reopen_ns)
    row = market_event(state, out, EVENT_STATE_CHANGED, index)
    row.market_state = target
    row.state_reason = reason
    row.group = group_number
    row.reopen_ns = reopen_ns


@kernel
def _stopped_ns(state, reopen_ns):
    """Time left until a reopening time, 0 if there is none. A group or book in HALT keeps this in `left_ns`."""
    return max(np.int64(reopen_ns) - state.time_ns, np.int64(1)) if reopen_ns != 0 else np.int64(0)


@kernel
def _resumed_ns(state, left_ns):
    """Reopening time after a halt, from the time left; 0 if there is none."""
    return left_ns + state.time_ns if left_ns != 0 else np.int64(0)


@kernel
def _change_book(state, index, target, reason, until_ns):
    """Change the own state of one book, and its reopening time."""
    book = state.books[index]
    if target == MARKET_HALT and book.own_state != MARKET_HALT:
        book.before_halt = MARKET_OPEN if book.own_state == MARKET_NONE else book.own_state
    if target == MARKET_OPEN:
        state.guards[index].extensions = 0
    own = MARKET_NONE if target == MARKET_OPEN else target
    book.reason = reason
    _set_book_state(state, index, np.int64(state.groups[book.group].state), own)
    if target == MARKET_CLOSED:
        _end_day(state, index)
    if until_ns != KEEP_TIMER and book.market_state == MARKET_HALT:
        state.guards[index].left_ns = _stopped_ns(state, until_ns)
    elif until_ns != KEEP_TIMER:
        state.guards[index].reopen_ns = until_ns


@kernel
def _change_group(state, group_number, target, reason, until_ns):
    """Change the state of a group, its reopening time, and the states in force in its books."""
    group = state.groups[group_number]
    fresh_day = group.state == MARKET_CLOSED and target == MARKET_PREOPEN
    if target == MARKET_HALT and group.state != MARKET_HALT:
        group.before_halt = group.state
    if until_ns != KEEP_TIMER:
        group.reopen_ns = until_ns
    elif target == MARKET_HALT and group.state != MARKET_HALT:
        group.left_ns = _stopped_ns(state, group.reopen_ns)
    elif target != MARKET_HALT and group.state == MARKET_HALT:
        group.reopen_ns = _resumed_ns(state, group.left_ns)
    group.state = target
    group.reason = reason
    for index in range(1, state.books_listed + 1):
        book = state.books[index]
        if book.group == group_number:
            if target == MARKET_CLOSED:
                _end_own_state(book)
            _set_book_state(state, index, target, np.int64(book.own_state))
            if target == MARKET_CLOSED:
                _end_day(state, index)
            elif fresh_day:
                _new_day(book)


@kernel
def _end_own_state(book):
    """End a book's own state with the day. CLOSED stays. So does the halt of an index month (INDEX-003), but the state
    before that halt has ended."""
    if book.own_state == MARKET_HALT and book.reason == STATE_REASON_HALT_INDEX:
        book.before_halt = MARKET_OPEN
    elif book.own_state != MARKET_CLOSED:
        book.own_state = MARKET_NONE


@kernel
def _set_book_state(state, index, group_state, own_state):
    """Write a book's own state and its state in force, and all that depends on these."""
    book = state.books[index]
    collected = (
        book.market_state == MARKET_PREOPEN
        or book.market_state == MARKET_NOCANCEL
        or book.market_state == MARKET_RESERVED
        or book.market_state == MARKET_PAUSED
    )
    halted = book.market_state == MARKET_HALT
    book.status_sequence = state.sequence
    book.own_state = own_state
    book.market_state = effective_state(group_state, own_state)
    refresh_fast_path(book)
    guard = state.guards[index]
    if book.market_state == MARKET_HALT and not halted:
        guard.left_ns = _stopped_ns(state, guard.reopen_ns)
    elif halted and book.market_state != MARKET_HALT:
        guard.reopen_ns = _resumed_ns(state, guard.left_ns)
    if collected and book.market_state == MARKET_OPEN:
        empty_windows(state, index)
    if book.features & FEATURE_IMPLIED != 0:
        mark_book(state, index, CHANGED_STATE)


@kernel
def _end_day(state, index):
    """End the day of a book: it has no last and no indicative price any more (STOP-001), and an extended auction ends;
    its orders are in the next day's auction (AUC-014)."""
    book, guard = state.books[index], state.guards[index]
    book.has_last = 0
    book.has_indicative = 0
    refresh_fast_path(book)
    guard.extensions = 0
    guard.reopen_ns = 0


@kernel
def _new_day(book):
    book.volume_lots = 0
    book.volume_tick_lots = 0
