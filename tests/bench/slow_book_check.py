"""The obvious check of a book against a pair of LOBSTER files: it asks for all levels after every message."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bench.readers.book_check import BookCheck
from bench.readers.lobster import Lobster

Depth = tuple[list[tuple[int, int]], list[tuple[int, int]]]  # bids and asks: (tick, lots), best first


@dataclass(frozen=True)
class CheckedBook:
    """The book that is checked, as two functions: the engine's, or another one's in tests."""

    apply: Callable[[np.ndarray], object]
    depth: Callable[[int], Depth]  # best levels of both sides


def check_slowly(
    source: Lobster, commands: np.ndarray, book: CheckedBook, progress: Callable[[int], None]
) -> BookCheck:
    """Apply message by message, and compare with the file twice after each.

    The first comparison is of prices that were in view before the message. Then levels that came into view are seeded,
    and the second comparison is of all levels.

    commands   COMMAND rows of `source.commands`, numbered for this book
    progress   called with 1 after each message
    """
    levels = source.book.shape[1]
    book.apply(commands[: source.view_ends[0]])
    differences = [difference(source, 0, book.depth(levels), source.book[0, -1, :, 0])]
    known = np.zeros(2)
    for index in range(1, len(source.book)):
        start, middle, end = source.view_ends[index - 1], source.message_ends[index], source.view_ends[index]
        book.apply(commands[start:middle])
        depth = book.depth(levels)
        found = difference(source, index, depth, source.view_prices[index])
        if middle < end:
            book.apply(commands[middle:end])
            depth = book.depth(levels)
        found = found or difference(source, index, depth, source.book[index, -1, :, 0])
        differences.append(found)
        for column, last in enumerate((source.seed_prices[index], source.view_prices[index])):
            known[column] += sum(len(side) for side in published(source, index, last)) / 2
        progress(1)
    messages = len(source.book) - 1
    matched = differences[1:].count("") if not differences[0] else 0
    seed_levels, view_levels = (known / max(1, messages)).tolist()
    return BookCheck(messages, matched, next(filter(None, differences), ""), seed_levels, view_levels, levels)


def published(source: Lobster, index: int, last: np.ndarray) -> list[list[tuple[int, int]]]:
    """Levels of a row of the book file, [bids, asks], up to the last price of each side in `last`."""
    return [up_to(source.book[index, :, side].tolist(), side, int(last[side])) for side in (0, 1)]


def up_to(levels: list[tuple[int, int]], side: int, last: int) -> list[tuple[int, int]]:
    """The levels of a side with lots, up to the price `last`."""
    sign = -1 if side else 1
    return [(price, lots) for price, lots in levels if lots > 0 and sign * price >= sign * last]


def difference(source: Lobster, index: int, depth: Depth, last: np.ndarray) -> str:
    """The first difference between the book and a row of the file, up to the prices `last`. Empty: there is none."""
    for side, wanted in enumerate(published(source, index, last)):
        found = up_to(depth[side], side, int(last[side]))
        if found != wanted:
            pairs = zip([*found, None], [*wanted, None], strict=False)
            ours, theirs = next(pair for pair in pairs if pair[0] != pair[1])
            return f"row {index + 1} {('bids', 'asks')[side]}: book has {ours}, file has {theirs} (tick, lots)"
    return ""
