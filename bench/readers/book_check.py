"""Compares an engine's book with the published book states of a pair of LOBSTER files, after every message.

The loop over the messages runs the engine and copies its best levels; all comparisons are made at the end, on arrays.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.readers.lobster import INSTRUMENT, Lobster
from exchange.engine.engine import Engine
from exchange.engine.views import LEVEL_VIEW, views

PROGRESS_ROWS = 256
BEFORE, AFTER = 0, 1  # levels that came into view are seeded


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
        if source.hidden_trades:
            lines.append(f"hidden      {source.hidden_trades} trades of {source.hidden_lots} lots in hidden orders")
        if source.unknown_lots or source.out_of_order_fills:
            lines.append(
                f"            {source.unknown_lots} messages about lots that were not known, "
                f"{source.out_of_order_fills} executions of an order that was not first in its queue"
            )
        return [*lines, f"            first difference: {self.first_difference}"] if self.first_difference else lines


def check_books(source: Lobster, commands: np.ndarray, engine: Engine, progress: Callable[[int], Any]) -> BookCheck:
    """Apply message by message, and compare with the file twice after each.

    The first comparison is of prices that were in view before the message. Then levels that came into view are seeded,
    and the second comparison is of all levels.

    commands   COMMAND rows of `source.commands`, numbered for this engine
    progress   called with a number of messages after these
    """
    shown = run_messages(source, commands, engine, progress)
    last = source.book[:, -1, :, 0]
    wrong_before = differing(shown[:, BEFORE], source.book, source.view_prices)
    wrong_after = differing(shown[:, AFTER], source.book, last)
    wrong_before[0] = False  # the first row is the seed, which is complete only after all of its levels
    wrong = wrong_before | wrong_after
    first = ""
    for index in np.flatnonzero(wrong)[:1].tolist():
        when, bounds = (BEFORE, source.view_prices) if wrong_before[index] else (AFTER, last)
        first = difference(source, index, shown[index, when], bounds[index])
    messages = len(source.book) - 1
    matched = 0 if wrong[0] else messages - int(np.count_nonzero(wrong))
    seed, view = (
        float(within(source.book, bounds)[1:].sum()) / 2 / max(1, messages)
        for bounds in (source.seed_prices, source.view_prices)
    )
    return BookCheck(messages, matched, first, seed, view, source.book.shape[1])


def run_messages(source: Lobster, commands: np.ndarray, engine: Engine, progress: Callable[[int], Any]) -> np.ndarray:
    """Best levels of the engine's book before and after levels that came into view are seeded, for each message.

    returns   int64, shape (messages, BEFORE and AFTER, levels, 2 sides, price and lots), 0 lots: no level
    """
    count, levels = len(source.book), source.book.shape[1]
    copy, states = views(engine.states.dtype).copy_depth, engine.states
    rows = np.zeros((count, 2, 2, levels), LEVEL_VIEW)
    starts = np.concatenate([[0], source.view_ends[:-1]]).tolist()
    for index, (start, middle, end) in enumerate(
        zip(starts, source.message_ends.tolist(), source.view_ends.tolist(), strict=True)
    ):
        if middle > start:
            engine.run_silently(commands[start:middle])
        copy(states, INSTRUMENT, *rows[index, BEFORE])
        if end > middle:
            engine.run_silently(commands[middle:end])
            copy(states, INSTRUMENT, *rows[index, AFTER])
        if index % PROGRESS_ROWS == PROGRESS_ROWS - 1:
            progress(PROGRESS_ROWS)
    progress(count % PROGRESS_ROWS)
    unseeded = source.message_ends == source.view_ends
    rows[unseeded, AFTER] = rows[unseeded, BEFORE]
    shown = np.stack([rows["price"], rows["shown_lots"]], axis=-1).astype(np.int64)
    return shown.swapaxes(2, 3)


def within(book: np.ndarray, last: np.ndarray) -> np.ndarray:
    """Mask of the levels of each row that have lots and a price up to the one in `last`, best first.

    book   shape (rows, levels, 2 sides, price and lots);  last: shape (rows, 2)
    """
    sign = np.array([1, -1])
    found: np.ndarray = (book[..., 1] > 0) & (sign * book[..., 0] >= (sign * last)[:, None])
    return found


def differing(shown: np.ndarray, book: np.ndarray, last: np.ndarray) -> np.ndarray:
    """For each row, whether both books differ in a level with a price up to the one in `last`."""
    ours, theirs = within(shown, last), within(book, last)
    # Levels are sorted, best first, and those without lots come last. So what is within comes first in both.
    assert all((mask[:, :-1] >= mask[:, 1:]).all() for mask in (ours, theirs)), "levels are not in order"
    unequal = (ours != theirs) | (ours & (shown != book).any(axis=-1))
    found: np.ndarray = unequal.any(axis=(1, 2))
    return found


def difference(source: Lobster, index: int, shown: np.ndarray, last: np.ndarray) -> str:
    """The first difference between a book and a row of the file, up to the prices `last`. Empty: there is none."""
    masks = [within(book[None], last[None])[0] for book in (shown, source.book[index])]
    for side in (0, 1):
        found, wanted = (
            [tuple(pair) for pair in book[mask[:, side], side].tolist()]
            for book, mask in zip((shown, source.book[index]), masks, strict=True)
        )
        if found != wanted:
            pairs = zip([*found, None], [*wanted, None], strict=False)
            ours, theirs = next(pair for pair in pairs if pair[0] != pair[1])
            return f"row {index + 1} {('bids', 'asks')[side]}: book has {ours}, file has {theirs} (tick, lots)"
    return ""
