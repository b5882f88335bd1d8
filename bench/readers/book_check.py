"""Compares a book with the published book states of a pair of LOBSTER files, after every message."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bench.readers.lobster import Lobster

Depth = tuple[list[tuple[int, int]], list[tuple[int, int]]]  # bids and asks: (tick, lots), best first


@dataclass(frozen=True)
class CheckedBook:
    """The book that is checked, as two functions: the engine's, or another one's in tests."""

    apply: Callable[[np.ndarray], object]
    depth: Callable[[int], Depth]  # best levels of both sides


@dataclass(frozen=True)
class BookCheck:
    """Result of a check: how many book states match. The first row is the seed and does not count."""

    messages: int
    matched: int
    first_difference: str
    seed_levels: float  # mean number of levels a side whose prices were in view since the first row
    view_levels: float  # mean number of levels a side whose prices were in view before the message
    levels: int  # number of levels a side in the file

    def lines(self, source: Lobster) -> list[str]:
        counts = ", ".join(f"{count} {name}" for name, count in source.counts.most_common())
        lines = [
            f"messages    {self.messages} after the first, which seeds the book: {counts}",
            f"book check  {self.matched} of {self.messages} book states match, all {self.levels} levels of both sides",
            f"            in view before the message: {self.view_levels:.1f} levels a side on average; {source.views} "
            f"times a level came into view, {source.corrections} of these had changed out of view and were corrected",
            f"            in view since the first row: {self.seed_levels:.1f} levels a side on average",
        ]
        if source.unknown_lots or source.out_of_order_fills:
            lines.append(
                f"            {source.unknown_lots} messages about lots that were not known, "
                f"{source.out_of_order_fills} executions of an order that was not first in its queue"
            )
        return [*lines, f"            first difference: {self.first_difference}"] if self.first_difference else lines


def check_books(source: Lobster, commands: np.ndarray, book: CheckedBook, progress: Callable[[int], None]) -> BookCheck:
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
    return [within(source.book[index, :, side].tolist(), side, int(last[side])) for side in (0, 1)]


def within(levels: list[tuple[int, int]], side: int, last: int) -> list[tuple[int, int]]:
    """The levels of a side with lots, up to the price `last`."""
    sign = -1 if side else 1
    return [(price, lots) for price, lots in levels if lots > 0 and sign * price >= sign * last]


def difference(source: Lobster, index: int, depth: Depth, last: np.ndarray) -> str:
    """The first difference between the book and a row of the file, up to the prices `last`. Empty: there is none."""
    for side, wanted in enumerate(published(source, index, last)):
        found = within(depth[side], side, int(last[side]))
        if found != wanted:
            pairs = zip([*found, None], [*wanted, None], strict=False)
            ours, theirs = next(pair for pair in pairs if pair[0] != pair[1])
            return f"row {index + 1} {('bids', 'asks')[side]}: book has {ours}, file has {theirs} (tick, lots)"
    return ""
