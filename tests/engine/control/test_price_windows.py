"""Price windows: how long they are, and that those of other books survive a move."""

import numpy as np
import pytest

from exchange.codes import OrderEntry
from exchange.engine.control.checks import ControlError
from exchange.engine.control.price_windows import check_rows, close_windows, move_windows, open_window, side_rows
from exchange.engine.state import new_state
from exchange.limits import MEDIUM


@pytest.mark.rule("BAND-013", "ORDER-015")
@pytest.mark.parametrize(
    ("low", "high", "entry", "rows"),
    [
        (80, 80, OrderEntry.FULL, 64),
        (80, 142, OrderEntry.FULL, 64),  # 63 prices, and row 0
        (80, 143, OrderEntry.FULL, 128),
        (-63, 63, OrderEntry.FULL, 128),
        (80, 120, OrderEntry.IOC_ONLY, 0),
    ],
)
def test_a_side_has_a_row_for_each_price_and_one_for_none(low: int, high: int, entry: int, rows: int) -> None:
    assert side_rows(low, high, entry) == rows


def state_of(*ranges: tuple[int, int]) -> np.record:
    """Books 1, 2, ... with these windows, every level row of which names its book and place."""
    state: np.record = new_state(MEDIUM)[0]
    for index, (low, high) in enumerate(ranges, 1):
        book = state.books[index]
        book.edge_tick[:] = low, high
        open_window(state, index)
        rows = 2 * book.side_rows
        state.levels["head"][book.first_level_row : book.first_level_row + rows] = 1_000 * index + np.arange(rows)
        state.occupied[book.first_level_row // 64 : (book.first_level_row + rows) // 64] = index
        state.books_listed = index
    return state


def check_window_of(state: np.record, index: int, side_rows: int) -> None:
    book, rows = state.books[index], 2 * side_rows
    assert book.side_rows == side_rows
    assert (
        state.levels["head"][book.first_level_row : book.first_level_row + rows].tolist()
        == (1_000 * index + np.arange(rows)).tolist()
    )
    assert set(state.occupied[book.first_level_row // 64 : (book.first_level_row + rows) // 64].tolist()) == {index}


@pytest.mark.rule("BAND-013")
def test_windows_follow_each_other_without_a_gap() -> None:
    state = state_of((80, 120), (0, 100), (5, 6))
    assert state.books["first_level_row"][1:4].tolist() == [0, 128, 384]
    assert state.used_ladder_rows == 512


@pytest.mark.rule("BAND-013")
@pytest.mark.parametrize(
    ("wanted", "sizes"), [((0, 100), (64, 128, 64)), ((5, 6), (64, 64, 64)), ((0, 500), (64, 512, 64))]
)
def test_a_window_that_grows_or_shrinks_moves_those_behind_it_as_they_are(
    wanted: tuple[int, int], sizes: tuple[int, int, int]
) -> None:
    state = state_of((80, 120), (80, 120), (80, 120))
    move_windows(state, {2: wanted})
    assert state.books["first_level_row"][1:4].tolist() == [0, 128, 128 + 2 * sizes[1]]
    assert state.used_ladder_rows == 2 * sum(sizes)
    check_window_of(state, 1, 64)
    check_window_of(state, 3, 64)
    book = state.books[2]
    assert not state.levels["head"][book.first_level_row : book.first_level_row + 2 * sizes[1]].any(), (
        "the moved one is empty"
    )
    assert not book.best.any() and not book.summary.any()
    assert not state.levels["head"][state.used_ladder_rows :].any() and not state.occupied[2 * sum(sizes) // 64 :].any()


def test_more_rows_than_the_pool_has_are_refused() -> None:
    state = state_of((80, 120))
    check_rows(state, [MEDIUM.ladder_rows - 128])
    with pytest.raises(
        ControlError, match=f"price windows need {MEDIUM.ladder_rows + 64} rows, there are {MEDIUM.ladder_rows}"
    ):
        check_rows(state, [MEDIUM.ladder_rows - 128, 64])


@pytest.mark.rule("BAND-013", "SESSION-002")
def test_rows_of_a_book_that_has_ended_are_used_again_once_no_others_are_left() -> None:
    state = state_of((80, 120), (0, 100), (5, 6))
    state.levels["head"][128:384] = 0  # its orders have left
    state.occupied[2:6] = 0
    close_windows(state, [2])
    check_rows(state, [len(state.levels) - 256])
    with pytest.raises(ControlError, match=f"need {len(state.levels) + 64} rows, there are {len(state.levels)}"):
        check_rows(state, [len(state.levels) - 192])
    state.books_listed = 4
    state.books[4].edge_tick[:] = 1, (len(state.levels) - 256) // 2 - 1
    open_window(state, 4)
    assert state.books["first_level_row"][[1, 3, 4]].tolist() == [0, 128, 256]
    assert state.used_ladder_rows == len(state.levels)
    check_window_of(state, 3, 64)
