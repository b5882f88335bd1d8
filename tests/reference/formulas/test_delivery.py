"""Units, shortfalls and invoices: whole numbers and exact fractions agree."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.reference.formulas.agreement import agreed

ROWS = st.lists(st.tuples(st.integers(-1, 120), st.integers(-1, 10_001)), max_size=3)
GOOD_ROWS = st.lists(st.tuples(st.integers(0, 64), st.integers(0, 10_000)), max_size=3)
DAYS = st.lists(st.tuples(st.just(192), GOOD_ROWS, st.integers(0, 6000)), max_size=8)
FACTORS = st.sampled_from([(10_000, 9000), (10_555, 9500), (10_588, 9000), (11_000, 8800)])
SIDE = st.lists(st.tuples(st.integers(1, 40), st.integers(0, 12)), max_size=4, unique_by=lambda lot: lot[0])
SIDES = st.lists(SIDE, max_size=5).map(lambda sides: list(enumerate(sides, 1)))


@pytest.mark.rule("DELIVER-007")
@given(st.integers(0, 200), st.integers(0, 9500), ROWS)
def test_shortfalls_agree(committed: int, floor: int, rows: list[tuple[int, int]]) -> None:
    agreed("shortfall", committed, floor, rows)


@pytest.mark.rule("DELIVER-008")
@pytest.mark.rule("DELIVER-009")
@given(st.integers(1, 6000), FACTORS, st.sampled_from([768, 5952]), DAYS)
def test_invoices_and_daily_payments_agree(
    price: int, factor: tuple[int, int], month_hours: int, days: list[tuple[int, list[tuple[int, int]], int]]
) -> None:
    agreed("delivery", price, *factor, month_hours, days)
    agreed("daily", price, *factor, month_hours, days)


@pytest.mark.rule("DELIVER-008")
def test_the_invoices_of_the_rules() -> None:
    day = (5952, [(3840, 9200), (1152, 8600), (720, 9100)], 3010)
    assert agreed("delivery", 2826, 10_000, 9000, 5952, [day])[-1] == 15_858_913
    assert agreed("delivery", 2826, 10_555, 9500, 5952, [day])[-1] == 16_012_737


@pytest.mark.rule("DELIVER-002")
@given(st.integers(0, 9), SIDES, SIDES)
def test_delivered_units_agree(unit: int, longs: object, shorts: object) -> None:
    agreed("units", unit, longs, shorts)


@pytest.mark.rule("DELIVER-004")
@given(
    st.binary(min_size=31, max_size=33) | st.binary(min_size=32, max_size=32),
    st.lists(st.tuples(st.integers(-1, 2**32), st.integers(-1, 2**64)), max_size=5),
)
def test_ties_agree(settle_hash: bytes, units: list[tuple[int, int]]) -> None:
    agreed("tie", settle_hash, units)
