"""Entry checks that new orders, replaces and quotes share."""

import pytest

from exchange.codes import PostOnly, RejectReason, Scope, Side, TimeInForce
from exchange.reference.checks import (
    SIDE_LOTS_MAX,
    fits_expiry,
    is_killed,
    refusal_details,
    refuses_election,
    risk_checks,
    shows_too_little,
    side_is_full,
    would_take,
)
from exchange.reference.market import first_failure
from exchange.reference.rows import Command
from tests.reference.scenario import order, run


@pytest.mark.rule("TIF-009")
def test_gtd_orders_and_no_others_say_until_when() -> None:
    assert fits_expiry(Command(tif=TimeInForce.GTD, expiry_ns=5))
    assert not fits_expiry(Command(tif=TimeInForce.GTD))
    assert fits_expiry(Command(tif=TimeInForce.DAY))
    assert not fits_expiry(Command(tif=TimeInForce.GTC, expiry_ns=5))


@pytest.mark.rule("KILL-001")
@pytest.mark.parametrize("place", [(Scope.ACCOUNT, 1), (Scope.SESSION, 4), (Scope.FIRM, 3)])
def test_a_kill_of_account_session_or_firm_stands(place: tuple[int, int]) -> None:
    market, _ = run(before="a B1@90", parameters="firm=3")
    assert not is_killed(market, 1, 4)
    market.kills[place] = {0}
    assert is_killed(market, 1, 4)
    market.kills[place] = set()
    assert not is_killed(market, 1, 4)


@pytest.mark.rule("ICE-006")
def test_a_display_is_at_least_its_share_of_the_total() -> None:
    instrument = run(parameters="maxshow=3")[0].clearing.instruments[1]
    assert [shows_too_little(instrument, lots, 2) for lots in (6, 7)] == [False, True]
    assert not shows_too_little(instrument, 99, 0)


@pytest.mark.rule("STOP-002")
def test_a_stop_may_ask_to_be_refused_rather_than_elected_at_once() -> None:
    market, _ = run(parameters="ltp=100")
    stop = order(1, Side.BUY, 0, 1, trigger=100, reject_if_elected=True)
    assert refuses_election(market, stop)
    stop.trigger = 101
    assert not refuses_election(market, stop)


@pytest.mark.rule("TIF-005", "TIF-008")
def test_a_post_only_order_would_take_a_real_or_implied_price_in_open() -> None:
    post_only = order(9, Side.BUY, 102, 1)
    post_only.post_only = PostOnly.REJECT
    assert would_take(run(before="a S1@102")[0], post_only)
    assert would_take(run(before="s SP S1@4; k M2 S1@98", parameters="imp=1")[0], post_only)
    assert not would_take(run(before="a S1@103")[0], post_only)
    assert not would_take(run("ST preopen", "a S1@102")[0], post_only)
    post_only.post_only = PostOnly.NONE
    assert not would_take(run(before="a S1@102")[0], post_only)


@pytest.mark.rule("ORDER-004")
@pytest.mark.parametrize(
    ("parameters", "lots", "reason"),
    [
        ("maxpos=5", 5, RejectReason.NONE),
        ("maxpos=5", 6, RejectReason.POSITION),
        ("maxpos=5 closeonly=1", 6, RejectReason.CLOSE_ONLY),
        ("maxpos=5 cash=3", 5, RejectReason.INSUFFICIENT_MARGIN),
        ("maxpos=5 cash=3", 6, RejectReason.POSITION),
    ],
)
def test_limits_come_before_margin(parameters: str, lots: int, reason: RejectReason) -> None:
    market, _ = run("D+ a 1", parameters=parameters)
    assert first_failure(risk_checks(market, order(1, Side.BUY, 100, lots), None)) == reason


@pytest.mark.rule("MARGIN-016")
def test_an_order_that_only_closes_needs_no_funds() -> None:
    market, _ = run("N t B3@100 acct=P", "a S3@100 acct=Q")
    holder = next(one for one in market.clearing.accounts.values() if one.lots(1) == 3)
    holder.cash_mills = 0
    closing, opening = order(holder.number, Side.SELL, 100, 3), order(holder.number, Side.SELL, 100, 4)
    assert first_failure(risk_checks(market, closing, None)) == RejectReason.NONE
    assert first_failure(risk_checks(market, opening, None)) == RejectReason.INSUFFICIENT_MARGIN


@pytest.mark.rule("ORDER-016")
def test_a_side_works_at_most_so_many_lots() -> None:
    market, _ = run(before="a B1@90")
    (resting,) = market.orders.values()
    full = order(1, Side.BUY, 100, SIDE_LOTS_MAX)
    assert side_is_full(market, full, None)
    assert not side_is_full(market, full, resting)
    assert not side_is_full(market, order(1, Side.SELL, 100, SIDE_LOTS_MAX), None)


def test_a_refusal_names_the_allowed_prices_or_the_margin_that_lacks() -> None:
    market, _ = run("D+ a 1", parameters="band=5 limit=10 cash=3")
    buy, sell = order(1, Side.BUY, 120, 5), order(1, Side.SELL, 80, 5)
    assert refusal_details(market, RejectReason.BAND, buy, None) == {"lowest_tick": 90, "highest_tick": 105}
    assert refusal_details(market, RejectReason.BAND, sell, None) == {"lowest_tick": 95, "highest_tick": 110}
    lacking = refusal_details(market, RejectReason.INSUFFICIENT_MARGIN, order(1, Side.BUY, 100, 5), None)
    assert lacking == {"needed_mills": 5, "free_margin_mills": 4}
    assert refusal_details(market, RejectReason.FULL, buy, None) == {}
