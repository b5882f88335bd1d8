"""Nearest prices, and where an exact half goes."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts_spec.errors import OutOfRange
from contracts_spec.formulas.rounding import nearest_to_prior, weighted_price


@pytest.mark.rule("SETTLE-002")
@pytest.mark.parametrize(("prior", "expected"), [(None, 2845), (2810, 2844), (2844, 2844), (2845, 2845), (2860, 2845)])
def test_an_exact_half_goes_towards_the_prior_settlement_and_without_one_up(prior: int | None, expected: int) -> None:
    assert nearest_to_prior(28_445, 10, prior) == expected


@pytest.mark.rule("SETTLE-002")
@given(st.integers(-(10**9), 10**9), st.integers(1, 10**6), st.none() | st.integers(-2000, 2000))
def test_a_nearest_price_is_never_more_than_half_away(numerator: int, denominator: int, prior: int | None) -> None:
    price, exact = nearest_to_prior(numerator, denominator, prior), Fraction(numerator, denominator)
    assert abs(price - exact) <= Fraction(1, 2)
    if abs(price - exact) == Fraction(1, 2):
        other = 2 * exact - price
        assert price > other if prior is None else abs(price - prior) < abs(other - prior)


@pytest.mark.parametrize("pairs", [[], [(2810, 0)], [(2810, 5), (2811, -1)]])
def test_a_mean_needs_weights(pairs: list[tuple[int, int]]) -> None:
    with pytest.raises(OutOfRange, match="weight"):
        weighted_price(pairs)
