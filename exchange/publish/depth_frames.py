"""Kernels that write a `depth` message of changed levels as a websocket frame, in JSON or MessagePack.

A kernel writes at place `at` of a uint8 array and returns the place after it. The caller has checked that there is room
for MESSAGE_BYTES, and LEVEL_BYTES for each level. `depth_literals` makes the literals here of the message's class, so
keys and their order are written there alone.
"""

import numpy as np

from exchange.kernel import kernel, leaf_kernel
from exchange.kernel_codes import SIDE_BUY, SIDE_SELL
from exchange.machine import copy_run, load_word, row_at, store_word

LEVEL_BYTES, MESSAGE_BYTES = np.int64(32), np.int64(512)  # most bytes of a level, and of all else in a message
NS_PER_US = np.int64(1_000)
TEXT_FRAME, BINARY_FRAME = np.int64(0x81), np.int64(0x82)  # RFC 6455, section 5.2
HEADER_SHORT, HEADER, HEADER_LONG = np.int64(2), np.int64(4), np.int64(10)  # bytes
SHORT_BELOW, LONG_FROM = np.int64(126), np.int64(65_536)
PIECES, PIECE_BYTES = np.int64(9), np.int64(32)  # literals of an encoding; the last byte of each is its length
# Numbers of the pieces; that of the implied ask is one more than that of the implied bid.
CHANNEL, SEQUENCE, ENGINE_SEQUENCE, TIME_US, BIDS, ASKS, PREVIOUS, IMPLIED_BID = (np.int64(piece) for piece in range(8))
FIELDS = np.int64(8)  # fields of a message without implied levels, the type among them
MINUS, COMMA, OPEN, CLOSE, END, ZERO = (np.int64(ord(sign)) for sign in "-,[]}0")
LEVEL, IMPLIED = np.int64(0), np.int64(1)  # kinds of changes


@leaf_kernel
def change_key(index, kind, side):
    """The key of a CHANGE row: its book, LEVEL or IMPLIED, and its side."""
    return index * 4 + kind * 2 + side


@kernel
def put_frame(target, start, packed, shape, event, fold, index, book, changes, literals):
    """Write one framed message from `start` on; returns its end. `packed`: 1 MessagePack, 0 JSON."""
    bids, asks, implied = shape
    long = (bids + asks) * LEVEL_BYTES + MESSAGE_BYTES >= LONG_FROM
    body = start + (HEADER_LONG if long else HEADER)
    at = _put_field(target, body, packed, literals, CHANNEL, np.int64(book.channel))
    at = _put_field(target, at, packed, literals, SEQUENCE, np.int64(book.sequence))
    at = _put_field(target, at, packed, literals, ENGINE_SEQUENCE, np.int64(event.sequence))
    at = _put_field(target, at, packed, literals, TIME_US, np.int64(event.time_ns) // NS_PER_US)
    at = _put_piece(target, at, packed, literals, BIDS)
    at = _put_levels(target, at, packed, bids, fold, changes, change_key(index, LEVEL, SIDE_BUY))
    at = _put_piece(target, at, packed, literals, ASKS)
    at = _put_levels(target, at, packed, asks, fold, changes, change_key(index, LEVEL, SIDE_SELL))
    at = _put_field(target, at, packed, literals, PREVIOUS, book.sequence - 1)
    for side in range(2):
        if implied & np.int64(1) << side:
            at = _put_piece(target, at, packed, literals, IMPLIED_BID + side)
            at = _put_implied(target, at, packed, fold, book, changes, change_key(index, IMPLIED, np.int64(side)))
    if packed:
        target[body] = np.int64(0x80) + FIELDS + (implied & 1) + (implied >> 1)
    else:
        target[at] = END
        at += 1
    return _put_header(target, start, body, at - body, BINARY_FRAME if packed else TEXT_FRAME)


@leaf_kernel
def _put_piece(target, at, packed, literals, piece):
    start = (packed * PIECES + piece) * PIECE_BYTES
    length = np.int64(literals[start + PIECE_BYTES - 1])
    copy_run(target, at, literals, start, length)
    return at + length


@leaf_kernel
def _put_field(target, at, packed, literals, piece, value):
    return _put_number(target, _put_piece(target, at, packed, literals, piece), packed, value)


@kernel
def _put_levels(target, at, packed, count, fold, changes, key):
    """Write the list of changed levels of one side."""
    at = _put_length(target, at, count) if packed else _put_byte(target, at, OPEN)
    first = True
    for place in range(fold.begin, fold.changes):
        change = row_at(changes, place)
        if change.key == key:
            if not packed and not first:
                at = _put_byte(target, at, COMMA)
            first = False
            at = _put_pair(target, at, packed, change.tick, change.lots)
    return at if packed else _put_byte(target, at, CLOSE)


@leaf_kernel
def _put_implied(target, at, packed, fold, book, changes, key):
    """Write the implied level of a side: the new one, or the published price with 0 lots if there is none now."""
    for place in range(fold.begin, fold.changes):
        change = row_at(changes, place)
        if change.key == key:
            tick = np.int64(change.tick) if change.lots else np.int64(book.implied_tick[key & 1])
            at = _put_pair(target, at, packed, tick, change.lots)
    return at


@kernel
def _put_pair(target, at, packed, tick, lots):
    """Write a price and its lots."""
    if packed:
        return _put_number(
            target, _put_number(target, _put_length(target, at, np.int64(2)), packed, tick), packed, lots
        )
    at = _put_number(target, _put_byte(target, at, OPEN), packed, tick)
    return _put_byte(target, _put_number(target, _put_byte(target, at, COMMA), packed, lots), CLOSE)


@leaf_kernel
def _put_byte(target, at, value):
    target[at] = value
    return at + 1


@kernel
def _put_number(target, at, packed, value):
    """Write an integer: digits of JSON, or the shortest form of MessagePack."""
    if packed:
        if value >= 0:
            size = (value > 0x7F) + (value > 0xFF) + 2 * (value > 0xFFFF) + 4 * (value > 0xFFFFFFFF)
        else:
            size = (value < -0x20) + (value < -0x80) + 2 * (value < -0x8000) + 4 * (value < -0x80000000)
        if size:
            kind = (size > 1) + (size > 2) + np.int64(size > 4)
            at = _put_byte(target, at, np.int64(0xCC if value >= 0 else 0xD0) + kind)
        return _put_big_endian(target, at, max(np.int64(size), np.int64(1)), value)
    if value < 0:
        at, value = _put_byte(target, at, MINUS), -value
    digits, rest = 1, value // 10
    while rest:
        digits, rest = digits + 1, rest // 10
    for place in range(at + digits - 1, at - 1, -1):
        target[place] = ZERO + value % 10
        value //= 10
    return at + digits


@leaf_kernel
def _put_big_endian(target, at, size, value):
    for place in range(size):
        target[at + place] = value >> 8 * (size - 1 - place) & 0xFF
    return at + size


@leaf_kernel
def _put_length(target, at, count):
    """Write the head of a list in MessagePack."""
    if count < 16:
        return _put_byte(target, at, np.int64(0x90) + count)
    size = np.int64(2) if count < LONG_FROM else np.int64(4)
    return _put_big_endian(target, _put_byte(target, at, np.int64(0xDC) + (size >> 2)), size, count)


@leaf_kernel
def _put_header(target, start, body, length, first):
    """Write the head of a frame, and move its payload behind it; returns the end of the frame."""
    size = HEADER_SHORT if length < SHORT_BELOW else HEADER if length < LONG_FROM else HEADER_LONG
    if start + size != body:
        for at in range(0, length, 8):
            store_word(target, start + size + at, load_word(target, body + at))
    target[start] = first
    if size == HEADER_SHORT:
        target[start + 1] = length
    else:
        mark = SHORT_BELOW if size == HEADER else SHORT_BELOW + 1
        _put_big_endian(target, _put_byte(target, start + 1, mark), size - 2, length)
    return start + size + length
