"""Direct and implied levels together, against a dictionary that adds both up."""

import random

import pytest

from clients.books.channel_book import StaleBook
from clients.books.implied import MergedLevel, TopOfBook, merged
from clients.books.levels import PriceLevel, PriceLevels
from clients.local_book import LocalBook
from exchange.codes import Side


@pytest.mark.rule("MDATA-010")
@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("seed", range(20))
def test_merged_levels_are_the_sums_in_order(side: Side, seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(50):
        levels = PriceLevels(side)
        levels.set([(rng.randint(-3, 6), rng.randint(1, 9)) for _ in range(rng.randint(0, 5))])
        implied = PriceLevel(rng.randint(-4, 7), rng.randint(1, 9)) if rng.random() < 0.8 else None
        twin = {price: (lots, 0) for price, lots in levels.levels()}
        if implied is not None:
            direct = twin.get(implied.price_tick, (0, 0))[0]
            twin[implied.price_tick] = direct + implied.lots, implied.lots
        expected = [MergedLevel(p, *lots) for p, lots in sorted(twin.items(), reverse=side == Side.BUY)]
        count = rng.choice((None, 1, 2, 10))
        assert merged(levels.levels(count), implied, side, count) == expected[:count]


def book() -> LocalBook:
    found = LocalBook(1, "X")
    found.load(5, [[2845, 120]], [[2847, 75]], None, False)
    return found


@pytest.mark.rule("MDATA-010")
def test_the_top_has_the_implied_part_apart() -> None:
    found = book()
    found.imply(Side.BUY, [2846, 10])
    found.imply(Side.SELL, [2847, 5])
    assert found.top == TopOfBook(MergedLevel(2846, 10, 10), MergedLevel(2847, 80, 5))
    assert found.best_bid == (2845, 120), "the direct book is as it was"
    found.imply(Side.BUY, [2846, 0])
    assert found.top.bid == MergedLevel(2845, 120, 0)
    assert found.merged(Side.SELL) == [MergedLevel(2847, 80, 5)]


def test_an_implied_price_may_be_all_there_is() -> None:
    found = LocalBook(1, "X")
    found.load(5, [], [], None, False)
    assert found.top == TopOfBook(None, None)
    found.imply(Side.SELL, [2850, 3])
    assert found.top == TopOfBook(None, MergedLevel(2850, 3, 3))


def test_the_implied_prices_of_a_stale_book_raise_too() -> None:
    found = book()
    found.mark_stale("a gap")
    with pytest.raises(StaleBook, match="a gap"):
        _ = found.top
    with pytest.raises(StaleBook):
        found.merged(Side.BUY)
