"""Kernels that write the `top` message of one command for a raw channel (MDATA-010)."""

import numpy as np

from exchange.kernel import kernel
from exchange.publish.fold.frames import (
    JSON,
    MSGPACK,
    NS_PER_US,
    TOP_PIECES,
    add_run,
    body_of,
    put_end,
    put_field,
)
from exchange.publish.fold.streams import show_top

# Numbers of the literals. Those of a price, its lots and its implied lots follow each other, bid before ask.
CHANNEL, SEQUENCE, ENGINE_SEQUENCE, TIME_US, PREVIOUS, BID_TICK = (TOP_PIECES + piece for piece in range(6))
FIELDS = np.int64(6)  # of a message without prices, the type among them


@kernel
def put_top(event, fold, book, ladder, stream, runs, text, packed, literals):
    """Write the message of a channel if the command just read has changed the top of its book."""
    if not show_top(ladder, book, stream):
        return
    stream.sequence += 1
    start, packed_start = np.int64(fold.text), np.int64(fold.packed)
    if stream.encodings & JSON:
        fold.text = _put_frame(text, start, np.int64(0), event, stream, literals)
    if stream.encodings & MSGPACK:
        fold.packed = _put_frame(packed, packed_start, np.int64(1), event, stream, literals)
    add_run(fold, runs, np.int64(stream.channel), np.int64(stream.sequence), start, packed_start)


@kernel
def _put_frame(target, start, packed, event, stream, literals):
    """Write one framed message from `start` on; returns its end."""
    body = body_of(start, np.int64(0))
    at = put_field(target, body, packed, literals, CHANNEL, np.int64(stream.channel))
    at = put_field(target, at, packed, literals, SEQUENCE, np.int64(stream.sequence))
    at = put_field(target, at, packed, literals, ENGINE_SEQUENCE, np.int64(event.sequence))
    at = put_field(target, at, packed, literals, TIME_US, np.int64(event.time_ns) // NS_PER_US)
    at = put_field(target, at, packed, literals, PREVIOUS, np.int64(stream.sequence) - 1)
    fields = FIELDS
    for side in range(2):
        tick, lots, implied = stream.top[3 * side], stream.top[3 * side + 1], stream.top[3 * side + 2]
        piece = BID_TICK + 3 * side
        if lots:
            at = put_field(target, at, packed, literals, piece, np.int64(tick))
            at = put_field(target, at, packed, literals, piece + 1, np.int64(lots))
            fields += 2
        if implied:
            at = put_field(target, at, packed, literals, piece + 2, np.int64(implied))
            fields += 1
    return put_end(target, start, body, at, packed, fields)
