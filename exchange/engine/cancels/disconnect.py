"""Cancel on disconnect, the dead-man timer, and cancels that wait for another market state.

If the market state of an order does not allow cancels, the order is marked, and cancelled after the change to a state
that does (COD-004).
"""

import numpy as np

from exchange.book.stops import VENUE_QUEUE
from exchange.engine.cancels.cancel_queue import queue_cancel, start_cancels
from exchange.engine.cancels.scope import WAITING_CANCELS, WAITING_FLAGS, gather_book, gather_list, next_account_of
from exchange.engine.emit import answer_event, market_event, next_in_stream, refuse
from exchange.engine.predicates import known_account, takes_cancel
from exchange.kernel import kernel
from exchange.kernel_codes import (
    CANCEL_COD,
    CANCEL_NONE,
    CANCEL_TIMER,
    EVENT_COMMAND_REFUSED,
    EVENT_DISCONNECTED,
    EVENT_FLAG_QUEUED,
    EVENT_TIMER_SET,
    FLAG_DAY_ONLY,
    FLAG_NO_COD,
    FLAG_WHOLE_ACCOUNT,
    ORDER_FLAG_WAITS_COD,
    ORDER_FLAG_WAITS_TIMER,
    REJECT_BAD_QTY,
    REJECT_NONE,
    REJECT_UNKNOWN,
    REJECT_UNKNOWN_ACCOUNT,
    TIF_DAY,
)
from exchange.units import NS_PER_MS


@kernel
def disconnect(state, out, command):
    """Carry out a DISCONNECT: a session was not resumed in time. Queue the cancels of its orders, or of its account's,
    as its terms say (COD-001, COD-002). Emits DSC, or REFUSED."""
    account = np.int64(command.account)
    whole = command["flags"] & FLAG_WHOLE_ACCOUNT != 0
    reason = REJECT_NONE
    if (account != 0 or whole) and not known_account(state, account):
        reason = REJECT_UNKNOWN_ACCOUNT
    elif command.session == 0 and not whole:
        reason = REJECT_UNKNOWN
    if reason != REJECT_NONE:
        refuse(state, out, EVENT_COMMAND_REFUSED, command, reason)
        return
    waiting = np.int64(0)
    if account != 0:
        waiting = _cancel_account(state, command, account)
    else:
        session = np.int64(command.session)
        other = next_account_of(state, session, np.int64(1))
        while other != 0:
            waiting += _cancel_account(state, command, other)
            other = next_account_of(state, session, other + 1)
    row = answer_event(state, out, EVENT_DISCONNECTED, command, CANCEL_COD)
    row.order_count = state.cursor.stop + waiting
    row["flags"] = EVENT_FLAG_QUEUED if waiting != 0 else 0
    if account != 0:
        row.account_sequence = next_in_stream(state, account)
    start_cancels(state, CANCEL_COD, account == 0)


@kernel
def _cancel_account(state, command, account):
    """Call `_cancel_by_terms` for every order of an account. Returns the number of cancels that have to wait."""
    waiting = np.int64(0)
    slot = np.int64(state.accounts[account].first_order)
    while slot != 0:
        waiting += _cancel_by_terms(state, command, slot)
        slot = np.int64(state.links[slot].account_newer)
    return waiting


@kernel
def _cancel_by_terms(state, command, slot):
    """Queue or mark an order if the terms of the DISCONNECT cover it. Returns 1 if its cancel has to wait, else 0."""
    order = state.orders[slot]
    if command["flags"] & FLAG_WHOLE_ACCOUNT == 0 and order.session != command.session:
        return 0
    if order["flags"] & FLAG_NO_COD != 0 or (command["flags"] & FLAG_DAY_ONLY != 0 and order.tif != TIF_DAY):
        return 0
    return _queue_or_mark(state, slot, ORDER_FLAG_WAITS_COD)


@kernel
def _queue_or_mark(state, slot, mark):
    """Queue the cancel of an order and return 0; or mark it and return 1, if its market state allows no cancels.

    mark  OrderFlag to set; an order that is marked already keeps its mark and counts as 0
    """
    order = state.orders[slot]
    book = state.books[order.book]
    if takes_cancel(book.market_state):
        queue_cancel(state, slot)
        return 0
    if order["flags"] & WAITING_FLAGS != 0:
        return 0
    order["flags"] |= mark
    book.waiting = 1
    state.groups[book.group].waiting = 1
    return 1


@kernel
def release_waiting(state, group):
    """After a change of state in a group: queue waiting cancels that are now allowed, oldest first (COD-004)."""
    if state.groups[group].waiting == 0:
        return
    state.groups[group].waiting = 0
    for index in range(1, state.books_listed + 1):
        book = state.books[index]
        if book.group == group and book.waiting != 0:
            if takes_cancel(book.market_state):
                book.waiting = 0
                gather_book(state, np.int64(index), WAITING_CANCELS)
            else:
                state.groups[group].waiting = 1
    gather_list(state, np.int64(state.books[VENUE_QUEUE].injection_first), WAITING_CANCELS)
    start_cancels(state, CANCEL_NONE, True)


@kernel
def set_timer(state, out, command):
    """Carry out a TIMER: arm, postpone or disarm an account's dead-man timer (COD-005). Emits TIMER, or REFUSED."""
    account = np.int64(command.account)
    if not known_account(state, account):
        refuse(state, out, EVENT_COMMAND_REFUSED, command, REJECT_UNKNOWN_ACCOUNT)
        return
    if command.delay_ms < 0:
        refuse(state, out, EVENT_COMMAND_REFUSED, command, REJECT_BAD_QTY)
        return
    deadline = state.time_ns + np.int64(command.delay_ms) * NS_PER_MS if command.delay_ms != 0 else np.int64(0)
    state.accounts[account].timer_ns = deadline
    if deadline != 0 and (state.next_timer_ns == 0 or deadline < state.next_timer_ns):
        state.next_timer_ns = deadline
    row = answer_event(state, out, EVENT_TIMER_SET, command, REJECT_NONE)
    row.fires_ns = deadline


@kernel
def fire_next_timer(state, out):
    """Fire the next dead-man timer that the CLOCK has reached. False: there is no other."""
    cursor = state.cursor
    if state.next_timer_ns == 0 or state.next_timer_ns > state.time_ns:
        return False
    account = np.int64(cursor.last_account) + 1
    while account < state.accounts.shape[0]:
        if 0 < state.accounts[account].timer_ns <= state.time_ns:
            cursor.last_account = account
            _fire(state, out, account)
            return True
        account += 1
    _find_next_timer(state)
    return False


@kernel
def _fire(state, out, account):
    """Fire an account's dead-man timer: queue or mark all of its orders, and disarm it (SESS-022). Emits DSC."""
    state.accounts[account].timer_ns = 0
    waiting = np.int64(0)
    slot = np.int64(state.accounts[account].first_order)
    while slot != 0:
        waiting += _queue_or_mark(state, slot, ORDER_FLAG_WAITS_TIMER)
        slot = np.int64(state.links[slot].account_newer)
    row = market_event(state, out, EVENT_DISCONNECTED, np.int64(0))
    row.account = account
    row.cancel_reason = CANCEL_TIMER
    row.order_count = state.cursor.stop + waiting
    row["flags"] = EVENT_FLAG_QUEUED if waiting != 0 else 0
    row.account_sequence = next_in_stream(state, account)
    start_cancels(state, CANCEL_TIMER, False)


@kernel
def _find_next_timer(state):
    earliest = np.int64(0)
    for account in range(1, state.accounts.shape[0]):
        timer_ns = state.accounts[account].timer_ns
        if timer_ns != 0 and (earliest == 0 or timer_ns < earliest):
            earliest = timer_ns
    state.next_timer_ns = earliest
