"""What happens to an accepted order: it rests, moves, is cancelled, is released. `entry/` accepts orders, `matching/`
trades them."""

import numpy as np

from exchange.book.expiry import drop_expiry
from exchange.book.index import (
    SHIFT_32,
    ZERO,
    find_hashed,
    has_client_order_id,
    has_key,
    order_hash,
    remove_client_order,
)
from exchange.book.layout import ACCOUNT_NEWER
from exchange.book.levels import in_limits, link_order, place_of, row_of, unlink_at, unlink_order
from exchange.book.parked import join_parked, leave_parked
from exchange.book.pro_rata import leave_pass, lose_top, note_arrival
from exchange.book.slots import release_slot, slot_of
from exchange.book.stops import drop_stop
from exchange.clearing.margin import change_working, loss_per_lot, release_working
from exchange.engine.emit import (
    cancel_codes,
    cancel_event,
    next_in_stream,
    order_event,
    refuse,
)
from exchange.engine.predicates import is_immediate, known_account, takes_cancel
from exchange.engine.quote_counts import uncount_quote
from exchange.engine.risk import recompute_scans_if_short
from exchange.kernel import kernel, leaf_kernel
from exchange.kernel_codes import (
    CANCEL_FOK,
    CANCEL_IOC,
    CANCEL_USER,
    EVENT_CANCEL_REJECTED,
    EVENT_FLAG_NEVER_RESTED,
    EVENT_ICEBERG_REFRESHED,
    EVENT_ORDER_RESTED,
    FEATURE_PRO_RATA,
    ORDER_QUOTE,
    ORDER_STATE_NONE,
    ORDER_STATE_PENDING,
    REJECT_NONE,
    REJECT_STATE,
    REJECT_UNKNOWN,
    REJECT_UNKNOWN_ACCOUNT,
    TIF_FOK,
    TIF_GTD,
)
from exchange.machine import likely, put_word

RST = np.uint64(EVENT_ORDER_RESTED)

ONE = np.uint64(1)
LAST_BIT = np.uint64(63)


@leaf_kernel
def session_bit(session):
    """A session's bit in ACCOUNT's `sessions`. Every 64th session shares a bit, so a set bit only means 'perhaps'."""
    return ONE << (np.uint64(session) & LAST_BIT)


@leaf_kernel
def append_to_account(state, account, slot, session):
    """Append an order to its account's list of live orders, and set the bit of the session that has entered it."""
    account_row = state.accounts[account]
    last = np.int64(account_row.last_order)
    put_word(state.links[slot], ACCOUNT_NEWER, np.uint64(last) << SHIFT_32)
    if last == 0:
        account_row.first_order = slot
    else:
        state.links[last].account_newer = slot
    account_row.last_order = slot
    account_row.sessions |= session_bit(session)


@leaf_kernel
def _remove_from_account(state, account, slot):
    """Take an order out of its account's list of live orders."""
    account_row = state.accounts[account]
    link = state.links[slot]
    newer = np.int64(link.account_newer)
    older = np.int64(link.account_older)
    if older == 0:
        account_row.first_order = newer
    else:
        state.links[older].account_newer = newer
    if newer == 0:
        account_row.last_order = older
    else:
        state.links[newer].account_older = older
    put_word(link, ACCOUNT_NEWER, ZERO)


@leaf_kernel
def work_order(state, order, lots):
    """Count more lots of an order as working at its present price (`change_working`). `lots`: negative for fewer."""
    book = state.books[order.book]
    account, side = np.int64(order.account), np.int64(order.side)
    loss = lots * loss_per_lot(book, side, np.int64(order.price))
    change_working(state, account, np.int64(order.position), book, side, lots, loss)
    recompute_scans_if_short(state, account)


@leaf_kernel
def move_order(state, slot, tick, lots):
    """Take an open order out of its queue and give it a new price and new lots. The caller links it again.

    Margin and working lots change by the difference. The order shows 0 lots and loses TOP.

    tick     its new price
    lots     its new lots left
    returns  lots that the level it has left still shows
    """
    order = state.orders[slot]
    book = state.books[order.book]
    account, side = np.int64(order.account), np.int64(order.side)
    level_lots = np.int64(0)
    if order.resting != 0:
        level_lots = unlink_order(state, book, slot)
    else:
        leave_parked(state, book, slot)
    if book.features & FEATURE_PRO_RATA != 0:
        lose_top(state, order)
    before = np.int64(order.leaves_lots)
    loss = lots * loss_per_lot(book, side, tick) - before * loss_per_lot(book, side, np.int64(order.price))
    change_working(state, account, np.int64(order.position), book, side, lots - before, loss)
    recompute_scans_if_short(state, account)
    order.price = tick
    order.leaves_lots = lots
    order.shown_lots = 0
    order.order_lots = order.filled_lots + lots
    return level_lots


@leaf_kernel
def slice_lots(order):
    """Lots that an order shows when it joins a queue: an iceberg one slice, any other order all (ICE-001)."""
    if order.display_lots == 0:
        return np.int64(order.leaves_lots)
    return min(np.int64(order.display_lots), np.int64(order.leaves_lots))


@kernel
def refresh_order(state, out, slot):
    """Show the next slice of an iceberg, at the back of its level (ICE-002). Emits RFR."""
    order = state.orders[slot]
    book = state.books[order.book]
    unlink_order(state, book, slot)
    state.stamp += 1
    order.stamp = state.stamp
    order.shown_lots = slice_lots(order)
    level_lots = link_order(state, book, slot)
    row = order_event(state, out, EVENT_ICEBERG_REFRESHED, order, np.int64(order.shown_lots), level_lots)
    row.hidden_lots = order.leaves_lots - order.shown_lots
    row.account_sequence = next_in_stream(state, np.int64(order.account))


@leaf_kernel
def rest_order(state, out, slot):
    """Put an order at the back of the queue at its price. Emits RST.

    If its price is outside the daily limits, it is parked instead: it shows nothing and is at no level (BAND-004).
    """
    order = state.orders[slot]
    book = state.books[order.book]
    if not in_limits(book, order.price):
        order.shown_lots = 0
        join_parked(state, book, slot)
        order_event(state, out, RST, order, np.int64(0), np.int64(0))
        return
    order.shown_lots = slice_lots(order)
    if book.features & FEATURE_PRO_RATA != 0:
        note_arrival(state, book, slot)
    level_lots = link_order(state, book, slot)
    row = order_event(state, out, RST, order, np.int64(order.shown_lots), level_lots)
    row.hidden_lots = order.leaves_lots - order.shown_lots


@leaf_kernel
def release_order(state, slot):
    """Last step of every order: free its row, and take it out of the index and its account's list.

    IOC and FOK orders are in neither, because they end with their command and no other command can name them.
    """
    order = state.orders[slot]
    release_hashed_order(state, slot, np.int64(order.account), order_hash(order))


@leaf_kernel
def release_hashed_order(state, slot, account, key_hash):
    """As `release_order`, for a caller that knows the order's account and `order_hash` (`key_hash`)."""
    order = state.orders[slot]
    if is_immediate(order.tif):
        release_slot(state, slot)
        return
    if order.tif == TIF_GTD:
        drop_expiry(state, slot)
    if order.order_type == ORDER_QUOTE:
        uncount_quote(state, slot)
    if has_client_order_id(order):
        remove_client_order(state, slot, key_hash)
    _remove_from_account(state, account, slot)
    release_slot(state, slot)


@leaf_kernel
def _cancel_remainder(state, out, slot, reason, key_hash, request_id):
    """Cancel all that is left of an order, wherever it waits, and release its margin and its row. Emits and returns
    CXL.

    key_hash    the order's `order_hash`
    request_id  of the command that the CXL answers, 0 none
    """
    order = state.orders[slot]
    account, index, row = np.int64(order.account), np.int64(order.book), np.int64(order.position)
    side, tick, lots = np.int64(order.side & 1), np.int64(order.price), np.int64(order.leaves_lots)
    book = state.books[index]
    level_lots = np.int64(0)
    if order.resting != 0:
        codes = cancel_codes(order, reason, 0)
        shown = np.int64(order.shown_lots)
        order.resting = 0
        place = place_of(book, side, tick)
        level_lots = unlink_at(state, book, slot, index, side, place, row_of(book, side, place), shown, lots - shown)
    else:
        codes = cancel_codes(order, reason, EVENT_FLAG_NEVER_RESTED)
        if order.state == ORDER_STATE_PENDING:
            drop_stop(state, book, slot)
        else:
            leave_parked(state, book, slot)
    release_working(state, account, row, book, side, lots, lots * loss_per_lot(book, side, tick))
    event = cancel_event(state, out, order, account, codes, lots, level_lots, request_id)
    order.leaves_lots = 0
    order.shown_lots = 0
    release_hashed_order(state, slot, account, key_hash)
    return event


@kernel
def cancel_remainder(state, out, slot, reason):
    """Cancel all that is left of an order, for any reason but a CANCEL. Emits and returns CXL.

    reason  CancelReason
    """
    if state.cursor.pass_step != 0:
        leave_pass(state, slot)
    return _cancel_remainder(state, out, slot, reason, order_hash(state.orders[slot]), 0)


@leaf_kernel
def find_target(state, command, key_hash, guess):
    """Slot of the order that a CANCEL or REPLACE names, 0 if the account has no such live order.

    key_hash  the command's `order_hash`
    guess     a slot to try before the index is searched; any slot is allowed
    """
    account = np.int64(command.account)
    if command.order_id == 0:
        if not has_client_order_id(command):
            return np.int64(0)
        first, second, third = command.client_order_id_0, command.client_order_id_1, command.client_order_id_2
        if has_key(state.orders[guess], account, first, second, third):
            return guess
        return find_hashed(state, key_hash, account, first, second, third)
    slot = slot_of(state, np.int64(command.order_id))
    if slot != 0 and state.orders[slot].account == account:
        return slot
    return np.int64(0)


@kernel
def refuse_change(state, out, kind, command, reason, slot):
    """Emit a CREJ or RREJ (`kind`). For STATE it carries the order's book and its market state. Returns the row."""
    row = refuse(state, out, kind, command, reason)
    if reason == REJECT_STATE:
        row.instrument = state.orders[slot].book
        row.book_state = state.books[state.orders[slot].book].market_state
    return row


@leaf_kernel
def check_cancel(state, command, slot):
    """Reason to refuse a CANCEL, NONE if there is none. `slot`: its `find_target`."""
    if likely(slot != 0):
        return REJECT_NONE if takes_cancel(state.books[state.orders[slot].book].market_state) else REJECT_STATE
    return REJECT_UNKNOWN if known_account(state, np.int64(command.account)) else REJECT_UNKNOWN_ACCOUNT


@leaf_kernel
def cancel_order(state, out, command, key_hash, guess):
    """Carry out a CANCEL (ORDER-006, STATE-001). Emits CXL, or CREJ. `key_hash`, `guess`: as for `find_target`."""
    slot = find_target(state, command, key_hash, guess)
    reason = check_cancel(state, command, slot)
    if reason != REJECT_NONE:
        refuse_change(state, out, EVENT_CANCEL_REJECTED, command, reason, slot)
        return
    if command.order_id != 0:
        key_hash = order_hash(state.orders[slot])
    _cancel_remainder(state, out, slot, CANCEL_USER, key_hash, command.request_id)


@kernel
def end_matching(state, out, slot):
    """End the matching of an aggressor: release it if it is filled; else rest its remainder, or cancel that of an IOC
    or FOK order (MATCH-004, TIF-001)."""
    order = state.orders[slot]
    if order.state == ORDER_STATE_NONE:
        return  # self-match prevention has cancelled it
    if order.leaves_lots == 0:
        release_order(state, slot)
    elif is_immediate(order.tif):
        cancel_remainder(state, out, slot, CANCEL_FOK if order.tif == TIF_FOK else CANCEL_IOC)
    else:
        rest_order(state, out, slot)
