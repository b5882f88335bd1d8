"""The ladder: as many asks as bids, spread between, own lots at the edges."""

import pytest

from exchange.cli.trading.screen.ladder import HEADING, WIDTH, mark_of, rungs, short
from exchange.cli.trading.screen.places import Places
from tests.cli.trading.screen.keyboard import still_desk


@pytest.mark.parametrize("height", [3, 7, 21])
def test_prices_fall_from_the_top_and_the_middle_is_the_spread(height: int) -> None:
    market = still_desk([[2_845 - n, 1] for n in range(20)], [[2_847 + n, 99_999] for n in range(20)]).market
    assert market is not None
    lines = rungs(market, [], height)
    ticks = [line.price_tick for line in lines if line.price_tick is not None]
    assert len(lines) == height and ticks == sorted(ticks, reverse=True) and len(ticks) == height - 1
    assert lines[height // 2].text.strip() == "spread 2 ticks" and lines[height // 2].price_tick is None
    assert {len(line.text) for line in lines} == {WIDTH} == {len(HEADING)}


@pytest.mark.parametrize(
    ("bids", "asks", "text"),
    [([], [], "no orders"), ([[1, 1]], [], "one side is empty"), ([], [[1, 1]], "one side is empty")],
)
def test_an_empty_side_is_said(bids: list[list[int]], asks: list[list[int]], text: str) -> None:
    market = still_desk(bids, asks).market
    assert market is not None and rungs(market, [], 5)[2].text.strip() == text


def test_a_stale_book_has_no_rung() -> None:
    market = still_desk([[1, 1]], [[2, 1]]).market
    assert market is not None
    market.book.mark_stale("gap: 1 is followed by 3")
    lines = rungs(market, [], 5)
    assert "gap" in lines[2].text and all(line.price_tick is None for line in lines)


@pytest.mark.parametrize(
    ("lots", "text"), [(0, "0"), (999, "999"), (1_000, "1k"), (12_900, "12k"), (999_999, "999k"), (3_500_000, "3M")]
)
def test_lots_of_a_mark_are_short(lots: int, text: str) -> None:
    assert short(lots) == text


def test_without_a_known_place_own_lots_stand_in_brackets() -> None:
    desk = still_desk([], [])
    order = desk.session.orders.open(7, "c", 1, "b")
    order.leaves_lots = 12
    assert mark_of([order, order], Places()) == "[24]"
    assert mark_of([], Places()) == ""


def test_in_an_auction_own_lots_stand_on_their_own_side() -> None:
    """Both sides may have a price while the book does not match."""
    desk = still_desk([], [])
    assert desk.market is not None
    desk.market.book.open = False
    desk.market.book.load(2, [[2_845, 5]], [[2_845, 9]], None, False)
    order = desk.session.orders.open(7, "c", 1, "s")
    order.price_tick, order.leaves_lots, order.state = 2_845, 3, "open"
    ask, _, bid = rungs(desk.market, [order], 3)
    assert ask.text.split() == ["2.845", "9", "[3]"] and bid.text.split() == ["5", "2.845"]
