"""Writes EVENT rows. Every field of a row is written every time: the buffer is used again and again."""

import numpy as np

from exchange.book.layout import ORDER
from exchange.codes import EventKind, OrderState, RejectReason
from exchange.kernel import copy_bytes, kernel, leaf_kernel, put_word, word_at
from exchange.records import EVENT

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


def _place(name: str) -> int:
    """Where a field begins in an EVENT row."""
    return int(EVENT.fields[name][1])  # type: ignore[index]  # a record type has fields


CODES = _place("kind")
ACCOUNT = _place("account")
REFERENCE = _place("reference")
CLIENT_ORDER_ID = _place("client_order_id_0")
LEVEL_LOTS = _place("level_lots")
# What ORDER and EVENT have in the same place: between these, and of the codes those of SAME_CODES.
SAME = (
    "side", "state", "order_type", "tif", "account", "session", "price", "order_id", "client_order_id_0",
    "client_order_id_1", "client_order_id_2", "leaves_lots", "filled_lots", "order_lots",
)  # fmt: skip
assert all(ORDER.fields[name][1] == EVENT.fields[name][1] for name in SAME)  # type: ignore[index]
SAME_CODES = np.uint64(sum(0xFF << 8 * (_place(name) - CODES) for name in SAME[:4]))


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
    put_word(row, CODES, (word_at(order, CODES) & SAME_CODES) | np.uint64(kind))
    copy_bytes(row, order, ACCOUNT, REFERENCE)
    row.reference = 0
    copy_bytes(row, order, CLIENT_ORDER_ID, LEVEL_LOTS)
    row.lots = lots
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


@kernel
def tell_prices(row, lowest, highest):
    """The prices that an order which was refused for BAND might have had. `row`: its REJ or RREJ."""
    row.level_lots = lowest
    row.hidden_lots = highest
