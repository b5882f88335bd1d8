"""Price windows: each book has its own rows of the one table of price levels (BAND-013).

A window covers the daily limits of its book. The window of a new book begins where the last one ends. If a window
grows, the windows behind it move.
"""

from collections.abc import Iterable, Mapping

import numpy as np

from exchange.codes import OrderEntry
from exchange.engine.control.checks import require

TickRange = tuple[int, int]  # lowest and highest tick of a window


def side_rows(low_tick: int, high_tick: int, order_entry: int) -> int:
    """Number of rows that one side of a window takes, a multiple of 64. Row 0 of a side is no price. An ioc_only book
    needs none (ORDER-015)."""
    if order_entry == OrderEntry.IOC_ONLY:
        return 0
    return -(-(high_tick - low_tick + 2) // 64) * 64


def check_rows(state: np.record, more: Iterable[int]) -> None:
    """Raise ControlError unless the table has free rows for these, which are added up."""
    rows = int(state.used_ladder_rows) + sum(more)
    require(rows <= state.levels.shape[0], f"price windows need {rows} rows, there are {state.levels.shape[0]}")


def open_window(state: np.record, index: int) -> None:
    """Give a new book its window, for its lowest to its highest tick (`edge_tick`)."""
    book = state.books[index]
    book.first_level_row = state.used_ladder_rows
    book.side_rows = side_rows(int(book.edge_tick[0]), int(book.edge_tick[1]), int(book.order_entry))
    state.used_ladder_rows += 2 * int(book.side_rows)


def move_windows(state: np.record, ranges: Mapping[int, TickRange]) -> None:
    """Give books new windows and move all others, so that windows follow each other without gaps.

    ranges   new lowest and highest tick, by book. These windows are empty afterwards: the caller writes `edge_tick`
             of these books and links their orders again
    """
    used = int(state.used_ladder_rows)
    levels, occupied = state.levels[:used].copy(), state.occupied[: used // 64].copy()
    state.levels[:used] = 0
    state.occupied[: used // 64] = 0
    place = 0
    order = sorted(
        range(1, int(state.books_listed) + 1), key=lambda index: (int(state.books[index].first_level_row), index)
    )
    for index in order:
        book = state.books[index]
        start, rows = int(book.first_level_row), 2 * int(book.side_rows)
        book.first_level_row = place
        if index in ranges:
            book.side_rows = side_rows(*ranges[index], int(book.order_entry))
            book.best[:] = 0
            book.summary[:] = 0
        else:
            state.levels[place : place + rows] = levels[start : start + rows]
            state.occupied[place // 64 : (place + rows) // 64] = occupied[start // 64 : (start + rows) // 64]
        place += 2 * int(book.side_rows)
    state.used_ladder_rows = place
