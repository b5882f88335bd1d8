"""Market: books without a source."""

import pytest

from bench import Latency, Market
from bench.research.orders import OrderError
from exchange.codes import OrderState
from exchange.errors import UserError
from tests.bench.research.quote_kernel import quote


def test_own_accounts_trade_with_each_other() -> None:
    market = Market(books=2, accounts=3, limits="medium", high_tick=4_000)
    bid = market.submit("buy", 2_000, 5, instrument=2)
    ask = market.submit("sell", 2_000, 2, account=3, instrument=2)
    assert (bid.leaves, ask.state) == (3, OrderState.FILLED)
    assert [market.account(number).position(2) for number in (1, 2, 3)] == [2, 0, -2]
    assert (market.position, market.book(1, instrument=2).best_bid) == (0, 2_000)
    with pytest.raises(OrderError, match=r"account 4 is not a whole number in 1\.\.3"):
        market.submit("buy", 5, 1, account=4)


def test_time_passes_by_advance_alone() -> None:
    market = Market(start_ns=1_000)
    order = market.submit("buy", 100, 1)
    assert market.time_ns == 1_000
    market.advance(until_ns=6_000)
    market.submit("sell", 100, 1)
    assert (order.fills[0].time_ns, market.time_ns) == (6_000, 6_000)
    market.advance(until_ns=2_000)
    assert market.time_ns == 6_000, "it never goes back"


def test_a_market_as_it_was_before_its_first_order_trades_again() -> None:
    market = Market(accounts=2)
    before = market.sequence
    market.submit("buy", 100, 3)
    earlier = market.at(before)
    assert earlier.submit("sell", 100, 2, account=2).state == OrderState.OPEN
    assert (earlier.cash_mills, earlier.sequence) == (market.cash_mills, market.sequence)


def test_the_same_orders_give_the_same_state() -> None:
    def played() -> str:
        market = Market(accounts=2)
        for price in (500, 510, 490):
            market.submit("buy", price, 3)
            market.submit("sell", price + 5, 4, account=2)
            market.advance(until_ns=market.time_ns + 10)
        return market.state_hash()

    assert played() == played()


def test_a_market_forks() -> None:
    market = Market()
    market.submit("buy", 500, 3)
    fork = market.fork()
    fork.submit("sell", 500, 1)
    assert (market.fills, len(fork.fills)) == ([], 2)
    assert market.at(market.sequence).state_hash() == market.state_hash()


def test_orders_arrive_by_time() -> None:
    market = Market(latency=Latency.constant(place_us=10, response_us=5))
    order = market.submit("buy", 500, 1)
    market.advance(until_ns=9_999)
    assert (order.state, market.book(1).best_bid) == (OrderState.NONE, None)
    market.advance(until_ns=10_000)
    assert (order.state, market.book(1).best_bid) == (OrderState.NONE, 500)
    market.advance(until_ns=15_000)
    assert order.state == OrderState.OPEN


def test_every_account_is_funded() -> None:
    market = Market(accounts=1_000, limits="tape")
    assert {market.account(number).cash_mills for number in (1, 500, 1_000)} == {10**15}


def test_a_strategy_is_not_run_over_nothing() -> None:
    market = Market()
    for strategy in (lambda market: None, quote):
        with pytest.raises(OrderError, match=r"call it in a loop of your own with advance\(until_ns="):
            market.run(strategy, interval_ns=10)


def test_a_market_that_does_not_fit_is_refused() -> None:
    with pytest.raises(OrderError, match=r"accounts 65 is not a whole number in 1\.\.31"):
        Market(accounts=65)
    for limits in ("tape", "venue"):
        with pytest.raises(OrderError, match=r"accounts 1001 is not a whole number in 1\.\.1000"):
            Market(accounts=1_001, limits=limits)
    with pytest.raises(OrderError, match=r"accounts 0 is not"):
        Market(accounts=0)
    with pytest.raises(OrderError, match=r"books 65 is not a whole number in 1\.\.3"):
        Market(books=65)
    with pytest.raises(OrderError, match="start_ns -1 is not a whole number in 0"):
        Market(start_ns=-1)
    with pytest.raises(UserError, match="state size 'small'"):
        Market(high_tick=100_000)
    with pytest.raises(UserError, match="state size 'vast', allowed: small"):
        Market(limits="vast")
