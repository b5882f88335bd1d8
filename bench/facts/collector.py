"""The compiled pass over EVENT rows: messages of one book, and samples of its depth.

The kernel keeps the lots that each price level shows, from the rows alone (`level_lots`), and the time at which each
live order rested. It writes one MESSAGE row for each change of the book. No order is looked up in the engine.
"""

import numpy as np

from bench.readers.order_tables import next_occupied
from exchange.kernel import kernel, leaf_kernel
from exchange.kernel_codes import (
    EVENT_FILL,
    EVENT_FLAG_IMPLIED,
    EVENT_FLAG_INTERNAL,
    EVENT_FLAG_KEPT,
    EVENT_FLAG_LOST,
    EVENT_FLAG_NEVER_RESTED,
    EVENT_FLAG_RESTS,
    EVENT_ICEBERG_REFRESHED,
    EVENT_ORDER_ACCEPTED,
    EVENT_ORDER_CANCELLED,
    EVENT_ORDER_REPLACED,
    EVENT_ORDER_RESTED,
    EVENT_SELF_MATCH_DECREMENTED,
    LIQUIDITY_AUCTION,
    LIQUIDITY_TAKER,
    ORDER_STATE_PENDING,
    SIDE_BUY,
    SIDE_SELL,
)
from exchange.limits import SLOT_BITS
from exchange.machine import row_at
from exchange.records import record_type

# Kinds of messages. NONE: it is no message. OTHER: the book changes, but nobody entered, cancelled or traded (an
# iceberg's next slice). AUCTION: an order trades in an uncross, where each trade is a message of both orders.
NONE, OTHER, LIMIT, REDUCE, CANCEL, FILL, AUCTION = (np.int64(kind) for kind in range(7))

LEVELS = np.int64(10)  # best levels of a side that are summed, counted and sampled
DISTANCES = np.int64(100)  # ticks from the best price on that are sampled
DEEPER = np.int64(LEVELS + 1)  # `level` of a message behind these levels
ONE = np.uint64(1)
SLOT_MASK = np.int64((1 << SLOT_BITS) - 1)

# A change of the book. Book fields are those after it.
MESSAGE = record_type(
    [
        ("time_ns", "<i8"),
        ("sequence", "<i8"),  # of the command
        ("age_ns", "<i8"),  # REDUCE, CANCEL, FILL: time since the order rested
        ("price_tick", "<i4"),
        ("lots", "<i4"),  # that rest, are taken off, or trade
        ("leaves_lots", "<i4"),  # of the order afterwards
        ("bid_tick", "<i4"),
        ("ask_tick", "<i4"),
        ("bid_lots", "<i4"),  # at the best price; 0: the side is empty
        ("ask_lots", "<i4"),
        ("bid_total_lots", "<i4"),  # of the LEVELS best levels
        ("ask_total_lots", "<i4"),
        ("kind", "u1"),
        ("side", "u1"),  # of the order that rests
        ("level", "u1"),  # from 1, DEEPER; of a LIMIT after it, of others before; 0: none
        ("is_aged", "u1"),  # whether `age_ns` is known
    ]
)
RESTED = record_type([("order_id", "<i8"), ("time_ns", "<i8")])  # by slot of the order
# Where the collector is. A place is an index into a side of `lots`, plus 1; 0: the side is empty.
COLLECTOR = record_type(
    [("book", "<i8"), ("low_tick", "<i8"), ("best", "<i8", (2,)), ("every", "<i8"), ("seen", "<i8"), ("samples", "<i8")]
)


@kernel
def collect_rows(rows, collectors, lots, occupied, rested, messages, level_lots, distance_lots):
    """Read EVENT rows. Returns the number of messages written.

    collectors   COLLECTOR, shape (1,)
    lots         what each level shows, int32, shape (2, ticks); it has all prices of the book in these rows
    occupied     bitmap of the places that show lots, uint64, shape (2, words), as `next_occupied` takes it
    rested       RESTED rows by slot
    messages     MESSAGE rows, as many as `rows`, filled
    level_lots, distance_lots   samples, added to from `samples` on; one of each `every` messages, 0: none
    """
    own = row_at(collectors, 0)
    count = np.int64(0)
    for at in range(len(rows)):
        row = row_at(rows, at)
        if row.instrument != own.book:
            continue
        kind, tick = _change_of(row)
        if kind == NONE:
            continue
        message = row_at(messages, count)
        _write_change(row, kind, tick, own, lots, occupied, rested, message)
        _write_book(own, lots, occupied, message)
        count += 1
        own.seen += 1
        if own.every > 0 and own.seen % own.every == 0 and own.samples < len(level_lots):
            _sample(own, lots, occupied, level_lots, distance_lots)
    return count


@kernel
def price_range(rows, book):
    """(lowest, highest) price of the levels of a book that these EVENT rows change; lowest above highest: none."""
    low, high = np.int64(1) << 40, np.int64(0) - (np.int64(1) << 40)
    for at in range(len(rows)):
        row = row_at(rows, at)
        if row.instrument == book:
            kind, tick = _change_of(row)
            if kind != NONE:
                low, high = min(low, np.int64(tick)), max(high, np.int64(tick))
    return low, high


@leaf_kernel
def _change_of(row):
    """(kind of message, price of the changed level); NONE: the row is no message."""
    kind, flags = row.kind, row["flags"]
    if kind == EVENT_ORDER_ACCEPTED:
        return LIMIT if flags & EVENT_FLAG_RESTS else NONE, row.price
    if kind == EVENT_ORDER_RESTED:
        return LIMIT, row.price
    if kind == EVENT_FILL:
        return _fill_kind(row), row.level_tick
    if kind == EVENT_ORDER_REPLACED:
        if row.state == ORDER_STATE_PENDING:
            return NONE, row.price
        if flags & EVENT_FLAG_KEPT:
            return REDUCE, row.price
        return CANCEL if flags & EVENT_FLAG_LOST else NONE, row.old_tick
    if flags & EVENT_FLAG_NEVER_RESTED:
        return NONE, row.price
    if kind == EVENT_ORDER_CANCELLED:
        return CANCEL, row.price
    if kind == EVENT_SELF_MATCH_DECREMENTED:
        return REDUCE, row.price
    return OTHER if kind == EVENT_ICEBERG_REFRESHED else NONE, row.price


@leaf_kernel
def _fill_kind(row):
    """Kind of message of a FILL. A trade has a row of each order; only in an implied group the taker's stands alone."""
    if row["flags"] & EVENT_FLAG_INTERNAL:
        return OTHER if row.liquidity != LIQUIDITY_TAKER else NONE
    if row.liquidity == LIQUIDITY_TAKER:
        return FILL if row["flags"] & EVENT_FLAG_IMPLIED else NONE
    return AUCTION if row.liquidity == LIQUIDITY_AUCTION else FILL


@leaf_kernel
def _write_change(row, kind, tick, own, lots, occupied, rested, message):
    """Write what the order did, and change its level."""
    side = np.int64(row.side)
    taker = row.kind == EVENT_FILL and row.liquidity == LIQUIDITY_TAKER
    message.time_ns, message.sequence = row.time_ns, row.sequence
    message.kind, message.side = kind, 1 - side if taker else side
    message.price_tick = row.trade_tick if row.kind == EVENT_FILL else tick
    message.leaves_lots = row.leaves_lots
    message.age_ns, message.is_aged, message.level = 0, 0, 0
    if taker:
        message.lots = row.lots
        return
    place = np.int64(tick) - own.low_tick + 1
    before = np.int64(lots[side, place - 1])
    after = np.int64(row.level_lots)
    if kind != LIMIT:
        message.level = _level_of(lots[side], occupied[side], own.best[side], side, place)
        _write_age(row, rested, message)
    message.lots = row.lots if row.kind == EVENT_FILL else abs(after - before)
    _set_level(own, lots, occupied, side, place, after)
    if kind == LIMIT:
        message.level = _level_of(lots[side], occupied[side], own.best[side], side, place)
        entry = row_at(rested, np.int64(row.order_id) & SLOT_MASK)
        entry.order_id, entry.time_ns = row.order_id, row.time_ns


@leaf_kernel
def _write_age(row, rested, message):
    entry = row_at(rested, np.int64(row.order_id) & SLOT_MASK)
    if entry.order_id == row.order_id:
        message.age_ns, message.is_aged = row.time_ns - entry.time_ns, 1


@leaf_kernel
def _set_level(own, lots, occupied, side, place, value):
    """Set the lots of a level, and find the best price of its side."""
    lots[side, place - 1] = value
    bit = ONE << np.uint64(place & 63)
    if value > 0:
        occupied[side, place >> 6] |= bit
    else:
        occupied[side, place >> 6] &= ~bit
    best = np.int64(own.best[side])
    if value > 0:
        better = place > best if side == SIDE_BUY else place < best
        if best == 0 or better:
            own.best[side] = place
    elif place == best:
        own.best[side] = _next_place(occupied[side], side, best)


@leaf_kernel
def _next_place(occupied, side, place):
    """The next place with lots behind a place; 0: none."""
    return max(next_occupied(occupied, side, place - 1 if side == SIDE_BUY else place + 1), np.int64(0))


@leaf_kernel
def _level_of(levels, occupied, best, side, place):
    """Number of a level from the best price on, from 1; DEEPER if it is not among LEVELS; 0 if it shows nothing."""
    if best == 0 or levels[place - 1] == 0:
        return np.int64(0)
    at = np.int64(best)
    for number in range(1, LEVELS + 1):
        if at == place:
            return np.int64(number)
        if at == 0 or (at < place if side == SIDE_BUY else at > place):
            break
        at = _next_place(occupied, side, at)
    return DEEPER


@leaf_kernel
def _total_lots(levels, occupied, best, side):
    """Lots of the LEVELS best levels."""
    total, at = np.int64(0), np.int64(best)
    for _ in range(LEVELS):
        if at == 0:
            break
        total += levels[at - 1]
        at = _next_place(occupied, side, at)
    return total


@leaf_kernel
def _write_book(own, lots, occupied, message):
    """Write the book after a change."""
    bid, ask = np.int64(own.best[SIDE_BUY]), np.int64(own.best[SIDE_SELL])
    message.bid_tick = own.low_tick + bid - 1 if bid else 0
    message.ask_tick = own.low_tick + ask - 1 if ask else 0
    message.bid_lots = lots[SIDE_BUY, bid - 1] if bid else 0
    message.ask_lots = lots[SIDE_SELL, ask - 1] if ask else 0
    message.bid_total_lots = _total_lots(lots[SIDE_BUY], occupied[SIDE_BUY], bid, SIDE_BUY)
    message.ask_total_lots = _total_lots(lots[SIDE_SELL], occupied[SIDE_SELL], ask, SIDE_SELL)


@kernel
def _sample(own, lots, occupied, level_lots, distance_lots):
    """Add a sample of the depth of both sides."""
    for side in range(2):
        levels, at = lots[side], np.int64(own.best[side])
        step = -1 if side == SIDE_BUY else 1
        for distance in range(DISTANCES):
            place = at + step * distance
            inside = at > 0 and place >= 1 and place <= len(levels)
            distance_lots[own.samples, side, distance] = levels[place - 1] if inside else 0
        for number in range(LEVELS):
            level_lots[own.samples, side, number] = levels[at - 1] if at else 0
            if at:
                at = _next_place(occupied[side], side, at)
    own.samples += 1
