"""Goodput, factors and effective prices: whole numbers and exact fractions agree."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.reference.formulas.agreement import SPEC, agreed

CHIPS = st.sampled_from([chip.name for chip in SPEC.chips])
BPS = st.integers(-1, 10_001)
TIERS = st.sampled_from([tier.name for tier in SPEC.tiers])


@pytest.mark.rule("CERT-004")
@given(CHIPS, BPS, BPS, st.integers(-1, 30_000))
def test_the_goodput_of_a_day_agrees(chip: str, available: int, productive: int, tenths: int) -> None:
    agreed("goodput", chip, available, productive, tenths)


@pytest.mark.rule("CERT-004")
@given(
    st.tuples(st.integers(-1, 1001), st.integers(0, 1000)),
    st.tuples(st.integers(-1, 90_000), st.integers(0, 90_000), st.integers(-1, 2000)),
    st.integers(-1, 10**22),
    st.integers(0, 72),
)
def test_goodput_from_telemetry_agrees(
    nodes: tuple[int, int], seconds: tuple[int, int, int], flop: int, gpus: int
) -> None:
    agreed("record", "H100", *nodes, *seconds, flop, gpus)


@pytest.mark.rule("CERT-004")
def test_the_records_of_the_rules() -> None:
    assert [agreed("goodput", "H100", 9990, 9700, rate) for rate in (5398, 5117)] == [9686, 9181]
    assert agreed("record", "H100", 690_509, 691_200, 82_935, 86_400, 1200, 2_865_172_032 * 10**12, 64) == 9686


@pytest.mark.rule("CERT-005")
@given(st.lists(st.none() | BPS, min_size=6, max_size=8))
def test_certificates_agree(week: list[int | None]) -> None:
    agreed("certified", week)


@pytest.mark.rule("CERT-006")
@given(CHIPS, st.integers(0, 900), st.integers(0, 600))
def test_fabrics_agree(chip: str, all_reduce: int, all_to_all: int) -> None:
    agreed("fabric", chip, (all_reduce, all_to_all))


@pytest.mark.rule("CERT-009")
@pytest.mark.rule("SPEC-011")
@given(st.lists(st.tuples(BPS, st.integers(-1, 900)), max_size=6))
def test_mean_goodputs_agree(days: list[tuple[int, int]]) -> None:
    assert agreed("trailing", days) == agreed("gpx", days)


@pytest.mark.rule("CERT-030")
@pytest.mark.rule("CERT-031")
@given(TIERS, TIERS)
def test_conversion_factors_agree(lot: str, contract: str) -> None:
    agreed("factor", lot, contract)


@pytest.mark.rule("CERT-032")
@given(st.integers(1, 9000), st.lists(st.tuples(CHIPS, st.integers(0, 9000)), max_size=6))
def test_baskets_agree(price: int, costs: list[tuple[str, int]]) -> None:
    for name, _ in costs:
        agreed("basket", name)
    agreed("ctd", price, costs)


@pytest.mark.rule("ROUTE-001")
@pytest.mark.rule("ROUTE-002")
@given(st.integers(0, 100_000), BPS, st.integers(0, 30_000))
def test_effective_prices_agree(price: int, goodput: int, tenths: int) -> None:
    agreed("effective", price, goodput, tenths)


@pytest.mark.rule("ROUTE-002")
@given(st.lists(st.tuples(CHIPS, st.integers(1, 20), st.sampled_from([0, 9000, 9500])), max_size=8))
def test_rankings_agree(offers: list[tuple[str, int, int]]) -> None:
    agreed("cheapest", offers)
