"""Kernels that write one message from the values of an EVENT row, in JSON or MessagePack.

    read_values(tables, cells, row)              # the fields of the row, and what every message needs
    derive_others(tables, event)                 # what the messages of its kind show besides
    at = put_message(tables, form, encoding, data, at)

`tables` is the record of `encode_tables`: which keys a form has, and how each shows its value. Nothing here knows the
name of a key.
"""

import numpy as np

from exchange.engine.event_rows import (
    ACCOUNT_SEQUENCE,
    AMOUNT_MILLS,
    CANCEL_REASON,
    CONNECTION_END,
    DUE_NS,
    EQUITY_AFTER_MILLS,
    EQUITY_MILLS,
    INSTRUMENT,
    MARGIN_HELD_MILLS,
    MARK_TICK,
    OPEN_VALUE_TICK_LOTS,
    POSITION_LOTS,
    TIME_NS,
    UNPAID_GAIN_MILLS,
)
from exchange.kernel import kernel, leaf_kernel
from exchange.kernel_codes import (
    CANCEL_TIMER,
    CASH_TRANSFER,
    EVENT_CASH_MOVED,
    EVENT_FLAG_KEPT,
    EVENT_FLAG_LIQUIDATION,
    EVENT_FLAG_LOST,
    EVENT_MARGIN_CALLED,
    EVENT_ORDER_REJECTED,
    EVENT_ORDER_REPLACED,
    EVENT_POSITION_CHANGED,
    REJECT_STATE,
)
from exchange.machine import store_word
from exchange.publish.encode import row_values
from exchange.publish.encode.put import (
    BINARY,
    JSON,
    MSGPACK,
    QUOTE,
    id_size,
    put_decimal,
    put_id,
    put_literal,
    put_little_endian,
    put_packed_integer,
    put_packed_map,
    put_session_id,
)
from exchange.publish.encode.tables import FORMS_MAX
from exchange.units import NS_PER_US
from exchange.wire import table, words

ROW_WORDS = 16
NUMBER, WORD, COID = int(table.Value.NUMBER), int(table.Value.WORD), int(table.Value.CLIENT_ORDER_ID)
SESSION_ID, FLAG = int(table.Value.SESSION_ID), int(table.Value.FLAG)
FIELDS, INSTRUMENT_ID, TIME_US, CODE, CODE_INDEX = (
    row_values.FIELDS, row_values.INSTRUMENT_ID, row_values.TIME_US, row_values.CODE, row_values.CODE_INDEX,
)  # fmt: skip
NEXT_SEQUENCE, UNREALISED_MILLS, GAIN_MILLS = (
    row_values.NEXT_SEQUENCE, row_values.UNREALISED_MILLS, row_values.GAIN_MILLS,
)  # fmt: skip
MAINTENANCE_MILLS, FREE_MILLS = row_values.MAINTENANCE_MILLS, row_values.FREE_MILLS
PRIORITY, FIRED, CASH_WORD, DUE_US = row_values.PRIORITY, row_values.FIRED, row_values.CASH_WORD, row_values.DUE_US
LIQUIDATION = row_values.LIQUIDATION
INDICES_MAX, NO_IDS, SILENT = words.INDICES_MAX, words.NO_IDS, words.SILENT
BP = 10_000
EMPTY_TEXT, SESSION_ID_SIZE = 0xA0, 10  # in MessagePack: a text below 32 bytes
CLOSE_OBJECT = 125


# The values of a row.


@leaf_kernel
def read_values(tables, cells, place):
    """Read the fields of row `place` into `tables.values`. `cells`: the EVENT rows as int64 words."""
    values = tables.values
    first = place * ROW_WORDS
    for number in range(FIELDS):
        word = cells[first + tables.field_word[number]]
        values[number] = (word << tables.field_left[number] >> tables.field_right[number]) & tables.field_mask[number]
    values[TIME_US] = values[TIME_NS] // NS_PER_US
    values[INSTRUMENT_ID] = instrument_id_of(tables, values[INSTRUMENT])
    values[NEXT_SEQUENCE] = values[ACCOUNT_SEQUENCE] + 1


@leaf_kernel
def instrument_id_of(tables, book):
    """The instrument id of a book, or of an instrument that is not listed, as `words.unlisted_id`."""
    if book < tables.books:
        return tables.instrument_id[book]
    if book < INDICES_MAX:
        return 0
    if NO_IDS <= book < NO_IDS + INDICES_MAX:
        return book - NO_IDS
    return book


@leaf_kernel
def derive_code(tables, reason, market_state):
    """Write the error code of a reject reason, as `errors.reason_code`."""
    index = tables.code_index[reason]
    if reason == REJECT_STATE:
        index = tables.state_code_index[market_state]
    tables.values[CODE_INDEX] = index
    tables.values[CODE] = tables.code[index]


@leaf_kernel
def priority_of(flags):
    """1: the replaced order kept its place, 2: it lost it, 0: neither flag, or both."""
    kept, lost = flags & EVENT_FLAG_KEPT != 0, flags & EVENT_FLAG_LOST != 0
    if kept == lost:
        return 0
    return 1 if kept else 2


@leaf_kernel
def derive_margin(tables, equity, held, unpaid):
    """Write maintenance margin and free margin; unpaid gains do not count as free (MARGIN-015)."""
    whole, rest = held // BP, held % BP  # as `units.share_ceil`; the share of all at once may exceed 64 bits
    tables.values[MAINTENANCE_MILLS] = whole * tables.maintenance_bp + -(-rest * tables.maintenance_bp // BP)
    tables.values[FREE_MILLS] = equity - unpaid - held


@leaf_kernel
def derive_position(tables):
    """Write the gain of a position, and how much of it is unrealised (ACCT-004)."""
    values = tables.values
    lots = values[POSITION_LOTS]
    gain = (values[MARK_TICK] * lots - values[OPEN_VALUE_TICK_LOTS]) * tables.hours[values[INSTRUMENT]]
    values[GAIN_MILLS] = gain
    values[UNREALISED_MILLS] = gain if lots else 0


@leaf_kernel
def cash_word(reason, amount):
    """Place in `words.CASH_CAUSES` of why money has moved. `reason`: CashReason; `amount`: mills, below 0: paid out."""
    if reason != CASH_TRANSFER:
        return reason + 1
    return 0 if amount > 0 else 1


@leaf_kernel
def derive_others(tables, event):
    """Write the derived values of the account message of a row, by its kind."""
    values, kind = tables.values, event.kind
    values[LIQUIDATION] = 1 if event["flags"] & EVENT_FLAG_LIQUIDATION != 0 else 0
    if kind == EVENT_ORDER_REJECTED:
        derive_code(tables, event.reason, event.book_state)
    elif kind == EVENT_ORDER_REPLACED:
        values[PRIORITY] = priority_of(event["flags"])
    elif kind == EVENT_POSITION_CHANGED:
        derive_position(tables)
        derive_margin(tables, values[EQUITY_MILLS], values[MARGIN_HELD_MILLS], values[UNPAID_GAIN_MILLS])
    elif kind == EVENT_CASH_MOVED:
        values[CASH_WORD] = cash_word(event.cash_reason, values[AMOUNT_MILLS])
        derive_margin(tables, values[EQUITY_AFTER_MILLS], values[MARGIN_HELD_MILLS], values[UNPAID_GAIN_MILLS])
    elif kind == EVENT_MARGIN_CALLED:
        values[DUE_US] = values[DUE_NS] // NS_PER_US
    else:
        silent = values[CANCEL_REASON] == CANCEL_TIMER or values[CONNECTION_END] == SILENT
        values[FIRED] = 0 if silent else 1


# One message.


@leaf_kernel
def is_empty(tables, step):
    """Whether the value of a step is 0 or an empty text."""
    value = tables.values[step.value]
    if step.shown == WORD:
        return value >= step.words_count or tables.word_size[step.words + value] == 0
    if step.shown == COID:
        return size_of_id(tables, step.value) == 0
    return value == 0 and (step.shown == NUMBER or step.shown == SESSION_ID or step.shown == FLAG)


@leaf_kernel
def put_client_order_id(tables, number, out, at, size):
    """Put the client order id whose words are the values from `number` on."""
    values = tables.values
    return put_id(
        out, at, np.uint64(values[number]), np.uint64(values[number + 1]), np.uint64(values[number + 2]), size
    )


@leaf_kernel
def size_of_id(tables, number):
    """Characters of the client order id whose words are the values from `number` on."""
    values = tables.values
    return id_size(np.uint64(values[number]), np.uint64(values[number + 1]), np.uint64(values[number + 2]))


@leaf_kernel
def put_word_of(tables, step, out, at):
    """Put the word of a code; nothing if the code has none."""
    value = tables.values[step.value]
    if value >= step.words_count:
        return at
    word = step.words + value
    return put_literal(out, at, tables.literals, tables.word[word], tables.word_size[word])


@leaf_kernel
def put_json_value(tables, step, out, at):
    """Put the value of a step; the quote before a text belongs to the literal of its key."""
    shown, value = step.shown, tables.values[step.value]
    if shown == NUMBER:
        return put_decimal(out, at, value)
    if shown == WORD:
        at = put_word_of(tables, step, out, at)
    elif shown == COID:
        at = put_client_order_id(tables, step.value, out, at, size_of_id(tables, step.value))
    elif shown == SESSION_ID:
        at = put_session_id(out, at, value)
    else:
        return at
    out[at] = QUOTE
    return at + 1


@leaf_kernel
def put_packed_value(tables, step, out, at):
    """Put the value of a step. A word is packed already in the table."""
    shown, value = step.shown, tables.values[step.value]
    if shown == NUMBER:
        return put_packed_integer(out, at, value)
    if shown == WORD:
        if is_empty(tables, step):
            out[at] = EMPTY_TEXT
            return at + 1
        return put_word_of(tables, step, out, at)
    if shown == COID:
        size = size_of_id(tables, step.value)
        out[at] = EMPTY_TEXT + size
        return put_client_order_id(tables, step.value, out, at + 1, size)
    if shown == SESSION_ID:
        out[at] = EMPTY_TEXT + SESSION_ID_SIZE
        return put_session_id(out, at + 1, value)
    return at


@leaf_kernel
def put_steps(tables, first, stop, encoding, out, at):
    """Put the keys of a form, from step `first` to `stop`."""
    for number in range(first, stop):
        step = tables.steps[number]
        if step.optional and is_empty(tables, step):
            continue
        at = put_literal(out, at, tables.literals, step.literal, step.length)
        if encoding == JSON:
            at = put_json_value(tables, step, out, at)
        else:
            at = put_packed_value(tables, step, out, at)
    return at


@leaf_kernel
def count_keys(tables, first, stop):
    """How many keys `put_steps` puts."""
    count = 0
    for number in range(first, stop):
        step = tables.steps[number]
        if not (step.optional and is_empty(tables, step)):
            count += 1
    return count


@kernel
def begin_message(tables, form, encoding, out, at):
    """Put everything of a message but its end."""
    place = (encoding - JSON) * FORMS_MAX + form
    first, stop = tables.first[place], tables.stop[place]
    if encoding == MSGPACK:
        at = put_packed_map(out, at, count_keys(tables, first, stop) + 1, tables.is_wide[place])
    at = put_literal(out, at, tables.literals, tables.head[place], tables.head_size[place])
    return put_steps(tables, first, stop, encoding, out, at)


@kernel
def put_record(tables, form, out, at):
    """Put the binary record of a form: its template, and the values of its keys in their places."""
    place = (BINARY - JSON) * FORMS_MAX + form
    stop = put_literal(out, at, tables.literals, tables.head[place], tables.head_size[place])
    for number in range(tables.first[place], tables.stop[place]):
        step = tables.steps[number]
        if step.shown != COID:
            put_little_endian(out, at + step.literal, tables.values[step.value], step.length)
        elif size_of_id(tables, step.value):
            for word in range(3):
                store_word(out, at + step.literal + 8 * word, np.uint64(tables.values[step.value + word]))
    return stop


@leaf_kernel
def put_message(tables, form, encoding, out, at):
    """Put the message of a form with the present values."""
    if encoding == BINARY:
        return put_record(tables, form, out, at)
    at = begin_message(tables, form, encoding, out, at)
    if encoding == JSON:
        out[at] = CLOSE_OBJECT
        at += 1
    return at
