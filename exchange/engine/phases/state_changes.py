"""SET_STATE and INDICATIVE. A SET_STATE is checked against the transitions of STATE-001.

It runs in steps; the cursor holds its target. To OPEN, books uncross first; to CLOSED, DAY orders are cancelled first.
The last step writes the state and emits STA.
"""

import numpy as np

from exchange.book.quoted import note_closing_quote
from exchange.engine.cancels.cancel_queue import start_cancels
from exchange.engine.cancels.disconnect import release_waiting
from exchange.engine.cancels.scope import DAY_ORDERS, gather_book
from exchange.engine.emit import market_event, refuse
from exchange.engine.entry.fast_path import refresh_fast_path
from exchange.engine.phases.auction_stops import expected_uncross
from exchange.engine.phases.market_state import KEEP_TIMER, change_state, reference_tick
from exchange.engine.predicates import known_book
from exchange.kernel import kernel
from exchange.kernel_codes import (
    CANCEL_EXPIRED,
    EVENT_COMMAND_REFUSED,
    EVENT_FLAG_EMPTY,
    EVENT_INDICATIVE_PRICE,
    FLAG_FORCE,
    LIFE_LISTED,
    MARKET_CLOSED,
    MARKET_HALT,
    MARKET_NOCANCEL,
    MARKET_NONE,
    MARKET_OPEN,
    MARKET_PAUSED,
    MARKET_PREOPEN,
    MARKET_RESERVED,
    REJECT_STATE,
    REJECT_UNKNOWN_INST,
)


@kernel
def leads_to(state_from, state_to, before_halt):
    """Whether STATE-001 allows a change from one MarketState to another.

    before_halt  the state that a halt has interrupted
    """
    if state_to == MARKET_HALT:
        return state_from != MARKET_CLOSED and state_from != MARKET_HALT
    if state_from == MARKET_CLOSED:
        return state_to == MARKET_PREOPEN
    if state_from == MARKET_PREOPEN:
        return state_to == MARKET_NOCANCEL or state_to == MARKET_OPEN
    if state_from == MARKET_NOCANCEL:
        return state_to == MARKET_OPEN or state_to == MARKET_PREOPEN
    if state_from == MARKET_OPEN:
        return state_to == MARKET_RESERVED or state_to == MARKET_PAUSED or state_to == MARKET_CLOSED
    if state_from == MARKET_RESERVED or state_from == MARKET_PAUSED:
        return state_to == MARKET_OPEN or state_to == MARKET_CLOSED
    back = MARKET_PREOPEN if before_halt == MARKET_NOCANCEL else before_halt
    return state_to == back or state_to == MARKET_PAUSED or state_to == MARKET_CLOSED


@kernel
def in_scope(state, cursor, index):
    """Whether the running SET_STATE changes the state of this book."""
    book = state.books[index]
    if cursor.instrument != 0:
        return cursor.instrument == index
    return book.group == cursor.group and (cursor.market_state != MARKET_OPEN or book.own_state == MARKET_NONE)


@kernel
def _may_open(book):
    """Whether a book opens with its group."""
    return book.own_state != MARKET_HALT and book.own_state != MARKET_CLOSED


@kernel
def _has_month_to_halt(state, group):
    """Whether an index month of a group that waits for a committee's value would open with it (INDEX-003)."""
    for index in range(1, state.books_listed + 1):
        book = state.books[index]
        if book.group == group and book.waits_for_value != 0 and _may_open(book):
            return True
    return False


@kernel
def begin_state_change(state, out, command):
    """Check a SET_STATE and write its target to the cursor. False: it is refused, with REFUSED."""
    target = np.int64(command.market_state)
    index = np.int64(command.instrument)
    group = np.int64(command.group)
    if index != 0:
        if not known_book(state, index) or state.books[index].life != LIFE_LISTED:
            refuse(state, out, EVENT_COMMAND_REFUSED, command, REJECT_UNKNOWN_INST)
            return False
        book = state.books[index]
        legal = state.groups[book.group].state == MARKET_OPEN and leads_to(book.market_state, target, book.before_halt)
        if book.waits_for_value != 0:
            legal = (target == MARKET_CLOSED and legal) or (target == MARKET_HALT and _may_open(book))
        present = np.int64(book.market_state)
    else:
        if group == 0 or group >= state.groups.shape[0] or state.groups[group].listed == 0:
            refuse(state, out, EVENT_COMMAND_REFUSED, command, REJECT_UNKNOWN_INST)
            return False
        legal = leads_to(state.groups[group].state, target, state.groups[group].before_halt)
        legal = legal and not (target == MARKET_OPEN and _has_month_to_halt(state, group))
        present = np.int64(state.groups[group].state)
    if not (legal or command["flags"] & FLAG_FORCE != 0) or target == MARKET_NONE or target > MARKET_HALT:
        row = refuse(state, out, EVENT_COMMAND_REFUSED, command, REJECT_STATE)
        row.state_in_force = present
        return False
    cursor = state.cursor
    cursor.instrument = index
    cursor.group = group
    cursor.market_state = target
    cursor.state_reason = command.state_reason
    cursor["flags"] = command["flags"]
    cursor.book = 0
    cursor.uncross_lots = 0
    return True


@kernel
def needs_uncross(state):
    """Whether books have to uncross before the running SET_STATE takes effect, as they do before OPEN (STATE-001).

    A forced OPEN of one book whose group is not OPEN is no opening: the book only follows its group again.
    """
    index = np.int64(state.cursor.instrument)
    reached = index == 0 or state.groups[state.books[index].group].state == MARKET_OPEN
    return state.cursor.market_state == MARKET_OPEN and reached


@kernel
def publish_indicative(state, out, command):
    """Carry out an INDICATIVE: emit IOP with price and volume of an uncross now (AUC-001), or with the flag EMPTY if
    nothing would trade."""
    index = np.int64(command.instrument)
    if not known_book(state, index):
        refuse(state, out, EVENT_COMMAND_REFUSED, command, REJECT_UNKNOWN_INST)
        return
    book = state.books[index]
    row = market_event(state, out, EVENT_INDICATIVE_PRICE, index)
    book.status_sequence = state.sequence
    collar_ticks = np.int64(state.guards[index].collar_ticks)
    crossed, price, volume, imbalance, _ = expected_uncross(state, book, reference_tick(book), collar_ticks)
    book.has_indicative = int(crossed)
    if crossed:
        book.indicative_tick = price
    refresh_fast_path(book)
    if not crossed:
        row["flags"] = EVENT_FLAG_EMPTY
        return
    row.uncross_tick = price
    row.volume_lots = volume
    row.imbalance_lots = imbalance


@kernel
def expire_day_orders(state):
    """Queue the cancels of the DAY orders of all books that the SET_STATE closes, in order of entry (TIF-009). Before,
    each book that closes notes its closing quote."""
    for index in range(1, state.books_listed + 1):
        if in_scope(state, state.cursor, np.int64(index)):
            if state.books[index].market_state != MARKET_CLOSED:
                note_closing_quote(state.books[index])
            gather_book(state, np.int64(index), DAY_ORDERS)
    start_cancels(state, CANCEL_EXPIRED, True)


@kernel
def _keeps_time(state, index, group, target):
    """Whether a change keeps the reopening timer (KEEP_TIMER): a change to HALT, or back to the state before it."""
    if index != 0:
        present, before = np.int64(state.books[index].market_state), np.int64(state.books[index].before_halt)
    else:
        present, before = np.int64(state.groups[group].state), np.int64(state.groups[group].before_halt)
    return target == MARKET_HALT or (present == MARKET_HALT and target == before)


@kernel
def finish_state_change(state, out):
    """Last step of a SET_STATE: write the state, emit STA, queue cancels that waited for it (AUC-013, COD-004)."""
    cursor = state.cursor
    target, reason = np.int64(cursor.market_state), np.int64(cursor.state_reason)
    if target != MARKET_NONE:
        index, group = np.int64(cursor.instrument), np.int64(cursor.group)
        until_ns = KEEP_TIMER if _keeps_time(state, index, group, target) else np.int64(0)
        change_state(state, out, index, group, target, reason, until_ns)
    release_waiting(state, np.int64(cursor.group if cursor.instrument == 0 else state.books[cursor.instrument].group))
