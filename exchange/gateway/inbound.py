"""The way in: usual requests from the bytes of a read to COMMAND rows, in compiled code.

    inbound = Inbound()
    stop = inbound.take(connection, data, start)     # serves the usual requests that stand at the beginning

A request is usual if `wire.table.REQUESTS` has it and nothing about it is to be refused here. The kernel cuts and
unmasks frames, reads, and judges in the order of arrival: session, account, request id, rates, bounds, instruments. It
stops at the first frame that it does not know; the handler of its type serves it, and says what is wrong with it.
"""

import struct
from collections.abc import Mapping
from typing import Protocol

import numpy as np

from exchange.gateway.port import VenuePort
from exchange.gateway.read_records import read_record
from exchange.gateway.read_requests import read_json, read_packed
from exchange.gateway.request_tables import (
    ENTRY_VALUES,
    FOUND_NAMES,
    INSTRUMENTS_MAX,
    PAYLOAD_BYTES,
    REQUEST_ID,
    ROW_WORDS,
    TERM_NAMES,
    TYPE,
    key_number,
    request_tables,
)
from exchange.gateway.session import Session
from exchange.gateway.throttle import RateBucket
from exchange.gateway.translate import ListedInstrument
from exchange.kernel import bind, kernel, leaf_kernel
from exchange.kernel_codes import FLAG_MORE, KIND_CANCEL, KIND_NEW, KIND_QUOTE, KIND_REPLACE
from exchange.machine import load_word, store_word
from exchange.records import COMMAND, place_in
from exchange.units import ORDER_LOTS_MAX
from exchange.wire.table import Answerer
from exchange.wire.words import INDICES_MAX, NO_IDS

JSON, MSGPACK, BINARY = 1, 2, 3  # numbers of encodings, as in `outbox`
TEXT_FRAME, BINARY_FRAME = 0x81, 0x82
RECORDS_MAX = 64  # in a frame (WIRE-003)
NOBODY, BY_SESSION = int(Answerer.NOBODY), int(Answerer.SESSION)
MASKED, LONG = 0x80, 0x80 | 126  # second byte of a client's frame: mask bit plus length, or 2 bytes of length follow
TERMS, FOUND = struct.Struct(f"<{len(TERM_NAMES)}q"), struct.Struct(f"<{len(FOUND_NAMES)}q")
_TABLES = request_tables()
ACCOUNT, INSTRUMENT, PRICE, LOTS, DISPLAY, MINIMUM, COID, ORDER_ID, PROTECTION, ROWS = (
    key_number(_TABLES, name) for name in ("acc", "i", "px", "q", "disp", "minq", "coid", "oid", "mmp", "qs")
)
FLAGS_WORD, FLAGS_SHIFT = place_in(COMMAND, "flags") // 8, np.uint64(8 * (place_in(COMMAND, "flags") % 8))
COID_WORD = place_in(COMMAND, "client_order_id_0") // 8


# Frames.


@leaf_kernel
def unmask(text, data, start, size):
    """Copy a masked payload into `text` without its mask, which stands in the four bytes before it; zeros follow."""
    mask = np.uint64(data[start - 4]) | np.uint64(data[start - 3]) << np.uint64(8)
    mask |= np.uint64(data[start - 2]) << np.uint64(16) | np.uint64(data[start - 1]) << np.uint64(24)
    mask |= mask << np.uint64(32)
    whole = size & ~7
    for place in range(0, whole, 8):
        store_word(text, place, load_word(data, start + place) ^ mask)
    for place in range(whole, size):
        text[place] = data[start + place] ^ data[start - 4 + (place & 3)]
    for place in range(size, size + 64, 8):
        store_word(text, place, np.uint64(0))


# Judging.


@leaf_kernel
def place_of_instrument(reader, instrument_id):
    """Place of an instrument among the listed ones; their number if it is not listed."""
    low, high = 0, reader.instruments
    for _ in range(32):
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
    """Count the tokens of a request."""
    reader.requests += 1
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
        command.flags = FLAG_MORE if entry + 1 < reader.entries_count else 0


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
    if found & 3 != 3 or reader.values[REQUEST_ID] <= reader.newest_id or reader.requests == reader.requests_left:
        return False
    form = reader.forms[reader.values[TYPE]]
    if found & ~form.allowed or form.needed & ~found or not is_right(reader, form.kind, found):
        return False
    added = add_rows(reader, form, found, cells, rows, received_us, answerers, row + reader.rows)
    reader.rows += added
    return added > 0


@kernel
def add_records(reader, size, cells, rows, received_us, answerers, row):
    """Serve the records of a frame; returns whether all were usual, else `reader.skip` is the place of the first."""
    at = 0
    for _ in range(RECORDS_MAX):
        found = read_record(reader, at, size, ROWS)
        if not add_request(reader, found, cells, rows, received_us, answerers, row):
            break
        at = reader.record_stop
        if at == size:
            return True
    reader.skip = at
    return False


@kernel
def serve_frame(reader, first, size, encoding, cells, rows, received_us, answerers, row):
    """Serve the frame whose payload stands in `reader.text`; returns whether all of it was usual."""
    if first == BINARY_FRAME and encoding == BINARY:
        return add_records(reader, size, cells, rows, received_us, answerers, row)
    found = 0
    if first == TEXT_FRAME and encoding != MSGPACK:
        found = read_json(reader, size)
    elif first == BINARY_FRAME and encoding == MSGPACK:
        found = read_packed(reader, size)
    return add_request(reader, found, cells, rows, received_us, answerers, row)


@kernel
def read_frames(reader, data, at, frame_max, encoding, cells, rows, received_us, answerers, row):
    """Serve the usual requests in a stream of frames from `at` on; writes what it found into `reader`.

    data         bytes of the socket, uint8
    frame_max    longest payload that is allowed
    encoding     of the connection: JSON, MSGPACK or BINARY
    cells        the open batch's rows as uint64 words; `rows`: the same as COMMAND rows; `row`: how many it has
    """
    reader.requests = reader.rows = reader.orders = reader.cancels = reader.quotes = reader.newest_quote = 0
    reader.frames = reader.skip = 0
    reader.newest_id = reader.last_id
    for _ in range(reader.frames_left):
        if at + 6 > data.shape[0] or data[at + 1] < MASKED or data[at + 1] > LONG:
            break
        start, size = at + 6, np.int64(data[at + 1]) - MASKED
        if data[at + 1] == LONG:
            if at + 8 > data.shape[0]:
                break
            start, size = at + 8, np.int64(data[at + 2]) << 8 | np.int64(data[at + 3])
        if size == 0 or size > frame_max or size > PAYLOAD_BYTES or start + size > data.shape[0]:
            break
        unmask(reader.text, data, start, size)
        if not serve_frame(reader, np.int64(data[at]), size, encoding, cells, rows, received_us, answerers, row):
            break
        reader.frames += 1
        at = start + size
    reader.stop = at


class ReadingConnection(Protocol):
    """What the way in needs of a connection."""

    @property
    def session(self) -> Session | None: ...

    @property
    def encoding(self) -> int:
        """Number of its encoding."""

    @property
    def is_serving(self) -> bool:
        """Whether its requests are served now."""

    @property
    def frame_bucket(self) -> RateBucket: ...

    @property
    def room(self) -> int:
        """Requests that may still wait for their replies without a stop of reading (RATE-005)."""

    @property
    def now_us(self) -> int:
        """Wall clock at the read."""

    @property
    def now_ns(self) -> int:
        """Monotonic clock at the read."""

    def expect_answers(self, count: int) -> None:
        """Count requests that wait for their replies."""


class Inbound:
    """Reads usual requests into the open batch of a venue."""

    def __init__(self, port: VenuePort, queue_batches: int) -> None:
        """`queue_batches`: full batches that may wait for the journal; when so many wait, Python refuses orders."""
        self._port, self._queue_batches = port, queue_batches
        self._tables = request_tables()
        self._reader = self._tables[0]
        self._fields = memoryview(self._tables.view(np.uint8).reshape(-1))  # type: ignore[arg-type]  # a buffer
        self._listing = 0
        self.skip = 0
        batch = port.gathering.open
        self._read = bind(
            read_frames, self._reader, np.frombuffer(b"", np.uint8), 0, 0, 0, batch.cells, batch.rows,
            batch.received_us, batch.answerers, 0,
        )  # fmt: skip

    def take(self, connection: ReadingConnection, data: bytes, start: int, frame_max: int) -> int:
        """Serve the usual requests that stand in `data` from `start` on; returns the place of the first other frame.

        `skip` is then how many bytes of its payload are served already: records before the first unusual one.

        frame_max   longest payload that is allowed
        """
        self.skip = 0
        session, port = connection.session, self._port
        if session is None or not session.account or not connection.is_serving:
            return start
        if port.gathering.full_batches >= self._queue_batches:
            return start
        if self._listing != port.listing:
            self._load(port.instruments)
        batch, now_ns = port.gathering.open, connection.now_ns
        TERMS.pack_into(
            self._fields, 0, session.last_id, session.account, session.number, connection.now_us, connection.room,
            connection.frame_bucket.left(now_ns), *session.tokens(now_ns),
        )  # fmt: skip
        self._read(
            self._reader, np.frombuffer(data, np.uint8), start, frame_max, connection.encoding, batch.cells, batch.rows,
            batch.received_us, batch.answerers, batch.count,
        )  # fmt: skip
        stop, self.skip, frames, requests, rows, orders, cancels, quotes, newest_id, newest_quote = FOUND.unpack_from(
            self._fields, TERMS.size
        )
        if not requests:
            return start
        batch.count += rows
        connection.frame_bucket.take(now_ns, frames)
        session.spend(now_ns, orders, cancels, quotes)
        session.note_requests(newest_id, newest_quote)
        connection.expect_answers(requests)
        port.wake()
        return int(stop)

    def _load(self, instruments: Mapping[int, ListedInstrument]) -> None:
        """Copy what is listed."""
        listed = sorted(instruments.items())
        assert len(listed) <= INSTRUMENTS_MAX
        for name, values in (
            ("instrument_id", [number for number, _ in listed]),
            ("book", [row.index for _, row in listed]),
            ("low_tick", [row.low_tick for _, row in listed]),
        ):
            self._reader[name][: len(listed)] = values
        self._reader["instruments"] = len(listed)
        self._listing = self._port.listing
