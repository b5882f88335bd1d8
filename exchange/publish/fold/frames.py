"""Kernels that write parts of market data messages and frame them, in JSON or MessagePack.

A kernel writes at place `at` of a uint8 array and returns the place after it. The caller has checked that there is room
for MESSAGE_BYTES and for ITEM_BYTES for each level or print. Literals are those of `literals`, which takes them
from the classes of the messages: keys and their order are written there alone. `packed`: 1 MessagePack, 0 JSON.
"""

import numpy as np

from exchange.kernel import kernel, leaf_kernel
from exchange.machine import copy_run, load_word, row_at, store_word
from exchange.publish.encode.put import put_big_endian, put_decimal, put_packed_integer

ITEM_BYTES, MESSAGE_BYTES = np.int64(64), np.int64(512)  # most bytes of a level or print, and of all else in a message
NS_PER_US = np.int64(1_000)
JSON, MSGPACK = np.int64(1), np.int64(2)  # bits of the encodings of a channel
TEXT_FRAME, BINARY_FRAME = np.int64(0x81), np.int64(0x82)  # RFC 6455, section 5.2
HEADER_SHORT, HEADER, HEADER_LONG = np.int64(2), np.int64(4), np.int64(10)  # bytes
SHORT_BELOW, LONG_FROM = np.int64(126), np.int64(65_536)
PIECE_BYTES = np.int64(32)  # of a literal; the last one is its length
MESSAGE_PIECES, PIECES_MAX = np.int64(12), np.int64(36)  # most literals of a message; literals of an encoding
TRADE_PIECES, TOP_PIECES = np.int64(12), np.int64(24)  # number of the first literal; it is 0 of `depth`
COMMA, OPEN, CLOSE, END = (np.int64(ord(sign)) for sign in ",[]}")


@leaf_kernel
def body_of(start, rows):
    """Where the payload of a frame with so many levels or prints begins at first; `put_header` moves it."""
    return start + (HEADER_LONG if rows * ITEM_BYTES + MESSAGE_BYTES >= LONG_FROM else HEADER)


@leaf_kernel
def put_end(target, start, body, at, packed, fields):
    """End a message with so many fields, the type among them, and frame it; returns the end of the frame."""
    if packed:
        target[body] = np.int64(0x80) + fields
    else:
        at = put_byte(target, at, END)
    return put_header(target, start, body, at - body, BINARY_FRAME if packed else TEXT_FRAME)


@leaf_kernel
def put_comma(target, at, packed, place):
    """Write what stands before item `place` of a list."""
    return at if packed or place == 0 else put_byte(target, at, COMMA)


@leaf_kernel
def put_piece(target, at, packed, literals, piece):
    """Write a literal."""
    start = (packed * PIECES_MAX + piece) * PIECE_BYTES
    length = np.int64(literals[start + PIECE_BYTES - 1])
    copy_run(target, at, literals, start, length)
    return at + length


@leaf_kernel
def put_field(target, at, packed, literals, piece, value):
    """Write the key of a field, and its value."""
    return put_number(target, put_piece(target, at, packed, literals, piece), packed, value)


@kernel
def put_pair(target, at, packed, tick, lots):
    """Write a price and its lots."""
    if packed:
        return put_number(target, put_number(target, put_length(target, at, np.int64(2)), packed, tick), packed, lots)
    at = put_number(target, put_byte(target, at, OPEN), packed, tick)
    return put_byte(target, put_number(target, put_byte(target, at, COMMA), packed, lots), CLOSE)


@leaf_kernel
def put_byte(target, at, value):
    """Write one byte."""
    target[at] = value
    return at + 1


@leaf_kernel
def put_number(target, at, packed, value):
    """Write an integer."""
    return put_packed_integer(target, at, value) if packed else put_decimal(target, at, value)


@leaf_kernel
def put_length(target, at, count):
    """Write the head of a list in MessagePack."""
    if count < 16:
        return put_byte(target, at, np.int64(0x90) + count)
    size = np.int64(2) if count < LONG_FROM else np.int64(4)
    return put_big_endian(target, put_byte(target, at, np.int64(0xDC) + (size >> 2)), np.uint64(count), size)


@leaf_kernel
def put_header(target, start, body, length, first):
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
        put_big_endian(target, put_byte(target, start + 1, mark), np.uint64(length), size - 2)
    return start + size + length


@leaf_kernel
def add_run(fold, runs, channel, sequence, start, packed_start):
    """Add a message to the last run, or begin a new one."""
    if fold.runs == 0 or row_at(runs, fold.runs - 1).channel != channel:
        run = row_at(runs, fold.runs)
        run.channel, run.messages, run.text, run.packed = channel, 0, start, packed_start
        fold.runs += 1
    run = row_at(runs, fold.runs - 1)
    run.messages += 1
    run.last, run.text_end, run.packed_end = sequence, fold.text, fold.packed
