"""Values, fees, cascades and strips: whole numbers and exact fractions agree."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts_spec.formulas.fees import FEE_KINDS
from tests.reference.formulas.agreement import agreed

SYMBOLS = st.sampled_from(
    [f"H100.G90.{code}" for code in ("F27", "G28", "Q1-27", "C28", "T3-27", "T5-27", "F27/I", "Q5-27")]
)
COMBINATIONS = st.sampled_from(
    ["H100.G90.F27-G27", "H100.G90.Q27-U27", "H100.G90.Z26-F27", "H100.G90.F27:H27", "H100.G95-G90.G27"]
)
PRICES = st.integers(-100_000, 100_000)


@pytest.mark.rule("SPEC-004")
@pytest.mark.rule("CASCADE-002")
@given(PRICES, st.integers(-50, 50), SYMBOLS)
def test_values_and_cascades_agree(price: int, lots: int, symbol: str) -> None:
    agreed("value", price, lots, symbol)
    found = agreed("cascade", price, lots, symbol)
    assert found == "ValueError" or not found[0] or sum(found[0]) == found[1]


@pytest.mark.rule("CASCADE-006")
@given(PRICES, st.lists(st.tuples(PRICES, st.integers(0, 2) | st.sampled_from([672, 744])), max_size=5))
def test_legs_of_strips_agree(price: int, legs: list[tuple[int, int]]) -> None:
    agreed("legs", price, legs)


@pytest.mark.rule("CASCADE-006")
def test_the_strip_of_the_rules() -> None:
    assert agreed("legs", 2826, [(2846, 744), (2826, 672), (2803, 744)]) == ([2847, 2827, 2804], 72)


@pytest.mark.rule("FEE-001")
@given(st.sampled_from([*FEE_KINDS, "tip"]), st.integers(-1, 50), SYMBOLS | COMBINATIONS)
def test_fees_agree(kind: str, lots: int, symbol: str) -> None:
    agreed("fee", kind, lots, symbol)
