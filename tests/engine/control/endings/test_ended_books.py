"""Books whose instruments have ended: what leaves with them, and what stays."""

import pytest

from exchange.book.check import check_books
from exchange.clearing_codes import Life
from exchange.codes import BookFeature, Side
from exchange.engine.control.endings.ended_books import ending_books
from tests.ending import F27, G27, H27, SPREAD, STRIP, Ending
from tests.funded import MARK


@pytest.mark.rule("SESSION-002")
def test_a_combination_ends_with_any_of_its_legs_once() -> None:
    market = Ending()
    state = market.pair.fast.engine.states[0]
    assert ending_books(state, [H27]) == [H27, STRIP]
    assert ending_books(state, [F27]) == [F27, SPREAD, STRIP]
    market.close()
    market.expire(F27)
    assert ending_books(state, [G27]) == [G27], "the others have ended before"


@pytest.mark.rule("IMP-009", "SESSION-002")
def test_a_book_that_is_left_without_routes_trades_without_implied_prices() -> None:
    market = Ending()
    state = market.pair.fast.engine.states[0]
    assert state.books[G27].features & BookFeature.IMPLIED
    market.close()
    market.expire(F27)
    assert not state.books[G27].features & BookFeature.IMPLIED
    assert not state.route_ranges["count"].any()


@pytest.mark.rule("SESSION-002")
def test_rows_of_an_ended_book_are_free_and_its_terms_stay() -> None:
    market = Ending()
    market.trade(1, Side.BUY, 2, MARK)
    market.trade(1, Side.BUY, 2, MARK, G27)
    market.settle(MARK, F27, G27)
    state = market.pair.fast.engine.states[0]
    used = int(state.used_positions)
    market.close()
    market.expire(F27)
    assert int(state.used_positions) == used - 2
    book = state.books[F27]
    assert (book.life, book.hours, book.side_rows) == (Life.SETTLED, 744, 0)
    check_books(market.pair.fast.engine.states)
