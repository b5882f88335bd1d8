"""Books: levels in buffers that are used again."""

from typing import Any

import numpy as np
import pytest

from bench import Market, Replay
from bench.research.books import blank_levels
from bench.research.orders import OrderError
from exchange.engine import query
from tests.bench.research.small_flow import small_flow


def test_levels_are_those_of_the_engine() -> None:
    replay = Replay(small_flow())
    for _ in range(5):
        replay.advance(100)
        book = replay.book(4)
        bids, asks = query.depth(replay.engine.states, 1, 4)
        assert (book.bids.tolist(), book.asks.tolist()) == (bids, asks)
        assert (book.best_bid, book.best_ask) == (bids[0][0], asks[0][0])
        assert (book.spread, book.mid) == (asks[0][0] - bids[0][0], (asks[0][0] + bids[0][0]) / 2)


def test_the_same_book_is_read_again() -> None:
    replay = Replay(small_flow())
    first = replay.book(3)
    before = first.bids.copy()
    replay.advance(300)
    assert replay.book(3) is first and replay.book(2) is not first
    assert not np.array_equal(first.bids, before)


def test_the_callers_buffers_are_filled() -> None:
    replay, bids, asks = Replay(small_flow()), blank_levels(2), blank_levels(3)
    book = replay.book(into=(bids, asks))
    assert np.shares_memory(book.bids, bids) and (len(book.bids), len(book.asks)) == (2, 3)
    assert bids["price"][0] == replay.book(1).best_bid


@pytest.mark.parametrize("into", [np.zeros(4, np.int64), blank_levels(8)[::2], blank_levels(4).reshape(2, 2), None])
def test_buffers_of_another_layout_are_refused(into: Any) -> None:
    with pytest.raises(OrderError, match="needs LEVEL_VIEW arrays of one dimension"):
        Market().book(into=(blank_levels(4), into))


def test_an_empty_side_has_no_price() -> None:
    market = Market()
    book = market.book(3)
    assert (book.best_bid, book.best_ask, book.spread, book.mid, len(book.bids)) == (None, None, None, None, 0)
    market.submit("buy", 700, 5)
    assert (market.book(3).best_bid, book.best_ask, book.spread, book.mid) == (700, None, None, None)
