"""Writes EVENT rows. Every field of a row is written every time: the buffer is used again and again."""

import numpy as np

from exchange.codes import EventKind, OrderState, RejectReason
from exchange.kernel import kernel, leaf_kernel

REJ = np.int64(EventKind.REJ)
CREJ = np.int64(EventKind.CREJ)
RREJ = np.int64(EventKind.RREJ)
CXL = np.int64(EventKind.CXL)
REFUSED = np.int64(EventKind.REFUSED)
POS = np.int64(EventKind.POS)
UNKNOWN_ACCOUNT = np.int64(RejectReason.UNKNOWN_ACCOUNT)
REJECTED = np.int64(OrderState.REJECTED)
STATE = np.int64(RejectReason.STATE)
ZERO = np.uint64(0)


@leaf_kernel
def next_in_stream(state, account):
    """The next number of an account's stream."""
    account_row = state.accounts[account]
    account_row.stream += 1
    return account_row.stream


@kernel
def market_event(state, out, kind, instrument):
    """A row with nothing but time, kind and instrument; the caller fills in the rest."""
    count = out.count
    out.count = count + 1
    row = out.rows[count]
    row.sequence = state.sequence
    row.time_ns = state.time_ns
    row.kind = kind
    row.reason = 0
    row.side = 0
    row.liquidity = 0
    row.state = 0
    row["flags"] = 0
    row.order_type = 0
    row.tif = 0
    row.account = 0
    row.session = 0
    row.instrument = instrument
    row.price = 0
    row.order_id = 0
    row.reference = 0
    row.client_order_id_0 = ZERO
    row.client_order_id_1 = ZERO
    row.client_order_id_2 = ZERO
    row.lots = 0
    row.leaves_lots = 0
    row.filled_lots = 0
    row.order_lots = 0
    row.level_lots = 0
    row.hidden_lots = 0
    row.value_tick_lots = 0
    row.account_sequence = 0
    row.amount_mills = 0
    return row


@leaf_kernel
def order_event(state, out, kind, order, lots, level_lots):
    """A row about one order as it stands now; `lots` and `level_lots` as EVENT says for this kind."""
    count = out.count
    out.count = count + 1
    row = out.rows[count]
    row.sequence = state.sequence
    row.time_ns = state.time_ns
    row.kind = kind
    row.reason = 0
    row.side = order.side
    row.liquidity = 0
    row.state = order.state
    row["flags"] = 0
    row.order_type = order.order_type
    row.tif = order.tif
    row.account = order.account
    row.session = order.session
    row.instrument = order.book
    row.price = order.price
    row.order_id = order.order_id
    row.reference = 0
    row.client_order_id_0 = order.client_order_id_0
    row.client_order_id_1 = order.client_order_id_1
    row.client_order_id_2 = order.client_order_id_2
    row.lots = lots
    row.leaves_lots = order.leaves_lots
    row.filled_lots = order.filled_lots
    row.order_lots = order.order_lots
    row.level_lots = level_lots
    row.hidden_lots = 0
    row.value_tick_lots = order.value_tick_lots
    row.account_sequence = 0
    row.amount_mills = 0
    return row


@kernel
def answer_event(state, out, kind, command, reason):
    """A row that answers a command that has no order: refusals, acknowledgements of the venue's own commands."""
    row = market_event(state, out, kind, np.int64(command.instrument))
    row.reason = reason
    row.account = command.account
    row.session = command.session
    row.reference = command.request_id
    return row


@kernel
def refuse(state, out, kind, command, reason):
    """REJ, RREJ, CREJ or REFUSED with its one reason (ORDER-003, ORDER-004)."""
    row = answer_event(state, out, kind, command, reason)
    row.side = command.side
    row.order_type = command.order_type
    row.tif = command.tif
    row.order_id = command.order_id
    row.client_order_id_0 = command.client_order_id_0
    row.client_order_id_1 = command.client_order_id_1
    row.client_order_id_2 = command.client_order_id_2
    if reason == STATE and 0 < command.instrument < state.books.shape[0]:
        row.liquidity = state.books[np.int64(command.instrument)].phase
    if kind == REJ:
        row.state = REJECTED
        row.price = np.int32(min(max(command.price, -0x7FFFFFFF), 0x7FFFFFFF))
        row.order_lots = command.lots
        if reason != UNKNOWN_ACCOUNT:
            row.account_sequence = next_in_stream(state, np.int64(command.account))
    return row


@leaf_kernel
def cancel_event(state, out, order, lots, level_lots, reason):
    """CXL: `lots` taken out; the order's own fields already say that nothing is left."""
    row = order_event(state, out, CXL, order, lots, level_lots)
    row.reason = reason
    row.account_sequence = next_in_stream(state, np.int64(order.account))
    return row
