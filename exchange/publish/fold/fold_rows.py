"""Kernels that fold EVENT rows into what market data shows: changed levels, prints, frames of raw channels.

One call reads a whole release. For books that nobody watches it only notes the last trade id. Changes of followed books
go to a log. A raw channel of a book, or its watched `trades` channel, gets one framed message for each command that
changes what it shows, as bytes, in the encodings that its readers have (MDATA-013). The call returns early

- after a command to which Python has to add messages;
- before a command for which a buffer has no room: it changes nothing of it;
- at a command after which a ladder is short: it is read, and the next call makes its messages.
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
    EVENT_INSTRUMENT_ENDED,
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
from exchange.publish.fold.book_frames import put_books
from exchange.publish.fold.depth_frames import IMPLIED, LEVEL, change_key
from exchange.publish.fold.frames import ITEM_BYTES, MESSAGE_BYTES, NS_PER_US
from exchange.publish.fold.ladders import SHOWN_MAX, rank_of, set_level
from exchange.publish.fold.streams import STREAMS
from exchange.publish.fold.trade_frames import put_trades
from exchange.records import record_type

# What a call returns: everything is read; Python has to add messages to a command; a buffer, or the table of books, is
# too small; Python has to load the ladders of a command's books.
DONE, COMMAND, FULL, BOOKS, SHORT = (np.int64(result) for result in range(5))

# Of a book: it is followed; it has channels with a cadence; its prints are read.
FOLLOWS, CADENCED, PRINTED = np.int64(1), np.int64(2), np.int64(4)

HASH = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio (Knuth, The Art of Computer Programming, 6.4)

# Bits of kinds of events: of those whose row has the level of its order; of those that are for Python.
LEVEL_KINDS = (
    np.int64(1) << EVENT_ORDER_RESTED
    | np.int64(1) << EVENT_ORDER_CANCELLED
    | np.int64(1) << EVENT_ICEBERG_REFRESHED
    | np.int64(1) << EVENT_SELF_MATCH_DECREMENTED
)
VENUE_KINDS = (
    np.int64(1) << EVENT_STATE_CHANGED
    | np.int64(1) << EVENT_INDICATIVE_PRICE
    | np.int64(1) << EVENT_INSTRUMENT_LISTED
    | np.int64(1) << EVENT_INSTRUMENT_ENDED
)

# A book as market data follows it.
FOLLOWED = record_type(
    [
        ("trade_id", "<i8"),  # of its last print
        ("watch", "<i8"),  # FOLLOWS and so on
        ("mark", "<i8"),  # number of the last call that found it changed
        ("last_command", "<i8"),  # sequence of the last command that has its messages
        ("trade_channel", "<i8"),  # number of its `trades` channel
        ("trade_encodings", "<i8"),
        ("printed", "<i8"),  # number of that channel's last message, while it is watched
        ("raw", "<i8"),  # how many of its streams somebody subscribes to; 0: its ladder is not kept up to date
        ("ladder", "<i8"),  # row of its LADDER, 0: none
        ("streams", "<i8", (int(STREAMS),)),  # rows of its STREAMs, 0: none
        ("implied_tick", "<i8", (2,)),  # implied price of each side
        ("implied_lots", "<i8", (2,)),  # 0: none
        ("sent_tick", "<i8", (2,)),  # the same, as raw channels have published it
        ("sent_lots", "<i8", (2,)),
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
# Messages of one channel behind one another, with their bytes in each encoding.
RUN_FIELDS = ("channel", "messages", "last", "text", "text_end", "packed", "packed_end")
RUN = record_type([(name, "<i8") for name in RUN_FIELDS])
# What has been read. Numbers of used rows and bytes are of the last call, but those of `changes` until Python takes it.
FOLD_FIELDS = (
    "calls", "print_id", "streams", "venue_rows", "next_row", "sequence", "time_us", "changes", "begin", "places",
    "touched", "runs", "text", "packed", "is_read",
)  # fmt: skip
FOLD = record_type([(name, "<i8") for name in FOLD_FIELDS])


@kernel
def fold_rows(
    rows, at, folds, books, changes, slots, places, touched, ladders, streams, shown, runs, text, packed, literals,
    remainders,
):  # fmt: skip
    """Read EVENT rows from place `at` on. Returns DONE, COMMAND, FULL, BOOKS or SHORT; `next_row` is where to go on.

    folds         FOLD, shape (1,)
    books         FOLLOWED rows by index of the book
    changes       CHANGE rows, added to; those of the last command begin at `begin`
    slots         int64, a power of two and at least twice as many as `changes`: a hash table over them
    places        int64, filled with rows of the last command that Python has to read: prints and events of the venue
    touched       int64, as many as books, filled with changed books that have a cadence, each once a call
    ladders       LADDER rows; row 0 is none, as in `streams`
    streams       STREAM rows
    shown         SHOWN_CHANGES, shape (1,), work space
    runs          RUN rows, filled
    text, packed  bytes of frames, filled
    literals      see `literals`; `remainders`: see `checksums`
    """
    fold = row_at(folds, 0)
    fold.calls += 1
    fold.touched = fold.runs = fold.text = fold.packed = 0
    result = DONE
    while at < len(rows) and result == DONE:
        stop, noted, placed, matters, index_max, listed = _weigh(rows, at, books)
        if unlikely(matters):
            if fold.is_read:
                fold.is_read = 0
            elif index_max >= len(books):
                result = BOOKS
            elif (listed and fold.runs) or not _has_room(fold, noted, placed, changes, places, runs, text, packed):
                result = FULL
            else:
                _read_command(rows, at, stop, fold, books, changes, slots, places)
                _touch(fold, books, changes, touched)
                fold.is_read = _follow(fold, books, changes, ladders)
                result = SHORT if fold.is_read else DONE
            if result == DONE:
                event, work = row_at(rows, at), row_at(shown, 0)
                put_books(event, fold, books, changes, ladders, streams, work, runs, text, packed, literals, remainders)
                if fold.venue_rows:
                    result = COMMAND
                    _skip_prints(rows, fold, books, places)
                else:
                    put_trades(rows, fold, books, places, runs, text, packed, literals)
        if result <= COMMAND:
            fold.sequence, fold.time_us = row_at(rows, at).sequence, row_at(rows, at).time_ns // NS_PER_US
            at = stop
    fold.next_row = at
    return result


@leaf_kernel
def _weigh(rows, at, books):
    """Look at the command that begins at a row. Returns (its end; most changes of followed books; most rows for Python;
    whether it has anything to read; highest book; whether it lists instruments)."""
    sequence = row_at(rows, at).sequence
    noted, placed, matters, index_max, listed = np.int64(0), np.int64(0), False, np.int64(0), False
    while at < len(rows) and row_at(rows, at).sequence == sequence:
        row = row_at(rows, at)
        changed = _level_of(row)[0] or row.kind == EVENT_IMPLIED_PRICE
        fill = row.kind == EVENT_FILL
        if changed or fill:
            index = np.int64(row.instrument)
            index_max = max(index_max, index)
            watch = np.int64(row_at(books, index).watch) if index < len(books) else np.int64(0)
            noted += changed and watch & FOLLOWS != 0
            placed += fill and watch & PRINTED != 0
            matters |= fill
        elif _is_of_venue(row.kind):
            placed += 1
            listed |= row.kind == EVENT_INSTRUMENT_LISTED or row.kind == EVENT_INSTRUMENT_ENDED
        at += 1
    return at, noted, placed, matters or noted + placed != 0, index_max, listed


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
    """Whether each buffer has room for what a command may need.

    A change may move a level into a channel of few levels and another one out of it, or the other way round.
    """
    messages = min(STREAMS * noted + placed, np.int64(fold.streams))
    few = min(2 * STREAMS * noted, 4 * SHOWN_MAX * messages)
    size = messages * MESSAGE_BYTES + (noted + few + placed) * ITEM_BYTES if messages else np.int64(0)
    enough = noted <= len(changes) - fold.changes and placed <= len(places) and messages <= len(runs) - fold.runs
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
def _follow(fold, books, changes, ladders):
    """Bring ladders and implied prices of books with raw channels up to the command just read.

    returns   1 if a ladder is short, else 0
    """
    short = np.int64(0)
    for at in range(fold.begin, fold.changes):
        change = row_at(changes, at)
        key = np.int64(change.key)
        index, side = key >> 2, key & 1
        book = row_at(books, index)
        if book.raw == 0:
            continue
        if key == change_key(index, IMPLIED, side):
            book.implied_tick[side], book.implied_lots[side] = change.tick, change.lots
        elif set_level(ladders, np.int64(book.ladder), side, rank_of(side, np.int64(change.tick)), change.lots):
            short = np.int64(1)
    return short


@leaf_kernel
def _skip_prints(rows, fold, books, places):
    """Note that Python publishes the watched prints of the command just read."""
    for number in range(fold.places):
        event = row_at(rows, places[number])
        if event.kind == EVENT_FILL:
            book = row_at(books, np.int64(event.instrument))
            book.printed = book.trade_id
