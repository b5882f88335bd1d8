"""The certified delivered price, its susceptibility, and what a missing day takes."""

import pytest

from contracts_spec.errors import OutOfRange
from contracts_spec.formulas.index import IndexValue, Rental, certified_price, day_value, is_usable, susceptibility
from contracts_spec.schema import Spec

FOUR = [Rental("S1", 2800, 6000), Rental("S2", 2830, 2000), Rental("S3", 2850, 1000), Rental("S4", 2870, 1000)]


@pytest.mark.rule("INDEX-001")
def test_a_seller_counts_for_a_quarter_of_the_hours_at_most(spec: Spec) -> None:
    """Clipped to 2,500: 18,380,000 / 6,500; without the clip it would be 2818."""
    assert certified_price(FOUR, spec.products.index) == 2828
    halves = [Rental("S1", 2700, 3000), Rental("S1", 2900, 3000), *FOUR[1:]]  # the same mean price of S1
    assert certified_price(halves, spec.products.index) == 2828


@pytest.mark.rule("INDEX-001")
def test_a_day_with_two_sellers_or_few_hours_is_missing(spec: Spec) -> None:
    assert certified_price(FOUR[:2], spec.products.index) is None
    assert certified_price([], spec.products.index) is None
    small = [Rental(seller, 2800, hours) for seller, hours in (("A", 125), ("B", 125), ("C", 125), ("D", 124))]
    assert certified_price(small, spec.products.index) is None
    assert certified_price([*small[:3], Rental("D", 2800, 125)], spec.products.index) == 2800
    with pytest.raises(OutOfRange, match="hours of a rental 0"):
        certified_price([Rental("S1", 2800, 0)], spec.products.index)


@pytest.mark.rule("INDEX-004")
def test_the_susceptibility_is_the_largest_move_without_one_seller(spec: Spec) -> None:
    """Without S1 three sellers of 1,000 hours each are left: 2850."""
    assert susceptibility(FOUR, spec.products.index) == 22
    assert susceptibility(FOUR[:2], spec.products.index) is None


@pytest.mark.rule("INDEX-003")
def test_a_value_more_than_half_away_from_the_last_one_is_missing() -> None:
    assert [is_usable(value, 2810) for value in (1404, 1405, 4215, 4216)] == [False, True, True, False]


@pytest.mark.rule("INDEX-002")
@pytest.mark.rule("INDEX-003")
def test_a_day_is_its_print_or_is_carried_twice_and_then_falls_back_in_order() -> None:
    assert day_value(2815, 2810, 5, committee_tick=1) == IndexValue(2815, "PRINT")
    assert [day_value(None, 2810, missing) for missing in (0, 1)] == [IndexValue(2810, "CARRIED")] * 2
    assert day_value(4216, 2810, 0) == IndexValue(2810, "CARRIED")
    assert day_value(None, 2810, 2, 2828, 2900, 2805) == IndexValue(2828, "CDP")
    assert day_value(None, 2810, 2, None, 2900, 2805) == IndexValue(2900, "FRONT")
    assert day_value(None, 2810, 2, None, None, 2805) == IndexValue(2805, "COMMITTEE")
    assert day_value(None, 2810, 2) == IndexValue(None, "MISSING")
    assert day_value(None, 2810, 2, is_final=True) == IndexValue(2810, "LAST")


@pytest.mark.rule("INDEX-003")
def test_a_fallback_more_than_half_away_from_the_last_value_is_missing_too() -> None:
    assert day_value(None, 2810, 2, 4216, 2900, 2805) == IndexValue(2900, "FRONT")
    assert day_value(None, 2810, 2, 4215, 2900, 2805) == IndexValue(4215, "CDP")
    assert day_value(None, 2810, 2, None, 1404, 2805) == IndexValue(2805, "COMMITTEE")
    assert day_value(4216, 2810, 2, 4216, 1405) == IndexValue(1405, "FRONT")
    assert day_value(None, 2810, 2, 4216, 4216) == IndexValue(None, "MISSING")
    assert day_value(None, 2810, 2, committee_tick=9000) == IndexValue(9000, "COMMITTEE"), "it decides itself"
