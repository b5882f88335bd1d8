"""The book of the reference: queues by price and time, the price of an auction, order ids."""

import copy

import pytest

from exchange.codes import OrderType, Side, TimeInForce
from exchange.reference.book import Book, OrderIds, Owner, Uncross, has_same_owner, opposite, signed
from tests.reference.scenario import order


def book_of(*orders: tuple[int, int, int]) -> Book:
    """A book with orders of (side, price, lots), numbered from 1."""
    book = Book()
    for number, (side, price, lots) in enumerate(orders, 1):
        book.rest(order(number, side, price, lots))
    return book


def test_a_side_is_a_sign() -> None:
    assert (signed(Side.BUY), signed(Side.SELL)) == (1, -1)
    assert (opposite(Side.BUY), opposite(Side.SELL)) == (Side.SELL, Side.BUY)


@pytest.mark.rule("MATCH-001")
def test_the_best_price_comes_first_then_time() -> None:
    book = book_of((Side.BUY, 99, 1), (Side.BUY, 100, 2), (Side.BUY, 100, 3), (Side.SELL, 102, 4), (Side.SELL, 101, 5))
    assert [one.order_id for one in book.orders(Side.BUY)] == [2, 3, 1]
    assert [one.order_id for one in book.orders(Side.SELL)] == [5, 4]
    assert [one.order_id for one in book.level(Side.BUY)] == [2, 3]
    assert book.levels(Side.BUY) == [(100, 5), (99, 1)]
    assert (book.level_lots(Side.BUY, 100), book.level_lots(Side.BUY, 98)) == (5, 0)
    book.check()


@pytest.mark.rule("MATCH-005")
def test_an_order_leaves_and_all_others_keep_their_place() -> None:
    book = book_of((Side.BUY, 100, 1), (Side.BUY, 100, 2), (Side.BUY, 100, 3))
    book.remove(book.level(Side.BUY)[1])
    assert [one.order_id for one in book.orders(Side.BUY)] == [1, 3]
    for resting in book.level(Side.BUY):
        book.remove(resting)
    assert book.best(Side.BUY) is None
    assert book.level(Side.BUY) == []


@pytest.mark.rule("ICE-001")
def test_an_iceberg_shows_its_display_or_what_is_left() -> None:
    book = Book()
    iceberg = order(1, Side.SELL, 101, 7, display_lots=5)
    book.rest(iceberg)
    assert iceberg.shown_lots == 5
    book.remove(iceberg)
    iceberg.leaves_lots = 2
    book.rest(iceberg)
    assert iceberg.shown_lots == 2


def test_a_buy_takes_at_its_limit_or_below_a_sell_at_its_limit_or_above() -> None:
    book, offer, bid = Book(), order(1, Side.SELL, 101, 1), order(2, Side.BUY, 99, 1)
    assert [book.takes(Side.BUY, price, offer) for price in (100, 101, 102)] == [False, True, True]
    assert [book.takes(Side.SELL, price, bid) for price in (98, 99, 100)] == [True, True, False]


@pytest.mark.rule("SMP-001", "SMP-008")
def test_orders_of_one_self_match_id_are_own_quotes_go_by_account() -> None:
    mine, also_mine, other = (order(number, 0, 1, 1, smp_id=key) for number, key in ((1, 7), (2, 7), (3, 8)))
    assert has_same_owner(mine, also_mine)
    assert not has_same_owner(mine, other)
    assert not has_same_owner(order(4, 0, 1, 1), order(5, 0, 1, 1)), "0 is no self-match id"
    quote = order(1, 0, 1, 1, smp_id=99, order_type=OrderType.QUOTE)
    assert has_same_owner(Owner(1, 7, OrderType.LIMIT), quote)
    assert not has_same_owner(Owner(2, 99, OrderType.LIMIT), quote)


@pytest.mark.parametrize(
    ("orders", "reference_tick", "expected"),
    [
        pytest.param([(0, 99, 5), (1, 101, 5)], 100, None, id="not crossed"),
        pytest.param([(0, 102, 5), (1, 98, 2), (1, 101, 1)], 0, Uncross(102, 3, 2), id="volume, then buys left"),
        pytest.param([(0, 102, 3), (1, 98, 5)], 200, Uncross(98, 3, -2), id="sells left: the lowest"),
        pytest.param([(0, 102, 3), (1, 98, 3)], 100, Uncross(100, 3, 0), id="balanced: the reference"),
        pytest.param([(0, 102, 3), (1, 98, 3)], 150, Uncross(102, 3, 0), id="balanced: moved into the interval"),
        pytest.param([(0, 102, 3), (1, 98, 3), (1, 100, 2)], 200, Uncross(99, 3, 0), id="smallest imbalance"),
    ],
)
@pytest.mark.rule("AUC-002", "AUC-003", "AUC-004", "AUC-005", "AUC-006")
def test_an_uncross_has_the_price_of_its_rules(
    orders: list[tuple[int, int, int]], reference_tick: int, expected: Uncross | None
) -> None:
    assert book_of(*orders).uncross(reference_tick) == expected


@pytest.mark.rule("AUC-007")
def test_where_buys_and_sells_are_left_only_the_two_neighbours_are_eligible() -> None:
    book = book_of((0, 102, 4), (0, 100, 1), (1, 98, 4), (1, 101, 1))
    assert [book.uncross(tick) for tick in (90, 110)] == [Uncross(100, 4, 1), Uncross(101, 4, -1)]


@pytest.mark.rule("AUC-014")
def test_a_price_beyond_the_collar_becomes_its_edge() -> None:
    book = book_of((Side.BUY, 110, 3), (Side.SELL, 108, 3))
    assert book.uncross(100, 20) == book.uncross(100)
    assert book.uncross(100, 5) == Uncross(105, 0, 3)
    assert book.uncross(120, 5) == Uncross(115, 0, -3)


@pytest.mark.rule("AUC-010")
def test_better_orders_fill_in_full_then_shown_lots_then_hidden_ones() -> None:
    book = Book()
    resting = [order(1, 0, 101, 2), order(2, 0, 100, 5, display_lots=1), order(3, 0, 100, 2)]
    for one in resting:
        book.rest(one)
    assert [(one.order_id, lots) for one, lots in book.parts(Side.BUY, 100, 7)] == [(1, 2), (2, 1), (3, 2), (2, 2)]


@pytest.mark.rule("TIF-009")
def test_only_a_gtd_order_expires() -> None:
    assert order(1, 0, 100, 1).has_expired(10**18) is False
    dated = order(1, 0, 100, 1, expiry_ns=5)
    dated.tif = TimeInForce.GTD
    assert [dated.has_expired(now) for now in (4, 5, 6)] == [False, True, True]


def test_a_copy_of_an_order_changes_alone() -> None:
    original = order(1, 0, 100, 5)
    duplicate = copy.deepcopy(original)
    duplicate.leaves_lots = 1
    assert original.leaves_lots == 5


@pytest.mark.rule("WIRE-012")
def test_the_slot_released_last_is_used_first_with_a_new_generation() -> None:
    ids = OrderIds(2)
    first = ids.peek()
    ids.take()
    second = ids.peek()
    ids.take()
    assert (first, second) == (1 << 24 | 1, 1 << 24 | 2)
    assert not ids.has_free(1)
    ids.release(first)
    ids.release(second)
    assert ids.has_free(2)
    assert not ids.has_free(3)
    assert ids.peek() == 2 << 24 | 2
