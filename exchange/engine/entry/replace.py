"""REPLACE of any order but a waiting stop: the order is changed, and keeps or loses its priority (REPL-001 to REPL-006,
ICE-005)."""

import numpy as np

from exchange.book.expiry import is_over
from exchange.book.levels import may_trade, take_hidden_first
from exchange.engine.emit import write_price_range
from exchange.engine.entry.price_range import check_price, price_range
from exchange.engine.entry.replace_answers import answer_replace, expire_replaced
from exchange.engine.entry.replace_stop import replace_stop
from exchange.engine.entry.replace_terms import change_of_working, set_terms, wanted_terms
from exchange.engine.entry.validate import check_display, check_lots, check_replace_syntax
from exchange.engine.orders import cancel_remainder, find_target, move_order, refuse_change, rest_order, work_order
from exchange.engine.predicates import is_killed, is_stop, known_account, takes_replace, would_take
from exchange.engine.risk import check_risk, side_is_full, write_money
from exchange.kernel import kernel, leaf_kernel
from exchange.kernel_codes import (
    CANCEL_IFM,
    EVENT_FLAG_KEPT,
    EVENT_FLAG_LOST,
    EVENT_REPLACE_REJECTED,
    FLAG_SET_TIF,
    FLAG_SET_TRIGGER,
    MARKET_OPEN,
    ORDER_QUOTE,
    ORDER_STATE_PENDING,
    POST_ONLY_NONE,
    REJECT_BAD_COMBO,
    REJECT_BAND,
    REJECT_ELECTED,
    REJECT_FULL,
    REJECT_INSUFFICIENT_MARGIN,
    REJECT_KILLED,
    REJECT_NONE,
    REJECT_OFF_TICK,
    REJECT_PO_CROSS,
    REJECT_STATE,
    REJECT_UNKNOWN,
    REJECT_UNKNOWN_ACCOUNT,
)


@leaf_kernel
def _keeps_place(order, price, leaves, display):
    """Whether a replaced order keeps its priority: same price and display, no more lots left (REPL-001, ICE-005)."""
    return price == order.price and leaves <= order.leaves_lots and display == order.display_lots


@leaf_kernel
def check_replace(state, command, slot, price, total, display):
    """Reason to refuse a REPLACE, NONE if there is none. Nothing is written.

    price, total, display  what the order would have afterwards, from `wanted_terms` (REPL-004)
    """
    reason = _check_change(state, command, slot, price, total, display)
    return REJECT_ELECTED if reason == REJECT_NONE and command["flags"] & FLAG_SET_TRIGGER != 0 else reason


@leaf_kernel
def _check_change(state, command, slot, price, total, display):
    """The part of `check_replace` before ELECTED."""
    account = np.int64(command.account)
    if not known_account(state, account):
        return REJECT_UNKNOWN_ACCOUNT
    reason = check_replace_syntax(command)
    if reason != REJECT_NONE:
        return reason
    if slot == 0 or state.orders[slot].order_type == ORDER_QUOTE:
        return REJECT_UNKNOWN
    order = state.orders[slot]
    book = state.books[order.book]
    if command["flags"] & FLAG_SET_TRIGGER != 0 and not is_stop(order.order_type):
        return REJECT_BAD_COMBO
    if is_killed(state, account, np.int64(command.session)):
        return REJECT_KILLED
    if not takes_replace(book.market_state):
        return REJECT_STATE
    if book.min_inc > 1 and price % book.min_inc != 0:
        return REJECT_OFF_TICK
    reason = check_lots(state, account, book, total)
    if reason == REJECT_NONE:
        reason = check_display(book, total, display)
    leaves = total - order.filled_lots
    if reason != REJECT_NONE or _keeps_place(order, price, leaves, display):
        return reason
    tif = command.tif if command["flags"] & FLAG_SET_TIF != 0 else order.tif
    if leaves <= 0:  # nothing is left, so this is a cancel; but a new price must be allowed (BAND-003)
        return check_price(book, np.int64(order.side), price, tif) if price != order.price else REJECT_NONE
    return _check_moved(state, account, order, price, leaves, tif)


@leaf_kernel
def _check_moved(state, account, order, price, leaves, tif):
    """Checks of ranks 10 to 12, for a replace that loses priority."""
    book = state.books[order.book]
    side = np.int64(order.side)
    reason = check_price(book, side, price, tif)
    if reason != REJECT_NONE:
        return reason
    more_lots, more_loss = change_of_working(book, order, price, leaves)
    reason = check_risk(state, account, np.int64(order.position), book, side, more_lots, more_loss)
    if reason != REJECT_NONE:
        return reason
    if side_is_full(book, side, more_lots):
        return REJECT_FULL
    keeps_out = order.post_only != POST_ONLY_NONE and book.market_state == MARKET_OPEN
    smp_id = np.int64(order.smp_id)
    if keeps_out and would_take(state, book, np.int64(order.book), side, price, smp_id, np.int64(order.account)):
        return REJECT_PO_CROSS
    return REJECT_NONE


@kernel
def _refuse(state, out, command, reason, slot, price, total):
    """Emit a RREJ. For BAND it has the range of allowed prices, for RISK the margin needed and the free margin."""
    row = refuse_change(state, out, EVENT_REPLACE_REJECTED, command, reason, slot)
    order = state.orders[slot]
    book, side = state.books[order.book], np.int64(order.side)
    if reason == REJECT_BAND:
        lowest, highest = price_range(book, side)
        write_price_range(row, lowest, highest)
    elif reason == REJECT_INSUFFICIENT_MARGIN:
        lots, loss = change_of_working(book, order, price, total - order.filled_lots)
        write_money(state, row, np.int64(order.account), book, side, lots, loss)


@kernel
def replace_order(state, out, command, key_hash, guess):
    """Carry out a REPLACE. Emits RREJ, or RPL and then possibly CXL or RST.

    Returns the slot of an order that the caller has to match, because its new terms may trade; else 0.

    key_hash, guess  as for `orders.find_target`
    """
    slot = find_target(state, command, key_hash, guess)
    order = state.orders[slot]
    if order.state == ORDER_STATE_PENDING:
        replace_stop(state, out, command, slot)
        return np.int64(0)
    price, total, display = wanted_terms(order, command)
    reason = check_replace(state, command, slot, price, total, display)
    if reason != REJECT_NONE:
        _refuse(state, out, command, reason, slot, price, total)
        return np.int64(0)
    set_terms(state, command, slot)
    leaves = total - order.filled_lots
    if leaves <= 0:
        answer_replace(state, out, command, order, np.int64(0))
        cancel_remainder(state, out, slot, CANCEL_IFM)
        return np.int64(0)
    if is_over(state, order.tif, order.expiry_ns):
        expire_replaced(state, out, command, slot)
        return np.int64(0)
    if _keeps_place(order, price, leaves, display):
        _shrink(state, out, command, slot, total)
        return np.int64(0)
    order.display_lots = display
    return _move(state, out, command, slot, price, total)


@leaf_kernel
def _shrink(state, out, command, slot, total):
    """Reduce an order, which keeps its priority; hidden lots go first (ICE-005). Emits RPL with KEPT.

    total  its new total lots
    """
    order = state.orders[slot]
    book = state.books[order.book]
    fewer = np.int64(order.leaves_lots) - (total - order.filled_lots)
    work_order(state, order, -fewer)
    level_lots = np.int64(0)
    if order.resting != 0:
        level_lots = take_hidden_first(state, book, slot, fewer)
    else:
        order.leaves_lots -= fewer  # a parked order is at no level
    order.order_lots = total
    row = answer_replace(state, out, command, order, level_lots)
    row["flags"] = EVENT_FLAG_KEPT


@leaf_kernel
def _move(state, out, command, slot, price, total):
    """Change the price of an order or add lots: it loses its priority (REPL-005). Emits RPL with LOST.

    Returns its slot if it may trade now; else puts it at the back of its queue and returns 0.
    """
    order = state.orders[slot]
    book = state.books[order.book]
    old_price = order.price
    level_lots = move_order(state, slot, price, total - order.filled_lots)
    state.stamp += 1
    order.stamp = state.stamp
    row = answer_replace(state, out, command, order, level_lots)
    row["flags"] = EVENT_FLAG_LOST
    row.old_tick = old_price
    if book.market_state == MARKET_OPEN and may_trade(book, np.int64(order.side), price):
        return slot
    rest_order(state, out, slot)
    return np.int64(0)
