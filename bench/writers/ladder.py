"""The compiled level book of one instrument that order messages lead to, message by message."""

import numpy as np

from bench.readers.order_messages import ADD, DELETE, EXECUTE, REDUCE
from bench.readers.order_tables import next_best
from exchange.codes import Side
from exchange.kernel import kernel

BUY = int(Side.BUY)


@kernel
def follow_levels(messages, low_tick, lots, occupied, best, levels, book):
    """Apply messages of one book in order and write what a feed of levels shows after each, in place.

    messages  ORDER_MESSAGE of kinds ADD, REDUCE, DELETE, EXECUTE
    lots      by side and place, shape (1, 2, ticks + 2);  occupied: a bit for each place with lots, shape (1, 2, words)
    best      place of the best price, shape (2,)
    levels    lots of the changed level, shape (messages,)
    book      (price, lots) of the best levels of both sides, shape (messages, levels, 2, 2); 0 levels: not written
    """
    for index in range(len(messages)):
        message = messages[index]
        side, place = np.int64(message.side), message.price - low_tick + 1
        amount = message.lots if message.kind == ADD else -message.lots
        lots[0, side, place] += amount
        levels[index] = lots[0, side, place]
        bit = np.uint64(1) << np.uint64(place & 63)
        if lots[0, side, place]:
            occupied[0, side, place >> 6] |= bit
            best[side] = max(best[side], place) if side == BUY else min(best[side], place)
        else:
            occupied[0, side, place >> 6] &= ~bit
            best[side] = next_best(0, side, best[side], lots, occupied)
        for one in range(2):
            show_side(one, low_tick, lots, occupied, best, book, index)


@kernel
def show_side(side, low_tick, lots, occupied, best, book, index):
    """Write the best levels of a side. Missing levels stay as they are."""
    place, end = best[side], lots.shape[2] - 1
    for level in range(book.shape[1]):
        if place == 0 or place == end:
            return
        book[index, level, side, 0] = place + low_tick - 1
        book[index, level, side, 1] = lots[0, side, place]
        place = next_best(0, side, place - 1 if side == BUY else place + 1, lots, occupied)


def level_history(messages: np.ndarray, depth: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Lots of the level that each message changes, and the `depth` best levels after each.

    returns   int64 of shape (messages,), and of shape (messages, depth, 2 sides, price and lots): 0 lots is no level
    """
    assert np.isin(messages["kind"], (ADD, REDUCE, DELETE, EXECUTE)).all()
    low = int(messages["price"].min(initial=2**31))
    ticks = max(0, int(messages["price"].max(initial=0)) - low + 1)
    lots, occupied = np.zeros((1, 2, ticks + 2), np.int64), np.zeros((1, 2, (ticks + 2) // 64 + 1), np.uint64)
    best = np.array([0, ticks + 1], np.int64)
    levels, book = np.zeros(len(messages), np.int64), np.zeros((len(messages), depth, 2, 2), np.int64)
    follow_levels(messages, low, lots, occupied, best, levels, book)
    return levels, book
