"""Kernels that write the `depth` messages of one command for raw channels of all levels (MDATA-010, MDATA-013)."""

import numpy as np

from exchange.kernel import kernel, leaf_kernel
from exchange.kernel_codes import SIDE_BUY, SIDE_SELL
from exchange.machine import row_at
from exchange.publish.fold.frames import (
    CLOSE,
    DEPTH,
    JSON,
    MSGPACK,
    NS_PER_US,
    OPEN,
    add_run,
    body_of,
    put_byte,
    put_comma,
    put_end,
    put_field,
    put_length,
    put_pair,
    put_piece,
)

# Numbers of the literals; that of the implied ask is one more than that of the implied bid.
CHANNEL, SEQUENCE, ENGINE_SEQUENCE, TIME_US, BIDS, ASKS, PREVIOUS, IMPLIED_BID = (np.int64(piece) for piece in range(8))
FIELDS = np.int64(8)  # of a message without implied levels, the type among them
LEVEL, IMPLIED = np.int64(0), np.int64(1)  # kinds of changes


@leaf_kernel
def change_key(index, kind, side):
    """The key of a CHANGE row: its book, LEVEL or IMPLIED, and its side."""
    return index * 4 + kind * 2 + side


@kernel
def put_depth(event, fold, books, changes, runs, text, packed, literals):
    """Write the message of each raw channel whose book the command just read has changed."""
    for at in range(fold.begin, fold.changes):
        index = np.int64(row_at(changes, at).key) >> 2
        book = row_at(books, index)
        if book.channel == 0 or book.last_command == event.sequence:
            continue
        book.last_command = event.sequence
        bids, asks, implied = _count(fold, book, changes, index)
        if bids + asks + implied == 0:
            continue
        book.sequence += 1
        shape = (bids, asks, implied)
        start, packed_start = np.int64(fold.text), np.int64(fold.packed)
        if book.encodings & JSON:
            fold.text = _put_frame(text, start, np.int64(0), shape, event, fold, index, book, changes, literals)
        if book.encodings & MSGPACK:
            fold.packed = _put_frame(
                packed, packed_start, np.int64(1), shape, event, fold, index, book, changes, literals
            )
        _settle_implied(fold, book, changes, index)
        add_run(fold, runs, DEPTH, index, book.sequence, start, packed_start)


@leaf_kernel
def _count(fold, book, changes, index):
    """(changed bids, changed asks, bits of the sides whose implied price is not the published one)."""
    bids, asks, implied = np.int64(0), np.int64(0), np.int64(0)
    for at in range(fold.begin, fold.changes):
        change = row_at(changes, at)
        side = np.int64(change.key) & 1
        if change.key == change_key(index, IMPLIED, side):
            before = np.int64(book.implied_lots[side])
            same = change.lots == before and (before == 0 or change.tick == book.implied_tick[side])
            implied |= np.int64(0) if same else np.int64(1) << side
        elif change.key == change_key(index, LEVEL, side):
            bids, asks = bids + 1 - side, asks + side
    return bids, asks, implied


@leaf_kernel
def _settle_implied(fold, book, changes, index):
    """Note the implied prices of a message as published."""
    for at in range(fold.begin, fold.changes):
        change = row_at(changes, at)
        side = np.int64(change.key) & 1
        if change.key == change_key(index, IMPLIED, side):
            book.implied_tick[side], book.implied_lots[side] = change.tick, change.lots


@kernel
def _put_frame(target, start, packed, shape, event, fold, index, book, changes, literals):
    """Write one framed message from `start` on; returns its end. `packed`: 1 MessagePack, 0 JSON."""
    bids, asks, implied = shape
    body = body_of(start, bids + asks)
    at = put_field(target, body, packed, literals, CHANNEL, np.int64(book.channel))
    at = put_field(target, at, packed, literals, SEQUENCE, np.int64(book.sequence))
    at = put_field(target, at, packed, literals, ENGINE_SEQUENCE, np.int64(event.sequence))
    at = put_field(target, at, packed, literals, TIME_US, np.int64(event.time_ns) // NS_PER_US)
    at = put_piece(target, at, packed, literals, BIDS)
    at = _put_levels(target, at, packed, bids, fold, changes, change_key(index, LEVEL, SIDE_BUY))
    at = put_piece(target, at, packed, literals, ASKS)
    at = _put_levels(target, at, packed, asks, fold, changes, change_key(index, LEVEL, SIDE_SELL))
    at = put_field(target, at, packed, literals, PREVIOUS, book.sequence - 1)
    for side in range(2):
        if implied & np.int64(1) << side:
            at = put_piece(target, at, packed, literals, IMPLIED_BID + side)
            at = _put_implied(target, at, packed, fold, book, changes, change_key(index, IMPLIED, np.int64(side)))
    return put_end(target, start, body, at, packed, FIELDS + (implied & 1) + (implied >> 1))


@kernel
def _put_levels(target, at, packed, count, fold, changes, key):
    """Write the list of changed levels of one side."""
    at = put_length(target, at, count) if packed else put_byte(target, at, OPEN)
    written = 0
    for place in range(fold.begin, fold.changes):
        change = row_at(changes, place)
        if change.key == key:
            at = put_pair(target, put_comma(target, at, packed, written), packed, change.tick, change.lots)
            written += 1
    return at if packed else put_byte(target, at, CLOSE)


@leaf_kernel
def _put_implied(target, at, packed, fold, book, changes, key):
    """Write the implied level of a side: the new one, or the published price with 0 lots if there is none now."""
    for place in range(fold.begin, fold.changes):
        change = row_at(changes, place)
        if change.key == key:
            tick = np.int64(change.tick) if change.lots else np.int64(book.implied_tick[key & 1])
            at = put_pair(target, at, packed, tick, change.lots)
    return at
