"""What an atomic batch is asked before any of it runs: would each operation, alone, be accepted now (ENTRY-013)?

Nothing is written, so nothing of it needs to be in the journal: a batch that passes runs as ordinary rows. Each answer
is the one that `entry.enter_order`, `orders.cancel_order` or `replace.replace_order` would give (tested).
"""

import numpy as np

from exchange.book.index import order_hash
from exchange.clearing.positions import own_position
from exchange.codes import CommandKind
from exchange.engine.orders import target_of
from exchange.engine.replace import KEEP_LOTS, KEEP_PRICE, PENDING, SET_DISPLAY, SET_TRIGGER, check_replace
from exchange.engine.replace_stop import check_stop_replace, new_stop_price
from exchange.engine.validate import (
    BAD_COMBO,
    ELECTED,
    NONE,
    STATE,
    UNKNOWN,
    UNKNOWN_ACCOUNT,
    check_entry,
    check_terms,
    entry_tick,
    known_account,
    known_book,
    takes_cancel,
)
from exchange.kernel import kernel, row_at

NEW = np.int64(CommandKind.NEW)
REPLACE = np.int64(CommandKind.REPLACE)
CANCEL = np.int64(CommandKind.CANCEL)


@kernel
def check_batch(states, commands):
    """The first row that would be refused if it were the next command.

    states    STATE, shape (1,); read only, between two commands
    commands  COMMAND rows, shape (n,): NEW, REPLACE, CANCEL
    returns   its place, RejectReason, MarketState of the book that it names or 0; without one n, NONE, 0
    """
    state = states[0]
    for place in range(commands.shape[0]):
        command = row_at(commands, place)
        slot = np.int64(0)
        if command.kind == NEW:
            reason = _check_new(state, command)
            index = np.int64(command.instrument)
        else:
            slot = target_of(state, command, order_hash(command))
            reason = _check_change(state, command, slot)
            index = np.int64(state.orders[slot].book)
        if reason != NONE:
            return np.int64(place), reason, np.int64(state.books[index].phase) if known_book(state, index) else NONE
    return np.int64(commands.shape[0]), NONE, NONE


@kernel
def _check_new(state, command):
    reason = check_entry(state, command)
    if reason != NONE:
        return reason
    index = np.int64(command.instrument)
    book = state.books[index]
    row = own_position(state, np.int64(command.account), index)
    return check_terms(state, command, book, row, order_hash(command), entry_tick(state, book, command))


@kernel
def _check_change(state, command, slot):
    """`slot`: of the order that a CANCEL or REPLACE names, 0 if there is none."""
    if command.kind == CANCEL:
        return _check_cancel(state, command, slot)
    if command.kind != REPLACE:
        return BAD_COMBO
    order = state.orders[slot]
    flags = command["flags"]
    total = np.int64(order.order_lots) if flags & KEEP_LOTS != 0 else np.int64(command.lots)
    display = np.int64(command.display_lots) if flags & SET_DISPLAY != 0 else np.int64(order.display_lots)
    if order.state == PENDING:
        trigger = np.int64(command.trigger) if flags & SET_TRIGGER != 0 else np.int64(order.trigger)
        price = new_stop_price(state.books[order.book], order, command, trigger)
        return check_stop_replace(state, command, slot, trigger, price, total, display)
    price = np.int64(order.price) if flags & KEEP_PRICE != 0 else np.int64(command.price)
    reason = check_replace(state, command, slot, price, total, display)
    return ELECTED if reason == NONE and flags & SET_TRIGGER != 0 else reason


@kernel
def _check_cancel(state, command, slot):
    if not known_account(state, np.int64(command.account)):
        return UNKNOWN_ACCOUNT
    if slot == 0:
        return UNKNOWN
    return NONE if takes_cancel(state.books[state.orders[slot].book].phase) else STATE
