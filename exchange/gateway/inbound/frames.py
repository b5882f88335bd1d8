"""Kernels that cut and unmask the frames of a read and serve the usual requests in them.

`read_frames` stops at the first frame that is not plain, not complete, or not usual as a whole. `split_frames` takes
control frames out of frames that have to wait.
"""

import numpy as np

from exchange.gateway.inbound.records import may_serve_records, read_record
from exchange.gateway.inbound.rows import add_request
from exchange.gateway.inbound.tables import PAYLOAD_BYTES, key_number, request_tables
from exchange.gateway.inbound.text import read_json, read_packed
from exchange.kernel import kernel, leaf_kernel
from exchange.machine import copy_run, load_word, store_word

MSGPACK, BINARY = 2, 3  # numbers of encodings, as in `outbox`; the other one is JSON
TEXT_FRAME, BINARY_FRAME = 0x81, 0x82
CONTROL = 0x08  # the bit of control frames in the first byte
PING, PONG, CONTROL_MAX = 0x89, 0x8A, 125  # first bytes; longest payload of a control frame (RFC 6455 section 5.5)
RECORDS_MAX = 64  # in a frame (WIRE-003)
# Second byte of a client's frame: the mask bit plus the length; 126 or 127 mean that 2 or 8 bytes of length follow.
MASKED, LONG = 0x80, 0x80 | 126
ROWS = key_number(request_tables(), "qs")


@leaf_kernel
def frame_place(data, at, frame_max):
    """(place of the payload, place behind it) of the client's frame at a place.

    The second is beyond the data if the frame is not complete, 0 if its head is broken or it is longer than allowed.
    """
    left = data.shape[0] - at
    second = np.int64(data[at + 1]) if left > 1 else MASKED
    start, size = at + 6, second - MASKED
    if second == LONG:
        if left < 4:
            return 0, data.shape[0] + 1
        start, size = at + 8, np.int64(data[at + 2]) << 8 | np.int64(data[at + 3])
    if second < MASKED or second > LONG or size > frame_max:
        return 0, 0
    return start, start + size


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


@kernel
def add_records(reader, size, cells, rows, received_us, answerers, row):
    """Serve the records of a frame; returns whether all were usual, else `reader.skip` is the place of the first.

    Of a frame with too many, none is served.
    """
    at = 0
    if not may_serve_records(reader, size, RECORDS_MAX):
        return False
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
    reader.request_count = reader.rows = reader.orders = reader.cancels = reader.quotes = reader.newest_quote = 0
    reader.frames = reader.skip = reader.leading_cancels = 0
    reader.newest_id = reader.last_id
    for _ in range(reader.frames_left):
        start, stop = frame_place(data, at, frame_max)
        size = stop - start
        if size <= 0 or size > PAYLOAD_BYTES or stop > data.shape[0]:
            break
        unmask(reader.text, data, start, size)
        if not serve_frame(reader, np.int64(data[at]), size, encoding, cells, rows, received_us, answerers, row):
            break
        reader.frames += 1
        at = stop
    reader.stop = at


@kernel
def read_socket(readers, data, at, frame_max, encoding, cells, rows, received_us, answerers, row):
    """As `read_frames`, for Python: Numba takes an array of one record faster than the record."""
    read_frames(readers[0], data, at, frame_max, encoding, cells, rows, received_us, answerers, row)


@kernel
def find_frame(data, at, frame_max):
    """As `frame_place`, for Python, which cannot call a kernel that others call."""
    return frame_place(data, at, frame_max)


@leaf_kernel
def ends_stream(first, size):
    """Whether nothing counts behind a control frame: it is a close frame, or broken, and then the library closes."""
    return (first != PING and first != PONG) or size > CONTROL_MAX


@kernel
def split_frames(data, frame_max, waiting, control):
    """Copy the control frames of a stream to `control`, its other whole frames to `waiting`, each in their order.

    It stops at a frame that is not whole, not masked or too long. It ends behind a close frame or a broken control
    frame: nothing counts that follows it (RFC 6455 section 5.5.1).

    data       bytes of the socket from the beginning of a frame on, uint8; the others have space for all of them
    returns    (bytes in `waiting`, bytes in `control`, where it has stopped, whether it ends with such a frame)
    """
    at = waits = controls = 0
    for _ in range(data.shape[0]):
        start, stop = frame_place(data, at, frame_max)
        if stop == 0 or stop > data.shape[0]:
            break
        if data[at] & CONTROL:
            copy_run(control, controls, data, at, stop - at)
            controls += stop - at
            if ends_stream(data[at], stop - start):
                return waits, controls, data.shape[0], True
        else:
            copy_run(waiting, waits, data, at, stop - at)
            waits += stop - at
        at = stop
    return waits, controls, at, False
