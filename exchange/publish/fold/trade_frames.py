"""Kernels that write the `trades` messages of one command (MDATA-012)."""

import numpy as np

from exchange.kernel import kernel, leaf_kernel
from exchange.kernel_codes import EVENT_FLAG_IMPLIED, LIQUIDITY_AUCTION, LIQUIDITY_TAKER
from exchange.machine import row_at
from exchange.publish.fold.frames import (
    CLOSE,
    JSON,
    MSGPACK,
    NS_PER_US,
    OPEN,
    TRADE_PIECES,
    add_run,
    body_of,
    put_byte,
    put_comma,
    put_end,
    put_field,
    put_length,
    put_number,
    put_piece,
)

# Numbers of the literals. That of an uncross has its value, too; then come the three aggressors.
CHANNEL, SEQUENCE, ENGINE_SEQUENCE, TIME_US, ROWS, PREVIOUS, AUCTION, BUYER = (
    TRADE_PIECES + piece for piece in range(8)
)
FIELDS = np.int64(7)  # of a message that is of no uncross, the type among them


@kernel
def put_trades(rows, fold, books, places, runs, text, packed, literals):
    """Write the message of each book with watched prints by the command just read, in the order of their first ones.

    places   where these prints are in `rows`
    """
    for first in range(fold.places):
        event = row_at(rows, places[first])
        index = np.int64(event.instrument)
        book = row_at(books, index)
        if book.printed == book.trade_id:
            continue  # its message is written
        start, packed_start = np.int64(fold.text), np.int64(fold.packed)
        if book.trade_encodings & JSON:
            fold.text = _put_frame(text, start, np.int64(0), rows, fold, index, book, places, first, literals)
        if book.trade_encodings & MSGPACK:
            fold.packed = _put_frame(
                packed, packed_start, np.int64(1), rows, fold, index, book, places, first, literals
            )
        book.printed = book.trade_id
        add_run(fold, runs, np.int64(book.trade_channel), np.int64(book.trade_id), start, packed_start)


@kernel
def _put_frame(target, start, packed, rows, fold, index, book, places, first, literals):
    """Write one framed message: the prints of a book from number `first` of the places on. Returns its end."""
    event = row_at(rows, places[first])
    count = _count(rows, fold, index, places)
    body = body_of(start, count)
    at = put_field(target, body, packed, literals, CHANNEL, np.int64(book.trade_channel))
    at = put_field(target, at, packed, literals, SEQUENCE, np.int64(book.trade_id))
    at = put_field(target, at, packed, literals, ENGINE_SEQUENCE, np.int64(event.sequence))
    at = put_field(target, at, packed, literals, TIME_US, np.int64(event.time_ns) // NS_PER_US)
    at = put_piece(target, at, packed, literals, ROWS)
    at = put_length(target, at, count) if packed else put_byte(target, at, OPEN)
    written = 0
    for number in range(first, fold.places):
        row = row_at(rows, places[number])
        if row.instrument == index:
            at = _put_print(target, put_comma(target, at, packed, written), packed, row, literals)
            written += 1
    at = at if packed else put_byte(target, at, CLOSE)
    at = put_field(target, at, packed, literals, PREVIOUS, np.int64(book.printed))
    auction = np.int64(event.liquidity == LIQUIDITY_AUCTION)
    if auction:
        at = put_piece(target, at, packed, literals, AUCTION)
    return put_end(target, start, body, at, packed, FIELDS + auction)


@leaf_kernel
def _count(rows, fold, index, places):
    count = np.int64(0)
    for number in range(fold.places):
        count += row_at(rows, places[number]).instrument == index
    return count


@kernel
def _put_print(target, at, packed, event, literals):
    """Write id, price, lots and aggressor of a print."""
    at = put_length(target, at, np.int64(4)) if packed else put_byte(target, at, OPEN)
    at = put_comma(target, put_number(target, at, packed, np.int64(event.trade_id)), packed, 1)
    at = put_comma(target, put_number(target, at, packed, np.int64(event.trade_tick)), packed, 2)
    at = put_comma(target, put_number(target, at, packed, np.int64(event.lots)), packed, 3)
    at = put_piece(target, at, packed, literals, BUYER + _aggressor(event))
    return at if packed else put_byte(target, at, CLOSE)


@leaf_kernel
def _aggressor(event):
    """Side of the aggressor; 2: there is none, in an uncross or for a leg of an implied group."""
    side = np.int64(event.side)
    if event.liquidity == LIQUIDITY_AUCTION:
        return np.int64(2)
    if event["flags"] & EVENT_FLAG_IMPLIED:
        return side if event.liquidity == LIQUIDITY_TAKER else np.int64(2)
    return np.int64(1) - side
