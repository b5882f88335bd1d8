"""Certified delivered prices: whole numbers and exact fractions agree."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.reference.formulas.agreement import agreed

RENTALS = st.lists(
    st.tuples(st.sampled_from(["S1", "S2", "S3", "S4", "S5"]), st.integers(0, 6000), st.integers(0, 900)), max_size=9
)


@pytest.mark.rule("INDEX-001")
@pytest.mark.rule("INDEX-004")
@given(RENTALS)
def test_certified_prices_agree(rentals: list[tuple[str, int, int]]) -> None:
    price, moved = agreed("cdp", rentals), agreed("susceptibility", rentals)
    assert (price is None) == (moved is None)


@pytest.mark.rule("INDEX-001")
@pytest.mark.rule("INDEX-004")
def test_the_price_and_susceptibility_of_the_rules() -> None:
    rentals = [("S1", 2800, 6000), ("S2", 2830, 2000), ("S3", 2850, 1000), ("S4", 2870, 1000)]
    assert (agreed("cdp", rentals), agreed("susceptibility", rentals)) == (2828, 22)
