"""The price windows of books, cut from one pool of price levels (BAND-013).

A window covers the daily limits of its book. A new book's window begins where the last one ends; a window that grows
moves those behind it.
"""

from collections.abc import Iterable, Mapping

import numpy as np

from exchange.codes import OrderEntry
from exchange.engine.control.checks import require

TickRange = tuple[int, int]  # lowest and highest tick of a window


def side_rows(low_tick: int, high_tick: int, order_entry: int) -> int:
    """Level rows of one side of a window, a multiple of 64; row 0 of a side is no price. None for ioc_only
    (ORDER-015)."""
    if order_entry == OrderEntry.IOC_ONLY:
        return 0
    return -(-(high_tick - low_tick + 2) // 64) * 64


def check_rows(state: np.record, more: Iterable[int]) -> None:
    """Raise ControlError if the pool has not so many rows beyond those that are used."""
    rows = int(state.used_ladder_rows) + sum(more)
    require(rows <= state.levels.shape[0], f"price windows need {rows} rows, there are {state.levels.shape[0]}")


def open_window(state: np.record, index: int) -> None:
    """Cut the window of a new book, from its lowest to its highest tick (`edge_tick`)."""
    book = state.books[index]
    book.ladder = state.used_ladder_rows
    book.side_rows = side_rows(int(book.edge_tick[0]), int(book.edge_tick[1]), int(book.order_entry))
    state.used_ladder_rows += 2 * int(book.side_rows)


def move_windows(state: np.record, ranges: Mapping[int, TickRange]) -> None:
    """Lay all windows out again, one behind the other.

    ranges   new lowest and highest tick by book. These windows are empty afterwards: the caller writes their
             `edge_tick` and links their orders again
    """
    used = int(state.used_ladder_rows)
    levels, occupied = state.levels[:used].copy(), state.occupied[: used // 64].copy()
    state.levels[:used] = 0
    state.occupied[: used // 64] = 0
    place = 0
    order = sorted(range(1, int(state.books_listed) + 1), key=lambda index: (int(state.books[index].ladder), index))
    for index in order:
        book = state.books[index]
        start, rows = int(book.ladder), 2 * int(book.side_rows)
        book.ladder = place
        if index in ranges:
            book.side_rows = side_rows(*ranges[index], int(book.order_entry))
            book.best[:] = 0
            book.summary[:] = 0
        else:
            state.levels[place : place + rows] = levels[start : start + rows]
            state.occupied[place // 64 : (place + rows) // 64] = occupied[start // 64 : (start + rows) // 64]
        place += 2 * int(book.side_rows)
    state.used_ladder_rows = place
