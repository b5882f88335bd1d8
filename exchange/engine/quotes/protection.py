"""Market-maker protection: a group counts fills of its quotes over a rolling window. At a threshold it trips, and its
quotes are cancelled, or *pulled* (MMP-).

A group belongs to one account, and an account may have several. A ring keeps the last MMP_FILLS fills of a group, so
that a fill can be subtracted when it is older than the window.
"""

import numpy as np

from exchange.engine.emit import answer_event, market_event, next_in_stream, refuse
from exchange.engine.orders import cancel_remainder
from exchange.engine.predicates import known_account
from exchange.engine.state import QUOTE_PULLS
from exchange.kernel import kernel
from exchange.kernel_codes import (
    CANCEL_MMP,
    EVENT_COMMAND_REFUSED,
    EVENT_PROTECTION_DEFINED,
    EVENT_PROTECTION_RESET,
    EVENT_PROTECTION_TRIPPED,
    ORDER_QUOTE,
    PROTECTION_ARMED,
    PROTECTION_TRIPPED,
    REJECT_BAD_QTY,
    REJECT_FULL,
    REJECT_NONE,
    REJECT_UNKNOWN,
    REJECT_UNKNOWN_ACCOUNT,
    REJECT_UNKNOWN_INST,
    THRESHOLD_DELTA,
    THRESHOLD_FILLS,
    THRESHOLD_HOURS,
    THRESHOLD_LOTS,
    sign_of,
)
from exchange.limits import MMP_FILLS

# PROTECTION's `dry_run_mark` during a dry run.
COUNTED = 1  # fills were counted
PULLED = 2  # the group would trip, and its quotes count as cancelled


@kernel
def find_protection(state, account, number):
    """Row of an account's protection group with this number, 0 if there is none."""
    row = np.int64(state.accounts[account].first_protection)
    while row != 0 and state.protections[row].number != number:
        row = np.int64(state.protections[row].next_group)
    return row


@kernel
def is_protected(order, row):
    """Whether an order is a quote of the protection group in this row."""
    return row != 0 and order.order_type == ORDER_QUOTE and order.protection == row


@kernel
def may_quote(state, account, number, group):
    """Whether an account may quote in a product group under a protection group: it exists, has not tripped and covers
    that product group (MMP-003).

    number  of the protection group; 0: the quote has none, which is allowed
    group   product group
    """
    if number == 0:
        return True
    row = find_protection(state, account, number)
    if row == 0 or state.protections[row].tripped != 0:
        return False
    return state.protections[row].group == 0 or state.protections[row].group == group


@kernel
def set_protection(state, out, command):
    """Carry out an MMP_SET: define a group or change its thresholds. Emits PROTECTED, or REFUSED.

    The counts of a group, and whether it has tripped, do not change.
    """
    reason = _check_set(state, command)
    if reason != REJECT_NONE:
        refuse(state, out, EVENT_COMMAND_REFUSED, command, reason)
        return
    account = np.int64(command.account)
    row = find_protection(state, account, np.int64(command.protection_number))
    if row == 0:
        row = _new_protection(state, account, np.int64(command.protection_number))
    protection = state.protections[row]
    protection.group = command.group
    protection.window_ns = command.window_ns
    protection.lots_max = command.lots_max
    protection.fills_max = command.fills_max if command.fills_max != 0 else MMP_FILLS
    protection.delta_max = command.delta_lots_max
    protection.hours_max = command.hours_max
    _answer(state, out, EVENT_PROTECTION_DEFINED, command, row)


@kernel
def _check_set(state, command):
    """Reason to refuse an MMP_SET, NONE if there is none."""
    account = np.int64(command.account)
    if not known_account(state, account):
        return REJECT_UNKNOWN_ACCOUNT
    if command.window_ns < 1 or command.lots_max < 0 or command.delta_lots_max < 0 or command.hours_max < 0:
        return REJECT_BAD_QTY
    if command.fills_max < 0 or command.fills_max > MMP_FILLS or command.protection_number == 0:
        return REJECT_BAD_QTY
    group = np.int64(command.group)
    if group != 0 and (group >= state.groups.shape[0] or state.groups[group].listed == 0):
        return REJECT_UNKNOWN_INST
    full = state.used_protections + 1 == state.protections.shape[0]
    if full and find_protection(state, account, np.int64(command.protection_number)) == 0:
        return REJECT_FULL
    return REJECT_NONE


@kernel
def _new_protection(state, account, number):
    row = np.int64(state.used_protections) + 1
    state.used_protections = row
    protection = state.protections[row]
    protection.account = account
    protection.number = number
    protection.next_group = state.accounts[account].first_protection
    state.accounts[account].first_protection = row
    return row


@kernel
def reset_protection(state, out, command):
    """Carry out an MMP_RESET: clear a group's counts and let it quote again (MMP-003). Emits MMPR, or REFUSED."""
    account = np.int64(command.account)
    reason = REJECT_NONE
    row = np.int64(0)
    if not known_account(state, account):
        reason = REJECT_UNKNOWN_ACCOUNT
    else:
        row = find_protection(state, account, np.int64(command.protection_number))
        if row == 0:
            reason = REJECT_UNKNOWN
    if reason != REJECT_NONE:
        refuse(state, out, EVENT_COMMAND_REFUSED, command, reason)
        return
    protection = state.protections[row]
    protection.tripped = 0
    protection.lots = 0
    protection.fills = 0
    protection.delta = 0
    protection.hours = 0
    _answer(state, out, EVENT_PROTECTION_RESET, command, row)


@kernel
def _answer(state, out, kind, command, row):
    event = answer_event(state, out, kind, command, REJECT_NONE)
    event.protection_number = state.protections[row].number
    event.protection_state = PROTECTION_TRIPPED if state.protections[row].tripped != 0 else PROTECTION_ARMED
    if kind == EVENT_PROTECTION_RESET:
        event.account_sequence = next_in_stream(state, np.int64(command.account))


# --- counting


@kernel
def count_fill(state, order, lots, hours):
    """Count a fill of a resting quote in its protection group. If the group trips, queue it to be pulled (MMP-001,
    MMP-002).

    order  the quote
    lots   lots traded
    hours  GPU-hours of one lot
    """
    row = np.int64(order.protection)
    if row == 0:
        return
    _drop_old_fills(state, row)
    protection = state.protections[row]
    entry_index = row * MMP_FILLS + (protection.first + protection.fills) % MMP_FILLS
    signed = lots * sign_of(np.int64(order.side))
    state.protection_fills[entry_index].time_ns = state.time_ns
    state.protection_fills[entry_index].lots = signed
    state.protection_fills[entry_index].hours = lots * hours
    protection.fills += 1
    protection.lots += lots
    protection.delta += signed
    protection.hours += lots * hours
    reason = _reached(protection)
    if reason != 0 and protection.tripped == 0:
        protection.tripped = reason
        _queue_pull(state, row)


@kernel
def _drop_old_fills(state, row):
    """Subtract fills that are older than the window, and the oldest fill if the ring is full. A fill counts as long as
    its time > now - window."""
    protection = state.protections[row]
    while protection.fills != 0:
        oldest = state.protection_fills[row * MMP_FILLS + protection.first]
        if oldest.time_ns > state.time_ns - protection.window_ns and protection.fills < MMP_FILLS:
            return
        protection.lots -= abs(oldest.lots)
        protection.delta -= oldest.lots
        protection.hours -= oldest.hours
        protection.fills -= 1
        protection.first = (protection.first + 1) % MMP_FILLS


@kernel
def _reached(protection):
    """The first Threshold that is reached, 0 if none. Fills of a dry run count, too."""
    if protection.lots_max != 0 and protection.lots + protection.dry_lots >= protection.lots_max:
        return THRESHOLD_LOTS
    if protection.fills + protection.dry_fills >= protection.fills_max:
        return THRESHOLD_FILLS
    if protection.delta_max != 0 and abs(protection.delta + protection.dry_delta) >= protection.delta_max:
        return THRESHOLD_DELTA
    if protection.hours_max != 0 and protection.hours + protection.dry_hours >= protection.hours_max:
        return THRESHOLD_HOURS
    return np.int64(0)


# --- a dry run


@kernel
def count_dry_fill(state, order, lots):
    """Count a fill of a dry run, until `end_dry_fills`. Returns the row of the group if it would trip now, else 0."""
    row = np.int64(order.protection)
    if order.order_type != ORDER_QUOTE or row == 0:
        return np.int64(0)
    protection = state.protections[row]
    if protection.dry_run_mark == 0:
        _suppose_dropped(state, row)
        protection.dry_run_mark = COUNTED
        protection.next_dry_run = state.protections[0].first_dry_run
        state.protections[0].first_dry_run = row
    protection.dry_fills += 1
    protection.dry_lots += lots
    protection.dry_delta += lots * sign_of(np.int64(order.side))
    protection.dry_hours += lots * state.books[order.book].hours
    if protection.dry_run_mark == PULLED or _reached(protection) == 0:
        return np.int64(0)
    protection.dry_run_mark = PULLED
    return row


@kernel
def _suppose_dropped(state, row):
    """As `_drop_old_fills`, but only in the counts of the dry run. The group keeps these fills, because its window may
    be made longer before the next real fill."""
    protection = state.protections[row]
    for number in range(protection.fills):
        entry_index = row * MMP_FILLS + (protection.first + number) % MMP_FILLS
        oldest = state.protection_fills[entry_index]
        if oldest.time_ns > state.time_ns - protection.window_ns and protection.fills - number < MMP_FILLS:
            return
        protection.dry_fills -= 1
        protection.dry_lots -= abs(oldest.lots)
        protection.dry_delta -= oldest.lots
        protection.dry_hours -= oldest.hours


@kernel
def is_pulled(state, order):
    """Whether a quote counts as cancelled in the dry run, because its group would have tripped."""
    return (
        order.order_type == ORDER_QUOTE
        and order.protection != 0
        and state.protections[order.protection].dry_run_mark == PULLED
    )


@kernel
def end_dry_fills(state):
    """Forget all that the dry run has counted."""
    row = np.int64(state.protections[0].first_dry_run)
    state.protections[0].first_dry_run = 0
    while row != 0:
        protection = state.protections[row]
        row = np.int64(protection.next_dry_run)
        protection.next_dry_run = 0
        protection.dry_run_mark = 0
        protection.dry_fills = 0
        protection.dry_lots = 0
        protection.dry_delta = 0
        protection.dry_hours = 0


# --- pulling


@kernel
def _queue_pull(state, row):
    """Queue a tripped group, behind those that tripped earlier. The running step waits for its cancels."""
    cursor = state.cursor
    if cursor.pull_last == 0:
        cursor.pull_first = row
    else:
        state.protections[cursor.pull_last].next_pull = row
    cursor.pull_last = row
    cursor.pending_cancels |= QUOTE_PULLS


@kernel
def pull_before(state, row):
    """Move a group to the front of the queue of tripped groups, if it is in the queue (MMP-004)."""
    cursor = state.cursor
    before, waiting = np.int64(0), np.int64(cursor.pull_first)
    while waiting != 0 and waiting != row:
        before, waiting = waiting, np.int64(state.protections[waiting].next_pull)
    if before == 0 or waiting == 0:
        return
    state.protections[before].next_pull = state.protections[row].next_pull
    if cursor.pull_last == row:
        cursor.pull_last = before
    state.protections[row].next_pull = cursor.pull_first
    cursor.pull_first = row


@kernel
def pull_once(state, out):
    """Run one step for the first group in the queue: emit MMP, or cancel its next quote, oldest first, or remove it."""
    cursor = state.cursor
    row = np.int64(cursor.pull_first)
    protection = state.protections[row]
    if cursor.pull_emitted == 0:
        cursor.pull_emitted = 1
        cursor.pull_slot = state.accounts[protection.account].first_order
        event = market_event(state, out, EVENT_PROTECTION_TRIPPED, np.int64(0))
        event.account = protection.account
        event.protection_number = protection.number
        event.threshold = protection.tripped
        event.protection_state = PROTECTION_TRIPPED
        event.quote_count = protection.quotes
        event.account_sequence = next_in_stream(state, np.int64(protection.account))
        return
    slot = np.int64(cursor.pull_slot) if protection.quotes != 0 else np.int64(0)
    while slot != 0 and not is_protected(state.orders[slot], row):
        slot = np.int64(state.links[slot].account_newer)
    if slot != 0:
        cursor.pull_slot = state.links[slot].account_newer
        cancel_remainder(state, out, slot, CANCEL_MMP)
        return
    cursor.pull_emitted = 0
    cursor.pull_slot = 0
    cursor.pull_first = protection.next_pull
    protection.next_pull = 0
    if cursor.pull_first == 0:
        cursor.pull_last = 0
        cursor.pending_cancels &= ~QUOTE_PULLS
