"""Settlement prices: whole numbers and exact fractions agree."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.reference.formulas.settlement import nearest
from tests.reference.formulas.agreement import agreed

PRICES = st.integers(-5, 100_005)
MAYBE = st.none() | PRICES
WEIGHTS = st.integers(-1, 3) | st.integers(0, 1000)
PAIRS = st.lists(st.tuples(PRICES, WEIGHTS), max_size=6)
BOOKS = st.lists(
    st.tuples(
        st.sampled_from(["G80", "G85", "G90", "G95"]),
        st.integers(2700, 2900),
        st.sampled_from(["T1", "T2", "T3"]),
        st.integers(0, 6),
    ),
    max_size=4,
)


@pytest.mark.rule("SETTLE-002")
@pytest.mark.rule("SETTLE-005")
@given(MAYBE, PAIRS)
def test_weighted_prices_agree(prior: int | None, pairs: list[tuple[int, int]]) -> None:
    assert agreed("vwap", prior, pairs) == agreed("strip", prior, pairs)


@pytest.mark.rule("SETTLE-002")
def test_a_half_goes_towards_the_prior() -> None:
    assert [nearest(Fraction(5, 2), prior) for prior in (None, 0, 2, 3, 9)] == [3, 2, 2, 3, 3]
    assert agreed("vwap", 2810, [(2844, 5), (2845, 5)]) == 2844


@pytest.mark.rule("SETTLE-003")
@given(MAYBE, PRICES, MAYBE, MAYBE)
def test_quoted_prices_agree(last: int | None, prior: int, bid: int | None, ask: int | None) -> None:
    agreed("quoted", last, prior, bid, ask)


@pytest.mark.rule("SETTLE-006")
@given(BOOKS)
def test_tiers_in_order_agree(books: list[tuple[str, int, str, int]]) -> None:
    agreed("tiers", books)


@pytest.mark.rule("SETTLE-008")
@pytest.mark.rule("SETTLE-009")
@given(PRICES, st.sampled_from([0, 672, 744]), MAYBE, st.lists(st.tuples(PRICES, st.integers(-1, 16)), max_size=4))
def test_index_months_agree(forward: int, hours: int, prior: int | None, days: list[tuple[int, int]]) -> None:
    agreed("inmonth", forward, hours, prior, days)
    agreed("mean", days)


@pytest.mark.rule("BAND-013")
@given(PRICES, st.booleans())
def test_daily_limits_agree(price: int, doubled: bool) -> None:
    agreed("limits", price, doubled)


@pytest.mark.rule("BAND-013")
def test_daily_limits_are_those_of_the_rules() -> None:
    assert [agreed("limits", 2846, doubled) for doubled in (False, True)] == [(2277, 3415), (1708, 3984)]
