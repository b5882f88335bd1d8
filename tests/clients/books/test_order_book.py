"""The order book (L3) against a list of orders, on random rows; gaps, bad rows and the comparison with the depth."""

import random
from typing import Any

import pytest

from clients.books.channel_book import StaleBook
from clients.books.order_book import OrderBook, QueuePlace
from exchange.codes import Side

SNAPSHOT = [["a", 90030, "b", 2845, 120], ["a", 90044, "b", 2844, 340], ["a", 90050, "s", 2846, 75]]
CHANGE = [["a", 90071, "b", 2845, 12], ["r", 90050, "s", 2846, 35], ["d", 90044]]


def loaded() -> OrderBook:
    book = OrderBook(34734166, "H100.G90.H27")
    assert book.load(77000, SNAPSHOT, False)
    return book


@pytest.mark.rule("MDATA-011")
def test_the_rows_of_the_protocol_give_the_queue() -> None:
    book = loaded()
    assert book.apply(77001, 77000, CHANGE)
    assert book.place(90071) == QueuePlace(1, 120, 12, 2, 132)
    assert book.place(90030) == QueuePlace(0, 0, 120, 2, 132)
    assert book.place(90044) is None and book.order(90044) is None
    assert [order.lots for order in book.queue(Side.SELL, 2846)] == [35]
    assert book.levels(Side.BUY) == [(2845, 132)] and len(book) == 3


class Twin:
    """The slow, obvious book: one list of orders in the order in which they came."""

    def __init__(self) -> None:
        self.rows: list[list[Any]] = []  # order id, side, price, lots

    def step(self, rng: random.Random) -> list[Any]:
        if self.rows and rng.random() < 0.3:
            gone = self.rows.pop(rng.randrange(len(self.rows)))
            return ["d", gone[0]]
        if self.rows and rng.random() < 0.3:
            row = rng.choice(self.rows)
            row[3] = rng.randint(1, row[3])
            return ["r", *row]
        row = [rng.randint(1, 10**9), rng.choice("bs"), rng.randint(1, 4), rng.randint(1, 9)]
        self.rows.append(row)
        return ["a", *row]

    def place(self, order_id: int) -> QueuePlace:
        own = next(row for row in self.rows if row[0] == order_id)
        level = [row for row in self.rows if row[1:3] == own[1:3]]
        ahead = level[: level.index(own)]
        return QueuePlace(len(ahead), sum(row[3] for row in ahead), own[3], len(level), sum(row[3] for row in level))


@pytest.mark.rule("MDATA-011")
@pytest.mark.parametrize("seed", range(10))
def test_places_are_those_of_a_list_of_orders(seed: int) -> None:
    rng, twin, book, sequence = random.Random(seed), Twin(), OrderBook(), 1
    book.load(1, [], False)
    for _ in range(200):
        rows = [twin.step(rng) for _ in range(rng.randint(1, 3))]
        assert book.apply(sequence + 1, sequence, rows)
        sequence += 1
        for row in twin.rows:
            assert book.place(row[0]) == twin.place(row[0])
        for side, name, sign in ((Side.BUY, "b", -1), (Side.SELL, "s", 1)):
            prices = sorted({row[2] for row in twin.rows if row[1] == name}, key=lambda price, sign=sign: sign * price)
            sums = [(price, sum(row[3] for row in twin.rows if row[1:3] == [name, price])) for price in prices]
            assert book.levels(side) == sums


@pytest.mark.parametrize(
    "row",
    [
        ["a", 90030, "b", 2845, 5],
        ["a", 7, "b", 2845, 0],
        ["r", 7, "b", 2845, 5],
        ["r", 90030, "b", 2845, 121],
        ["r", 90030, "b", 2844, 5],
        ["r", 90030, "s", 2845, 5],
        ["d", 7],
        ["z", 90030, "b", 2845, 5],
        ["a", 7, "x", 2845, 5],
        ["a", 7],
    ],
)
def test_a_row_that_fits_no_order_makes_the_book_stale(row: list[Any]) -> None:
    book = loaded()
    assert not book.apply(77001, 77000, [row])
    assert book.mismatches == 1 and book.problem is not None and str(row) in book.problem
    with pytest.raises(StaleBook):
        book.place(90030)
    assert book.load(77002, SNAPSHOT, False) and book.synced


@pytest.mark.rule("MDATA-015")
def test_a_gap_makes_the_book_stale_until_the_next_snapshot() -> None:
    book = loaded()
    assert not book.apply(77003, 77002, CHANGE) and book.gaps == 1
    assert not book.apply(77004, 77003, CHANGE)
    assert book.load(77010, SNAPSHOT[:1], False) and len(book) == 1


def test_old_messages_are_ignored_and_heartbeats_show_a_gap() -> None:
    book = loaded()
    assert book.apply(77000, 76999, CHANGE) and len(book) == 3
    assert book.heartbeat(77000) and book.heartbeat(77001) and not book.heartbeat(77001)
    assert book.gaps == 1 and not book.heartbeat(77001)


@pytest.mark.rule("MDATA-006")
def test_a_snapshot_may_come_in_pages() -> None:
    book = OrderBook()
    assert book.load(5, SNAPSHOT[:2], True) and not book.synced
    assert book.load(5, SNAPSHOT[2:], False) and book.synced and len(book) == 3


def test_the_difference_to_the_depth_names_the_level() -> None:
    book = loaded()
    assert book.difference([(2845, 120), (2844, 340)], Side.BUY, None) == ""  # type: ignore[list-item]
    assert book.difference(book.levels(Side.BUY, 1), Side.BUY, 1) == ""
    assert "2844" in book.difference(book.levels(Side.BUY, 1), Side.BUY, None)
    assert "of the depth" in book.difference(book.levels(Side.SELL), Side.BUY, None)
