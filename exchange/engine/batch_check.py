"""Checks whether each command of an atomic batch would be accepted if it came alone now (ENTRY-013).

Nothing is written, so the check is not journalled. A batch that passes runs as ordinary rows. Each answer is the one
that `new_order.enter_order`, `orders.cancel_order` or `replace.replace_order` would give (tested).
"""

import numpy as np

from exchange.book.index import order_hash
from exchange.engine.entry.new_order import check_new
from exchange.engine.entry.replace import check_replace
from exchange.engine.entry.replace_stop import check_stop_replace
from exchange.engine.entry.replace_terms import wanted_stop_terms, wanted_terms
from exchange.engine.orders import check_cancel, find_target
from exchange.engine.predicates import known_book
from exchange.kernel import kernel
from exchange.kernel_codes import (
    KIND_CANCEL,
    KIND_NEW,
    KIND_REPLACE,
    ORDER_STATE_PENDING,
    REJECT_BAD_COMBO,
    REJECT_NONE,
)
from exchange.machine import row_at


@kernel
def check_batch(states, commands):
    """Find the first command that would be refused if it were the next one.

    states    STATE, shape (1,), between two commands; not changed
    commands  COMMAND rows, shape (n,): NEW, REPLACE, CANCEL
    returns   its number from 0, RejectReason, and MarketState of its book, 0 if there is none; (n, NONE, 0) if all pass
    """
    state = states[0]
    for place in range(commands.shape[0]):
        command = row_at(commands, place)
        slot = np.int64(0)
        if command.kind == KIND_NEW:
            reason = check_new(state, command, order_hash(command))[0]
            index = np.int64(command.instrument)
        else:
            slot = find_target(state, command, order_hash(command), np.int64(0))
            reason = _check_change(state, command, slot)
            index = np.int64(state.orders[slot].book)
        if reason != REJECT_NONE:
            return (
                np.int64(place),
                reason,
                np.int64(state.books[index].market_state) if known_book(state, index) else REJECT_NONE,
            )
    return np.int64(commands.shape[0]), REJECT_NONE, REJECT_NONE


@kernel
def _check_change(state, command, slot):
    """Reason to refuse a CANCEL or REPLACE, NONE if there is none. `slot`: the order that it names, 0 if not found."""
    if command.kind == KIND_CANCEL:
        return check_cancel(state, command, slot)
    if command.kind != KIND_REPLACE:
        return REJECT_BAD_COMBO
    order = state.orders[slot]
    if order.state == ORDER_STATE_PENDING:
        trigger, price, total, display = wanted_stop_terms(state.books[order.book], order, command)
        return check_stop_replace(state, command, slot, trigger, price, total, display)
    price, total, display = wanted_terms(order, command)
    return check_replace(state, command, slot, price, total, display)
