"""Both kinds of books raise the same exception when they are stale."""

import pytest

from clients.books.channel_book import StaleBook
from clients.books.order_book import OrderBook
from clients.local_book import LocalBook
from clients.strategies.strategy import TRANSIENT


def test_a_book_without_a_snapshot_says_so() -> None:
    for read in (lambda: LocalBook(1, "X").bids(), lambda: OrderBook(1, "X").place(5)):
        with pytest.raises(StaleBook, match="X is stale: no snapshot yet"):
            read()
    assert StaleBook in TRANSIENT
