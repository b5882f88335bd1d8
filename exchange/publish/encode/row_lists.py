"""Kernels that write messages with rows: the reply to a mass quote, the fill of a combination."""

import numpy as np

from exchange.kernel import kernel, leaf_kernel
from exchange.kernel_codes import EVENT_LEG_FILLED, EVENT_QUOTE_ACCEPTED, QUOTE_REFUSED
from exchange.publish.encode import row_values
from exchange.publish.encode.put import (
    BINARY,
    CLOSE_ARRAY,
    COMMA,
    JSON,
    OPEN_ARRAY,
    put_decimal,
    put_little_endian,
    put_packed_array,
    put_packed_integer,
)
from exchange.publish.encode.reply_forms import REPLY_QUOTED, count_entries, is_entry_of_quote
from exchange.publish.encode.row_message import CLOSE_OBJECT, begin_message, derive_code, instrument_id_of, put_record

CODE = row_values.CODE


@leaf_kernel
def put_number(encoding, out, at, value):
    """Put an integer in either encoding."""
    return put_decimal(out, at, value) if encoding == JSON else put_packed_integer(out, at, value)


@leaf_kernel
def put_comma(encoding, out, at):
    """Put what stands between two items of an array."""
    if encoding == JSON:
        out[at] = COMMA
        return at + 1
    return at


@leaf_kernel
def open_array(encoding, out, at, count):
    """Put what stands before the items of an array."""
    if encoding == JSON:
        out[at] = OPEN_ARRAY
        return at + 1
    return put_packed_array(out, at, count)


@leaf_kernel
def close_array(encoding, out, at):
    """Put what stands behind the items of an array."""
    if encoding == JSON:
        out[at] = CLOSE_ARRAY
        return at + 1
    return at


@kernel
def put_entry(tables, event, encoding, out, at):
    """Put the row of one entry of a mass quote: instrument, state and order of the bid and of the ask, error code."""
    at = open_array(encoding, out, at, 6)
    at = put_comma(encoding, out, put_number(encoding, out, at, instrument_id_of(tables, np.int64(event.instrument))))
    bid_state, bid_id, ask_state, ask_id, code = QUOTE_REFUSED, np.int64(0), QUOTE_REFUSED, np.int64(0), np.int64(0)
    if event.kind == EVENT_QUOTE_ACCEPTED:
        bid_state, bid_id = np.int64(event.bid_state), event.bid_id
        ask_state, ask_id = np.int64(event.ask_state), np.int64(event.ask_id)
    else:
        derive_code(tables, event.reason, event.book_state)
        code = tables.values[CODE]
    at = put_comma(encoding, out, put_number(encoding, out, at, bid_state))
    at = put_comma(encoding, out, put_number(encoding, out, at, bid_id))
    at = put_comma(encoding, out, put_number(encoding, out, at, ask_state))
    at = put_comma(encoding, out, put_number(encoding, out, at, ask_id))
    return close_array(encoding, out, put_number(encoding, out, at, code))


@leaf_kernel
def put_entry_record(tables, event, out, at):
    """As `put_entry`, in binary (`wire.binary.QUOTE_RESULT`)."""
    at = put_little_endian(out, at, instrument_id_of(tables, np.int64(event.instrument)), 4)
    if event.kind == EVENT_QUOTE_ACCEPTED:
        at = put_little_endian(out, at, 0, 2)
        at = put_little_endian(out, at, np.int64(event.bid_state), 1)
        at = put_little_endian(out, at, np.int64(event.ask_state), 1)
        at = put_little_endian(out, at, event.bid_id, 8)
        return put_little_endian(out, at, np.int64(event.ask_id), 8)
    derive_code(tables, event.reason, event.book_state)
    at = put_little_endian(out, at, tables.values[CODE], 2)
    at = put_little_endian(out, at, QUOTE_REFUSED, 1)
    at = put_little_endian(out, at, QUOTE_REFUSED, 1)
    return put_little_endian(out, put_little_endian(out, at, 0, 8), 0, 8)


@kernel
def put_quote_record(tables, events, begin, stop, out, start):
    """As `put_quote_reply`, in binary."""
    at = put_record(tables, REPLY_QUOTED, out, start)
    put_little_endian(out, start + tables.quote_count_at, count_entries(events, begin, stop), 4)
    for place in range(begin, stop):
        if is_entry_of_quote(events[place]):
            at = put_entry_record(tables, events[place], out, at)
    put_little_endian(out, start, at - start, 4)
    return at


@kernel
def put_quote_reply(tables, events, begin, stop, encoding, out, at):
    """Put the reply to a mass quote: a row for each entry (ENTRY-020, ENTRY-021)."""
    if encoding == BINARY:
        return put_quote_record(tables, events, begin, stop, out, at)
    at = begin_message(tables, REPLY_QUOTED, encoding, out, at)
    at = open_array(encoding, out, at, count_entries(events, begin, stop))
    written = 0
    for place in range(begin, stop):
        if is_entry_of_quote(events[place]):
            if written:
                at = put_comma(encoding, out, at)
            at = put_entry(tables, events[place], encoding, out, at)
            written += 1
    at = close_array(encoding, out, at)
    if encoding == JSON:
        out[at] = CLOSE_OBJECT
        at += 1
    return at


@leaf_kernel
def count_legs(events, place, stop):
    """Number of rows about the legs of the fill in row `place`; 0: it is no fill of a combination. `stop`: behind the
    last row of its command."""
    count, number = 0, events[place].account_sequence
    while place + 1 + count < stop:
        row = events[place + 1 + count]
        if row.kind != EVENT_LEG_FILLED or row.account_sequence != number:
            break
        count += 1
    return count


@kernel
def put_fill_of_legs(tables, form, events, place, legs, encoding, out, at):
    """Put the fill of a combination, with a row for each leg: instrument and price (SETTLE-012)."""
    at = begin_message(tables, form, encoding, out, at)
    at = open_array(encoding, out, at, legs)
    for number in range(1, legs + 1):
        leg = events[place + number]
        if number > 1:
            at = put_comma(encoding, out, at)
        at = put_number(
            encoding, out, open_array(encoding, out, at, 2), instrument_id_of(tables, np.int64(leg.instrument))
        )
        at = put_number(encoding, out, put_comma(encoding, out, at), np.int64(leg.trade_tick))
        at = close_array(encoding, out, at)
    at = close_array(encoding, out, at)
    if encoding == JSON:
        out[at] = CLOSE_OBJECT
        at += 1
    return at
