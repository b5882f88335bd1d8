"""Kernels that fold EVENT rows into what market data shows: changed levels, prints, frames of raw depth channels.

One call reads a whole release. For books that nobody watches it only notes the last trade id. Changes of followed books
go to a log. A book with a raw channel of all levels, or a watched `trades` channel, gets one framed message for each
command, as bytes, in the encodings that its readers have (MDATA-013). The call returns early at a command that Python
has to read, and when a buffer has no room for the next command. It changes nothing of that command then, so that it can
be called again. A command after which Python has something to add is a run of its own, and the call goes on.
"""

import numpy as np

from exchange.kernel import kernel, leaf_kernel
from exchange.kernel_codes import (
    EVENT_FILL,
    EVENT_FLAG_KEPT,
    EVENT_FLAG_LOST,
    EVENT_FLAG_NEVER_RESTED,
    EVENT_FLAG_RESTS,
    EVENT_ICEBERG_REFRESHED,
    EVENT_IMPLIED_PRICE,
    EVENT_INDICATIVE_PRICE,
    EVENT_INSTRUMENT_LISTED,
    EVENT_ORDER_ACCEPTED,
    EVENT_ORDER_CANCELLED,
    EVENT_ORDER_REPLACED,
    EVENT_ORDER_RESTED,
    EVENT_SELF_MATCH_DECREMENTED,
    EVENT_STATE_CHANGED,
    LIQUIDITY_TAKER,
    ORDER_STATE_PENDING,
)
from exchange.machine import row_at, unlikely
from exchange.publish.fold.depth_frames import IMPLIED, LEVEL, change_key, put_depth
from exchange.publish.fold.frames import ITEM_BYTES, MESSAGE_BYTES, NS_PER_US, STEP
from exchange.publish.fold.trade_frames import put_trades
from exchange.records import record_type

# What a call returns: everything is read; Python has to read a command; a buffer, or the table of books, is too small.
DONE, COMMAND, FULL, BOOKS = np.int64(0), np.int64(1), np.int64(2), np.int64(3)

# Of a book: it is followed; it has channels with a cadence; Python publishes after each command; its prints are read.
FOLLOWS, CADENCED, EACH, PRINTED = np.int64(1), np.int64(2), np.int64(4), np.int64(8)

CHECKSUM_US = np.int64(500_000)  # at most a second between checksums while the book changes (MDATA-016)
HASH = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio (Knuth, The Art of Computer Programming, 6.4)

# Bits of kinds of events: of those whose row has the level of its order; of those that are for Python.
LEVEL_KINDS = (
    np.int64(1) << EVENT_ORDER_RESTED
    | np.int64(1) << EVENT_ORDER_CANCELLED
    | np.int64(1) << EVENT_ICEBERG_REFRESHED
    | np.int64(1) << EVENT_SELF_MATCH_DECREMENTED
)
VENUE_KINDS = (
    np.int64(1) << EVENT_STATE_CHANGED | np.int64(1) << EVENT_INDICATIVE_PRICE | np.int64(1) << EVENT_INSTRUMENT_LISTED
)

# A book as market data follows it.
FOLLOWED = record_type(
    [
        ("trade_id", "<i8"),  # of its last print
        ("watch", "<i8"),  # FOLLOWS and so on
        ("mark", "<i8"),  # number of the last call that found it changed
        ("last_command", "<i8"),  # sequence of the last command that has its message
        ("channel", "<i8"),  # number of its raw channel of all levels, 0: none
        ("sequence", "<i8"),  # number of that channel's last message
        ("checksum_us", "<i8"),  # time of its last checksum
        ("encodings", "<i8"),
        ("trade_channel", "<i8"),  # number of its `trades` channel
        ("trade_encodings", "<i8"),
        ("printed", "<i8"),  # number of that channel's last message, while it is watched
        ("implied_tick", "<i8", (2,)),  # implied price of each side as that channel has published it
        ("implied_lots", "<i8", (2,)),  # 0: none
    ]
)
# A level, or the implied price of a side, that has changed.
CHANGE = record_type(
    [
        ("key", "<i8"),  # book, kind and side: see `change_key`
        ("rank", "<i8"),  # price of a level, 0 for implied prices
        ("tick", "<i8"),
        ("lots", "<i8"),  # now
        ("entry", "<i8"),  # its place in the hash table
    ]
)
# Messages of one channel behind one another, with their bytes in each encoding. If `kind` is STEP: a command, with the
# place of its changes in the log, after which Python publishes.
RUN_FIELDS = (
    "kind", "book", "messages", "last", "text", "text_end", "packed", "packed_end", "begin", "end", "time_us",
)  # fmt: skip
RUN = record_type([(name, "<i8") for name in RUN_FIELDS])
# What has been read. Numbers of used rows and bytes are of the last call, but those of `changes` until Python takes it.
FOLD_FIELDS = (
    "calls", "print_id", "streams", "venue_rows", "next_row", "sequence", "time_us", "changes", "begin", "places",
    "touched", "runs", "text", "packed",
)  # fmt: skip
FOLD = record_type([(name, "<i8") for name in FOLD_FIELDS])


@kernel
def fold_rows(rows, at, folds, books, changes, slots, places, touched, runs, text, packed, literals, trade_literals):
    """Read EVENT rows from place `at` on. Returns DONE, COMMAND, FULL or BOOKS; `next_row` is where to go on.

    folds         FOLD, shape (1,)
    books         FOLLOWED rows by index of the book
    changes       CHANGE rows, added to; those of the last command begin at `begin`
    slots         int64, a power of two and at least twice as many as `changes`: a hash table over them
    places        int64, filled with rows of the last command that Python has to read: prints and events of the venue
    touched       int64, as many as books, filled with changed books that have a cadence, each once a call
    runs          RUN rows, filled
    text, packed  bytes of frames, filled
    literals      of `depth` messages, and `trade_literals` of `trades` messages: see `literals`
    """
    fold = row_at(folds, 0)
    fold.calls += 1
    fold.places = fold.touched = fold.runs = fold.text = fold.packed = 0
    result = DONE
    while at < len(rows) and result == DONE:
        stop, noted, placed, fills, index_max = _weigh(rows, at, books)
        if unlikely(noted + placed + fills != 0):
            if index_max >= len(books):
                result = BOOKS
            elif not _has_room(fold, noted, placed, changes, places, runs, text, packed):
                result = FULL
            else:
                _read_command(rows, at, stop, fold, books, changes, slots, places)
                _touch(fold, books, changes, touched)
                if _is_left_to_python(row_at(rows, at).time_ns // NS_PER_US, fold, books, changes):
                    result = COMMAND
                    _skip_prints(rows, fold, books, places)
                else:
                    put_depth(row_at(rows, at), fold, books, changes, runs, text, packed, literals)
                    _add_step(row_at(rows, at), fold, books, changes, runs)
                    put_trades(rows, fold, books, places, runs, text, packed, trade_literals)
        if result <= COMMAND:
            fold.sequence, fold.time_us = row_at(rows, at).sequence, row_at(rows, at).time_ns // NS_PER_US
            at = stop
    fold.next_row = at
    return result


@leaf_kernel
def _weigh(rows, at, books):
    """Look at the command that begins at a row. Returns (its end; most changes of followed books; most rows for Python;
    number of fills; highest book)."""
    sequence = row_at(rows, at).sequence
    noted, placed, fills, index_max = np.int64(0), np.int64(0), np.int64(0), np.int64(0)
    while at < len(rows) and row_at(rows, at).sequence == sequence:
        row = row_at(rows, at)
        changed = _level_of(row)[0] or row.kind == EVENT_IMPLIED_PRICE
        fill = row.kind == EVENT_FILL
        if changed or fill:
            index = np.int64(row.instrument)
            index_max = max(index_max, index)
            watch = np.int64(row_at(books, index).watch) if index < len(books) else np.int64(0)
            fills += fill
            noted += changed and watch & FOLLOWS != 0
            placed += fill and watch & PRINTED != 0
        elif _is_of_venue(row.kind):
            placed += 1
        at += 1
    return at, noted, placed, fills, index_max


@leaf_kernel
def _level_of(row):
    """(whether an event has changed a price level, its price). `level_lots` is what the level shows now."""
    kind = row.kind
    if kind == EVENT_ORDER_ACCEPTED:
        return row["flags"] & EVENT_FLAG_RESTS != 0, row.price
    if kind == EVENT_FILL:
        return row.liquidity != LIQUIDITY_TAKER, row.level_tick
    if LEVEL_KINDS >> kind & 1:
        return row["flags"] & EVENT_FLAG_NEVER_RESTED == 0, row.price
    if kind == EVENT_ORDER_REPLACED:
        changed = row["flags"] & (EVENT_FLAG_KEPT | EVENT_FLAG_LOST) != 0 and row.state != ORDER_STATE_PENDING
        return changed, row.price if row["flags"] & EVENT_FLAG_KEPT else row.old_tick
    return False, np.int32(0)


@leaf_kernel
def _is_of_venue(kind):
    return VENUE_KINDS >> kind & 1 != 0


@leaf_kernel
def _has_room(fold, noted, placed, changes, places, runs, text, packed):
    """Whether each buffer has room for what a command may need."""
    messages = min(noted + placed, np.int64(fold.streams))
    size = messages * MESSAGE_BYTES + (noted + placed) * ITEM_BYTES if messages else np.int64(0)
    enough = noted <= len(changes) - fold.changes and placed <= len(places) and messages < len(runs) - fold.runs
    return enough and size <= len(text) - fold.text and size <= len(packed) - fold.packed


@kernel
def _read_command(rows, at, stop, fold, books, changes, slots, places):
    """Note changed levels, implied prices, prints, and events of the venue of the command in these rows."""
    fold.begin, fold.places, fold.venue_rows = fold.changes, 0, 0
    for place in range(at, stop):
        row = row_at(rows, place)
        index, side = np.int64(row.instrument), np.int64(row.side)
        changed, tick = _level_of(row)
        if (changed or row.kind == EVENT_IMPLIED_PRICE) and row_at(books, index).watch & FOLLOWS:
            key = change_key(index, LEVEL if changed else IMPLIED, side)
            price, lots = (tick, row.level_lots) if changed else (row.implied_tick, row.implied_lots)
            price, rank = np.int64(price), np.int64(price) if changed else np.int64(0)
            fold.changes = _note(changes, slots, fold.begin, fold.changes, key, rank, price, np.int64(lots))
        if row.kind == EVENT_FILL:
            # Of a trade's two rows only the first is its print; in implied groups each trade has one row.
            if row.trade_id != fold.print_id:
                fold.print_id = row.trade_id
                book = row_at(books, index)
                book.trade_id = row.trade_id
                if book.watch & PRINTED:
                    places[fold.places] = place
                    fold.places += 1
        elif _is_of_venue(row.kind):
            places[fold.places] = place
            fold.places += 1
            fold.venue_rows += 1


@leaf_kernel
def _note(changes, slots, first, count, key, rank, tick, lots):
    """Note a change after rows `first` to `count`, or in the place of one of the same level. Returns the new count.

    A slot is in use if the row that it names is among these rows and names the slot: so the table is never cleared.
    """
    mask = len(slots) - 1
    mixed = (np.uint64(key) * HASH ^ np.uint64(rank)) * HASH
    slot = np.int64(mixed >> np.uint64(32)) & mask
    found = False
    for _ in range(len(slots)):
        at = slots[slot]
        if at < first or at >= count or row_at(changes, at).entry != slot:
            break
        change = row_at(changes, at)
        found = change.key == key and change.rank == rank
        if found:
            break
        slot = (slot + 1) & mask
    place = slots[slot] if found else count
    slots[slot] = place
    change = row_at(changes, place)
    change.key, change.rank, change.tick, change.lots, change.entry = key, rank, tick, lots, slot
    return count if found else count + 1


@kernel
def squeeze(folds, changes, slots):
    """Leave only the newest change of each level, in the place of its first, in the whole log."""
    fold = row_at(folds, 0)
    count = np.int64(0)
    for at in range(fold.changes):
        change = row_at(changes, at)
        count = _note(changes, slots, np.int64(0), count, change.key, change.rank, change.tick, change.lots)
    fold.changes, fold.begin = count, count


@leaf_kernel
def _touch(fold, books, changes, touched):
    """List the books of the command just read that have a cadence and are not listed in this call."""
    for at in range(fold.begin, fold.changes):
        index = np.int64(row_at(changes, at).key) >> 2
        book = row_at(books, index)
        if book.watch & CADENCED and book.mark != fold.calls:
            book.mark = fold.calls
            touched[fold.touched] = index
            fold.touched += 1


@leaf_kernel
def _is_left_to_python(time_us, fold, books, changes):
    """Whether Python has to publish the command just read: events of the venue, or a checksum that is due."""
    left = fold.venue_rows != 0
    for at in range(fold.begin, fold.changes):
        book = row_at(books, np.int64(row_at(changes, at).key) >> 2)
        left |= book.channel != 0 and time_us - book.checksum_us >= CHECKSUM_US
    return left


@leaf_kernel
def _add_step(event, fold, books, changes, runs):
    """Add the command just read as a run of its own if Python publishes after each command of one of its books."""
    each = False
    for at in range(fold.begin, fold.changes):
        each |= row_at(books, np.int64(row_at(changes, at).key) >> 2).watch & EACH != 0
    if each:
        run = row_at(runs, fold.runs)
        run.kind, run.book, run.last, run.time_us = STEP, 0, event.sequence, event.time_ns // NS_PER_US
        run.begin, run.end = fold.begin, fold.changes
        fold.runs += 1


@leaf_kernel
def _skip_prints(rows, fold, books, places):
    """Note that Python publishes the watched prints of the command just read."""
    for number in range(fold.places):
        event = row_at(rows, places[number])
        if event.kind == EVENT_FILL:
            book = row_at(books, np.int64(event.instrument))
            book.printed = book.trade_id
