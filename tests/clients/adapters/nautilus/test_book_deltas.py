"""Changes of a book as deltas."""

import random
from typing import Any

import pytest

from clients.local_book import LocalBook, StaleBook
from tests.clients.adapters.venue_scene import needs

pytestmark = needs("nautilus")


def levels(book: Any) -> list[list[tuple[float, int]]]:
    return [[(float(level.price), int(level.size())) for level in side] for side in (book.bids(), book.asks())]


def test_random_changes_give_a_node_the_same_book() -> None:
    from nautilus_trader.model.book import OrderBook
    from nautilus_trader.model.enums import BookType
    from nautilus_trader.model.identifiers import InstrumentId

    from clients.adapters.nautilus.book_deltas import BookPublisher

    rng = random.Random(7)
    name = InstrumentId.from_str("H100.G90.F27.GPUX")
    theirs, ours, publisher = OrderBook(name, BookType.L2_MBP), LocalBook(1), BookPublisher(name)
    ours.load(1, [(2800, 5)], [], None, False)
    for sequence in range(2, 200):
        bids = [(2800 - rng.randrange(8), rng.choice((0, 0, 1, 5))) for _ in range(rng.randrange(3))]
        asks = [(2801 + rng.randrange(8), rng.choice((0, 0, 1, 5))) for _ in range(rng.randrange(3))]
        ours.apply(sequence, sequence - 1, bids, asks)
        if rng.random() < 0.6:  # several changes may be merged
            deltas = publisher.deltas(ours, sequence)
            if deltas is not None:
                theirs.apply_deltas(deltas)
            same = [[(one.price_tick / 1000, one.lots) for one in side()] for side in (ours.bids, ours.asks)]
            assert levels(theirs) == same, f"seed 7, message {sequence}"


def test_the_first_deltas_clear_and_an_unchanged_book_has_none() -> None:
    from nautilus_trader.model.identifiers import InstrumentId

    from clients.adapters.nautilus.book_deltas import BookPublisher

    book, publisher = LocalBook(1), BookPublisher(InstrumentId.from_str("H100.G90.F27.GPUX"))
    with pytest.raises(StaleBook):
        publisher.deltas(book, 1)
    book.load(1, [(2800, 5)], [(2810, 1)], None, False)
    first = publisher.deltas(book, 1)
    assert [delta.action.name for delta in first.deltas] == ["CLEAR", "ADD", "ADD"]
    assert publisher.deltas(book, 2) is None
