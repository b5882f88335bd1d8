"""Price windows: each book has its own rows of the one table of price levels (BAND-013).

A window covers the daily limits of its book. The window of a new book begins where the last one ends. If a window
grows, the windows behind it move.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

import numpy as np

from exchange.codes import OrderEntry
from exchange.engine.control.checks import require

Number = TypeVar("Number", int, np.ndarray)
TickRange = tuple[int, int]  # lowest and highest tick of a window


def side_rows(low_tick: Number, high_tick: Number, order_entry: Number) -> Number:
    """Number of rows that one side of a window takes, a multiple of 64; of many books, if arrays are given. Row 0 of a
    side is no price. An ioc_only book needs none (ORDER-015)."""
    rows: Number = -(-(high_tick - low_tick + 2) // 64) * 64 * (order_entry != OrderEntry.IOC_ONLY)
    return rows


def check_rows(state: np.record, more: Iterable[int]) -> None:
    """Raise ControlError unless the table has free rows for these, which are added up."""
    rows = 2 * int(state.books["side_rows"].sum()) + sum(more)
    require(rows <= state.levels.shape[0], f"price windows need {rows} rows, there are {state.levels.shape[0]}")


def open_window(state: np.record, index: int) -> None:
    """Give a new book its window, for its lowest to its highest tick (`edge_tick`)."""
    book = state.books[index]
    rows = side_rows(int(book.edge_tick[0]), int(book.edge_tick[1]), int(book.order_entry))
    if int(state.used_ladder_rows) + 2 * rows > len(state.levels):
        _lay_out(state, {})  # rows of books that have ended are free
    book.first_level_row = state.used_ladder_rows
    book.side_rows = rows
    state.used_ladder_rows += 2 * rows


def close_windows(state: np.record, indices: Sequence[int]) -> None:
    """Take the windows of books that have ended and have no orders. Their rows are free when windows move next."""
    for name in ("side_rows", "best", "summary"):
        state.books[name][indices] = 0


def move_windows(state: np.record, ranges: Mapping[int, TickRange]) -> None:
    """Give books new windows and move all others, so that windows follow each other without gaps.

    ranges   new lowest and highest tick, by book. These windows are empty afterwards: the caller writes `edge_tick`
             of these books and links their orders again
    """
    count = int(state.books_listed) + 1
    half, entry = (state.books[name][:count].tolist() for name in ("side_rows", "order_entry"))
    sizes = {index: side_rows(*ticks, entry[index]) for index, ticks in ranges.items()}
    named = list(sizes)
    if all(size == half[index] for index, size in sizes.items()):
        _empty_windows(state, np.array(named, np.int64))
    else:
        _lay_out(state, sizes)
    state.books["side_rows"][named] = list(sizes.values())
    state.books["best"][named] = 0
    state.books["summary"][named] = 0


def _empty_windows(state: np.record, books: np.ndarray) -> None:
    """Empty the windows of books, which stay where they are."""
    first, rows = state.books["first_level_row"][books].astype(np.int64), 2 * state.books["side_rows"][books]
    taken = np.flatnonzero(state.occupied[: int(state.used_ladder_rows) // 64])  # words with a level
    before, until = np.searchsorted(taken, first // 64), np.searchsorted(taken, (first + rows) // 64)
    levels = _level_bytes(state)
    for place in np.flatnonzero(before != until).tolist():
        start, end = int(first[place]), int(first[place] + rows[place])
        levels[start:end] = 0
        state.occupied[start // 64 : end // 64] = 0


def _lay_out(state: np.record, sizes: Mapping[int, int]) -> None:
    """Lay out all windows again, one behind the other. `sizes`: new rows a side of those that change, which are empty
    afterwards.

    Rows of a window are zero if none is occupied. So only windows with orders are copied: to copy all rows of a large
    venue takes a tenth of a second.
    """
    count = int(state.books_listed) + 1
    first, half = (state.books[name][:count].tolist() for name in ("first_level_row", "side_rows"))
    windows = sorted((first[index], index, 2 * half[index]) for index in range(1, count))
    levels, bits = _level_bytes(state), state.occupied
    taken = {index: _take_rows(levels, bits, start, rows) for start, index, rows in windows if rows}
    place, places = 0, []
    for _, index, rows in windows:
        places.append(place)
        if index in sizes:
            rows = 2 * sizes[index]
        elif rows and (found := taken[index]) is not None:
            levels[place : place + rows], bits[place // 64 : (place + rows) // 64] = found
        place += rows
    state.books["first_level_row"][[index for _, index, _ in windows]] = places
    state.used_ladder_rows = place


def _level_bytes(state: np.record) -> np.ndarray:
    """The table of levels as bytes, shape (rows, bytes of a row). NumPy copies records field by field, which takes 40
    times as long."""
    levels = state.levels
    found: np.ndarray = levels.view(np.uint8).reshape(len(levels), levels.itemsize)
    return found


def _take_rows(levels: np.ndarray, bits: np.ndarray, start: int, rows: int) -> tuple[np.ndarray, np.ndarray] | None:
    """Copy the rows of a window and their bits, then empty it; None: it was empty."""
    own, own_bits = levels[start : start + rows], bits[start // 64 : (start + rows) // 64]
    if not own_bits.any():
        return None
    found = own.copy(), own_bits.copy()
    own[:] = 0
    own_bits[:] = 0
    return found
