"""Which orders leave when their account is called, and in which order."""

import pytest

from exchange.codes import Side
from exchange.engine import query
from exchange.engine.calls.leaving import leaving_orders
from tests.funded import F27, G27, MARK, SPREAD, Funded


def ids(funded: Funded, called: set[int], unmet: set[int]) -> list[int]:
    state = funded.pair.fast.engine.states[0]
    return [int(state.orders["order_id"][slot]) for slot in leaving_orders(state, called, unmet)]


@pytest.mark.rule("MARGIN-012", "MARGIN-016")
def test_combinations_count_in_each_leg_and_what_is_left_only_closes() -> None:
    funded = Funded()
    for account in (1, 2):
        funded.account(account, 10**10)
        funded.trade(account, Side.BUY, 5, MARK)
        funded.trade(account, Side.SELL, 5, MARK, G27)
        funded.new(account, Side.SELL, 3, 300, SPREAD)  # sells F27 and buys G27: closes three of each
        funded.new(account, Side.SELL, 2, MARK + 90)
        funded.new(account, Side.BUY, 3, MARK - 90, G27)  # one too many
        funded.new(account, Side.SELL, 1, MARK + 95, G27)
    states = funded.pair.fast.engine.states
    first, second = ([row.order_id for row in query.open_orders(states, account)] for account in (1, 2))
    assert ids(funded, {1}, set()) == [first[3], first[2]]
    assert ids(funded, set(), {2}) == second[::-1]
    assert ids(funded, {2}, {1}) == [*first[::-1], second[3], second[2]]
    assert ids(funded, {5}, set()) == []


@pytest.mark.rule("MARGIN-012")
def test_an_account_without_a_position_keeps_nothing() -> None:
    funded = Funded()
    funded.account(1, 10**10)
    funded.new(1, Side.BUY, 1, MARK - 90)
    funded.new(1, Side.SELL, 1, MARK + 90)
    orders = [row.order_id for row in query.open_orders(funded.pair.fast.engine.states, 1)]
    assert ids(funded, {1}, set()) == orders[::-1]
    assert funded.lots(1, F27) == 0
