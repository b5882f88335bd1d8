"""Fixed quotes stand where they should, and their profit is that of their fills."""

import pytest

from bench import Replay
from bench.experiments.quoting import FixedQuotes, largest_position, others_best, profit_mills
from bench.research.orders import OrderError
from exchange.codes import Side
from tests.bench.research.small_flow import small_flow

HOURS = 744  # of one lot of a plain market


def test_quotes_keep_their_distance_from_the_mid_price_of_others() -> None:
    replay = Replay(small_flow())
    strategy = FixedQuotes(half_spread=3, lots=2)
    for _ in range(20):
        replay.advance(20)
        strategy.on_book(replay)
        live = [order for order in replay.orders if order.is_live]
        bid, ask = others_best(replay, live)
        assert bid is not None and ask is not None and bid < ask
        prices = {Side.BUY: (bid + ask) // 2 - 3, Side.SELL: -(-(bid + ask) // 2) + 3}
        assert sorted((order.side, order.price) for order in live) == sorted(prices.items())


def test_a_quote_that_is_right_keeps_its_place() -> None:
    replay = Replay(small_flow())
    strategy = FixedQuotes(half_spread=3)
    strategy.on_book(replay)
    first = list(replay.orders)
    strategy.on_book(replay)
    assert replay.orders == first and len(first) == 2 and all(order.is_live for order in first)


def test_own_lots_do_not_move_the_price_that_others_make() -> None:
    replay = Replay(small_flow())
    while True:
        bid, ask = before = others_best(replay, [])
        if bid is not None and ask is not None and ask - bid > 1:
            break
        replay.advance(1)
    joined = replay.submit("buy", bid, 1)
    assert others_best(replay, [joined]) == before
    better = replay.submit("buy", bid + 1, 1)
    assert joined.is_live and better.is_live and replay.book(1).best_bid == bid + 1
    assert others_best(replay, [joined, better]) == before != others_best(replay, [joined])


@pytest.mark.parametrize("position_max", [1, 4])
def test_the_position_stays_within_its_bound(position_max: int) -> None:
    replay = Replay(small_flow(4_000))
    run = replay.run(FixedQuotes(1, 3, position_max), every=10)
    assert run.error is None and largest_position(run.fills) == position_max


def test_profit_of_a_round_trip_is_what_the_account_has_more() -> None:
    replay = Replay(small_flow())
    before = replay.equity_mills
    book = replay.book(1)
    assert profit_mills(replay) == 0 and book.best_bid is not None and book.best_ask is not None
    replay.submit("buy", book.best_ask, 1, tif="IOC")
    replay.submit("sell", book.best_bid, 1, tif="IOC")
    assert (len(replay.fills), replay.position, largest_position(replay.fills)) == (2, 0, 1)
    assert profit_mills(replay) == replay.equity_mills - before < 0


def test_profit_values_the_position_at_the_mid_price() -> None:
    replay = Replay(small_flow())
    ask = replay.book(1).best_ask
    assert ask is not None
    replay.submit("buy", ask, 1, tif="IOC")
    (fill,), mid = replay.fills, replay.book(1).mid
    assert mid is not None
    assert profit_mills(replay) == HOURS * (mid - ask) - fill.fee_mills < 0


@pytest.mark.parametrize(
    ("terms", "what"),
    [((0, 1, 1), "half_spread 0"), ((1, 0, 1), "lots 0"), ((1, 1, 0), "position_max 0"), ((1.5, 1, 1), "half_spread")],
)
def test_wrong_terms_are_named(terms: tuple[int, int, int], what: str) -> None:
    with pytest.raises(OrderError, match=what):
        FixedQuotes(*terms)
