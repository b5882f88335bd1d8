"""REPLACE of a waiting stop (REPL-007). The stop loses its stamp if its trigger changes or its lots grow, and only
then."""

import numpy as np

from exchange.book.expiry import is_over
from exchange.book.heap import is_waiting
from exchange.book.stops import leave_trigger
from exchange.engine.emit import write_price_range
from exchange.engine.entry.replace_answers import answer_replace, expire_replaced
from exchange.engine.entry.replace_terms import change_of_working, set_terms, wanted_stop_terms
from exchange.engine.entry.stop_terms import (
    check_moved_limit,
    check_stop_prices,
    is_elected_now,
)
from exchange.engine.entry.stops import place_stop
from exchange.engine.entry.validate import check_display, check_lots, check_replace_syntax
from exchange.engine.orders import refuse_change, work_order
from exchange.engine.predicates import is_killed, takes_replace
from exchange.engine.risk import check_risk, side_is_full, write_money
from exchange.kernel import kernel
from exchange.kernel_codes import (
    EVENT_FLAG_KEPT,
    EVENT_FLAG_LOST,
    EVENT_REPLACE_REJECTED,
    FLAG_KEEP_PRICE,
    FLAG_REJECT_IF_ELECTED,
    FLAG_SET_TIF,
    REJECT_BAND,
    REJECT_ELECTED,
    REJECT_FULL,
    REJECT_INSUFFICIENT_MARGIN,
    REJECT_KILLED,
    REJECT_NONE,
    REJECT_OFF_TICK,
    REJECT_STATE,
)


@kernel
def check_stop_replace(state, command, slot, trigger, price, total, display):
    """Reason to refuse a REPLACE of a waiting stop, NONE if there is none. Nothing is written.

    The precedence is that of `replace.check_replace`.

    trigger, price, total, display  what the stop would have afterwards, from `wanted_stop_terms`
    """
    order = state.orders[slot]
    book = state.books[order.book]
    account = np.int64(order.account)
    reason = check_replace_syntax(command)
    if reason != REJECT_NONE:
        return reason
    if is_killed(state, account, np.int64(command.session)):
        return REJECT_KILLED
    if not takes_replace(book.market_state):
        return REJECT_STATE
    priced = command["flags"] & FLAG_KEEP_PRICE == 0
    if trigger % book.min_inc != 0 or (priced and command.price % book.min_inc != 0):
        return REJECT_OFF_TICK
    reason = check_lots(state, account, book, total)
    if reason == REJECT_NONE:
        reason = check_display(book, total, display)
    if reason == REJECT_NONE and (trigger != order.trigger or price != order.price or total > order.leaves_lots):
        reason = _check_prices(book, order, command, trigger, price)
    if reason == REJECT_NONE:
        reason = _check_work(state, account, order, price, total)
    if reason != REJECT_NONE:
        return reason
    refuses = order["flags"] & FLAG_REJECT_IF_ELECTED != 0 and is_elected_now(book, np.int64(order.side), trigger)
    return REJECT_ELECTED if refuses or not is_waiting(state, slot) else REJECT_NONE


@kernel
def _check_prices(book, order, command, trigger, price):
    """Checks of rank 10, for a stop whose prices change or whose lots grow (REPL-004)."""
    side = np.int64(order.side)
    tif = command.tif if command["flags"] & FLAG_SET_TIF != 0 else order.tif
    priced = command["flags"] & FLAG_KEEP_PRICE == 0
    reason = check_stop_prices(book, side, tif, trigger, priced, np.int64(command.price))
    return reason if reason != REJECT_NONE else check_moved_limit(book, side, tif, trigger, price)


@kernel
def _check_work(state, account, order, price, total):
    """Checks of rank 11, for a stop whose price changes or whose lots grow."""
    book = state.books[order.book]
    side = np.int64(order.side)
    if price == order.price and total <= order.leaves_lots:
        return REJECT_NONE
    more_lots, more_loss = change_of_working(book, order, price, total)
    reason = check_risk(state, account, np.int64(order.position), book, side, more_lots, more_loss)
    if reason == REJECT_NONE and side_is_full(book, side, more_lots):
        return REJECT_FULL
    return reason


@kernel
def _refuse(state, out, command, reason, slot, price, total):
    """Emit a RREJ. For BAND it has the daily limits, for RISK the margin needed and the free margin."""
    row = refuse_change(state, out, EVENT_REPLACE_REJECTED, command, reason, slot)
    order = state.orders[slot]
    book = state.books[order.book]
    if reason == REJECT_BAND:
        write_price_range(row, np.int64(book.low_tick), np.int64(book.high_tick))
    elif reason == REJECT_INSUFFICIENT_MARGIN:
        lots, loss = change_of_working(book, order, price, total)
        write_money(state, row, np.int64(order.account), book, np.int64(order.side), lots, loss)


@kernel
def replace_stop(state, out, command, slot):
    """Carry out a REPLACE of a waiting stop. Emits RPL, or RREJ.

    The stop is elected at once if the last price has reached its new trigger.
    """
    order = state.orders[slot]
    book = state.books[order.book]
    trigger, price, total, display = wanted_stop_terms(book, order, command)
    reason = check_stop_replace(state, command, slot, trigger, price, total, display)
    if reason != REJECT_NONE:
        _refuse(state, out, command, reason, slot, price, total)
        return
    set_terms(state, command, slot)
    if is_over(state, order.tif, order.expiry_ns):
        expire_replaced(state, out, command, slot)
        return
    lost = trigger != order.trigger or total > order.leaves_lots
    if lost:
        leave_trigger(state, book, slot)
    work_order(state, order, -np.int64(order.leaves_lots))
    order.trigger = trigger
    order.price = price
    order.order_lots = total
    order.leaves_lots = total
    order.display_lots = display
    work_order(state, order, total)
    if lost:
        state.stamp += 1
        order.stamp = state.stamp
        place_stop(state, slot)
    row = answer_replace(state, out, command, order, np.int64(0))
    row["flags"] = EVENT_FLAG_LOST if lost else EVENT_FLAG_KEPT
