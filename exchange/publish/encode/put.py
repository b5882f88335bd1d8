"""Kernels that write values as bytes, in JSON, MessagePack and binary records, and join messages to frames.

A kernel writes at place `at` of a uint8 array and returns the place after it. It may write some bytes more, which the
next one overwrites: the caller leaves PUT_SLACK bytes free beyond the longest message.

Messages of one release wait in a CHAINS record: their bytes stand one after another, and every connection (a *slot*)
has a list of its own of them. The same bytes may be in several lists. `frame_slot` joins the list of one slot.
"""

from typing import Any

import numpy as np

from exchange.kernel import kernel, leaf_kernel
from exchange.machine import copy_run, highest_bit, load_word, store_word
from exchange.records import QUOTE_KEY as _QUOTE_KEY
from exchange.records import record_type

PUT_SLACK = 16
FIRST_PLACE = 8  # of a message: a place of 0 says that there is none
CHAIN_BYTES = 4 << 20  # of messages in one release before they are framed
CHAIN_MESSAGES = 1 << 16
SLOTS = 1 << 16  # rows of sessions at the venue, at most
FRAME_MESSAGES = 512  # private messages in one array
FRAME_BYTES = 1 << 20  # payload of a frame (WIRE-003)
FRAME_HEAD = 16  # longest head of a frame, and of the array in it
BINARY_FRAME = 0x82
TEXT_FRAME = 0x81
JSON, MSGPACK, BINARY = 1, 2, 3  # how a slot's messages are encoded; 0: it has no connection

CHAINS = record_type(
    [
        ("text", "u1", CHAIN_BYTES),  # of the messages, in any encoding
        ("used", "i8"),
        ("bytes_max", "i8"),
        ("messages", "i8"),
        ("messages_max", "i8"),
        ("begin", "i8", CHAIN_MESSAGES),
        ("stop", "i8", CHAIN_MESSAGES),
        ("next", "i8", CHAIN_MESSAGES),
        ("kind", "u1", CHAIN_MESSAGES),  # JSON, MSGPACK or BINARY
        ("touched", "i8", SLOTS),
        ("touched_count", "i8"),
        ("head", "i4", SLOTS),
        ("tail", "i4", SLOTS),
        ("waiting", "i4", SLOTS),  # messages in the list of a slot
        ("answers", "i4", SLOTS),  # replies to usual requests among them
        ("encoding", "u1", SLOTS),
        ("shared_begin", "i8", 8),  # by encoding: the message that goes to several connections
        ("shared_stop", "i8", 8),
    ]
)
QUOTE_KEY = np.uint64(_QUOTE_KEY)
EIGHT = np.uint64(8)
E4, E8, E16 = np.uint64(10**4), np.uint64(10**8), np.uint64(10**16)
_TEN, _HUNDRED = np.uint64(10), np.uint64(100)
_PER_HUNDRED, _PER_TEN = np.uint64(10_486), np.uint64(103)  # shifted by 20 and 10 bits: 1 / 100, 1 / 10
_S10, _S16, _S20, _S32 = np.uint64(10), np.uint64(16), np.uint64(20), np.uint64(32)
_HUNDREDS, _TENS = np.uint64(0x7F0000007F), np.uint64(0x000F000F000F000F)
_ZEROS = np.uint64(0x3030303030303030)
_LOW = np.uint64(0xFF)
MINUS, QUOTE, COMMA, OPEN_ARRAY, CLOSE_ARRAY, UNDERSCORE, LETTER_S = 45, 34, 44, 91, 93, 95, 115
DIGIT_0, LETTER_A = 48, 97


def new_chains() -> Any:
    """An empty CHAINS record, shape (1,)."""
    chains = np.zeros(1, CHAINS)
    chains["used"] = FIRST_PLACE
    chains["bytes_max"], chains["messages_max"] = CHAIN_BYTES - PUT_SLACK, CHAIN_MESSAGES
    return chains


@leaf_kernel
def put_literal(out, at, literals, start, size):
    """Put `size` bytes of a table of literals, which has seven spare bytes at its end."""
    for step in range(0, size, 8):
        store_word(out, at + step, load_word(literals, start + step))
    return at + size


@leaf_kernel
def eight_digits(value):
    """The decimal digits of a number below 10**8 as eight bytes, the first one lowest, with leading zeros."""
    high = value // E4
    fours = high | (value - high * E4) << _S32
    hundreds = fours * _PER_HUNDRED >> _S20 & _HUNDREDS
    pairs = (fours - hundreds * _HUNDRED << _S16) + hundreds
    tens = pairs * _PER_TEN >> _S10 & _TENS
    return (pairs - tens * _TEN << EIGHT) + tens + _ZEROS


@leaf_kernel
def _put_first_digits(out, at, value):
    """Put a number below 10**8 without leading zeros."""
    size, power = 1, _TEN
    for _ in range(7):
        if value < power:
            break
        size += 1
        power *= _TEN
    store_word(out, at, eight_digits(value) >> EIGHT * np.uint64(8 - size))
    return at + size


@kernel
def put_decimal(out, at, value):
    """Put an int64 in decimal digits."""
    if value < 0:
        out[at] = MINUS
        at += 1
        value = -value
    rest = np.uint64(value)
    if rest < E8:
        return _put_first_digits(out, at, rest)
    if rest < E16:
        at = _put_first_digits(out, at, rest // E8)
    else:
        at = _put_first_digits(out, at, rest // E16)
        store_word(out, at, eight_digits(rest // E8 % E8))
        at += 8
    store_word(out, at, eight_digits(rest % E8))
    return at + 8


@leaf_kernel
def put_big_endian(out, at, value, size):
    """Put the lowest `size` bytes of a uint64, the highest one first."""
    for place in range(size):
        out[at + place] = np.int64(value >> EIGHT * np.uint64(size - 1 - place) & _LOW)
    return at + size


@leaf_kernel
def _put_sized(out, at, code, value, size):
    out[at] = code
    return put_big_endian(out, at + 1, np.uint64(value), size)


@kernel
def put_packed_integer(out, at, value):
    """Put an int64 as the shortest MessagePack integer."""
    if value >= 0:
        if value < 128:
            out[at] = value
            return at + 1
        if value < 1 << 8:
            return _put_sized(out, at, 0xCC, value, 1)
        if value < 1 << 16:
            return _put_sized(out, at, 0xCD, value, 2)
        if value < 1 << 32:
            return _put_sized(out, at, 0xCE, value, 4)
        return _put_sized(out, at, 0xCF, value, 8)
    if value >= -32:
        out[at] = value & 0xFF
        return at + 1
    if value >= -(1 << 7):
        return _put_sized(out, at, 0xD0, value, 1)
    if value >= -(1 << 15):
        return _put_sized(out, at, 0xD1, value, 2)
    if value >= -(1 << 31):
        return _put_sized(out, at, 0xD2, value, 4)
    return _put_sized(out, at, 0xD3, value, 8)


@kernel
def put_packed_array(out, at, count):
    """Put the head of a MessagePack array of fewer than 65,536 items."""
    if count < 16:
        out[at] = 0x90 | count
        return at + 1
    return _put_sized(out, at, 0xDC, count, 2)


@kernel
def put_packed_map(out, at, count, is_wide):
    """Put the head of a MessagePack map of fewer than 65,536 keys; `is_wide`: not in its shortest form."""
    if count < 16 and not is_wide:
        out[at] = 0x80 | count
        return at + 1
    return _put_sized(out, at, 0xDE, count, 2)


@leaf_kernel
def put_little_endian(out, at, value, size):
    """Put the lowest `size` bytes of an int64, the lowest one first."""
    if size == 8:
        store_word(out, at, np.uint64(value))
    else:
        for place in range(size):
            out[at + place] = value >> 8 * place & 0xFF
    return at + size


@leaf_kernel
def text_size(word):
    """Characters in a word of zero-padded text."""
    if word == np.uint64(0):
        return 0
    return (highest_bit(word) >> 3) + 1


@kernel
def id_size(first, second, third):
    """Characters of a client order id; a quote has none."""
    if first >= QUOTE_KEY:
        return 0
    return text_size(first) + text_size(second) + text_size(third)


@leaf_kernel
def put_id(out, at, first, second, third, size):
    """Put the `size` characters of a client order id."""
    store_word(out, at, first)
    store_word(out, at + 8, second)
    if size > 16:
        store_word(out, at + 16, third)
    return at + size


@kernel
def put_session_id(out, at, number):
    """Put `s_` and eight hexadecimal digits."""
    out[at] = LETTER_S
    out[at + 1] = UNDERSCORE
    for place in range(8):
        digit = number >> 28 - 4 * place & 15
        out[at + 2 + place] = DIGIT_0 + digit if digit < 10 else LETTER_A + digit - 10
    return at + 10


@kernel
def add_message(chains, slot, begin, stop, kind):
    """Add the message at `begin` to `stop` to the list of a slot. The caller has checked that there is space."""
    message = chains.messages
    chains.messages = message + 1
    chains.begin[message] = begin
    chains.stop[message] = stop
    chains.kind[message] = kind
    if chains.waiting[slot] == 0:
        chains.head[slot] = message
        chains.touched[chains.touched_count] = slot
        chains.touched_count += 1
    else:
        chains.next[chains.tail[slot]] = message
    chains.tail[slot] = message
    chains.waiting[slot] += 1


@leaf_kernel
def _frame_size(chains, message, waiting, payload_max):
    """How many messages from one on go into a frame, and their bytes: at least one, all of one kind."""
    count, size = 0, 0
    kind = chains.kind[message]
    for _ in range(min(waiting, FRAME_MESSAGES)):
        size_now = size + chains.stop[message] - chains.begin[message]
        if count and (size_now + count + FRAME_HEAD > payload_max or chains.kind[message] != kind):
            break
        size = size_now
        count += 1
        message = chains.next[message]
    return count, size


@leaf_kernel
def _put_frame_head(frames, at, first, size):
    """Put the head of an unmasked frame (RFC 6455 section 5.2)."""
    frames[at] = first
    if size < 126:
        frames[at + 1] = size
        return at + 2
    if size < 1 << 16:
        frames[at + 1] = 126
        return put_big_endian(frames, at + 2, np.uint64(size), 2)
    frames[at + 1] = 127
    return put_big_endian(frames, at + 2, np.uint64(size), 8)


@leaf_kernel
def _put_array_head(frames, at, encoding, count):
    """Put what stands before several messages in one frame."""
    if encoding == JSON:
        frames[at] = OPEN_ARRAY
        return at + 1
    if encoding == MSGPACK:
        return put_packed_array(frames, at, count)
    return at


@leaf_kernel
def _wrapping(encoding, count):
    """Bytes of a frame's payload beside its messages."""
    if count == 1 or encoding == BINARY:
        return 0
    if encoding == JSON:
        return count + 1
    return 1 if count < 16 else 3


@kernel
def put_frame(chains, slot, frames, at, payload_max):
    """Put the next frame of a slot and take its messages from the list."""
    message, waiting = np.int64(chains.head[slot]), np.int64(chains.waiting[slot])
    encoding = np.int64(chains.kind[message])
    count, size = _frame_size(chains, message, waiting, payload_max)
    at = _put_frame_head(
        frames, at, TEXT_FRAME if encoding == JSON else BINARY_FRAME, size + _wrapping(encoding, count)
    )
    if count > 1:
        at = _put_array_head(frames, at, encoding, count)
    for number in range(count):
        if number and encoding == JSON:
            frames[at] = COMMA
            at += 1
        begin = chains.begin[message]
        copy_run(frames, at, chains.text, begin, chains.stop[message] - begin)
        at += chains.stop[message] - begin
        message = chains.next[message]
    if count > 1 and encoding == JSON:
        frames[at] = CLOSE_ARRAY
        at += 1
    chains.head[slot] = message
    chains.waiting[slot] = waiting - count
    return at


@kernel
def frame_slots(chains, frames, spans, start, payload_max):
    """Frame the lists of the touched slots from number `start` on, as many as `frames` has space for.

    spans     where the frames of each touched slot end in `frames`, changed in place
    returns   number of the first touched slot that is not framed
    """
    at = 0
    for number in range(start, chains.touched_count):
        slot = chains.touched[number]
        need, message = 0, np.int64(chains.head[slot])
        for _ in range(chains.waiting[slot]):
            need += chains.stop[message] - chains.begin[message] + FRAME_HEAD
            message = chains.next[message]
        if at + need + PUT_SLACK > frames.shape[0]:
            return number
        for _ in range(chains.waiting[slot]):
            if chains.waiting[slot] == 0:
                break
            at = put_frame(chains, slot, frames, at, payload_max)
        spans[number] = at
    return chains.touched_count
