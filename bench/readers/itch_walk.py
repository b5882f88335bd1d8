"""The compiled decoder of ITCH 5.0 frames (`itch_frames` calls it, `itch` uses its rows).

The layout is that of "Nasdaq TotalView-ITCH 5.0", section 4: numbers are big-endian, a message begins with its type,
locate code, tracking number and time.
"""

import numpy as np

from bench.readers.order_messages import ADD, DELETE, EXECUTE, REDUCE, REPLACE
from exchange.codes import Side
from exchange.kernel import kernel
from exchange.machine import load_word
from exchange.records import record_type

# Why a walk stops: at the end of the bytes; after a directory message; before a frame that is not complete, has
# another length than its type, runs back in time, or has a price between ticks or shares between lots.
END, DIRECTORY, TRUNCATED, WRONG_LENGTH, MISORDERED, OFF_TICK, OFF_LOT = range(7)
BUY, SELL = int(Side.BUY), int(Side.SELL)
LETTER_A, LETTER_F, LETTER_E, LETTER_C, LETTER_X, LETTER_D, LETTER_U, LETTER_P, LETTER_R = b"AFECXDUPR"
LETTER_B = ord("B")
WALK = record_type(
    [
        (name, "<i8")
        for name in (
            "offset",  # end of the last whole frame
            "rows",  # frames so far
            "written",  # rows in `out`
            "time_ns",  # of the last frame, since midnight
            "ended",
            "midnight_ns",
            "tick",  # in units of the file
            "lot",
            "low",  # bounds of price, in units of the file
            "high",
            "outside",  # tick of prices above the bounds
            "hidden_trades",
            "hidden_shares",
            "others",  # messages about orders of symbols that are not chosen
        )
    ]
)


@kernel
def walk_frames(data, lengths, chosen, traded, counts, states, out):
    """Decode whole frames of `data` from state.offset. Returns why it stops; the offset is then that of the next frame,
    after DIRECTORY too.

    lengths  length of a message by type, 0: unknown, shape (256,)
    chosen   whether a locate code is imported, shape (65536,)
    traded   whether a row has been written for a locate code, shape (65536,), in place
    counts   messages by type, in place
    states   WALK, shape (1,), in place
    out      ORDER_MESSAGE, in place: messages about orders of the chosen codes; `book` is the locate code
    """
    state = states[0]
    end = len(data)
    while state.offset < end:
        start = state.offset
        if start + 2 > end:
            return TRUNCATED
        length = np.int64(data[start]) * 256 + np.int64(data[start + 1])
        if length == 0:
            state.ended = 1
            state.offset = start + 2
            return END
        if start + 2 + length > end:
            return TRUNCATED
        letter = data[start + 2]
        if lengths[letter] != length and (lengths[letter] or state.rows == 0):
            return WRONG_LENGTH
        if lengths[letter]:
            time_ns = np.int64(big_endian(data, start + 5) & np.uint64(0xFFFFFFFFFFFF))
            if time_ns < state.time_ns:
                return MISORDERED
            state.time_ns = time_ns
            stop = decode(data, start + 2, letter, chosen, traded, state, out)
            if stop:
                return stop
        counts[letter] += 1
        state.rows += 1
        state.offset = start + 2 + length
        if letter == LETTER_R:
            return DIRECTORY
    return END


@kernel
def big_endian(data, place):
    """Eight bytes as a number."""
    word = load_word(data, place)
    word = (word & np.uint64(0x00FF00FF00FF00FF)) << np.uint64(8) | word >> np.uint64(8) & np.uint64(0x00FF00FF00FF00FF)
    word = (word & np.uint64(0x0000FFFF0000FFFF)) << np.uint64(16) | word >> np.uint64(16) & np.uint64(
        0x0000FFFF0000FFFF
    )
    return word << np.uint64(32) | word >> np.uint64(32)


@kernel
def four_bytes(data, place):
    """Four bytes as a number. There are at least four bytes before them."""
    return np.int64(big_endian(data, place - 4) & np.uint64(0xFFFFFFFF))


@kernel
def decode(data, start, letter, chosen, traded, state, out):
    """Write the row of a message about an order. Returns why it is refused, or 0."""
    locate = np.int64(data[start + 1]) * 256 + np.int64(data[start + 2])
    if letter == LETTER_P:
        if chosen[locate]:
            state.hidden_trades += 1
            state.hidden_shares += four_bytes(data, start + 20)
        return END
    if letter in (LETTER_A, LETTER_F):
        kind, shares, price = ADD, four_bytes(data, start + 20), four_bytes(data, start + 32)
    elif letter in (LETTER_E, LETTER_C):
        kind, shares, price = EXECUTE, four_bytes(data, start + 19), 0
    elif letter == LETTER_X:
        kind, shares, price = REDUCE, four_bytes(data, start + 19), 0
    elif letter == LETTER_D:
        kind, shares, price = DELETE, 0, 0
    elif letter == LETTER_U:
        kind, shares, price = REPLACE, four_bytes(data, start + 27), four_bytes(data, start + 31)
    else:
        return END
    if not chosen[locate]:
        state.others += 1
        return END
    tick = price // state.tick
    if price > state.high:
        tick = state.outside
    elif price >= state.low and tick * state.tick != price:
        return OFF_TICK
    lots = shares // state.lot
    if lots * state.lot != shares:
        return OFF_LOT
    traded[locate] = True
    row = out[state.written]
    state.written += 1
    row.time_ns, row.row = state.midnight_ns + state.time_ns, state.rows + 1
    named = big_endian(data, start + 11)
    if kind == REPLACE:
        row.order_id, row.old_order_id = big_endian(data, start + 19), named
    else:
        row.order_id, row.old_order_id = named, 0
    row.price, row.lots, row.book, row.kind, row.spare = tick, lots, locate, kind, 0
    row.side = SELL if kind == ADD and data[start + 19] != LETTER_B else BUY
    return END
