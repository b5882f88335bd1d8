"""What margin derives from a book's terms: figures that a person can work out."""

from typing import Any

import pytest

from exchange.codes import CommandKind
from exchange.engine.control.margin_terms import derive_margin_terms
from tests.funded import F27, G27, HIGH, HOURS, LOW, MARK, SPREAD, TERM, h100_market
from tests.market import MONTH, property_market
from tests.venues import Pair


def listed(market: dict[str, Any]) -> Any:
    """The state of a venue where this market has been listed."""
    pair = Pair()
    pair.control(CommandKind.LIST, market)
    return pair.fast.engine.states[0]


@pytest.mark.rule("MARGIN-001", "MARGIN-002")
def test_an_outright_has_the_hours_of_all_its_months_together() -> None:
    state = listed(property_market())
    assert [(state.books[index].margin_hours, state.books[index].plain) for index in (1, 2, 9)] == [
        (744, 1), (672, 1), (744 + 672, 1)
    ]  # fmt: skip


@pytest.mark.rule("LIMIT-004")
def test_a_term_takes_the_path_of_combinations() -> None:
    term = listed(h100_market()).books[TERM]
    assert (term.margin_hours, term.plain) == (36 * 730, 0)


@pytest.mark.rule("MARGIN-013")
def test_a_combination_has_the_hours_of_its_legs_bought_less_sold() -> None:
    state = listed(property_market())
    assert state.books[4].margin_hours == 744 - 672, "a calendar"
    assert state.books[5].margin_hours == 0, "two tiers of one month"
    assert state.books[6].margin_hours == 744 + 672, "a strip"
    assert not state.books["plain"][4:7].any()


@pytest.mark.rule("MARGIN-013")
def test_the_bound_is_the_scan_of_net_hours_and_half_the_charge_on_those_that_offset() -> None:
    state = listed(property_market())  # 20 scan, 6 intra, 5 tier
    assert state.books[1].margin_bound_mills == 744 * 20
    assert state.books[4].margin_bound_mills == 72 * (20 - 3) + (744 + 672) * 3
    assert state.books[5].margin_bound_mills == 2 * 744 * 3


@pytest.mark.rule("MARGIN-013")
def test_a_spread_may_lose_its_back_legs_reach_on_the_hours_that_differ() -> None:
    state = listed(h100_market())
    assert state.books[SPREAD].residual_mills == (HOURS[F27] - HOURS[G27]) * (HIGH - MARK) == 72 * (MARK - LOW)
    state.books[SPREAD].mark_tick = 10  # and what its mark is off its legs'
    derive_margin_terms(state, [SPREAD])
    assert state.books[SPREAD].residual_mills == 72 * (HIGH - MARK) + 10 * HOURS[F27]
    assert state.books[F27].residual_mills == 0


@pytest.mark.rule("MARGIN-013")
def test_a_strip_may_lose_what_rounding_has_taken_off_its_mark_and_the_remainder_that_its_buyer_pays() -> None:
    strip = listed(property_market()).books[6]
    assert strip.residual_mills == abs(99 * (744 + 672) - 100 * 744 - 97 * 672) + 744 + 672 - 1


@pytest.mark.rule("LIMIT-003")
def test_lots_of_the_spot_month_are_counted_through_combinations() -> None:
    weights = listed(property_market()).books["spot_weight"][1:11].tolist()
    assert weights == [1, 0, 1, 1, 0, 1, 0, 1, 0, 0]


@pytest.mark.rule("MARGIN-001")
def test_without_months_an_outright_keeps_the_hours_that_it_has() -> None:
    state = listed(property_market())
    derive_margin_terms(state, [2])
    assert state.books[2].margin_hours == 672


@pytest.mark.rule("MARGIN-002")
def test_the_bit_and_the_risk_row_are_those_of_the_commodity() -> None:
    state = listed(property_market())
    assert [(state.books[index].commodity_bit, state.books[index].first_risk) for index in (1, 2, 4, 9)] == [
        (0b01, 0), (0b01, 0), (0b01, 0), (0b10, state.accounts.shape[0])
    ]  # fmt: skip


@pytest.mark.rule("LIMIT-003")
def test_with_months_the_spot_month_is_found_again() -> None:
    state = listed(property_market())
    state.commodities[1].spot_month = MONTH + 3
    derive_margin_terms(state, [1, 2, 4], {1: [(MONTH + 1, 744)], 2: [(MONTH + 3, 672)]})
    assert state.books["spot_weight"][[1, 2, 4]].tolist() == [0, 1, -1]
