"""Integer units: each rounding goes where the function's name says, below zero too (SPEC-004)."""

from fractions import Fraction
from math import ceil, floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.units import (
    BP,
    ceil_div,
    money_text,
    nearest_half_up,
    price_from_text,
    price_text,
    share_ceil,
    share_floor,
    value_mills,
)

NUMBERS = st.integers(-(10**20), 10**20)


@pytest.mark.rule("SPEC-004")
@given(NUMBERS, st.integers(1, 10**9))
def test_quotients_are_rounded_up_or_to_the_nearest(numerator: int, denominator: int) -> None:
    exact = Fraction(numerator, denominator)
    assert ceil_div(numerator, denominator) == ceil(exact)
    assert nearest_half_up(numerator, denominator) == floor(exact + Fraction(1, 2))


@pytest.mark.rule("SPEC-004")
@given(NUMBERS, st.integers(0, 2 * BP))
def test_shares_are_rounded_as_their_names_say(amount: int, ratio_bp: int) -> None:
    exact = Fraction(amount * ratio_bp, BP)
    assert (share_floor(amount, ratio_bp), share_ceil(amount, ratio_bp)) == (floor(exact), ceil(exact))


@pytest.mark.rule("SPEC-004")
@given(st.integers(-(10**9), 10**9))
def test_a_price_written_out_is_read_back(tick: int) -> None:
    assert price_from_text(price_text(tick)) == tick


@pytest.mark.rule("SPEC-004")
@pytest.mark.parametrize(("text", "tick"), [("2.845", 2_845), ("-0.5", -500), ("3", 3_000), ("1e1", 10_000)])
def test_prices_are_dollars_with_three_decimals(text: str, tick: int) -> None:
    assert price_from_text(text) == tick


@pytest.mark.rule("SPEC-004")
@pytest.mark.parametrize("text", ["", "x", "2.8455", "nan", "inf", "1e30", "1e999999999"])
def test_what_is_no_price_is_an_error_that_names_it(text: str) -> None:
    with pytest.raises(ValueError, match="price"):
        price_from_text(text)


@pytest.mark.parametrize(
    ("mills", "text"),
    [(1_514_288_640, "1,514,288.64"), (-19, "-0.01"), (9, "0.00"), (0, "0.00"), (1_000_000, "1,000.00")],
)
def test_money_is_shown_in_cents_toward_zero(mills: int, text: str) -> None:
    assert money_text(mills) == text


@pytest.mark.rule("SPEC-004")
def test_the_value_of_a_trade_is_exact() -> None:
    assert value_mills(2_845, 744, 3) == 2_845 * 744 * 3
