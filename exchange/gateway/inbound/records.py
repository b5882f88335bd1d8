"""Kernels that read one usual request from a binary record (`wire.binary`) into the values of a READER record.

The result has a bit for each key that is there, as in `read_requests`; 0: the record is not a usual one.
"""

import numpy as np

from exchange.gateway.inbound.tables import ENTRY_VALUES, FORMS_MAX, TYPE
from exchange.gateway.inbound.text import CLIENT_ORDER_ID, NUMBER, TAG, are_entries_in_bounds, take_text
from exchange.kernel import kernel, leaf_kernel
from exchange.machine import load_word
from exchange.wire import binary
from exchange.wire.fields import QUOTE_ROWS_MAX

HEAD_BYTES = binary.HEAD_BYTES
ABSENT, ABSENT_CODE, ENTRY_BYTES = np.int64(binary.ABSENT), binary.ABSENT_CODE, binary.QUOTE_ENTRY.size
NO_FORM = FORMS_MAX
ID_BYTES, TAG_BYTES = 24, 8


@leaf_kernel
def little_endian_at(text, at, size):
    """The unsigned integer in `size` bytes, the lowest one first."""
    value = np.int64(0)
    for place in range(size):
        value |= np.int64(text[at + place]) << 8 * place
    return value


@leaf_kernel
def form_of(reader, template):
    """Number of the form with a template; NO_FORM if there is none."""
    for number in range(FORMS_MAX):
        if reader.forms[number].record == template:
            return number
    return NO_FORM


@leaf_kernel
def size_of_text(text, at, most):
    """Characters of a zero-padded text; `most + 1` if something follows the zeros."""
    size = most
    for place in range(most):
        if text[at + place] == 0:
            size = place
            break
    for place in range(size, most):
        if text[at + place] != 0:
            return most + 1
    return size


@leaf_kernel
def take_code(reader, number, code):
    """Take a code; returns whether it is one of the key's."""
    key = reader.keys[number]
    reader.values[number] = code
    for place in range(key.words, key.words + key.words_count):
        if reader.code[place] == code:
            return True
    return False


@kernel
def take_field(reader, number, at, size):
    """Take the value of a key from its field; returns 1 if it is there, 0 if it is absent, 2 if it is not as usual."""
    shown = reader.keys[number].value
    if shown == CLIENT_ORDER_ID or shown == TAG:
        length = size_of_text(reader.text, at, ID_BYTES if shown == CLIENT_ORDER_ID else TAG_BYTES)
        if length == 0:
            return 0
        return 1 if take_text(reader, number, at, length) else 2
    if size == 8:
        value = np.int64(load_word(reader.text, at))
        if value == ABSENT:
            return 0
    else:
        value = little_endian_at(reader.text, at, size)
        if value == (ABSENT_CODE if size == 1 else 0):
            return 0
    if shown != NUMBER:
        return 1 if take_code(reader, number, value) else 2
    reader.values[number] = value
    return 1 if reader.keys[number].low <= value <= reader.keys[number].high else 2


@kernel
def read_entries(reader, at, count):
    """Read the rows of a mass quote; returns whether they are as usual."""
    if count < 1 or count > QUOTE_ROWS_MAX:
        return False
    for entry in range(count):
        start, place = at + entry * ENTRY_BYTES, entry * ENTRY_VALUES
        reader.entries[place] = little_endian_at(reader.text, start, 4)
        for item in range(1, ENTRY_VALUES):
            reader.entries[place + item] = np.int64(load_word(reader.text, start + 8 * item))
    reader.entries_count = count
    return are_entries_in_bounds(reader)


@leaf_kernel
def size_of_record(reader, at, stop):
    """Bytes of the record at place `at` of the payload, which ends at `stop`; 0 if it is not the whole of a known one.

    A record of no more bytes than its head is none.
    """
    if at + HEAD_BYTES > stop:
        return 0
    length, number = little_endian_at(reader.text, at, 4), form_of(reader, little_endian_at(reader.text, at + 4, 2))
    version = np.int64(reader.text[at + 6])
    if number == NO_FORM or version == 0 or version > reader.record_versions or length > stop - at:
        return 0
    form = reader.forms[number]
    fields_bytes = form.record_bytes[version - 1]
    if length < fields_bytes:
        return 0
    count = little_endian_at(reader.text, at + form.count_at, 4) if form.count_at else 0
    return length if length == fields_bytes + count * ENTRY_BYTES else 0


@kernel
def may_serve_records(reader, size, most):
    """Whether the payload has at most `most` records. One that is broken is the last, whatever follows it.

    A broken one that could be taken for JSON (`wire.codec.BinaryCodec.is_text`) is left to Python with its frame.
    """
    at = 0
    for _ in range(most):
        length = size_of_record(reader, at, size)
        if length == 0:
            return at + 3 < size and reader.text[at + 3] == 0
        at += length
        if at == size:
            return True
    return False


@kernel
def read_record(reader, at, stop, rows_key):
    """Read the record at place `at` of the payload, which ends at `stop`.

    rows_key   number of the key that stands for the rows of a quote
    returns    a bit for each key; then `reader.record_stop` is the place behind the record
    """
    length = size_of_record(reader, at, stop)
    if length == 0:
        return 0
    number = form_of(reader, little_endian_at(reader.text, at + 4, 2))
    form = reader.forms[number]
    fields_bytes = form.record_bytes[np.int64(reader.text[at + 6]) - 1]  # fields of later versions stand behind them
    count = little_endian_at(reader.text, at + form.count_at, 4) if form.count_at else 0
    reader.values[TYPE] = number
    found = 1 << TYPE
    for key in range(TYPE + 1, reader.keys_count):
        field = form.fields[key]
        if field.width and field.offset < fields_bytes:
            taken = take_field(reader, key, at + field.offset, field.width)
            if taken == 2:
                return 0
            found |= taken << key
    if form.count_at:
        if not read_entries(reader, at + fields_bytes, count):
            return 0
        found |= 1 << rows_key
    reader.record_stop = at + length
    return found
