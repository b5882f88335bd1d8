"""Writes EVENT rows into the event buffer. The buffer is used again and again, so every field is written each time.

The *codes* of a row are its eight one-byte fields from `kind` on, as one word."""

import numpy as np

from exchange.book.layout import ORDER
from exchange.codes import CommandFlag, EventFlag
from exchange.kernel import kernel, leaf_kernel
from exchange.kernel_codes import (
    CANCEL_EXPIRED,
    EVENT_FILL,
    EVENT_ORDER_CANCELLED,
    EVENT_ORDER_REJECTED,
    FLAG_LIQUIDATION,
    ORDER_STATE_CANCELLED,
    ORDER_STATE_EXPIRED,
    ORDER_STATE_FILLED,
    ORDER_STATE_REJECTED,
    REJECT_STATE,
    REJECT_UNKNOWN_ACCOUNT,
)
from exchange.machine import clear_row, copy_bytes, put_word, word_at
from exchange.records import EVENT, place_in

FILL = np.uint64(EVENT_FILL)
CXL = np.uint64(EVENT_ORDER_CANCELLED)


def code_word(row: np.dtype, first: str, **codes: int) -> np.uint64:
    """One word for the eight one-byte fields from `first` on, with the given values, 0 for those not named."""
    shifts = {name: 8 * (place_in(row, name) - place_in(row, first)) for name in codes}
    assert all(0 <= shift < 64 for shift in shifts.values()), f"not in one word: {shifts}"
    return np.uint64(sum(code << shifts[name] for name, code in codes.items()))


CODES = place_in(EVENT, "kind")
ACCOUNT, INSTRUMENT, REFERENCE = (place_in(EVENT, name) for name in ("account", "instrument", "reference"))
CLIENT_ORDER_ID, LOTS, TOTALS, LEVEL_LOTS = (
    place_in(EVENT, name) for name in ("client_order_id_0", "lots", "filled_lots", "level_lots")
)
# Fields that ORDER and EVENT have at the same offset. Events copy them.
SHARED_FIELDS = (
    "side", "state", "order_type", "tif", "account", "session", "price", "order_id", "client_order_id_0",
    "client_order_id_1", "client_order_id_2", "leaves_lots", "filled_lots", "order_lots",
)  # fmt: skip
assert all(place_in(ORDER, name) == place_in(EVENT, name) for name in SHARED_FIELDS)
assert place_in(ORDER, "book") == INSTRUMENT
# The flag LIQUIDATION is the same bit of an order and of its events.
LASTING = {"flags": int(EventFlag.LIQUIDATION)}
assert place_in(ORDER, "flags") == place_in(EVENT, "flags")
assert int(EventFlag.LIQUIDATION) == int(CommandFlag.LIQUIDATION)
SHARED_CODES = code_word(EVENT, "kind", **dict.fromkeys(SHARED_FIELDS[:4], 0xFF), **LASTING)
LASTING_CODES = code_word(EVENT, "kind", side=0xFF, order_type=0xFF, tif=0xFF, **LASTING)
CANCEL_REASON_SHIFT, LIQUIDITY_SHIFT, STATE_SHIFT, FLAGS_SHIFT = (
    np.uint64(8 * (place_in(EVENT, name) - CODES)) for name in ("cancel_reason", "liquidity", "state", "flags")
)


@leaf_kernel
def next_in_stream(state, account):
    """Take the next number of an account's stream of events."""
    account_row = state.accounts[account]
    account_row.stream += 1
    return account_row.stream


@leaf_kernel
def next_row(out):
    """Take the next row of the buffer. The caller writes all of its fields."""
    count = out.count
    out.count = count + 1
    return out.rows[count]


@leaf_kernel
def market_event(state, out, kind, instrument):
    """Begin an event: sequence, time, kind and instrument; all other fields are 0. Returns the row."""
    row = next_row(out)
    clear_row(row)
    row.sequence = state.sequence
    row.time_ns = state.time_ns
    row.kind = kind
    row.instrument = instrument
    return row


@leaf_kernel
def copied_order_event(state, out, order, codes):
    """Begin an event of an order that has not just been written, as most orders that leave or trade. Returns the row.

    It copies the ORDER row in wide moves; `order_event` says when not to. The caller writes `reference` and all fields
    after the client order id. `codes`: of the event.
    """
    row = next_row(out)
    row.sequence = state.sequence
    row.time_ns = state.time_ns
    copy_bytes(row, order, CODES, REFERENCE)
    put_word(row, CODES, codes)
    copy_bytes(row, order, CLIENT_ORDER_ID, LOTS)
    return row


@leaf_kernel
def order_codes(order):
    """Codes that an event takes over from its order: side, state, type and time in force."""
    return word_at(order, CODES) & SHARED_CODES


@leaf_kernel
def order_event(state, out, kind, order, lots, level_lots):
    """Write an event of an order with its present fields; all other fields are 0. Returns the row.

    lots        for field `lots`; EVENT_KINDS says what this kind of event keeps there
    level_lots  lots that the order's level shows

    It may be called right after the order was written: it copies field by field, because a wide load of several recent
    stores would wait until all of them have reached the cache.
    """
    row = next_row(out)
    row.sequence = state.sequence
    row.time_ns = state.time_ns
    put_word(row, CODES, order_codes(order) | np.uint64(kind))
    put_word(row, ACCOUNT, word_at(order, ACCOUNT))
    put_word(row, INSTRUMENT, word_at(order, INSTRUMENT))
    row.order_id = order.order_id
    row.reference = 0
    row.client_order_id_0 = order.client_order_id_0
    row.client_order_id_1 = order.client_order_id_1
    row.client_order_id_2 = order.client_order_id_2
    row.lots = lots
    row.leaves_lots = order.leaves_lots
    put_word(row, TOTALS, word_at(order, TOTALS))
    row.level_lots = level_lots
    row.hidden_lots = 0
    row.value_tick_lots = order.value_tick_lots
    row.account_sequence = 0
    row.amount_mills = 0
    return row


@kernel
def answer_event(state, out, kind, command, reason):
    """Write an event that answers a command and is about no order, such as SESSION. Returns the row.

    reason  for field `reason`: a RejectReason, or what this kind of event keeps there
    """
    row = market_event(state, out, kind, np.int64(command.instrument))
    row.reason = reason
    row.account = command.account
    row.session = command.session
    row.reference = command.request_id
    return row


@kernel
def refuse(state, out, kind, command, reason):
    """Write the refusal of a command, of EventKind `kind`, with one reason (ORDER-003, ORDER-004). Returns the row."""
    row = answer_event(state, out, kind, command, reason)
    row.side = command.side
    row.order_type = command.order_type
    row.tif = command.tif
    row.order_id = command.order_id
    row.client_order_id_0 = command.client_order_id_0
    row.client_order_id_1 = command.client_order_id_1
    row.client_order_id_2 = command.client_order_id_2
    if reason == REJECT_STATE and 0 < command.instrument < state.books.shape[0]:
        row.book_state = state.books[np.int64(command.instrument)].market_state
    if kind == EVENT_ORDER_REJECTED:
        row["flags"] = command["flags"] & FLAG_LIQUIDATION
        row.state = ORDER_STATE_REJECTED
        row.price = np.int32(min(max(command.price, -0x7FFFFFFF), 0x7FFFFFFF))
        row.order_lots = command.lots
        if reason != REJECT_UNKNOWN_ACCOUNT:
            row.account_sequence = next_in_stream(state, np.int64(command.account))
    return row


@leaf_kernel
def fill_codes(order, lots, liquidity):
    """Codes of a FILL. Call it before the lots are taken off the order."""
    ended = ORDER_STATE_FILLED if lots == order.leaves_lots else np.int64(order.state)
    shared = word_at(order, CODES) & LASTING_CODES
    return shared | FILL | np.uint64(ended) << STATE_SHIFT | np.uint64(liquidity) << LIQUIDITY_SHIFT


@leaf_kernel
def cancel_event(state, out, order, account, codes, lots, level_lots, request_id):
    """Write a CXL. Returns the row.

    codes       the order's `cancel_codes`
    lots        that are cancelled, all that are left
    level_lots  lots that its level then shows, 0 if it was at none
    request_id  of the command that the CXL answers, 0 none
    """
    row = copied_order_event(state, out, order, codes)
    row.reference = request_id
    put_word(row, LOTS, np.uint64(lots))
    put_word(row, TOTALS, word_at(order, TOTALS))
    put_word(row, LEVEL_LOTS, np.uint64(level_lots))
    row.value_tick_lots = order.value_tick_lots
    row.account_sequence = next_in_stream(state, account)
    row.amount_mills = 0
    return row


@leaf_kernel
def cancel_codes(order, reason, flags):
    """Codes of a CXL. Call it before the order is changed."""
    ended = ORDER_STATE_EXPIRED if reason == CANCEL_EXPIRED else ORDER_STATE_CANCELLED
    shared = word_at(order, CODES) & LASTING_CODES
    return (
        shared
        | CXL
        | np.uint64(reason) << CANCEL_REASON_SHIFT
        | np.uint64(ended) << STATE_SHIFT
        | np.uint64(flags) << FLAGS_SHIFT
    )


@kernel
def write_price_range(row, lowest, highest):
    """Write the range of allowed prices, ticks, into a REJ or RREJ for BAND."""
    row.lowest_tick = lowest
    row.highest_tick = highest
