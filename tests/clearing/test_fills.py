"""What a fill books: the position, of a combination its legs at assigned prices, and the fee (FEE-001, IMP-010)."""

import pytest

from exchange.conformance.market import BOOKS
from exchange.engine import query
from tests.played import Played, play


def holding(market: Played, account: int, book: str) -> tuple[int, int]:
    """(lots, sum of price * lots)"""
    row = query.position(market.engine.states, account, BOOKS[book])
    return row.lots, row.open_value_tick_lots


@pytest.mark.rule("SETTLE-007")
@pytest.mark.parametrize("first", ["N t B2@101; N u B1@103", "N u B1@103; X u; N t B3@103"])
def test_a_position_is_lots_and_the_sum_of_what_was_paid(first: str) -> None:
    market = play(first, "a S2@101 acct=A; b S1@103 acct=A")
    lots, value = holding(market, 1, "M1")
    assert (lots, value) == tuple(-one for one in holding(market, 2, "M1"))
    assert abs(lots) * 101 <= abs(value) <= abs(lots) * 103


@pytest.mark.rule("IMP-010", "SPEC-041")
def test_a_spread_is_booked_in_its_legs_that_differ_by_its_price() -> None:
    market = play("N t SP B2@4 acct=B", "a SP S2@4 acct=A", "ltp.M2=98")
    buyer = {book: holding(market, 4, book) for book in ("M1", "M2", "SP")}
    assert buyer == {"M1": (2, 2 * 102), "M2": (-2, -2 * 98), "SP": (0, 0)}


@pytest.mark.rule("CASCADE-006", "SPEC-041")
def test_a_strip_is_booked_at_each_leg_s_settlement_and_as_much_more() -> None:
    """What a tick cannot express is paid in cash: the buyer's sum is exact to the mill."""
    market = play("N t ST B1@105 acct=B", "a ST S1@105 acct=A", "hours=744 hours.M2=672 ref=100 ref.M2=110")
    legs = {book: holding(market, 2, book) for book in ("M1", "M2")}
    hours = {"M1": 744, "M2": 672}
    paid = sum(value * hours[book] for book, (_, value) in legs.items())
    cash = query.margin(market.engine.states, 2).cash_mills - 10**15
    assert legs["M1"][1] - 100 == legs["M2"][1] - 110, "the same above each settlement"
    assert paid - cash == 105 * (744 + 672)


@pytest.mark.rule("FEE-001")
@pytest.mark.parametrize(
    ("messages", "before", "rates"),
    [("N t B3@100", "a S3@100", 2), ("U", "ST preopen; a B3@100; b S3@100", 1 + 1)],
    ids=["taker", "both of an uncross"],
)
def test_a_fee_is_rate_hours_and_lots(messages: str, before: str, rates: int) -> None:
    market = play(messages, before, "fee=1 hours=10 ref=100")
    assert market.fees_mills == rates * 10 * 3


@pytest.mark.rule("FEE-001")
def test_a_spread_pays_on_its_longer_leg_alone() -> None:
    market = play("N t SP B2@4", "a SP S2@4", "fee=1 hours=744 hours.M2=672")
    assert market.fees_mills == 2 * 744 * 2


@pytest.mark.rule("IMP-007", "IMP-013")
def test_the_combination_s_order_of_an_implied_fill_is_booked_at_the_prices_of_the_legs() -> None:
    market = play("N t SP B1@5 acct=B", "f M1 S1@103 acct=A; k M2 B1@99 acct=A", "imp=1")
    assert (holding(market, 2, "M1"), holding(market, 2, "M2")) == ((1, 103), (-1, -99))
