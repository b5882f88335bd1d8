"""Mass cancel: cancels the orders of an account that match filters, oldest first (ORDER-013, ENTRY-012)."""

import numpy as np

from exchange.engine.emit import market_event, refuse
from exchange.engine.orders import cancel_remainder
from exchange.engine.predicates import known_account, takes_cancel
from exchange.engine.quotes.protection import find_protection, is_protected
from exchange.kernel import kernel
from exchange.kernel_codes import (
    CANCEL_USER,
    EVENT_CANCEL_REJECTED,
    EVENT_MASS_CANCELLED,
    FLAG_BY_PROTECTION,
    FLAG_BY_SIDE,
    FLAG_BY_TAG,
    REJECT_STATE,
    REJECT_UNKNOWN_ACCOUNT,
)


@kernel
def begin_cancel_all(state, out, command):
    """Check a CANCEL_ALL and write its filters to the cursor. False: it is refused, with CREJ."""
    if not known_account(state, np.int64(command.account)):
        refuse(state, out, EVENT_CANCEL_REJECTED, command, REJECT_UNKNOWN_ACCOUNT)
        return False
    index = np.int64(command.instrument)
    # If the filter names one market that allows no cancels, the command is refused. Without such a filter, orders in
    # markets that allow no cancels are skipped.
    if 0 < index <= state.books_listed and not takes_cancel(state.books[index].market_state):
        refuse(state, out, EVENT_CANCEL_REJECTED, command, REJECT_STATE)
        return False
    group = np.int64(command.group)
    if 0 < group < state.groups.shape[0] and state.groups[group].listed and not takes_cancel(state.groups[group].state):
        refuse(state, out, EVENT_CANCEL_REJECTED, command, REJECT_STATE)
        return False
    _note_filters(state, command)
    if _all_are_barred(state):
        refuse(state, out, EVENT_CANCEL_REJECTED, command, REJECT_STATE)
        return False
    return True


@kernel
def _note_filters(state, command):
    """Copy the filters of a CANCEL_ALL into the cursor."""
    cursor = state.cursor
    account = np.int64(command.account)
    cursor.account = account
    cursor.next_slot = state.accounts[account].first_order
    cursor["flags"] = command["flags"]
    cursor.side = command.side
    cursor.instrument = command.instrument
    cursor.group = command.group
    cursor.session = command.session
    cursor.tag = command.tag
    cursor.protection = find_protection(state, account, np.int64(command.protection_number))
    cursor.request_id = command.request_id
    cursor.count = 0


@kernel
def _all_are_barred(state):
    """Whether the filters match some orders, but none in a market that allows cancels."""
    cursor = state.cursor
    slot = np.int64(cursor.next_slot)
    barred = False
    while slot != 0:
        order = state.orders[slot]
        if _is_named(state, cursor, order):
            if takes_cancel(state.books[order.book].market_state):
                return False
            barred = True
        slot = np.int64(state.links[slot].account_newer)
    return barred


@kernel
def _fits(state, cursor, order):
    """Whether the mass cancel cancels an order: the filters match, and its market allows cancels."""
    return takes_cancel(state.books[order.book].market_state) and _is_named(state, cursor, order)


@kernel
def _is_named(state, cursor, order):
    """Whether the filters match an order."""
    if cursor.instrument != 0 and order.book != cursor.instrument:
        return False
    if cursor.group != 0 and state.books[order.book].group != cursor.group:
        return False
    if cursor["flags"] & FLAG_BY_SIDE != 0 and order.side != cursor.side:
        return False
    if cursor["flags"] & FLAG_BY_TAG != 0 and order.tag != cursor.tag:
        return False
    return cursor["flags"] & FLAG_BY_PROTECTION == 0 or is_protected(order, cursor.protection)


@kernel
def cancel_next(state, out):
    """Cancel the next order that matches. False: there is no other, and MASS with their number was emitted."""
    cursor = state.cursor
    slot = np.int64(cursor.next_slot)
    while slot != 0 and not _fits(state, cursor, state.orders[slot]):
        slot = np.int64(state.links[slot].account_newer)
    if slot != 0:
        cursor.next_slot = state.links[slot].account_newer
        cursor.count += 1
        row = cancel_remainder(state, out, slot, CANCEL_USER)
        row.reference = cursor.request_id
        return True
    row = market_event(state, out, EVENT_MASS_CANCELLED, np.int64(cursor.instrument))
    row.account = cursor.account
    row.session = cursor.session
    row.reference = cursor.request_id
    row.cancel_reason = CANCEL_USER
    row.order_count = cursor.count
    return False
