"""Kernels that read one usual request, in JSON or MessagePack, into the values of a READER record.

    found = read_json(reader, size)              # of `reader.text`, which has zeros behind the payload
    found = read_packed(reader, size)

The result has a bit for each key that is there. It is 0 if the request is not a usual one: another key or word, a value
out of bounds, a key twice, spaces, escapes, or no valid data at all. Then a handler in Python reads it and says what is
wrong with it, if anything is.
"""

import numpy as np

from exchange.gateway.inbound.tables import ENTRY_VALUES
from exchange.kernel import kernel, leaf_kernel
from exchange.wire.fields import INT53, LOTS_BOUND, PRICE_BOUND, QUOTE_ROWS_MAX
from exchange.wire.table import Value

NUMBER, WORD, QUOTE_ROWS = int(Value.NUMBER), int(Value.WORD), int(Value.QUOTE_ROWS)
CLIENT_ORDER_ID, TAG = int(Value.CLIENT_ORDER_ID), int(Value.TAG)
QUOTE, MINUS, COMMA, COLON = 34, 45, 44, 58
OPEN_OBJECT, CLOSE_OBJECT, OPEN_ARRAY, CLOSE_ARRAY = 123, 125, 91, 93
DIGIT_0, DIGIT_9, DIGITS_MAX = 48, 57, 16
ID_BYTES, TAG_BYTES, WORD_BYTES = 24, 8, 8
NO_KEY = 63  # no key has this number
NO_WORD = np.uint64(2**64 - 1)  # no text of id characters or of a word is packed as this
WRONG = 0  # nothing ends at place 0
MAP, ARRAY, TEXT = 0x80, 0x90, 0xA0  # MessagePack heads of one byte: the low bits are the size
TEXT_8, MAP_16, ARRAY_16 = 0xD9, 0xDE, 0xDC
UNSIGNED_8, UNSIGNED_64, SIGNED_8, SIGNED_64 = 0xCC, 0xCF, 0xD0, 0xD3
INSTRUMENT_MAX = 2**32 - 1


# Keys and words.


@leaf_kernel
def key_of(reader, name, expected):
    """Number of a key; `expected` is tried first, because most clients write their keys in one order."""
    for step in range(reader.keys_count):
        number = expected + step
        if number >= reader.keys_count:
            number -= reader.keys_count
        if reader.keys[number].name == name:
            return number
    return NO_KEY


@leaf_kernel
def take_number(reader, number, value):
    """Take the value of a key; returns whether it is in bounds."""
    reader.values[number] = value
    return reader.keys[number].low <= value <= reader.keys[number].high


@leaf_kernel
def take_word(reader, number, word):
    """Take the code of a word; returns whether the key has this word."""
    key = reader.keys[number]
    for place in range(key.words, key.words + key.words_count):
        if reader.word[place] == word:
            reader.values[number] = reader.code[place]
            return True
    return False


@leaf_kernel
def take_text(reader, number, at, size):
    """Take a text of id characters: a client order id or a tag; returns whether its size and characters are right."""
    is_id = reader.keys[number].value == CLIENT_ORDER_ID
    if size < 1 or size > (ID_BYTES if is_id else TAG_BYTES):
        return False
    words = reader.id_words
    if is_id:
        words[0] = words[1] = words[2] = np.uint64(0)
    tag = np.uint64(0)
    for place in range(size):
        character = reader.text[at + place]
        if not reader.id_characters[character]:
            return False
        shifted = np.uint64(character) << np.uint64(8 * (place & 7))
        if is_id:
            words[place >> 3] |= shifted
        else:
            tag |= shifted
    if not is_id:
        reader.values[number] = np.int64(tag)
    return True


@leaf_kernel
def packed_word(reader, at, size):
    """Up to eight bytes of the text as one little-endian word; NO_WORD if a zero byte is last, as none is in a name."""
    word = np.uint64(0)
    for place in range(size):
        word |= np.uint64(reader.text[at + place]) << np.uint64(8 * place)
    if size and reader.text[at + size - 1] == 0:
        return NO_WORD
    return word


@leaf_kernel
def are_entries_in_bounds(reader):
    """Whether every value of the entries of a mass quote is in the bounds of its place."""
    for place in range(reader.entries_count * ENTRY_VALUES):
        value, item = reader.entries[place], place % ENTRY_VALUES
        if item == 0:
            if value < 1 or value > INSTRUMENT_MAX:
                return False
        elif item == 1 or item == 3:
            if value < -PRICE_BOUND or value > PRICE_BOUND:
                return False
        elif value < 0 or value > LOTS_BOUND:
            return False
    return True


# JSON.


@leaf_kernel
def end_of_text(reader, at, most):
    """Place of the quote that ends a text of at most `most` bytes; WRONG if there is none."""
    for place in range(at, at + most + 1):
        if reader.text[place] == QUOTE:
            return place
    return WRONG


@leaf_kernel
def end_of_number(reader, at):
    """Place behind an integer of at most 16 digits without leading zeros; WRONG if there is none."""
    first = at + 1 if reader.text[at] == MINUS else at
    place = first
    for _ in range(DIGITS_MAX):
        if reader.text[place] < DIGIT_0 or reader.text[place] > DIGIT_9:
            break
        place += 1
    if place == first or (reader.text[first] == DIGIT_0 and (place > first + 1 or first > at)):
        return WRONG
    return place


@leaf_kernel
def number_at(reader, at, stop):
    """The integer that stands at `at` to `stop`."""
    negative = reader.text[at] == MINUS
    value = np.int64(0)
    for place in range(at + 1 if negative else at, stop):
        value = value * 10 + np.int64(reader.text[place]) - DIGIT_0
    return -value if negative else value


@kernel
def read_json_entries(reader, at):
    """Read the entries of a mass quote; returns the place behind them, WRONG if they are not as usual."""
    reader.entries_count = 0
    if reader.text[at] != OPEN_ARRAY:
        return WRONG
    for entry in range(QUOTE_ROWS_MAX):
        if reader.text[at + 1] != OPEN_ARRAY:
            return WRONG
        at += 1
        for item in range(ENTRY_VALUES):
            stop = end_of_number(reader, at + 1)
            after = COMMA if item < ENTRY_VALUES - 1 else CLOSE_ARRAY
            if stop == WRONG or reader.text[stop] != after:
                return WRONG
            reader.entries[entry * ENTRY_VALUES + item] = number_at(reader, at + 1, stop)
            at = stop
        reader.entries_count = entry + 1
        at += 1
        if reader.text[at] == CLOSE_ARRAY:
            return at + 1 if are_entries_in_bounds(reader) else WRONG
        if reader.text[at] != COMMA:
            return WRONG
    return WRONG


@kernel
def read_json_value(reader, number, at):
    """Read the value of a key; returns the place behind it, WRONG if it is not as usual."""
    shown = reader.keys[number].value
    if shown == NUMBER:
        stop = end_of_number(reader, at)
        if stop == WRONG or not take_number(reader, number, number_at(reader, at, stop)):
            return WRONG
        return stop
    if shown == QUOTE_ROWS:
        return read_json_entries(reader, at)
    if reader.text[at] != QUOTE:
        return WRONG
    stop = end_of_text(reader, at + 1, WORD_BYTES if shown == WORD else ID_BYTES)
    if stop == WRONG:
        return WRONG
    if shown == WORD:
        taken = take_word(reader, number, packed_word(reader, at + 1, stop - at - 1))
    else:
        taken = take_text(reader, number, at + 1, stop - at - 1)
    return stop + 1 if taken else WRONG


@kernel
def read_json(reader, size):
    """Read a request in JSON; returns a bit for each key, 0 if it is not a usual one."""
    if reader.text[0] != OPEN_OBJECT or reader.text[size - 1] != CLOSE_OBJECT:
        return 0
    found, at, number = 0, 0, 0
    for _ in range(reader.keys_count):
        if reader.text[at + 1] != QUOTE:
            return 0
        stop = end_of_text(reader, at + 2, WORD_BYTES)
        if stop == WRONG or reader.text[stop + 1] != COLON:
            return 0
        number = key_of(reader, packed_word(reader, at + 2, stop - at - 2), number)
        if number == NO_KEY or found >> number & 1:
            return 0
        at = read_json_value(reader, number, stop + 2)
        if at == WRONG:
            return 0
        found |= 1 << number
        number = number + 1 if number + 1 < reader.keys_count else 0
        if reader.text[at] == CLOSE_OBJECT:
            return found if at == size - 1 else 0
        if reader.text[at] != COMMA:
            return 0
    return 0


# MessagePack.


@leaf_kernel
def big_endian_at(reader, at, size):
    """The unsigned integer in `size` bytes, the highest one first."""
    value = np.uint64(0)
    for place in range(size):
        value = value << np.uint64(8) | np.uint64(reader.text[at + place])
    return value


@leaf_kernel
def size_of_integer(head):
    """Bytes of an integer behind its head; WRONG if it is no integer."""
    if head < 0x80 or head >= 0xE0:
        return 0
    if UNSIGNED_8 <= head <= UNSIGNED_64:
        return 1 << head - UNSIGNED_8
    if SIGNED_8 <= head <= SIGNED_64:
        return 1 << head - SIGNED_8
    return DIGITS_MAX


@leaf_kernel
def packed_number_at(reader, at, size):
    """The integer at a place, with `size` bytes behind its head; one beyond 63 bits becomes INT53 + 1."""
    head = np.int64(reader.text[at])
    if size == 0:
        return head if head < 0x80 else head - 0x100
    value = big_endian_at(reader, at + 1, size)
    if head >= SIGNED_8:
        unused = 64 - 8 * size
        return np.int64(value << np.uint64(unused)) >> unused
    return np.int64(value) if value <= np.uint64(INT53) else np.int64(INT53 + 1)


@leaf_kernel
def head_of_text(reader, at):
    """(place of the first character, characters) of a text of fewer than 256; the place is WRONG if it is none."""
    head = np.int64(reader.text[at])
    if TEXT <= head < TEXT + 32:
        return at + 1, head - TEXT
    if head == TEXT_8:
        return at + 2, np.int64(reader.text[at + 1])
    return WRONG, 0


@leaf_kernel
def head_of_several(reader, at, short, short_max, long):
    """(place behind the head, items) of a map or an array; the place is WRONG if it is another type."""
    head = np.int64(reader.text[at])
    if short <= head <= short + short_max:
        return at + 1, head - short
    if head == long:
        return at + 3, np.int64(big_endian_at(reader, at + 1, 2))
    return WRONG, 0


@kernel
def read_packed_entries(reader, at):
    """As `read_json_entries`, in MessagePack."""
    at, count = head_of_several(reader, at, ARRAY, 15, ARRAY_16)
    if at == WRONG or count < 1 or count > QUOTE_ROWS_MAX:
        return WRONG
    for entry in range(count):
        at, items = head_of_several(reader, at, ARRAY, 15, ARRAY_16)
        if at == WRONG or items != ENTRY_VALUES:
            return WRONG
        for item in range(ENTRY_VALUES):
            size = size_of_integer(np.int64(reader.text[at]))
            if size == DIGITS_MAX:
                return WRONG
            reader.entries[entry * ENTRY_VALUES + item] = packed_number_at(reader, at, size)
            at += 1 + size
    reader.entries_count = count
    return at if are_entries_in_bounds(reader) else WRONG


@kernel
def read_packed_value(reader, number, at):
    """As `read_json_value`, in MessagePack."""
    shown = reader.keys[number].value
    if shown == NUMBER:
        size = size_of_integer(np.int64(reader.text[at]))
        if size == DIGITS_MAX or not take_number(reader, number, packed_number_at(reader, at, size)):
            return WRONG
        return at + 1 + size
    if shown == QUOTE_ROWS:
        return read_packed_entries(reader, at)
    start, size = head_of_text(reader, at)
    if start == WRONG or size > ID_BYTES:
        return WRONG
    if shown == WORD:
        taken = size <= WORD_BYTES and take_word(reader, number, packed_word(reader, start, size))
    else:
        taken = take_text(reader, number, start, size)
    return start + size if taken else WRONG


@kernel
def read_packed(reader, size):
    """Read a request in MessagePack; returns a bit for each key, 0 if it is not a usual one."""
    at, count = head_of_several(reader, 0, MAP, 15, MAP_16)
    if at == WRONG or count > reader.keys_count:
        return 0
    found, number = 0, 0
    for _ in range(count):
        start, length = head_of_text(reader, at)
        if start == WRONG or length > WORD_BYTES:
            return 0
        number = key_of(reader, packed_word(reader, start, length), number)
        if number == NO_KEY or found >> number & 1:
            return 0
        at = read_packed_value(reader, number, start + length)
        if at == WRONG or at > size:
            return 0
        found |= 1 << number
        number = number + 1 if number + 1 < reader.keys_count else 0
    return found if at == size else 0
