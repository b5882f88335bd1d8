"""Kernels that judge a request that has been read and write it as COMMAND rows.

The judgement is that of `gateway.handlers` and `translate.check_new` and its like: what they would refuse is not usual.
"""

import numpy as np

from exchange.gateway.inbound.tables import ENTRY_VALUES, REQUEST_ID, ROW_WORDS, TYPE, key_number, request_tables
from exchange.kernel import kernel, leaf_kernel
from exchange.kernel_codes import FLAG_MORE, KIND_CANCEL, KIND_NEW, KIND_QUOTE, KIND_REPLACE
from exchange.records import COMMAND, place_in
from exchange.units import ORDER_LOTS_MAX
from exchange.wire.table import Answerer
from exchange.wire.words import INDICES_MAX, NO_IDS

NOBODY, BY_SESSION = int(Answerer.NOBODY), int(Answerer.SESSION)
_TABLES = request_tables()
ACCOUNT, INSTRUMENT, PRICE, LOTS, DISPLAY, MINIMUM, COID, ORDER_ID, PROTECTION = (
    key_number(_TABLES, name) for name in ("acc", "i", "px", "q", "disp", "minq", "coid", "oid", "mmp")
)
FLAGS_WORD, COID_WORD = place_in(COMMAND, "flags") // 8, place_in(COMMAND, "client_order_id_0") // 8
HALVINGS = 32  # of a table of instruments


@leaf_kernel
def place_of_instrument(reader, instrument_id):
    """Place of an instrument among the listed ones; their number if it is not listed."""
    low, high = 0, reader.instruments
    for _ in range(HALVINGS):
        if low >= high:
            break
        middle = (low + high) >> 1
        if reader.instrument_id[middle] < instrument_id:
            low = middle + 1
        else:
            high = middle
    if low < reader.instruments and reader.instrument_id[low] != instrument_id:
        return reader.instruments
    return low


@leaf_kernel
def are_lots_right(reader, found, number):
    """Whether a quantity is absent or one that an instrument may accept."""
    if not found >> number & 1:
        return True
    return 1 <= reader.values[number] <= ORDER_LOTS_MAX


@leaf_kernel
def names_order(reader, found):
    """Whether a request names an order by its id or by its client order id."""
    return found >> COID & 1 != 0 or (found >> ORDER_ID & 1 != 0 and reader.values[ORDER_ID] != 0)


@leaf_kernel
def is_new_right(reader, found):
    """Whether compiled code may enter an order; its instrument becomes the index of its book."""
    place = place_of_instrument(reader, reader.values[INSTRUMENT])
    if place == reader.instruments or reader.values[PRICE] < reader.low_tick[place]:
        return False
    reader.values[INSTRUMENT] = reader.book[place]
    right = are_lots_right(reader, found, LOTS) and are_lots_right(reader, found, DISPLAY)
    return right and are_lots_right(reader, found, MINIMUM)


@leaf_kernel
def quote_tokens(reader):
    """Tokens of the quote bucket that a mass quote takes; 0: it only removes sides, for one of the cancel bucket."""
    for entry in range(reader.entries_count):
        if reader.entries[entry * ENTRY_VALUES + 2] or reader.entries[entry * ENTRY_VALUES + 4]:
            return 2 * reader.entries_count
    return 0


@kernel
def is_right(reader, kind, found):
    """Whether nothing about a request is to be refused before it is a command."""
    if found >> ACCOUNT & 1 and reader.values[ACCOUNT] != reader.account:
        return False
    if kind == KIND_NEW:
        return reader.orders < reader.orders_left and is_new_right(reader, found)
    if kind == KIND_REPLACE:
        right = names_order(reader, found) and are_lots_right(reader, found, LOTS)
        return right and reader.orders < reader.orders_left
    if kind == KIND_CANCEL:
        return reader.cancels < reader.cancels_left and names_order(reader, found)
    if not found >> PROTECTION & 1 or reader.protection == 0 or reader.values[PROTECTION] != reader.protection:
        return False
    tokens = quote_tokens(reader)
    return reader.quotes + tokens <= reader.quotes_left if tokens else reader.cancels < reader.cancels_left


@leaf_kernel
def count_request(reader, kind):
    """Count a request and its tokens."""
    if kind == KIND_CANCEL and reader.leading_cancels == reader.request_count:
        reader.leading_cancels += 1
    reader.request_count += 1
    reader.newest_id = reader.values[REQUEST_ID]
    if kind == KIND_CANCEL:
        reader.cancels += 1
    elif kind != KIND_QUOTE:
        reader.orders += 1
    else:
        reader.newest_quote = reader.newest_id
        tokens = quote_tokens(reader)
        reader.quotes += tokens
        if tokens == 0:
            reader.cancels += 1


# Rows.


@leaf_kernel
def write_row(reader, form, found, cells, row):
    """Write a request as a COMMAND row: the template of its form, and the values of its keys.

    cells   the rows as uint64 words
    """
    first = row * ROW_WORDS
    for word in range(ROW_WORDS):
        cells[first + word] = form.template[word]
    for number in range(REQUEST_ID + 1, reader.keys_count):
        if found >> number & 1:
            field = form.fields[number]
            if number == COID:
                for word in range(3):
                    cells[first + COID_WORD + word] = reader.id_words[word]
            elif field.mask:
                place = first + field.word
                shift = np.uint64(field.shift)
                cells[place] &= ~(field.mask << shift)
                cells[place] |= (np.uint64(reader.values[number]) & field.mask) << shift
            cells[first + FLAGS_WORD] ^= field.toggles


@leaf_kernel
def write_sender(reader, command):
    """Write who sent a request, and its id."""
    command.account = reader.account
    command.session = reader.session
    command.request_id = reader.newest_id


@leaf_kernel
def write_quote(reader, form, found, cells, rows, row):
    """Write a row for each entry of a mass quote."""
    for entry in range(reader.entries_count):
        write_row(reader, form, found, cells, row + entry)
        command, start = rows[row + entry], entry * ENTRY_VALUES
        write_sender(reader, command)
        instrument = reader.entries[start]
        place = place_of_instrument(reader, instrument)
        if place < reader.instruments:
            command.instrument = reader.book[place]
        else:
            command.instrument = instrument if instrument >= INDICES_MAX else NO_IDS + instrument
        command.bid_tick, command.bid_lots = reader.entries[start + 1], reader.entries[start + 2]
        command.ask_tick, command.ask_lots = reader.entries[start + 3], reader.entries[start + 4]
        command["flags"] = FLAG_MORE if entry + 1 < reader.entries_count else 0


@kernel
def add_rows(reader, form, found, cells, rows, received_us, answerers, row):
    """Append the rows of a request; returns how many, 0 if there is no space for them."""
    count = reader.entries_count if form.kind == KIND_QUOTE else 1
    if row + count > rows.shape[0]:
        return 0
    count_request(reader, form.kind)
    if form.kind == KIND_QUOTE:
        write_quote(reader, form, found, cells, rows, row)
    else:
        write_row(reader, form, found, cells, row)
        write_sender(reader, rows[row])
    for place in range(row, row + count):
        answerers[place] = NOBODY
    answerers[row] = BY_SESSION
    received_us[row] = reader.now_us
    return count


@kernel
def add_request(reader, found, cells, rows, received_us, answerers, row):
    """Judge a request that has been read and append its rows; returns whether it was a usual one."""
    if found & 3 != 3 or reader.values[REQUEST_ID] <= reader.newest_id or reader.request_count == reader.requests_left:
        return False
    form = reader.forms[reader.values[TYPE]]
    if found & ~form.allowed or form.needed & ~found or not is_right(reader, form.kind, found):
        return False
    added = add_rows(reader, form, found, cells, rows, received_us, answerers, row + reader.rows)
    reader.rows += added
    return added > 0
