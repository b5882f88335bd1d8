"""Kernels that write the `depth` message of one command for a raw channel, of all levels or few (MDATA-010)."""

import numpy as np

from exchange.kernel import kernel, leaf_kernel
from exchange.kernel_codes import SIDE_BUY, SIDE_SELL
from exchange.machine import row_at
from exchange.publish.fold.checksums import CHECKSUM_US, checksum_of
from exchange.publish.fold.frames import (
    CLOSE,
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
from exchange.publish.fold.ladders import SHOWN_MAX
from exchange.publish.fold.streams import show_side

# Numbers of the literals. What is said of the asks has one more than the same of the bids.
CHANNEL, SEQUENCE, ENGINE_SEQUENCE, TIME_US, BIDS = (np.int64(piece) for piece in range(5))
PREVIOUS, IMPLIED_BID, CHECKSUM = np.int64(6), np.int64(7), np.int64(9)
FIELDS = np.int64(8)  # of a message without implied levels and checksum, the type among them
LEVEL, IMPLIED = np.int64(0), np.int64(1)  # kinds of changes


@leaf_kernel
def change_key(index, kind, side):
    """The key of a CHANGE row: its book, LEVEL or IMPLIED, and its side."""
    return index * 4 + kind * 2 + side


@kernel
def put_depth(event, fold, index, book, changes, ladder, stream, shown, runs, text, packed, literals, remainders):
    """Write the message of one raw channel if the command just read has changed what it shows.

    shown   SHOWN_CHANGES, filled for a channel of few levels
    """
    if stream.levels:
        show_side(ladder, stream, shown, SIDE_BUY)
        show_side(ladder, stream, shown, SIDE_SELL)
        bids, asks = np.int64(shown.used[SIDE_BUY]), np.int64(shown.used[SIDE_SELL])
    else:
        bids, asks = _count(fold, changes, index)
    implied = changed_implied(book)
    if bids + asks + implied == 0:
        return
    stream.sequence += 1
    time_us = np.int64(event.time_ns) // NS_PER_US
    checked = time_us - stream.checksum_us >= CHECKSUM_US
    checksum = np.int64(0)
    if checked:
        stream.checksum_us = time_us
        checksum = checksum_of(ladder, np.int64(stream.levels), remainders)
    shape = (bids, asks, implied, np.int64(checked), checksum)
    start, packed_start = np.int64(fold.text), np.int64(fold.packed)
    if stream.encodings & JSON:
        fold.text = _put_frame(
            text, start, np.int64(0), shape, event, fold, index, book, changes, stream, shown, literals
        )
    if stream.encodings & MSGPACK:
        fold.packed = _put_frame(
            packed, packed_start, np.int64(1), shape, event, fold, index, book, changes, stream, shown, literals
        )
    add_run(fold, runs, np.int64(stream.channel), np.int64(stream.sequence), start, packed_start)


@leaf_kernel
def _count(fold, changes, index):
    """(changed bids, changed asks) of a book."""
    bids, asks = np.int64(0), np.int64(0)
    for at in range(fold.begin, fold.changes):
        key = np.int64(row_at(changes, at).key)
        bids += key == change_key(index, LEVEL, SIDE_BUY)
        asks += key == change_key(index, LEVEL, SIDE_SELL)
    return bids, asks


@leaf_kernel
def changed_implied(book):
    """Bits of the sides whose implied price is not the published one."""
    changed = np.int64(0)
    for side in range(2):
        lots, before = np.int64(book.implied_lots[side]), np.int64(book.sent_lots[side])
        same = lots == before and (before == 0 or book.implied_tick[side] == book.sent_tick[side])
        changed |= np.int64(0) if same else np.int64(1) << side
    return changed


@leaf_kernel
def settle_implied(book):
    """Note the implied prices as published."""
    for side in range(2):
        book.sent_tick[side], book.sent_lots[side] = book.implied_tick[side], book.implied_lots[side]


@kernel
def _put_frame(target, start, packed, shape, event, fold, index, book, changes, stream, shown, literals):
    """Write one framed message from `start` on; returns its end. `packed`: 1 MessagePack, 0 JSON."""
    bids, asks, implied, checked, checksum = shape
    body = body_of(start, bids + asks)
    at = put_field(target, body, packed, literals, CHANNEL, np.int64(stream.channel))
    at = put_field(target, at, packed, literals, SEQUENCE, np.int64(stream.sequence))
    at = put_field(target, at, packed, literals, ENGINE_SEQUENCE, np.int64(event.sequence))
    at = put_field(target, at, packed, literals, TIME_US, np.int64(event.time_ns) // NS_PER_US)
    for side in range(2):
        at = put_piece(target, at, packed, literals, BIDS + side)
        count = asks if side else bids
        at = put_length(target, at, count) if packed else put_byte(target, at, OPEN)
        if stream.levels:
            at = _put_shown(target, at, packed, shown, side)
        else:
            at = _put_changes(target, at, packed, fold, changes, change_key(index, LEVEL, side))
        at = at if packed else put_byte(target, at, CLOSE)
    at = put_field(target, at, packed, literals, PREVIOUS, np.int64(stream.sequence) - 1)
    for side in range(2):
        if implied & np.int64(1) << side:
            at = put_piece(target, at, packed, literals, IMPLIED_BID + side)
            at = _put_implied(target, at, packed, book, side)
    if checked:
        at = put_field(target, at, packed, literals, CHECKSUM, checksum)
    return put_end(target, start, body, at, packed, FIELDS + (implied & 1) + (implied >> 1) + checked)


@leaf_kernel
def _put_changes(target, at, packed, fold, changes, key):
    """Write the changed levels of one side of a book."""
    written = 0
    for place in range(fold.begin, fold.changes):
        change = row_at(changes, place)
        if change.key == key:
            at = put_pair(target, put_comma(target, at, packed, written), packed, change.tick, change.lots)
            written += 1
    return at


@leaf_kernel
def _put_shown(target, at, packed, shown, side):
    """Write the changes of what a channel of few levels shows of one side."""
    first = 2 * SHOWN_MAX * side
    for place in range(shown.used[side]):
        tick, lots = shown.ticks[first + place], shown.lots[first + place]
        at = put_pair(target, put_comma(target, at, packed, place), packed, tick, lots)
    return at


@leaf_kernel
def _put_implied(target, at, packed, book, side):
    """Write the implied level of a side: the new one, or the published price with 0 lots if there is none now."""
    lots = np.int64(book.implied_lots[side])
    tick = np.int64(book.implied_tick[side]) if lots else np.int64(book.sent_tick[side])
    return put_pair(target, at, packed, tick, lots)
