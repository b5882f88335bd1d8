"""What Replay and Market have in common: opening, refusals of the venue's money, questions."""

from typing import Any

import pytest

from bench import Market, Replay
from bench.research.books import blank_levels
from bench.research.orders import OrderError
from exchange.engine import query
from exchange.errors import UserError
from tests.bench.research.small_flow import small_flow


def test_own_accounts_open_with_the_first_own_command() -> None:
    replay = Replay(small_flow(), accounts=2, funds_mills=5_000_000)
    own = replay.account().number
    assert own not in query.accounts(replay.engine.states)
    assert (replay.cash_mills, replay.equity_mills, replay.position) == (5_000_000, 5_000_000, 0)
    replay.submit("buy", 5, 1, account=own + 1)
    assert {own, own + 1} <= set(query.accounts(replay.engine.states))
    assert [replay.account(number).cash_mills for number in (own, own + 1)] == [5_000_000] * 2


def test_an_order_that_the_funds_do_not_cover_says_what_it_needs() -> None:
    replay = Replay(small_flow(), funds_mills=1_000)
    order = replay.submit("buy", replay.book(1).best_bid or 0, 100)
    assert order.refusal.startswith("RISK: free funds do not cover the margin held; it needs ")
    assert order.refusal.endswith(" mills, free: 1000")


def test_a_deposit_that_the_engine_refuses_is_named() -> None:
    replay = Replay(small_flow(), funds_mills=10**18)
    with pytest.raises(UserError, match="own account 64: the engine refuses a deposit of 1000000000000000000 mills"):
        replay.submit("buy", 5, 1)
    assert replay.orders == []


@pytest.mark.parametrize("funds_mills", [-1, 10**18 + 1, 2**63, 0.5])
def test_funds_that_no_account_can_have_are_refused(funds_mills: int) -> None:
    with pytest.raises(OrderError, match=r"funds_mills .* is not a whole number in 0\.\.1000000000000000000"):
        Replay(small_flow(), funds_mills=funds_mills)


@pytest.mark.parametrize(
    "wrong",
    [{"instrument": -1}, {"instrument": 1 << 40}, {"price": None}, {"tif": "GTX"}, {"post_only": ""}, {"lots": 2**40},
     {"display_lots": -1}],
)  # fmt: skip
def test_an_order_that_is_not_sent_leaves_nothing(wrong: dict[str, Any]) -> None:
    replay = Replay(small_flow())
    before = replay.state_hash()
    with pytest.raises(OrderError, match=next(iter(wrong))):
        replay.submit(**({"side": "buy", "price": 5, "lots": 1} | wrong))
    assert (replay.orders, replay.state_hash()) == ([], before)
    order = replay.submit("buy", 5, 1)
    with pytest.raises(OrderError, match="lots 0"):
        replay.replace(order, lots=0)
    assert (order.number, replay.requests) == (1, 1)
    assert len(replay.events) > 0 and replay.at(replay.sequence).orders[0].state == order.state


def test_questions_about_what_is_not_there_are_refused() -> None:
    market = Market(books=2, high_tick=400)
    with pytest.raises(OrderError, match=r"instrument 65 is not a whole number in 1\.\.3"):
        market.book(1, instrument=65)
    with pytest.raises(OrderError, match=r"instrument 1000000 is not a whole number in 1\.\.3"):
        market.book(instrument=10**6, into=(blank_levels(1), blank_levels(1)))
    with pytest.raises(OrderError, match=r"levels 0 is not a whole number in 1\.\."):
        market.book(0)
    with pytest.raises(OrderError, match="account 0 is not a whole number"):
        market.account(0)
    order = market.submit("buy", 10, 1, instrument=3)
    assert order.refusal == "UNKNOWN_INST: no such instrument"
    assert market.queue_ahead(order) is None
