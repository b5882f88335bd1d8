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


@pytest.mark.rule("MARGIN-002")
def test_hours_of_an_outright_stand_in_the_scan_tiers_of_its_months() -> None:
    state = listed(property_market())
    near, far, both = (state.books[index] for index in (1, 2, 9))
    assert near.scan_hours.tolist() == [744, 0] and near.one_tier and near.tier_hours == 744
    assert far.scan_hours.tolist() == [0, 672] and far.one_tier and far.tier_hours == 672
    assert both.scan_hours.tolist() == [744, 672] and not both.one_tier and both.tier_hours == 0


@pytest.mark.rule("LIMIT-004")
def test_a_term_takes_the_path_of_combinations_even_in_one_scan_tier() -> None:
    term = listed(h100_market()).books[TERM]
    assert term.scan_hours.tolist() == [0, 36 * 730] and not term.one_tier


@pytest.mark.rule("MARGIN-013")
def test_a_combination_has_the_hours_of_its_legs_bought_less_sold() -> None:
    state = listed(property_market())
    assert state.books[4].scan_hours.tolist() == [744, -672], "a calendar of a near month and a far one"
    assert state.books[4].crossed_hours.tolist() == [0, 0]
    assert state.books[5].scan_hours.tolist() == [0, 0], "two tiers of one month"
    assert state.books[5].crossed_hours.tolist() == [744, 0]
    assert state.books[6].scan_hours.tolist() == [744, 672], "a strip"


@pytest.mark.rule("MARGIN-013")
def test_the_bound_is_every_charge_on_every_hour() -> None:
    state = listed(property_market())  # 20 scan, 6 intra, 5 tier
    assert state.books[1].margin_bound_mills == 744 * (20 + 11)
    assert state.books[4].margin_bound_mills == (744 + 672) * (20 + 11)
    assert state.books[5].margin_bound_mills == 744 * 11


@pytest.mark.rule("MARGIN-013")
def test_a_spread_may_lose_its_back_legs_reach_on_the_hours_that_differ() -> None:
    state = listed(h100_market())
    assert state.books[SPREAD].residual_mills == (HOURS[F27] - HOURS[G27]) * (HIGH - MARK) == 72 * (MARK - LOW)
    state.books[SPREAD].mark_tick = 10  # and what its mark is off its legs'
    derive_margin_terms(state, [SPREAD])
    assert state.books[SPREAD].residual_mills == 72 * (HIGH - MARK) + 10 * HOURS[F27]
    assert state.books[F27].residual_mills == 0


@pytest.mark.rule("MARGIN-013")
def test_a_strip_may_lose_what_rounding_has_taken_off_its_mark() -> None:
    strip = listed(property_market()).books[6]
    assert strip.residual_mills == abs(99 * (744 + 672) - 100 * 744 - 97 * 672)


@pytest.mark.rule("LIMIT-003")
def test_lots_of_the_spot_month_are_counted_through_combinations() -> None:
    weights = listed(property_market()).books["spot_weight"][1:11].tolist()
    assert weights == [1, 0, 1, 1, 0, 1, 0, 1, 0, 0]


@pytest.mark.rule("MARGIN-002")
def test_without_months_an_outright_keeps_the_hours_that_it_has() -> None:
    state = listed(property_market())
    state.month += 1
    derive_margin_terms(state, [2])
    assert state.books[2].scan_hours.tolist() == [0, 672]
    derive_margin_terms(state, [2], {2: [(MONTH + 3, 672)]})
    assert state.books[2].scan_hours.tolist() == [672, 0] and state.books[2].tier_hours == 672


@pytest.mark.rule("MARGIN-002")
def test_scan_bits_and_the_risk_row_are_those_of_the_tier_that_lots_weigh_on() -> None:
    state = listed(property_market())
    accounts = state.accounts.shape[0]
    assert (state.books[1].scan_bits, state.books[1].first_risk) == (0b01, 0)
    assert (state.books[2].scan_bits, state.books[2].first_risk) == (0b10, accounts)
    assert (state.books[9].scan_bits, state.books[9].first_risk) == (0b1100, 2 * accounts)
    derive_margin_terms(state, [2], {2: [(MONTH + 1, 300), (MONTH + 3, 372)]})
    assert (state.books[2].scan_bits, state.books[2].one_tier, state.books[2].tier_hours) == (0b11, 0, 0)
    derive_margin_terms(state, [2], {2: [(MONTH + 1, 672)]})
    assert (state.books[2].scan_bits, state.books[2].first_risk) == (0b01, 0), "the old tier's bit is gone"


@pytest.mark.rule("LIMIT-003")
def test_with_months_the_spot_month_is_found_again() -> None:
    state = listed(property_market())
    state.commodities[1].spot_month = MONTH + 3
    derive_margin_terms(state, [1, 2, 4], {1: [(MONTH + 1, 744)], 2: [(MONTH + 3, 672)]})
    assert state.books["spot_weight"][[1, 2, 4]].tolist() == [0, 1, -1]


@pytest.mark.rule("MARGIN-002")
def test_months_are_front_as_long_as_they_are_at_most_two_ahead() -> None:
    state = listed(property_market())
    months = [(MONTH + ahead, 10**ahead) for ahead in range(5)]
    derive_margin_terms(state, [9], {9: months})
    assert state.books[9].month_hours.tolist() == [1 + 10 + 100, 1_000 + 10_000]
