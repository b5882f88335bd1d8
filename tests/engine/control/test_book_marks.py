"""Marks of all books, on rows that a test fills in."""

import numpy as np
import pytest

from exchange.codes import Side
from exchange.engine.control.book_marks import find_marks
from tests.funded import F27, G27, MARK, RICH, SPREAD, TERM, Funded


@pytest.mark.rule("MARGIN-014", "SPEC-053")
@pytest.mark.parametrize(("least", "expected"), [(1, [MARK + 9, MARK, 9, MARK]), (3, [MARK, MARK, 0, MARK])])
def test_only_books_with_enough_prints_move_and_combinations_on_them(least: int, expected: list[int]) -> None:
    funded = Funded()
    funded.account(1, 10**12)
    funded.trade(1, Side.BUY, 2, MARK + 9)
    funded.new(RICH, Side.SELL, 1, MARK - 5, G27)
    state = funded.pair.fast.engine.states[0]
    ticks = np.zeros(int(state.books_listed) + 1, np.int32)
    find_marks(state, least, ticks)
    assert [int(ticks[index]) for index in (F27, G27, SPREAD, TERM)] == expected
    assert state.books["mark_tick"][F27] == MARK, "nothing is written"
