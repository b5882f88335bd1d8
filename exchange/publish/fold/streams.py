"""Raw state channels as kernels know them, and what has changed of the levels that one of few levels shows."""

import numpy as np

from exchange.kernel import kernel, leaf_kernel
from exchange.publish.fold.ladders import SHOWN_MAX, rank_of, row_of
from exchange.records import record_type

# The streams of a book: `depth` of all levels, of 1, 10 and 50 levels, and `top`.
STREAMS, TOP = np.int64(5), np.int64(4)
STREAM_LEVELS = (0, 1, 10, 50, 1)

# A raw channel. Rows of asks begin at SHOWN_MAX; the best level comes first.
STREAM = record_type(
    [
        ("channel", "<i8"),  # its number while somebody subscribes to it, else 0
        ("sequence", "<i8"),  # number of its last message
        ("checksum_us", "<i8"),  # time of its last checksum
        ("encodings", "<i8"),  # bits, see `frames`
        ("levels", "<i8"),  # how many levels of a side it shows, 0: all
        ("top", "<i8", (6,)),  # of `top`: price, lots and implied lots of the bid and of the ask; 0 lots: there is none
        ("used", "<i8", (2,)),  # levels that it shows
        ("ranks", "<i8", (2 * int(SHOWN_MAX),)),
        ("lots", "<i8", (2 * int(SHOWN_MAX),)),
        ("stamps", "<i8", (2 * int(SHOWN_MAX),)),  # in the order in which they were first shown
        ("stamp", "<i8"),  # the last one given
    ]
)
# What a message of few levels has, and the work space that finds it. Rows of asks begin at 2 * SHOWN_MAX.
SHOWN_CHANGES = record_type(
    [
        ("used", "<i8", (2,)),
        ("ticks", "<i8", (4 * int(SHOWN_MAX),)),
        ("lots", "<i8", (4 * int(SHOWN_MAX),)),
        ("stamps", "<i8", (int(SHOWN_MAX),)),  # of the levels shown now
        ("gone", "<i8"),
        ("gone_ranks", "<i8", (int(SHOWN_MAX),)),  # in the order of their stamps
        ("gone_stamps", "<i8", (int(SHOWN_MAX),)),
    ]
)


@kernel
def show_side(ladder, stream, shown, side):
    """Bring what a channel shows of a side up to its ladder, and list the changes in `shown`.

    Levels to set come first, the best one first; then those that are gone, with 0 lots, in the order in which they were
    first shown.
    """
    first, count = side * SHOWN_MAX, np.int64(stream.used[side])
    now = min(np.int64(ladder.used[side]), np.int64(stream.levels))
    before = np.int64(0)  # place among the levels shown so far
    shown.used[side] = shown.gone = 0
    for place in range(now):
        row = row_of(ladder, side, place)
        rank, lots = ladder.ranks[row], ladder.lots[row]
        before = _pass_gone(stream, shown, first, count, before, rank)
        kept = before < count and stream.ranks[first + before] == rank
        if kept:
            shown.stamps[place] = stream.stamps[first + before]
        else:
            stream.stamp += 1
            shown.stamps[place] = stream.stamp
        if not kept or stream.lots[first + before] != lots:
            _add(shown, side, rank, lots)
        before += kept
    for place in range(before, count):
        _add_gone(shown, stream.ranks[first + place], stream.stamps[first + place])
    for place in range(shown.gone):
        _add(shown, side, shown.gone_ranks[place], np.int64(0))
    _take_over(ladder, stream, shown, side, now)


@leaf_kernel
def _pass_gone(stream, shown, first, count, before, rank):
    """List the shown levels from a place on that are better than a rank, as gone; returns the place after them."""
    for place in range(before, count):
        if stream.ranks[first + place] <= rank:
            break
        _add_gone(shown, stream.ranks[first + place], stream.stamps[first + place])
        before += 1
    return before


@leaf_kernel
def _add(shown, side, rank, lots):
    at = 2 * SHOWN_MAX * side + shown.used[side]
    shown.ticks[at], shown.lots[at] = rank_of(side, rank), lots
    shown.used[side] += 1


@leaf_kernel
def _add_gone(shown, rank, stamp):
    at = np.int64(shown.gone)
    for _ in range(SHOWN_MAX):
        if at == 0 or shown.gone_stamps[at - 1] < stamp:
            break
        shown.gone_ranks[at], shown.gone_stamps[at] = shown.gone_ranks[at - 1], shown.gone_stamps[at - 1]
        at -= 1
    shown.gone_ranks[at], shown.gone_stamps[at] = rank, stamp
    shown.gone += 1


@leaf_kernel
def _take_over(ladder, stream, shown, side, now):
    """Note the best levels of a ladder as those that a channel shows."""
    first = side * SHOWN_MAX
    stream.used[side] = now
    for place in range(now):
        row = row_of(ladder, side, place)
        stream.ranks[first + place], stream.lots[first + place] = ladder.ranks[row], ladder.lots[row]
        stream.stamps[first + place] = shown.stamps[place]


@leaf_kernel
def show_top(ladder, book, stream):
    """Bring the top that a channel shows up to its book. Returns whether it has changed (MDATA-010)."""
    changed = False
    for side in range(2):
        tick, lots, implied = _top_of(ladder, book, side)
        at = 3 * side
        changed |= stream.top[at] != tick or stream.top[at + 1] != lots or stream.top[at + 2] != implied
        stream.top[at], stream.top[at + 1], stream.top[at + 2] = tick, lots, implied
    return changed


@leaf_kernel
def _top_of(ladder, book, side):
    """(best price of a side, real or implied; its lots; how many of them are implied)."""
    tick, lots = np.int64(0), np.int64(0)
    if ladder.used[side]:
        row = row_of(ladder, side, 0)
        tick, lots = rank_of(side, ladder.ranks[row]), np.int64(ladder.lots[row])
    implied_tick, implied = np.int64(book.implied_tick[side]), np.int64(book.implied_lots[side])
    if implied == 0 or (lots and rank_of(side, implied_tick) < rank_of(side, tick)):
        return tick, lots, np.int64(0)
    if lots == 0 or implied_tick != tick:
        return implied_tick, implied, implied
    return tick, lots + implied, implied
