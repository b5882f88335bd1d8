"""Price levels of watched books in sorted tables, for kernels: those of each side from its best one on.

A full table drops its worst levels. It is short if a channel might show one of those; then Python loads it again.
"""

import numpy as np

from exchange.kernel import kernel, leaf_kernel
from exchange.kernel_codes import SIDE_BUY
from exchange.machine import row_at
from exchange.records import record_type

SHOWN_MAX = np.int64(50)  # levels of a side that a channel of few levels shows, at most (MDATA-002)
SIDE_ROWS = np.int64(256)  # rows of a side
DROPPED_SHARE = np.int64(8)  # a full side drops an eighth of its rows

# One book. The rows of its asks begin at SIDE_ROWS. The worst level comes first, so that most changes move few rows.
LADDER = record_type(
    [
        ("room", "<i8"),  # most levels of a side
        ("used", "<i8", (2,)),  # levels of each side
        ("is_cut", "<i8", (2,)),  # there may be levels below `floor`
        ("floor", "<i8", (2,)),
        ("ranks", "<i8", (2 * int(SIDE_ROWS),)),  # see `rank_of`
        ("lots", "<i8", (2 * int(SIDE_ROWS),)),
    ]
)


@leaf_kernel
def rank_of(side, tick):
    """The price of a bid, minus the price of an ask: higher is better. The same turns a rank into its price."""
    return tick if side == SIDE_BUY else -tick


@leaf_kernel
def row_of(ladder, side, place):
    """Row of a level by its place from the best one on, 0 for the best."""
    return side * SIDE_ROWS + ladder.used[side] - 1 - place


@kernel
def set_level(ladders, index, side, rank, lots):
    """Set the lots of a level of a ladder; 0 removes it. Returns whether the ladder is short now."""
    ladder = row_at(ladders, index)
    first = side * SIDE_ROWS
    if ladder.is_cut[side] == 0 or rank >= ladder.floor[side]:
        row = _first_not_below(ladder, side, rank)
        found = row < first + ladder.used[side] and ladder.ranks[row] == rank
        if lots and found:
            ladder.lots[row] = lots
        elif lots:
            _insert(ladder, side, row, rank, lots)
        elif found:
            _remove(ladder, side, row)
    return ladder.is_cut[side] != 0 and ladder.used[side] < SHOWN_MAX


@leaf_kernel
def _first_not_below(ladder, side, rank):
    """The first row of a side whose rank is not below this one; the row after its last one if there is none."""
    low = side * SIDE_ROWS
    high = low + ladder.used[side]
    for _ in range(SIDE_ROWS):
        if low >= high:
            break
        middle = (low + high) // 2
        if ladder.ranks[middle] < rank:
            low = middle + 1
        else:
            high = middle
    return low


@leaf_kernel
def _insert(ladder, side, row, rank, lots):
    """Insert a level at a row, unless it is among the levels that a full side drops first."""
    first = side * SIDE_ROWS
    dropped = np.int64(ladder.room) // DROPPED_SHARE if ladder.used[side] == ladder.room else np.int64(0)
    if dropped:
        ladder.is_cut[side], ladder.floor[side] = 1, ladder.ranks[first + dropped]
        ladder.used[side] -= dropped
        for place in range(first, first + ladder.used[side]):
            ladder.ranks[place], ladder.lots[place] = ladder.ranks[place + dropped], ladder.lots[place + dropped]
    row -= dropped
    if dropped and rank < ladder.floor[side]:
        return
    for place in range(first + ladder.used[side], row, -1):
        ladder.ranks[place], ladder.lots[place] = ladder.ranks[place - 1], ladder.lots[place - 1]
    ladder.ranks[row], ladder.lots[row] = rank, lots
    ladder.used[side] += 1


@leaf_kernel
def _remove(ladder, side, row):
    ladder.used[side] -= 1
    for place in range(row, side * SIDE_ROWS + ladder.used[side]):
        ladder.ranks[place], ladder.lots[place] = ladder.ranks[place + 1], ladder.lots[place + 1]
